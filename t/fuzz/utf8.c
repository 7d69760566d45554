/* UTF-8 and questions about it: lib/text.h, against the rules of RFC 3629 as
 * they are written there. */

#include <string.h>

#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"
#include "text.h"

/* Unicode's White_Space, encoded. */
static const char *const blanks[] = { "\t", "\n", "\v", "\f", "\r", " ",
	"\xc2\x85", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
	"\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
	"\u2028", "\u2029", "\u202f", "\u205f", "\u3000" };

static bool
is_blank(const char *character, size_t len)
{
	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		if (strlen(blanks[i]) == len &&
		    memcmp(blanks[i], character, len) == 0)
			return true;
	}
	return false;
}

static bool
is_control(const char *character, size_t len)
{
	return (len == 1 && (*character < 0x20 || *character == 0x7f)) ||
	    (len == 2 && *character == '\xc2' &&
		(unsigned char)character[1] < 0xa0);
}

static void
check_lines(const char *text)
{
	const char *lines = text_unix_lines(text), *at = lines;

	property(strchr(lines, '\r') == NULL);
	property(fuzz_same(text_unix_lines(lines), lines));
	for (; *text != '\0'; text++) {
		if (strncmp(text, "\r\n", 2) == 0)
			text++;
		property(*at++ == (*text == '\r' ? '\n' : *text));
	}
	property(*at == '\0');
}

static void
check_characters(const char *text, size_t len)
{
	bool control = false, all_blank = true, first_blank = false,
	     blank = false;
	size_t count = 0, at = 0, step;

	for (; at < len; at += step) {
		uint32_t code_point = UINT32_MAX;
		char bytes[4];

		step = text_code_point(text + at, len - at, &code_point);
		property(step >= 1 && step <= 4);
		property(reference_is_utf8(text + at, step));
		property(text_utf8_encode(code_point, bytes) == step);
		property(memcmp(bytes, text + at, step) == 0);
		blank = is_blank(text + at, step);
		if (at == 0)
			first_blank = blank;
		all_blank = all_blank && blank;
		control = control || is_control(text + at, step);
		count++;
	}
	property(text_length(text) == count);
	property(!all_blank || text_is_blank(text));
	property(all_blank || !text_is_blank(text) || text_has_invisible(text));
	property(text_is_utf8(text_isolate(text), strlen(text_isolate(text))));
	property(text_has_outer_blank(text) == (first_blank || blank));
	property(text_has_control(text) == control);
	property(strlen(text_initial(text)) <= 4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	bool sound = reference_is_utf8(input.at, input.left);
	const char *text;

	property(text_is_utf8(input.at, input.left) == sound);
	text = fuzz_rest(&input);
	check_lines(text);
	if (reference_is_utf8(text, strlen(text)))
		check_characters(text, strlen(text));
	return fuzz_end();
}
