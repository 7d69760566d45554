#include "prose.h"

#include <stdbool.h>
#include <string.h>

#include "html.h"
#include "text.h"
#include "unit.h"

#define LINK(address, text) \
	"<a href=\"" address "\" rel=\"nofollow ugc noopener\">" text "</a>"
#define PLAIN_LINK(address) LINK(address, address)
#define MENTION(path, name) \
	"<a class=\"mention\" href=\"/" path "\">@" name "</a>"

/* in the order of names_existing() */
static const char *users[] = { "<b>", "Ann", "Ann Lee", "Dr. No", "J.R.",
	"Roger Histand", "Zo\u00eb", "a/b", "ann@b", "bob", "bob 1", "http",
	"боб", "боб ли", "محمد", "สม", "さくら", "太郎", "太郎丸", "철수" };
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
	{ "... that is an attack", "http://a/'onclick='b",
	    LINK("http://a/&#39;onclick=&#39;b",
		"http://a/&#39;onclick=&#39;b") },
	{ "... before a line's end", "http://a\nb",
	    PLAIN_LINK("http://a") "\nb" },
	{ "... whose scheme is in upper case", "Https://a.b/C HTTP://D",
	    PLAIN_LINK("Https://a.b/C") " " PLAIN_LINK("HTTP://D") },
	{ "... in other brackets", "[http://a.b] {http://a/[b]}",
	    "[" PLAIN_LINK("http://a.b") "] {" PLAIN_LINK("http://a/[b]") "}" },
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

