/* HTML that goes out: any text is text, in an element and in an attribute, and
 * the same text to whoever reads the page. */

#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "lib/fuzz.h"
#include "lib/reference.h"

/* text, but for the control characters that HTML has no place for. */
static const char *
shown(const char *text)
{
	struct buf out = { 0 };

	buf_puts(&out, "");
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && strchr("\t\n\r", c) == NULL) || c == 0x7f)
			buf_puts(&out, "\ufffd");
		else
			buf_add(&out, text, 1);
	}
	return out.data;
}

/* What is between the two in the page, which goes on after it. */
static const char *
between(const char **page, const char *before, const char *after)
{
	const char *start = *page + strlen(before), *end;

	property(strncmp(*page, before, strlen(before)) == 0);
	end = strstr(start, after);
	property(end != NULL);
	*page = end + strlen(after);
	return reference_html_text(start, (size_t)(end - start));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *text = fuzz_rest(&input), *expected = shown(text), *at;
	struct buf page = { 0 };

	html(&page, "<b title=\"%s\">100%% %d</b><i>%s</i>%s<p>%zu</p>", text,
	    -7, text, text, size);
	at = page.data;
	property(fuzz_same(between(&at, "<b title=\"", "\">"), expected));
	property(strncmp(at, "100% -7</b>", 11) == 0);
	at += 11;
	property(fuzz_same(between(&at, "<i>", "</i>"), expected));
	property(fuzz_same(between(&at, "", "<p>"), expected));
	property((size_t)strtoull(at, NULL, 10) == size);
	if (reference_is_utf8(text, strlen(text)))
		property(reference_is_utf8(page.data, page.len));
	return fuzz_end();
}
