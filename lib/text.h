/* text -- questions about strings, and small conversions: pure functions.
 *
 * Strings are NUL-terminated; where a length is passed, NUL bytes may occur.
 * Results come from mem. */

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a decimal integer: an optional '-', then digits, nothing else.  False
 * when text is something else or the number is not in min..max; *number is
 * then unchanged. */
bool text_integer(const char *text, int64_t min, int64_t max, int64_t *number);

/* The number in decimal digits, after a '-' if it is negative. */
const char *text_decimal(int64_t number);

/* Reads one code point from the len bytes at text (RFC 3629).  Gives its
 * number of bytes, or 0 when they begin with none (len is 0, overlong form,
 * surrogate, beyond U+10FFFF). */
size_t text_code_point(const char *text, size_t len, uint32_t *code_point);

/* Reads the next code point of valid UTF-8 and moves text behind it; 0 at the
 * end, where text stays. */
uint32_t text_next(const char **text);

/* Writes a valid code point as UTF-8, without a NUL; gives its number of
 * bytes, 1 to 4. */
size_t text_utf8_encode(uint32_t code_point, char bytes[4]);

/* True when all len bytes are UTF-8. */
bool text_is_utf8(const char *text, size_t len);

/* The number of code points in valid UTF-8. */
size_t text_length(const char *text);

/* The first code point in upper case where it is an ASCII letter, as a string
 * of its own; "" for "". */
const char *text_initial(const char *text);

/* True when valid UTF-8 holds a control character (C0, DEL, C1). */
bool text_has_control(const char *text);

/* True if valid UTF-8 has an invisible or direction-changing character:
 * Unicode's category Cf, variation selectors, and letters without a shape.
 * Emoji may have their joiners and their variation selector. */
bool text_has_invisible(const char *text);

/* True if text is empty or consists of blanks and such characters.  Blanks are
 * ASCII white space and the code points that Unicode calls White_Space. */
bool text_is_blank(const char *text);

/* True when valid UTF-8 begins or ends with such a blank. */
bool text_has_outer_blank(const char *text);

/* A name as a part of a sentence: if it is written from right to left or
 * changes the direction, it is isolated (U+2068, U+2069; UAX 9), without the
 * characters that change the direction.  So it cannot reorder the sentence. */
const char *text_isolate(const char *text);

/* text with each line end (CR LF or CR) as LF. */
const char *text_unix_lines(const char *text);

/* Decodes len bytes of percent-encoding (RFC 3986 2.1).  NULL when a percent
 * sign is not followed by two hexadecimal digits, or for %00. */
char *text_percent_decode(const char *text, size_t len);

/* Returns a copy of len bytes as UTF-8.  Each invalid sequence becomes U+FFFD,
 * as by the Encoding Standard's decoder. */
char *text_to_utf8(const char *bytes, size_t len);

/* Decodes len bytes of a name or a value in a query or a form, as the URL
 * Standard's parser of application/x-www-form-urlencoded does: a percent sign
 * that two hexadecimal digits do not follow is one, and the result is UTF-8 by
 * text_to_utf8().  NULL for %00, which no string can hold. */
const char *text_form_decode(const char *text, size_t len);

/* Encodes all but RFC 3986's unreserved characters, so that the result can be
 * one segment of a path or one value of a query. */
const char *text_percent_encode(const char *text);

/* RFC 4648 4, with padding. */
const char *text_base64(const char *bytes, size_t len);

/* Seconds since 1970 as UTC: "2019-12-01 12:00:00" and, for people,
 * "2019-12-01 @ 12:00"; the first with a 'T' and a 'Z' is RFC 3339's form. */
const char *text_time(int64_t seconds);
const char *text_time_friendly(int64_t seconds);
const char *text_time_rfc3339(int64_t seconds);

/* The same for readers at a moment, now: "just now", "5 minutes ago", "3 hours
 * ago" or, after a day, "3 November 2026".  htdocs/asset/script.js says it
 * alike. */
const char *text_time_ago(int64_t seconds, int64_t now);

/* A time to wait, rounded up, for people: "1 second", "59 seconds", "2
 * minutes".
 */
const char *text_duration(int64_t seconds);

#endif