/* Texts with their links between these brackets. */
static const struct link_row {
	const char *name, *text;
} link_rows[] = {
	{ "an address after a script without spaces", "日本語⟦http://a.b/c⟧" },
	{ "... after Hangul", "여기⟦https://a.b⟧" },
	{ "... after Thai", "ดูที่⟦http://a.b⟧" },
	{ "... after other scripts", "вот⟦http://a.b⟧ هنا⟦http://c.d⟧" },
	{ "... after Latin letters",
	    "éhttp://a.b 1http://a.b e\u0301http://a.b" },
	{ "... after punctuation of any script",
	    "見て、⟦http://a.b⟧。「⟦http://c.d⟧」（⟦http://e.f/g⟧）！⟦http://h.i⟧" },
	{ "... before punctuation of a script without spaces",
	    "⟦http://a.b/c⟧、と⟦http://a.b/d⟧？" },
	{ "an address with a dash", "⟦http://a.b/Wave–particle_duality⟧" },
	{ "... with a quotation mark", "⟦http://a.b/L’Île?q=d’un#l’autre⟧" },
	{ "... with middle dots", "⟦http://a.b/Col·lecció/ジョン・レノン⟧" },
	{ "... with an ordinal", "⟦http://a.b/nº5/1ªA⟧" },
	{ "... with marks", "⟦http://a.b/e\u0301/हिन्दी/ภาษาไทย⟧" },
	{ "... with emoji", "⟦http://a.b/❤️x?👍🏽=1#🇩🇪/⟧" },
	{ "... with symbols", "⟦http://a.b/?utf8=✓⟧ ⟦http://a.b/20€⟧" },
	{ "... before these",
	    "⟦http://a.b/c⟧– ⟦http://a.b/c⟧’ ⟦http://a.b/c⟧· ⟦http://a.b/c⟧º" },
	{ "... before several of these",
	    "(⟦http://a.b/c?d⟧’).–… ⟦http://a.b/#e⟧·’?!…" },
	{ "... before emoji",
	    "⟦http://a.b/c⟧👍 ⟦http://a.b/c⟧❤️ ⟦http://a.b/c⟧.👩🏽‍🚀!🇩🇪" },
	{ "... before punctuation of other scripts",
	    "⟦http://a.b/c⟧। ⟦http://a.b/c⟧، ⟦http://a.b/c⟧። ⟦http://a.b/c⟧։" },
	{ "... that ends in a letter and marks",
	    "⟦http://a.b/e\u0301⟧ ⟦http://a.b/も⟧" },
	{ "... before an invisible character",
	    "⟦http://a.b/c⟧\u200bd \u2068⟦http://a.b⟧\u2069" },
	{ "an address with brackets", "⟦http://a.b/(c)_[d]?{e}=(f)#(g(h))⟧" },
	{ "... in brackets of their own",
	    "(⟦http://a.b/c_(d)⟧) [⟦http://a.b/(c)⟧]" },
	{ "... with wide brackets",
	    "（⟦http://a.b/中国（消歧义）/「x」『y』⟧）" },
	{ "... with quotation marks",
	    "“⟦http://a.b/“c”⟧” «⟦http://a.b/d⟧» „⟦http://a.b/e⟧“" },
	{ "... with rare brackets", "⟨⟦http://a.b/⟨c⟩/༺d༻⟧⟩" },
	{ "... before a bracket", "⟦http://a.b/c⟧(see ⟦http://a.b/c⟧_(d(e) x" },
	{ "... before brackets that cross",
	    "⟦http://a.b/c⟧(d]e) ⟦http://a.b/⟧)(" },
	{ "... with many brackets",
	    "⟦http://a.b/((((((((c))))))))⟧ ⟦http://a.b/⟧(((((((((c)))))))))" },
	{ "... before markup", "⟦http://a.b/⟧<b>c</b> ⟦http://a.b/⟧\"d\"" },
	{ "a host of emoji",
	    "⟦http://i❤.example/⟧ ⟦https://👍🏽.example⟧ ⟦http://✪df.example/c⟧" },
	{ "... of any script", "⟦http://müller.例え/⟧ ⟦http://भारत.example⟧" },
	{ "... with a middle dot",
	    "⟦http://col·lecció.example⟧ ⟦http://a.b⟧· c" },
	{ "... of hyphens and underscores", "⟦http://_a-b--c_d.xn--p1ai⟧" },
	{ "... with a port",
	    "⟦http://a.b:80/c⟧ ⟦http://a:5000⟧, ⟦http://a.b:80⟧です" },
	{ "... with a last full stop",
	    "⟦http://a.b./c⟧ ⟦http://a.b.:80⟧ ⟦http://a.b⟧." },
	{ "... with a user",
	    "⟦http://c:d@a.b/e⟧ ⟦http://a.b@c.d⟧ http://@a.b ⟦http://a.b⟧…⟦@bob⟧" },
	{ "... that is a number",
	    "⟦http://127.0.0.1/⟧ ⟦http://[::1]:80/c⟧ ⟦http://[2001:db8::1.2.3.4]⟧" },
	{ "... that is a bad number",
	    "http://[] http://[::1 http://[a.example:] http://[::g] http://[1]" },
	{ "... with what no host has",
	    "http://foo!bar.example http://a–b.example/ http://a\\.b\\.example" },
	{ "... with more of that",
	    "http://a%b.example http://a,b.example:80/ http://a’b.example http://a..b.example http://a-.example" },
	{ "... with what is not seen",
	    "http://a\u00adb.example http://a.b\u200bc.example ⟦http://a.b⟧\u00ad" },
	{ "... with a wide full stop",
	    "http://例え。テスト/ http://a．b ⟦http://a⟧。 ⟦http://a.b⟧。次" },
	{ "... that begins so",
	    "http://-a.b http://.a http://? http:///a http://(a)" },
	{ "... before punctuation",
	    "⟦http://a.b⟧’s, ⟦http://a.b⟧'s; ⟦http://a.b⟧… ⟦http://a.b⟧: ⟦http://a.b⟧!" },
	{ "... before itself", "http://⟦http://a.b⟧ ⟦http://a.b/http://c.d⟧" },
	{ "... before another",
	    "⟦http://a.b⟧,⟦http://c.d⟧;⟦http://e.f⟧→⟦http://g.h⟧" },
	{ "... before a bracket",
	    "⟦http://a.b⟧(c) ⟦http://a.b⟧[1] ⟦http://a.b⟧（c）" },
	{ "... before emoji",
	    "⟦http://a.b⟧👍 ⟦http://a.b⟧❤️! http://a❤ http://👍" },
	{ "... before letters", "⟦http://a.bです⟧" },
	{ "... before a query",
	    "⟦http://a.b?c⟧ ⟦http://a.b#d⟧ ⟦http://a.b⟧? ⟦http://a.b/⟧?" },
	{ "a mention after other scripts",
	    "日本⟦@bob⟧ вот⟦@bob⟧ 여기⟦@bob⟧ हि⟦@bob⟧ هنا⟦@bob⟧" },
	{ "... after punctuation",
	    "、⟦@bob⟧「⟦@bob⟧」 “⟦@bob⟧” (⟦@bob⟧) .⟦@bob⟧ -⟦@bob⟧ +⟦@bob⟧" },
	{ "... after a sentence", "Hi.⟦@bob⟧ Hi?⟦@bob⟧ そう!⟦@bob⟧" },
	{ "... after Latin letters", "é@bob e\u0301@bob 1@bob _@bob" },
	{ "... before text of any script",
	    "⟦@bob⟧さん ⟦@bob⟧у ⟦@bob⟧입니다 ⟦@bob⟧ครับ ⟦@bob⟧مرحبا" },
	{ "... of a script without spaces",
	    "⟦@太郎⟧さん ⟦@さくら⟧です ⟦@철수⟧야 ⟦@สม⟧ครับ" },
	{ "... of such a script, the longest", "⟦@太郎丸⟧さん ⟦@太郎⟧ 丸" },
	{ "... before Latin text", "⟦@боб⟧ok ⟦@太郎⟧ok ⟦@太郎⟧2 ⟦@محمد⟧ok" },
	{ "... not of half a word of that script",
	    "@боба @боб5 @боб_ ⟦@bob⟧е\u0301 @สมี @محمدي" },
	{ "... with a number, before other text",
	    "⟦@bob 1⟧привет @bob1привет" },
	{ "... of several words of any script",
	    "⟦@боб⟧ лиса ⟦@боб ли⟧, ⟦@боб ли⟧さん" },
	{ "... before a slash", "⟦@bob⟧/⟦@Ann⟧ ⟦@bob⟧/c" },
	{ "... before a full stop", "⟦@bob⟧.example ⟦@bob⟧. Hi ⟦@bob⟧.日本" },
	{ "an account elsewhere",
	    "@bob@elsewhere.example @bob@Ann.example @bob@elsewhere" },
	{ "... of any script", "@боб@сайт.рф @太郎@例え.jp @太郎@Ann.example" },
	{ "... of somebody with an e-mail address", "⟦@Ann⟧ Lee@a.example" },
	{ "... who is known here", "⟦@ann@b⟧" },
	{ "an e-mail address with a tag",
	    "x+@bob x-@bob x=@bob x!@bob f@@bob x_@bob" },
	{ "... of any script", "почта@bob.example 日本@bob.example" },
	{ "an address without a scheme",
	    "elsewhere.example/@bob сайт.рф/@bob a.b/c/@bob a.b:80/@bob a.b/~@bob a.b?c=@bob a.b/#@bob" },
	{ "... that is no link", "ftp://a.b/@bob http://foo!bar.example/@bob" },
	{ "a mention in a query", "⟦http://a.b/?c=@bob&d=,@bob⟧" },
	{ "the scheme of an address", "@⟦http://a.b⟧ ⟦@http⟧: //a.b" },
	{ "a mention before an address",
	    "⟦@太郎⟧⟦http://a.b⟧ ⟦@bob⟧: ⟦http://a.b⟧" },
};

