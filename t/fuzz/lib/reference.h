/* reference -- the formats once more, read in the plainest way, to compare the
 * library with.  Nothing here calls it, but for memory. */

#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 3629 4, byte range by byte range. */
bool reference_is_utf8(const char *text, size_t len);

/* RFC 3986 2.1; NULL for a bad escape, %00, and what is not UTF-8. */
const char *reference_decode(const char *text, size_t len);

/* A form's name or value (URL Standard 5.1): plus is a blank, a bad escape is
 * what it is, and what is not UTF-8 is U+FFFD.  NULL for %00. */
const char *reference_form_decode(const char *text, size_t len);

/* The value of a field of name=value&name=value; *times says how often it is
 * there, *sound whether all fields could be decoded. */
const char *reference_field(
    const char *fields, const char *name, size_t *times, bool *sound);

/* The hexadecimal digits of RFC 2104's HMAC, and of the first block of RFC
 * 8018's PBKDF2, which is all that Werkzeug takes of it.  digest is as
 * libcrypto names it. */
const char *reference_hmac(
    const char *digest, const char *key, const char *text);
const char *reference_pbkdf2(
    const char *digest, const char *password, const char *salt, int rounds);

/* The text that an HTML element or a quoted attribute has: NULL when markup is
 * in it, or a reference that html() does not write. */
const char *reference_html_text(const char *html, size_t len);

/* RFC 8259.  A value: 'o'bject, 'a'rray, 's'tring, 'n'umber, 'l'iteral. */
struct reference_value {
	char type;
	const char *name;   /* of a member */
	const char *string; /* decoded */
	struct reference_value *first, *next;
};

/* A byte order mark at the beginning is nothing.  NULL for what is no JSON in
 * UTF-8; also where a string has U+0000 or a lone
 * surrogate, or an object two members of one name.  *count says how many
 * values and names it has. */
const struct reference_value *reference_json(
    const char *text, size_t len, size_t *count);

/* A member's string, or NULL. */
const char *reference_member(
    const struct reference_value *object, const char *name);

#endif
