#include "text.h"

#include <string.h>

#include "unit.h"

/* --- integers --- */

static const struct integer {
	const char *name, *text;
	int64_t min, max;
	bool right;
	int64_t number;
} integers[] = {
	{ "zero", "0", -9, 9, true, 0 },
	{ "minus zero", "-0", -9, 9, true, 0 },
	{ "leading zeros", "007", -9, 9, true, 7 },
	{ "the least", "-9", -9, 9, true, -9 },
	{ "the greatest", "9", -9, 9, true, 9 },
	{ "below the least", "-10", -9, 9, false, 0 },
	{ "above the greatest", "10", -9, 9, false, 0 },
	{ "the least there is", "-9223372036854775808", INT64_MIN, INT64_MAX,
	    true, INT64_MIN },
	{ "the greatest there is", "9223372036854775807", INT64_MIN, INT64_MAX,
	    true, INT64_MAX },
	{ "one less", "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
	{ "one more", "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
	{ "65 bits", "18446744073709551617", INT64_MIN, INT64_MAX, false, 0 },
	{ "huge", "99999999999999999999999999999999999999999", INT64_MIN,
	    INT64_MAX, false, 0 },
	{ "nothing", "", -9, 9, false, 0 },
	{ "a sign alone", "-", -9, 9, false, 0 },
	{ "two signs", "--1", -9, 9, false, 0 },
	{ "a plus sign", "+1", -9, 9, false, 0 },
	{ "a blank before", " 1", -9, 9, false, 0 },
	{ "a blank after", "1 ", -9, 9, false, 0 },
	{ "a blank after the sign", "- 1", -9, 9, false, 0 },
	{ "a line end", "1\n", -9, 9, false, 0 },
	{ "hexadecimal", "0x1", -9, 9, false, 0 },
	{ "a fraction", "1.0", -9, 9, false, 0 },
	{ "an exponent", "1e0", -9, 9, false, 0 },
	{ "a word", "one", -9, 9, false, 0 },
	{ "Arabic digits", "\u0661", -9, 9, false, 0 },
};

static void
test_integer(void **state)
{
	const struct integer *row = row_of(state);
	int64_t number = -77;

	assert_int_equal(
	    text_integer(row->text, row->min, row->max, &number), row->right);
	assert_int_equal(number, row->right ? row->number : -77);
}

/* --- UTF-8 --- */

static const struct utf8 {
	const char *name, *bytes;
	size_t len;
	bool valid;
} utf8[] = {
	{ "nothing", BYTES(""), true },
	{ "ASCII", BYTES("a~\x7f"), true },
	{ "NUL", BYTES("a\0b"), true },
	{ "two bytes", BYTES("\xc2\x80\xdf\xbf"), true },
	{ "three bytes", BYTES("\xe0\xa0\x80\xef\xbf\xbf"), true },
	{ "four bytes", BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true },
	{ "before the surrogates", BYTES("\xed\x9f\xbf"), true },
	{ "after the surrogates", BYTES("\xee\x80\x80"), true },
	{ "a continuation alone", BYTES("\x80"), false },
	{ "one continuation too many", BYTES("\xc3\xa4\xa4"), false },
	{ "Latin-1", BYTES("caf\xe9"), false },
	{ "a lead byte before ASCII", BYTES("\xc3("), false },
	{ "overlong NUL", BYTES("\xc0\x80"), false },
	{ "overlong slash", BYTES("\xc0\xaf"), false },
	{ "overlong in two bytes", BYTES("\xc1\xbf"), false },
	{ "overlong in three bytes", BYTES("\xe0\x9f\xbf"), false },
	{ "overlong in four bytes", BYTES("\xf0\x8f\xbf\xbf"), false },
	{ "the first surrogate", BYTES("\xed\xa0\x80"), false },
	{ "the last surrogate", BYTES("\xed\xbf\xbf"), false },
	{ "a pair of surrogates", BYTES("\xed\xa0\xbd\xed\xb8\x80"), false },
	{ "beyond U+10FFFF", BYTES("\xf4\x90\x80\x80"), false },
	{ "U+1FFFFF", BYTES("\xf7\xbf\xbf\xbf"), false },
	{ "five bytes", BYTES("\xf8\x88\x80\x80\x80"), false },
	{ "six bytes", BYTES("\xfc\x84\x80\x80\x80\x80"), false },
	{ "0xfe", BYTES("\xfe"), false },
	{ "0xff", BYTES("\xff"), false },
	{ "two bytes cut", BYTES("a\xc3"), false },
	{ "three bytes cut", BYTES("\xe2\x82"), false },
	{ "four bytes cut", BYTES("\xf0\x9f\x98"), false },
	{ "cut, then another", BYTES("\xe2\x82\xc3\xa4"), false },
};

static void
test_is_utf8(void **state)
{
	const struct utf8 *row = row_of(state);

	assert_int_equal(text_is_utf8(row->bytes, row->len), row->valid);
}

static void
test_every_code_point(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool valid = c < 0xd800 || c > 0xdfff;
		uint32_t read = ~c;
		char bytes[4];

		if (text_utf8_encode(c, bytes) != len)
			fail_msg("the length of U+%04X", c);
		if (text_code_point(bytes, len, &read) != (valid ? len : 0) ||
		    (valid && read != c))
			fail_msg("U+%04X", c);
		for (size_t cut = 0; cut < len; cut++) {
			if (text_code_point(bytes, cut, &read) != 0)
				fail_msg("U+%04X in %zu bytes", c, cut);
		}
	}
}

static void
test_next(void **state)
{
	const char *text = "a\u00e4\U0001f600";

	(void)state;
	assert_int_equal(text_next(&text), 'a');
	assert_int_equal(text_next(&text), 0xe4);
	assert_int_equal(text_next(&text), 0x1f600);
	assert_int_equal(text_next(&text), 0);
	assert_int_equal(text_next(&text), 0);
	assert_string_equal(text, "");
}

static void
test_length(void **state)
{
	(void)state;
	assert_int_equal(text_length(""), 0);
	assert_int_equal(text_length("abc"), 3);
	assert_int_equal(text_length("\u00e4\u20ac\U0001f600"), 3);
	assert_int_equal(text_length("e\u0301"), 2);
}

/* --- kinds of characters --- */

static const struct kind {
	const char *name, *text;
	bool control, blank, outer_blank;
} kinds[] = {
	{ "nothing", "", false, true, false },
	{ "a word", "word", false, false, false },
	{ "words", "two words", false, false, false },
	{ "a space", " ", false, true, true },
	{ "a space before", " a", false, false, true },
	{ "a space after", "a ", false, false, true },
	{ "a tab", "\t", true, true, true },
	{ "line ends", "\r\n", true, true, true },
	{ "a line end inside", "a\nb", true, false, false },
	{ "form feed, vertical tab", "\f\v", true, true, true },
	{ "U+0001", "a\001b", true, false, false },
	{ "escape", "\033[31m", true, false, false },
	{ "U+001C, no blank", "\x1c", true, false, false },
	{ "DEL", "a\x7f", true, false, false },
	{ "U+0080", "\xc2\x80", true, false, false },
	{ "U+0085, next line", "\xc2\x85", true, true, true },
	{ "U+009F", "a\xc2\x9f", true, false, false },
	{ "U+00A0, no-break space", "\u00a0", false, true, true },
	{ "U+00A0 after", "a\u00a0", false, false, true },
	{ "U+1680", "\u1680", false, true, true },
	{ "U+180E, invisible", "\u180e", false, true, false },
	{ "U+2000 and U+200A", "\u2000\u200a", false, true, true },
	{ "U+200B, zero width", "\u200b", false, true, false },
	{ "invisible characters and blanks", " \u3164\u2800\u200d ", false,
	    true, true },
	{ "an invisible one and a letter", "\u200ba", false, false, false },
	{ "U+2028 and U+2029", "\u2028\u2029", false, true, true },
	{ "U+202F and U+205F", "\u202f\u205f", false, true, true },
	{ "U+3000, ideographic space", "\u3000", false, true, true },
	{ "U+3000 before", "\u3000a", false, false, true },
	{ "U+FEFF, invisible", "\ufeff", false, true, false },
	{ "an emoji", "\U0001f600", false, false, false },
	{ "blanks but for the last", " \t\u3000.", true, false, true },
};

static const struct invisible {
	const char *name, *text;
	bool invisible;
} invisibles[] = {
	{ "a name", "Roger Histand", false },
	{ "nothing", "", false },
	{ "accents, composed and not", "\u00e9e\u0301", false },
	{ "Hebrew, Persian, Hindi", "\u05d0\u067e\u0939\u093f", false },
	{ "Chinese, Korean", "\u5f90\uac00", false },
	{ "soft hyphen", "a\u00adb", true },
	{ "zero width space", "a\u200b", true },
	{ "joiner", "a\u200db", true },
	{ "non-joiner", "a\u200cb", true },
	{ "left-to-right mark", "\u200ea", true },
	{ "right-to-left override", "a\u202eb", true },
	{ "isolate", "\u2066a\u2069", true },
	{ "Arabic letter mark", "\u061c", true },
	{ "word joiner", "a\u2060b", true },
	{ "byte order mark", "\ufeffAnn", true },
	{ "Hangul fillers", "\u115f\u1160", true },
	{ "Hangul filler", "\u3164", true },
	{ "halfwidth filler", "\uffa0", true },
	{ "Braille blank", "\u2800", true },
	{ "a tag", "a\U000e0041", true },
	{ "a variation selector", "a\ufe0f", true },
	{ "an ideographic one", "\u8fbb\U000e0100", true },
	{ "an emoji", "\U0001f600", false },
	{ "a heart in colour", "\u2764\ufe0f", false },
	{ "in colour twice", "\u2764\ufe0f\ufe0f", true },
	{ "a family", "\U0001f468\u200d\U0001f469\u200d\U0001f467", false },
	{ "a skin tone", "\U0001f44d\U0001f3fd", false },
	{ "a person with a heart",
	    "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f468", false },
	{ "a joiner at the end", "\U0001f468\u200d", true },
	{ "a joiner before a letter", "\U0001f468\u200da", true },
	{ "two joiners", "\U0001f468\u200d\u200d\U0001f468", true },
};

static void
test_invisible(void **state)
{
	const struct invisible *row = row_of(state);

	assert_int_equal(text_has_invisible(row->text), row->invisible);
}

static const struct isolated {
	const char *name, *text, *isolated;
} isolateds[] = {
	{ "a name", "Ann", "Ann" },
	{ "nothing", "", "" },
	{ "Chinese", "\u5f90", "\u5f90" },
	{ "Hebrew", "\u05d0\u05d1", "\u2068\u05d0\u05d1\u2069" },
	{ "Arabic and Latin", "a \u0627", "\u2068a \u0627\u2069" },
	{ "an override", "a\u202eb", "\u2068ab\u2069" },
	{ "an end too many", "a\u2069\u202cb", "\u2068ab\u2069" },
	{ "a mark alone", "\u200f", "\u2068\u2069" },
};

static void
test_isolate(void **state)
{
	const struct isolated *row = row_of(state);

	assert_string_equal(text_isolate(row->text), row->isolated);
}

static void
test_kind(void **state)
{
	const struct kind *row = row_of(state);

	assert_int_equal(text_has_control(row->text), row->control);
	assert_int_equal(text_is_blank(row->text), row->blank);
	assert_int_equal(text_has_outer_blank(row->text), row->outer_blank);
}

static const struct pair {
	const char *name, *from, *to;
} initials[] = {
	{ "nothing", "", "" },
	{ "lower case", "ann", "A" },
	{ "the last letter", "zoe", "Z" },
	{ "upper case", "Ann", "A" },
	{ "beside the letters", "{a", "{" },
	{ "two bytes", "\u00e5se", "\u00e5" },
	{ "four bytes", "\U0001f600x", "\U0001f600" },
	{ "markup", "<b>", "<" },
}, line_ends[] = {
	{ "nothing", "", "" },
	{ "none", "abc", "abc" },
	{ "of Unix", "a\n\nb\n", "a\n\nb\n" },
	{ "of the Web", "a\r\n\r\nb\r\n", "a\n\nb\n" },
	{ "of old", "a\r\rb\r", "a\n\nb\n" },
	{ "of all kinds", "\r\r\n\n\r", "\n\n\n\n" },
};

static void
test_initial(void **state)
{
	const struct pair *row = row_of(state);

	assert_string_equal(text_initial(row->from), row->to);
}

static void
test_unix_lines(void **state)
{
	const struct pair *row = row_of(state);

	assert_string_equal(text_unix_lines(row->from), row->to);
}

/* --- percent-encoding --- */

static const struct percent {
	const char *name, *text;
	const char *decoded; /* NULL: refused */
	const char *as_form; /* the same, where it differs */
} percents[] = {
	{ "nothing", "", "", NULL },
	{ "plain", "abc", "abc", NULL },
	{ "a space", "Roger%20Histand", "Roger Histand", NULL },
	{ "a plus sign", "a+b", "a+b", "a b" },
	{ "an encoded plus sign", "a%2Bb", "a+b", NULL },
	{ "either case", "%2f%2F%aF%Fa", "//\xaf\xfa", "//\ufffd\ufffd" },
	{ "twice encoded", "%252F", "%2F", NULL },
	{ "control characters", "%01%0d%0A%7f", "\001\r\n\x7f", NULL },
	{ "not UTF-8", "%ff%C0", "\xff\xc0", "\ufffd\ufffd" },
	{ "bytes as they are", "\xc3\xa4?#&=", "\xc3\xa4?#&=", NULL },
	{ "a zero in one digit", "%01%10", "\001\020", NULL },
	{ "%00", "a%00b", NULL, NULL },
	{ "% at the end", "100%", NULL, "100%" },
	{ "one digit", "a%4", NULL, "a%4" },
	{ "%%", "%%", NULL, "%%" },
	{ "%%41", "%%41", NULL, "%A" },
	{ "no digits", "%zz", NULL, "%zz" },
	{ "the first no digit", "%g1", NULL, "%g1" },
	{ "the second no digit", "%1g", NULL, "%1g" },
	{ "beside the digits", "%/0", NULL, "%/0" },
	{ "beside the letters", "%@1", NULL, "%@1" },
	{ "a sign", "%+1", NULL, "% 1" },
	{ "a blank", "% 1", NULL, "% 1" },
	{ "0x", "%0x", NULL, "%0x" },
	{ "%u0041", "%u0041", NULL, "%u0041" },
};

static void
assert_decoded(const char *decoded, const char *expected)
{
	if (expected == NULL)
		assert_null(decoded);
	else
		assert_string_equal(decoded, expected);
}

static void
test_percent_decode(void **state)
{
	const struct percent *row = row_of(state);
	size_t len = strlen(row->text);

	assert_decoded(text_percent_decode(row->text, len), row->decoded);
	assert_decoded(text_form_decode(row->text, len),
	    row->as_form != NULL ? row->as_form : row->decoded);
}

/* The length counts, whatever comes after. */
static void
test_percent_decode_length(void **state)
{
	(void)state;
	assert_string_equal(text_percent_decode("ab&c", 2), "ab");
	assert_string_equal(text_percent_decode("%41%zz", 3), "A");
	assert_null(text_percent_decode("%41", 2));
	assert_null(text_percent_decode("%41", 1));
	assert_string_equal(text_form_decode("ab&c", 2), "ab");
	assert_string_equal(text_form_decode("%41%zz", 3), "A");
	assert_string_equal(text_form_decode("%41", 2), "%4");
	assert_string_equal(text_form_decode("%41", 1), "%");
	assert_string_equal(text_form_decode("\u00e4", 1), "\ufffd");
}

static void
test_percent_encode(void **state)
{
	(void)state;
	assert_string_equal(text_percent_encode(""), "");
	assert_string_equal(text_percent_encode("AZaz09-._~"), "AZaz09-._~");
	assert_string_equal(text_percent_encode(" /?#&=+%\"'<>:;\\"),
	    "%20%2F%3F%23%26%3D%2B%25%22%27%3C%3E%3A%3B%5C");
	assert_string_equal(text_percent_encode("\001\n\u00e4\U0001f600"),
	    "%01%0A%C3%A4%F0%9F%98%80");
}

static void
test_percent_round_trip(void **state)
{
	const char *encoded;
	char all[256];

	(void)state;
	for (int c = 1; c < 256; c++)
		all[c - 1] = (char)c;
	all[255] = '\0';
	encoded = text_percent_encode(all);
	assert_string_equal(text_percent_decode(encoded, strlen(encoded)), all);
	assert_string_equal(
	    text_form_decode(encoded, strlen(encoded)), text_to_utf8(all, 255));
}

/* --- bytes that are not UTF-8 --- */

#define FFFD "\ufffd"

static const struct broken {
	const char *name, *bytes;
	size_t len;
	const char *text;
} broken[] = {
	{ "nothing", BYTES(""), "" },
	{ "UTF-8", BYTES("a\u00e4\u20ac\U0001f600"),
	    "a\u00e4\u20ac\U0001f600" },
	{ "a byte order mark", BYTES("\ufeffa"), "\ufeffa" },
	{ "Latin-1", BYTES("caf\xe9"), "caf" FFFD },
	{ "Latin-1 before ASCII", BYTES("caf\xe9s"), "caf" FFFD "s" },
	{ "Latin-1 before UTF-8", BYTES("\xe9\u00e9"), FFFD "\u00e9" },
	{ "bytes that continue nothing", BYTES("\x80\xbf"), FFFD FFFD },
	{ "bytes that are never used", BYTES("\xc0\xc1\xf5\xff"),
	    FFFD FFFD FFFD FFFD },
	/* the Unicode Standard's table 3-8 and the examples around it */
	{ "overlong forms", BYTES("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"),
	    FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A" },
	{ "surrogates", BYTES("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"),
	    FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A" },
	{ "beyond U+10FFFF", BYTES("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"),
	    FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B" },
	{ "beginnings", BYTES("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"),
	    FFFD FFFD FFFD FFFD "A" },
	{ "the least that can follow",
	    BYTES("\xe0\xa0\xed\x80\xf0\x90\xf4\x80"), FFFD FFFD FFFD FFFD },
	{ "the most that can follow", BYTES("\xe0\xbf\xed\x9f\xf0\xbf\xf4\x8f"),
	    FFFD FFFD FFFD FFFD },
	{ "the end of a first part", BYTES("\xf0\x9f\x98"), FFFD },
	{ "a byte missing in the middle", BYTES("\xf0\x9f\x98x\x80"),
	    FFFD "x" FFFD },
};

static void
test_to_utf8(void **state)
{
	const struct broken *row = row_of(state);

	assert_string_equal(text_to_utf8(row->bytes, row->len), row->text);
}

/* --- base64 --- */

static const struct base64 {
	const char *name, *bytes;
	size_t len;
	const char *encoded;
} base64[] = {
	/* RFC 4648 10 */
	{ "nothing", BYTES(""), "" },
	{ "f", BYTES("f"), "Zg==" },
	{ "fo", BYTES("fo"), "Zm8=" },
	{ "foo", BYTES("foo"), "Zm9v" },
	{ "foob", BYTES("foob"), "Zm9vYg==" },
	{ "fooba", BYTES("fooba"), "Zm9vYmE=" },
	{ "foobar", BYTES("foobar"), "Zm9vYmFy" },
	{ "NUL bytes", BYTES("\0\0\0\0"), "AAAAAA==" },
	{ "the last digits", BYTES("\xfb\xef\xff\xff"), "++///w==" },
	{ "the simulator", BYTES("simulator:super_safe!"),
	    "c2ltdWxhdG9yOnN1cGVyX3NhZmUh" },
};

static void
test_base64(void **state)
{
	const struct base64 *row = row_of(state);

	assert_string_equal(text_base64(row->bytes, row->len), row->encoded);
}

/* --- time --- */

static const struct time_row {
	const char *name;
	int64_t seconds;
	const char *text, *friendly, *rfc3339;
} dates[] = {
	{ "the epoch", 0, "1970-01-01 00:00:00", "1970-01-01 @ 00:00",
	    "1970-01-01T00:00:00Z" },
	{ "before it", -1, "1969-12-31 23:59:59", "1969-12-31 @ 23:59",
	    "1969-12-31T23:59:59Z" },
	{ "the contract's", 1575201600, "2019-12-01 12:00:00",
	    "2019-12-01 @ 12:00", "2019-12-01T12:00:00Z" },
	{ "a leap day", 1709210096, "2024-02-29 12:34:56", "2024-02-29 @ 12:34",
	    "2024-02-29T12:34:56Z" },
	{ "beyond 32 bits", 4294967296, "2106-02-07 06:28:16",
	    "2106-02-07 @ 06:28", "2106-02-07T06:28:16Z" },
};

static void
test_time(void **state)
{
	const struct time_row *row = row_of(state);

	assert_string_equal(text_time(row->seconds), row->text);
	assert_string_equal(text_time_friendly(row->seconds), row->friendly);
	assert_string_equal(text_time_rfc3339(row->seconds), row->rfc3339);
}

static const struct ago {
	const char *name;
	int64_t seconds, now;
	const char *text;
} agos[] = {
	{ "this second", 100, 100, "just now" },
	{ "the future", 200, 100, "just now" },
	{ "59 seconds", 41, 100, "just now" },
	{ "a minute", 40, 100, "1 minute ago" },
	{ "two minutes", 0, 120, "2 minutes ago" },
	{ "59 minutes", 0, 3599, "59 minutes ago" },
	{ "an hour", 0, 3600, "1 hour ago" },
	{ "23 hours", 0, 86399, "23 hours ago" },
	{ "a day", 0, 86400, "1 January 1970" },
	{ "years", 1732147200, 1795219200, "21 November 2024" },
	{ "the longest", 1790726400, 1795219200, "30 September 2026" },
};

static void
test_ago(void **state)
{
	const struct ago *row = row_of(state);

	assert_string_equal(text_time_ago(row->seconds, row->now), row->text);
}

/* In UTC wherever the machine stands. */
static void
test_time_zone(void **state)
{
	(void)state;
	setenv("TZ", "America/New_York", 1);
	assert_string_equal(text_time(0), "1970-01-01 00:00:00");
}

static void
test_decimal(void **state)
{
	(void)state;
	assert_string_equal(text_decimal(0), "0");
	assert_string_equal(text_decimal(9), "9");
	assert_string_equal(text_decimal(10), "10");
	assert_string_equal(text_decimal(-1), "-1");
	assert_string_equal(text_decimal(INT64_MAX), "9223372036854775807");
	assert_string_equal(text_decimal(INT64_MIN), "-9223372036854775808");
}

int
main(void)
{
	UNIT_ROWS(test_integer, integers);
	UNIT_TEST(test_decimal);
	UNIT_ROWS(test_is_utf8, utf8);
	UNIT_TEST(test_every_code_point);
	UNIT_TEST(test_next);
	UNIT_TEST(test_length);
	UNIT_ROWS(test_kind, kinds);
	UNIT_ROWS(test_invisible, invisibles);
	UNIT_ROWS(test_isolate, isolateds);
	UNIT_ROWS(test_initial, initials);
	UNIT_ROWS(test_unix_lines, line_ends);
	UNIT_ROWS(test_percent_decode, percents);
	UNIT_TEST(test_percent_decode_length);
	UNIT_ROWS(test_to_utf8, broken);
	UNIT_TEST(test_percent_encode);
	UNIT_TEST(test_percent_round_trip);
	UNIT_ROWS(test_base64, base64);
	UNIT_ROWS(test_ago, agos);
	UNIT_ROWS(test_time, dates);
	UNIT_TEST(test_time_zone);
	return unit_run();
}
