/* The text of a message: whatever somebody writes and whoever exists, a reader
 * has that text, and links that only lead to a user or to an address. */

#include <string.h>
#include <strings.h>

#include "mem.h"
#include "prose.h"
#include "lib/fuzz.h"
#include "lib/reference.h"

#define MENTION "<a class=\"mention\" href=\"/"
#define ADDRESS "<a href=\""
#define NAMES_OF_TEXT 40

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The page without its tags, which are what they can be. */
static const char *
text_of(const char *page)
{
	struct buf out = { 0 };
	bool within = false;

	buf_puts(&out, "");
	for (; *page != '\0'; page++) {
		if (*page != '<') {
			buf_add(&out, page, 1);
			continue;
		}
		if (within)
			property(begins(page, "</a>"));
		else
			property(begins(page, MENTION) ||
			    (begins(page, ADDRESS) &&
				strncasecmp(
				    page + strlen(ADDRESS), "http", 4) == 0));
		within = !within;
		page = strchr(page, '>');
		property(page != NULL);
	}
	property(!within);
	return reference_html_text(out.data, out.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *name = fuzz_line(&input), *text = fuzz_rest(&input);
	struct names guesses = { 0 }, one = { 1, &name };
	struct buf page = { 0 };

	for (const char *c = text; *c != '\0'; c++) {
		if ((*c > 0 && *c < ' ' && *c != '\n') || *c == 0x7f)
			return fuzz_end(); /* never stored */
	}
	if (!reference_is_utf8(name, strlen(name)) || name[0] == '\0' ||
	    !reference_is_utf8(text, strlen(text)))
		return fuzz_end();

	prose_mentions(&guesses, text);
	property(guesses.count <= NAMES_OF_TEXT);
	buf_puts(&page, "");
	prose_html(&page, text, &guesses);
	property(fuzz_same(text_of(page.data), text));

	page = (struct buf){ 0 };
	buf_puts(&page, "");
	prose_html(&page, text, &one);
	property(fuzz_same(text_of(page.data), text));
	return fuzz_end();
}
