#include "prose.h"

#include <stdbool.h>
#include <string.h>

#include "html.h"
#include "mem.h"
#include "text.h"

/* A name has at most 64 code points of at most four bytes. */
#define NAME_LONGEST 64
/* How many names one @ can mean, one text can mention, so that it takes nothing
 * from the others, and all together. */
#define GUESSES 8
#define NAMES_OF_TEXT 40
#define NAMES 1200

/* Where a word goes on: letters and digits, of any script. */
static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* --- mentions --- */

/* The next place, after len, at which a name that begins here can end; 0 when
 * there is none. */
static size_t
next_end(const char *name, size_t len)
{
	size_t code_points = 0;

	for (size_t i = 0; name[0] != ' ' && !is_control(name[i]); i++) {
		code_points += (name[i] & 0xc0) != 0x80;
		if (code_points > NAME_LONGEST)
			return 0;
		if (i >= len && name[i] != ' ' && !is_word(name[i + 1]))
			return i + 1;
	}
	return 0;
}

/* Whether what is here is not within a word, as an e-mail address's @ is. */
static bool
begins_word(const char *text, const char *at)
{
	return at == text || !is_word(at[-1]);
}

void
prose_mentions(struct names *names, const char *text)
{
	size_t most = names->count + NAMES_OF_TEXT;

	if (names->list == NULL)
		names->list = mem_alloc(NAMES * sizeof(*names->list));
	if (most > NAMES)
		most = NAMES;
	for (const char *at = text; (at = strchr(at, '@')) != NULL; at++) {
		size_t len = 0;

		if (!begins_word(text, at))
			continue;
		for (int i = 0; i < GUESSES && names->count < most; i++) {
			if ((len = next_end(at + 1, len)) == 0)
				break;
			names->list[names->count++] = mem_copy(at + 1, len);
		}
	}
}

/* How many bytes here are a known name, the longest of them. */
static size_t
name_length(const char *text, const struct names *known)
{
	size_t longest = 0;

	for (size_t i = 0; i < known->count; i++) {
		size_t len = strlen(known->list[i]);

		if (len > longest && strncmp(text, known->list[i], len) == 0 &&
		    !is_word(text[len]))
			longest = len;
	}
	return longest;
}

/* --- addresses --- */

/* How many bytes here are an address (RFC 3986, and what browsers encode by
 * themselves); 0 when there is none. */
static size_t
address_length(const char *text)
{
	size_t scheme = strncmp(text, "http://", 7) == 0 ? 7
	    : strncmp(text, "https://", 8) == 0          ? 8
							 : 0;
	size_t len = scheme, open = 0;

	if (scheme == 0 || !is_word(text[scheme]))
		return 0;
	for (; text[len] > ' ' || (unsigned char)text[len] >= 0x80; len++) {
		if (strchr("<>\"\x7f", text[len]) != NULL)
			break;
		/* a bracket that was not opened within is the sentence's */
		if (text[len] == '(')
			open++;
		else if (text[len] == ')' && open-- == 0)
			break;
	}
	while (strchr(".,;:!?'*_~", text[len - 1]) != NULL)
		len--;
	return len > scheme ? len : 0;
}

/* --- both --- */

static const char *
next_special(const char *text)
{
	while (*(text += strcspn(text, "@h")) != '\0') {
		if (*text == '@' || strncmp(text, "http", 4) == 0)
			return text;
		text++;
	}
	return text;
}

void
prose_html(struct buf *out, const char *text, const struct names *known)
{
	const char *plain = text, *at = text;

	while (*(at = next_special(at)) != '\0') {
		bool is_mention = *at == '@';
		const char *link;
		size_t len = 0;

		if (begins_word(text, at))
			len = is_mention ? name_length(at + 1, known)
					 : address_length(at);
		if (len == 0) {
			at++;
			continue;
		}
		html(out, "%s", mem_copy(plain, (size_t)(at - plain)));
		at += is_mention;
		link = mem_copy(at, len);
		if (is_mention)
			html(out, "<a class=\"mention\" href=\"/%s\">@%s</a>",
			    text_percent_encode(link), link);
		else
			html(out,
			    "<a href=\"%s\" rel=\"nofollow ugc noopener\">"
			    "%s</a>",
			    link, link);
		plain = at += len;
	}
	html(out, "%s", plain);
}