static void
test_html(void **state)
{
	const struct row *row = row_of(state);
	struct buf out = { 0 };

	prose_html(&out, row->text, &known);
	assert_string_equal(out.data, row->html);
}

static bool
is_among(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->list[i], name) == 0)
			return true;
	}
	return false;
}

/* Whoever is known can be found: a mention's name is among the guesses. */
static void
test_guesses(void **state)
{
	const struct row *row = row_of(state);
	struct names guesses = { 0 };

	prose_mentions(&guesses, row->text);
	for (size_t i = 0; i < known.count; i++) {
		if (strstr(row->html, mem_format("\">@%s</a>", users[i])) !=
		    NULL)
			assert_true(is_among(&guesses, users[i]));
	}
}

#define OPEN "⟦"
#define CLOSE "⟧"

/* The row's text, with the links as HTML if that is wanted. */
static const char *
without_brackets(const char *text, bool as_html)
{
	struct buf out = { 0 };
	const char *link;

	while ((link = strstr(text, OPEN)) != NULL) {
		const char *end = strstr(link, CLOSE);
		const char *plain = mem_copy(text, (size_t)(link - text));

		link += strlen(OPEN);
		link = mem_copy(link, (size_t)(end - link));
		text = end + strlen(CLOSE);
		if (!as_html)
			buf_puts(&out, mem_format("%s%s", plain, link));
		else if (link[0] == '@')
			html(&out, "%s" MENTION("%s", "%s"), plain,
			    text_percent_encode(link + 1), link + 1);
		else
			html(&out, "%s" LINK("%s", "%s"), plain, link, link);
	}
	if (as_html)
		html(&out, "%s", text);
	else
		buf_puts(&out, text);
	return out.data;
}

static void
test_links(void **state)
{
	const struct link_row *row = row_of(state);
	const char *text = without_brackets(row->text, false);
	struct names guesses = { 0 };
	const char *list[sizeof(users) / sizeof(users[0])];
	struct names found = { 0, list };
	struct buf out = { 0 };

	/* those that names_existing() finds */
	prose_mentions(&guesses, text);
	for (size_t i = 0; i < known.count; i++) {
		if (is_among(&guesses, users[i]))
			list[found.count++] = users[i];
	}
	prose_html(&out, text, &found);
	assert_string_equal(out.data, without_brackets(row->text, true));
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
	assert_int_equal(guesses.count, 64);
	assert_string_equal(guesses.list[63], "a");

	prose_mentions(&guesses, "@a b c @d e f g h i j k l m n o p q r");
	assert_int_equal(guesses.count, 64 + 33);
	assert_string_equal(guesses.list[65], "d");
	assert_string_equal(guesses.list[67], "d e");

	/* each part of the longest name that is written without spaces */
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "名", 3);
	text[0] = '@';
	text[1] = text[2] = 'a';
	prose_mentions(&guesses, text);
	assert_int_equal(guesses.count, 64 + 33 + 63);
	assert_int_equal(text_length(guesses.list[guesses.count - 1]), 64);

	for (size_t i = 0; i < 1000; i++)
		prose_mentions(&guesses, "@Ann @Bob");
	assert_int_equal(guesses.count, 1920);
}

int
main(void)
{
	UNIT_ROWS(test_html, rows);
	UNIT_ROWS(test_guesses, rows);
	UNIT_ROWS(test_links, link_rows);
	UNIT_TEST(test_most_guesses);
	return unit_run();
}
