#include "opaque.h"

#include <string.h>

#include "unit.h"
#include "child.h"

/* RFC 8265 4.2.3, Unicode's UAX 15 and its NormalizationTest.txt */
static const struct row {
	const char *name, *typed, *opaque;
} rows[] = {
	{ "nothing", "", "" },
	{ "ASCII", "Correct Horse Battery Staple",
	    "Correct Horse Battery Staple" },
	{ "case", "correct HORSE", "correct HORSE" },
	{ "outer and inner blanks", "  a  b ", "  a  b " },
	{ "control characters", "a\tb\nc\x7f", "a\tb\nc\x7f" },
	{ "an Ogham space", "foo\u1680bar", "foo bar" },
	{ "every other blank",
	    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
	    "\u2009\u200a\u202f\u205f\u3000",
	    "               " },
	{ "what only looks like one",
	    "\xc2\x85\u180e\u200b\u2028\u2029\u2800\ufeff",
	    "\xc2\x85\u180e\u200b\u2028\u2029\u2800\ufeff" },
	{ "composed", "Ren\u00e9e", "Ren\u00e9e" },
	{ "decomposed", "Rene\u0301e", "Ren\u00e9e" },
	{ "a ring and its singletons", "\u212b\u00c5A\u030a",
	    "\u00c5\u00c5\u00c5" },
	{ "ohm", "\u2126", "\u03a9" },
	{ "two marks in another order", "s\u0307\u0323", "\u1e69" },
	{ "two marks, one composed", "\u1e0b\u0323", "\u1e0d\u0307" },
	{ "Vietnamese", "vie\u0323\u0302t", "vi\u1ec7t" },
	{ "Hangul", "\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c\uae00" },
	{ "kana with a voiced mark", "\u304b\u3099", "\u304c" },
	{ "no composition: exclusions", "\u0958", "\u0915\u093c" },
	{ "longer than before", "\U0001d160\ufb2c",
	    "\U0001d158\U0001d165\U0001d16e\u05e9\u05bc\u05c1" },
	{ "a mark alone", "\u0301e", "\u0301e" },
	{ "compatibility is kept: width", "\uff21\uff76", "\uff21\uff76" },
	{ "compatibility is kept: ligatures", "\ufb01\u00b2\u2460",
	    "\ufb01\u00b2\u2460" },
	{ "emoji", "\U0001f469\u200d\U0001f680\ufe0f",
	    "\U0001f469\u200d\U0001f680\ufe0f" },
	{ "the last code point", "\U0010ffff", "\U0010ffff" },
};

static void
test_opaque(void **state)
{
	const struct row *row = row_of(state);

	assert_string_equal(opaque_string(row->typed), row->opaque);
	assert_string_equal(opaque_string(row->opaque), row->opaque);
}

static void
test_long(void **state)
{
	(void)state;
	assert_string_equal(
	    opaque_string(times("e\u0301", 20000)), times("\u00e9", 20000));
	assert_string_equal(opaque_string(times("\U0001d160", 1000)),
	    times("\U0001d158\U0001d165\U0001d16e", 1000));
	/* marks are sorted, which must not take the square of their number */
	assert_int_equal(
	    strlen(opaque_string(times("\u0301\u0323", 16000))), 64000);
}

static void
normalise(const void *typed)
{
	opaque_string(typed);
}

static void
test_not_utf8(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, normalise, "caf\xe9");
	assert_logged(&child, "error", "opaque: a password is not UTF-8");
}

int
main(void)
{
	UNIT_ROWS(test_opaque, rows);
	UNIT_TEST(test_long);
	UNIT_TEST(test_not_utf8);
	return unit_run();
}
