/* The text of a message: whatever somebody writes and whoever exists, a reader
 * has that text, and links that only lead to a user or to an address. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "prose.h"
#include "lib/fuzz.h"
#include "lib/reference.h"

#define MENTION "<a class=\"mention\" href=\"/"
#define ADDRESS "<a href=\""
#define NAMES_OF_TEXT 64

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static size_t
count_of(const char *text, char c)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == c;
	return count;
}

static bool
is_ascii_word(char c)
{
	return strchr("0123456789abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		   c) != NULL &&
	    c != '\0';
}

/* An address has nothing of the sentence and no half of a pair, and all of a
 * host name. */
static void
check_address(const char *address, const char *behind)
{
	const char *host = strstr(address, "//") + 2;

	property(strchr(".,;:!?'*_~", address[strlen(address) - 1]) == NULL);
	property(count_of(address, '(') == count_of(address, ')'));
	property(count_of(address, '{') == count_of(address, '}'));
	property(strpbrk(address, " \n<>\"") == NULL);
	if (strpbrk(host, "/?#:@[") != NULL)
		return;
	property(!is_ascii_word(behind[0]));
	property((behind[0] != '.' && behind[0] != '-') ||
	    !is_ascii_word(behind[1]));
}

static bool
is_among(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (fuzz_same(names->list[i], name))
			return true;
	}
	return false;
}

/* What is between a tag and its end, and behind that. */
static void
check_link(const char *tag, const struct names *known)
{
	const char *begin = strchr(tag, '>') + 1, *end = strstr(tag, "</a>");
	size_t len = (size_t)(end - begin);
	const char *text = reference_html_text(begin, len);

	property(text != NULL);
	if (begins(tag, MENTION)) {
		property(is_among(known, text + 1));
		return;
	}
	property(begins(tag, ADDRESS));
	property(strncmp(tag + strlen(ADDRESS), begin, len) == 0);
	property(strncasecmp(text, "http", 4) == 0);
	check_address(text, end + strlen("</a>"));
}

/* The page without its tags, which are what they can be. */
static const char *
text_of(const char *page, const struct names *known)
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
			check_link(page, known);
		within = !within;
		page = strchr(page, '>');
		property(page != NULL);
	}
	property(!within);
	return reference_html_text(out.data, out.len);
}

/* The order of names_existing(). */
static int
compare(const void *a, const void *b)
{
	const char *const *one = a, *const *other = b;

	return strcmp(*one, *other);
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
	qsort(guesses.list, guesses.count, sizeof(*guesses.list), compare);
	buf_puts(&page, "");
	prose_html(&page, text, &guesses);
	property(fuzz_same(text_of(page.data, &guesses), text));

	page = (struct buf){ 0 };
	buf_puts(&page, "");
	prose_html(&page, text, &one);
	property(fuzz_same(text_of(page.data, &one), text));
	return fuzz_end();
}
