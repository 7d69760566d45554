#include "html.h"

#include "unit.h"
#include "child.h"

#define REPLACED "\xef\xbf\xbd"

static const struct value {
	const char *name, *value, *escaped;
} values[] = {
	{ "nothing", "", "" },
	{ "plain", "Roger Histand", "Roger Histand" },
	{ "ampersand", "&", "&amp;" },
	{ "less", "<", "&lt;" },
	{ "greater", ">", "&gt;" },
	{ "quote", "\"", "&#34;" },
	{ "apostrophe", "'", "&#39;" },
	{ "a reference", "&lt;&#60;", "&amp;lt;&amp;#60;" },
	{ "a script", "<script>alert('x')</script>",
	    "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
	{ "an attribute's end", "\" onclick=\"x", "&#34; onclick=&#34;x" },
	{ "directives", "%s%d%zu%%%n", "%s%d%zu%%%n" },
	{ "tab and line ends", "a\tb\nc\r\n", "a\tb\nc\r\n" },
	{ "U+0001 to U+001F",
	    "\001\002\003\004\005\006\007\b\v\016\017\020\021\022\023\024\025"
	    "\026\027\030\031\032\033\034\035\036\037",
	    /* 27 of them */
	    REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED
		REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED
		    REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED
			REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED
			    REPLACED },
	{ "DEL", "<\x7f>", "&lt;" REPLACED "&gt;" },
	{ "four bytes", "\U0001f600<\u20ac>", "\U0001f600&lt;\u20ac&gt;" },
	{ "at both ends", "<a>", "&lt;a&gt;" },
};

static void
test_escape(void **state)
{
	const struct value *row = row_of(state);
	struct buf out = { 0 };

	html(&out, "<a title=\"%s\">%s</a>", row->value, row->value);
	assert_string_equal(out.data,
	    mem_format("<a title=\"%s\">%s</a>", row->escaped, row->escaped));
}

static void
test_directives(void **state)
{
	struct buf out = { 0 };

	(void)state;
	html(&out, "%d %d %zu %zu 100%%", -2147483647 - 1, 2147483647,
	    (size_t)0, SIZE_MAX);
	html(&out, "%s%s%%", "a", "b");
	assert_string_equal(
	    out.data, "-2147483648 2147483647 0 18446744073709551615 100%ab%");
}

static void
test_long_value(void **state)
{
	struct buf out = { 0 };
	char *value = mem_alloc(100001);

	(void)state;
	memset(value, '&', 100000);
	html(&out, "<p>%s</p>", value);
	assert_int_equal(out.len, 500007);
	assert_string_equal(out.data + 499998, "&amp;</p>");
}

/* The compiler refuses these in html(); a directive that it knows but html
 * does not is for the running program to refuse. */
static const struct directive {
	const char *name, *markup;
} unknown[] = {
	{ "%i", "%i" },
	{ "%u", "%u" },
	{ "%c", "%c" },
	{ "%x", "%x" },
	{ "%ld", "%ld" },
	{ "%zd", "%zd" },
	{ "%5d", "%5d" },
	{ "%.3s", "%.3s" },
	{ "%-s", "%-s" },
	{ "%n", "%n" },
	{ "%S", "%S" },
	{ "a blank", "100% sure" },
	{ "% at the end", "100%" },
	{ "%z at the end", "%z" },
};

static void
emit(const void *given)
{
	void (*unchecked)(struct buf *, const char *, ...) = html_emit;
	struct buf out = { 0 };

	unchecked(&out, given, "");
}

static void
test_unknown_directive_dies(void **state)
{
	const struct directive *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, emit, row->markup);
	assert_died(&child, "html: no such directive: %");
}

int
main(void)
{
	UNIT_ROWS(test_escape, values);
	UNIT_TEST(test_directives);
	UNIT_TEST(test_long_value);
	UNIT_ROWS(test_unknown_directive_dies, unknown);
	return unit_run();
}
