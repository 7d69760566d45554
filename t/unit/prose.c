#include "prose.h"

#include <string.h>

#include "unit.h"

#define LINK(address, text) \
	"<a href=\"" address "\" rel=\"nofollow ugc noopener\">" text "</a>"
#define PLAIN_LINK(address) LINK(address, address)
#define MENTION(path, name) \
	"<a class=\"mention\" href=\"/" path "\">@" name "</a>"

/* in the order of names_existing() */
static const char *users[] = { "<b>", "Ann", "Ann Lee", "Dr. No", "J.R.",
	"Roger Histand", "Zo\u00eb", "a/b" };
static const struct names known = { sizeof(users) / sizeof(users[0]), users };

static const struct row {
	const char *name, *text, *html;
} rows[] = {
	{ "nothing", "", "" },
	{ "plain", "a <b> & \"c\"\nd", "a &lt;b&gt; &amp; &#34;c&#34;\nd" },

	{ "an address", "http://a.b/c", PLAIN_LINK("http://a.b/c") },
	{ "... among words", "see https://a.b/?c=d#e now",
	    "see " PLAIN_LINK("https://a.b/?c=d#e") " now" },
	{ "... two", "http://a http://b",
	    PLAIN_LINK("http://a") " " PLAIN_LINK("http://b") },
	{ "... at a sentence's end", "Is it http://a.b/c?! Yes.",
	    "Is it " PLAIN_LINK("http://a.b/c") "?! Yes." },
	{ "... in brackets", "(http://a.b/c), d",
	    "(" PLAIN_LINK("http://a.b/c") "), d" },
	{ "... with brackets", "http://a.b/c_(d)",
	    PLAIN_LINK("http://a.b/c_(d)") },
	{ "... in quotation marks", "\"http://a.b\"",
	    "&#34;" PLAIN_LINK("http://a.b") "&#34;" },
	{ "... with &", "http://a.b/?c&d=e",
	    LINK("http://a.b/?c&amp;d=e", "http://a.b/?c&amp;d=e") },
	{ "... that is an attack", "http://a'onclick='b",
	    LINK(
		"http://a&#39;onclick=&#39;b", "http://a&#39;onclick=&#39;b") },
	{ "... before a line's end", "http://a\nb",
	    PLAIN_LINK("http://a") "\nb" },
	{ "... whose scheme is in upper case", "Https://a.b/C HTTP://D",
	    PLAIN_LINK("Https://a.b/C") " " PLAIN_LINK("HTTP://D") },
	{ "... in other brackets", "[http://a.b] {http://a[b]}",
	    "[" PLAIN_LINK("http://a.b") "] {" PLAIN_LINK("http://a[b]") "}" },
	{ "... before other punctuation",
	    "\u201chttp://a\u201d http://b\u2026 http://c\u00a0d\u3002",
	    "\u201c" PLAIN_LINK("http://a") "\u201d " PLAIN_LINK(
		"http://b") "\u2026 " PLAIN_LINK("http://c") "\u00a0d\u3002" },
	{ "... of any script", "http://b\u00fccher.example/\u00fc",
	    PLAIN_LINK("http://b\u00fccher.example/\u00fc") },
	{ "a scheme alone", "http:// and https://", "http:// and https://" },
	{ "... with punctuation", "http://__!", "http://__!" },
	{ "a scheme within a word", "xhttp://a", "xhttp://a" },
	{ "another scheme", "javascript:alert(1)", "javascript:alert(1)" },
	{ "a word like it", "http is h", "http is h" },

	{ "a mention", "@Ann", MENTION("Ann", "Ann") },
	{ "... the longest", "@Ann Lee's",
	    MENTION("Ann%20Lee", "Ann Lee") "&#39;s" },
	{ "... not of half a word", "@Ann Leeds @Anna",
	    MENTION("Ann", "Ann") " Leeds @Anna" },
	{ "... of one with a full stop", "@J.R.: hi @Dr. No.",
	    MENTION("J.R.", "J.R.") ": hi " MENTION("Dr.%20No", "Dr. No") "." },
	{ "... of any script", "(@Zo\u00eb)",
	    "(" MENTION("Zo%C3%AB", "Zo\u00eb") ")" },
	{ "... before an apostrophe", "@Ann\u2019s",
	    MENTION("Ann", "Ann") "\u2019s" },
	{ "... among pictures", "\U0001f44d@Ann\U0001f44d",
	    "\U0001f44d" MENTION("Ann", "Ann") "\U0001f44d" },
	{ "... not of half a word of any script", "@Ann\u00e9 @Anne\u0301",
	    "@Ann\u00e9 @Anne\u0301" },
	{ "... right after another", "@Ann@Zo\u00eb@Ann Lee",
	    MENTION("Ann", "Ann") MENTION("Zo%C3%AB", "Zo\u00eb")
		MENTION("Ann%20Lee", "Ann Lee") },
	{ "... with a slash", "@a/b", MENTION("a%2Fb", "a/b") },
	{ "... that is an attack", "@<b>", MENTION("%3Cb%3E", "&lt;b&gt;") },
	{ "... of nobody", "@Bob @", "@Bob @" },
	{ "... twice", "@@Ann", "@" MENTION("Ann", "Ann") },
	{ "an e-mail address", "me@Ann", "me@Ann" },
	{ "a mention in an address", "http://a/@Ann",
	    PLAIN_LINK("http://a/@Ann") },
};

static void
test_html(void **state)
{
	const struct row *row = row_of(state);
	struct buf out = { 0 };

	prose_html(&out, row->text, &known);
	assert_string_equal(out.data, row->html);
}

/* Whoever is known can be found: a mention's name is among the guesses. */
static void
test_guesses(void **state)
{
	const struct row *row = row_of(state);
	struct names guesses = { 0 };

	prose_mentions(&guesses, row->text);
	for (size_t i = 0; i < known.count; i++) {
		size_t found = 0;

		if (strstr(row->html, mem_format("\">@%s</a>", users[i])) ==
		    NULL)
			continue;
		while (found < guesses.count &&
		    strcmp(guesses.list[found], users[i]) != 0)
			found++;
		assert_true(found < guesses.count);
	}
}

static void
test_most_guesses(void **state)
{
	struct names guesses = { 0 };
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[0] = '@';
	text[sizeof(text) - 1] = '\0';
	prose_mentions(&guesses, text);
	assert_int_equal(guesses.count, 0);

	/* all of them are asked for before the second word of any */
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "@a ", 3);
	prose_mentions(&guesses, text);
	assert_int_equal(guesses.count, 40);
	assert_string_equal(guesses.list[39], "a");

	prose_mentions(&guesses, "@a b c @d e f g h i j k l m n o p q r");
	assert_int_equal(guesses.count, 40 + 33);
	assert_string_equal(guesses.list[41], "d");
	assert_string_equal(guesses.list[43], "d e");
	for (size_t i = 0; i < 1000; i++)
		prose_mentions(&guesses, "@Ann @Bob");
	assert_int_equal(guesses.count, 1200);
}

int
main(void)
{
	UNIT_ROWS(test_html, rows);
	UNIT_ROWS(test_guesses, rows);
	UNIT_TEST(test_most_guesses);
	return unit_run();
}
