#include "unicode.h"

#include "text.h"
#include "unit.h"

static const struct row {
	const char *name, *text;
	int kind;
} rows[] = {
	{ "the end", "", UNICODE_SPACE },
	{ "a blank", " ", UNICODE_SPACE },
	{ "... of any script", "\u3000", UNICODE_SPACE },
	{ "a control character", "\x7f", UNICODE_SPACE },
	{ "a format character", "\u200b", UNICODE_SPACE },
	{ "punctuation", "/", UNICODE_PUNCTUATION },
	{ "... of any script", "।", UNICODE_PUNCTUATION },
	{ "a bracket", "(", UNICODE_OPENING },
	{ "... of any script", "」", UNICODE_CLOSING },
	{ "a quotation mark", "“", UNICODE_OPENING },
	{ "... that is an apostrophe, too", "’", UNICODE_PUNCTUATION },
	{ "a full stop", ".", UNICODE_PUNCTUATION },
	{ "... of a script without spaces", "。", UNICODE_STOP },
	{ "a symbol of ASCII", "+", UNICODE_PUNCTUATION },
	{ "an arrow", "→", UNICODE_PUNCTUATION },
	{ "an ordinal indicator", "º", UNICODE_PUNCTUATION },
	{ "a symbol", "✓", UNICODE_SYMBOL },
	{ "emoji", "❤", UNICODE_EMOJI },
	{ "... of a later Unicode", "\U0001faf7", UNICODE_EMOJI },
	{ "... of a flag", "\U0001f1e9", UNICODE_EMOJI },
	{ "... of a skin colour", "\U0001f3fd", UNICODE_EMOJI },
	{ "an accent", "\u0301", UNICODE_MARK },
	{ "a vowel sign", "\u093f", UNICODE_MARK },
	{ "a variation selector", "\ufe0f", UNICODE_MARK },
	{ "a joiner", "\u200d", UNICODE_MARK },
	{ "a digit", "0", UNICODE_NUMBER },
	{ "an underscore", "_", UNICODE_NUMBER },
	{ "a letter", "z", UNICODE_LATIN },
	{ "... with an accent", "é", UNICODE_LATIN },
	{ "... of mathematics", "\U0001d401", UNICODE_LATIN },
	{ "a Chinese letter", "漢", UNICODE_UNSPACED },
	{ "... of a later plane", "\U0002ebef", UNICODE_UNSPACED },
	{ "a Japanese letter", "ー", UNICODE_UNSPACED },
	{ "a wide letter", "ｗ", UNICODE_UNSPACED },
	{ "a Korean letter", "한", UNICODE_UNSPACED },
	{ "a Thai letter", "ก", UNICODE_UNSPACED },
};

static void
test_kind(void **state)
{
	const struct row *row = row_of(state);
	const char *text = row->text;

	assert_int_equal(unicode_kind(text_next(&text)), row->kind);
}

static void
test_scripts(void **state)
{
	(void)state;
	assert_true(unicode_kind(0x431) >= UNICODE_SCRIPTS);
	assert_int_equal(unicode_kind(0x431), unicode_kind(0x42f));
	assert_int_equal(unicode_kind(0x665), unicode_kind(0x645));
	assert_int_not_equal(unicode_kind(0x431), unicode_kind(0x3b1));
	assert_int_not_equal(unicode_kind(0x431), unicode_kind(0x645));
}

int
main(void)
{
	UNIT_ROWS(test_kind, rows);
	UNIT_TEST(test_scripts);
	return unit_run();
}
