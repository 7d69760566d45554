#include "prose.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "html.h"
#include "mem.h"
#include "text.h"

/* A name has at most 64 code points. */
#define NAME_LONGEST 64
/* How many names one text can mean, so that it takes nothing from the others,
 * and all together. */
#define NAMES_OF_TEXT 40
#define NAMES 1200

/* Blanks, punctuation and pictures beyond ASCII. */
static bool
is_mark(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} marks[] = {
		{ 0x80, 0xbf },                         /* Latin-1 */
		{ 0x60c, 0x60c }, { 0x61b, 0x61f },     /* Arabic */
		{ 0x6d4, 0x6d4 },                       /* Urdu */
		{ 0x964, 0x965 },                       /* Devanagari */
		{ 0x2000, 0x200b }, { 0x200e, 0x206f }, /* but joiners */
		{ 0x20a0, 0x20cf }, { 0x2190, 0x2bff }, /* symbols */
		{ 0x3000, 0x3004 }, { 0x3008, 0x3020 }, /* CJK */
		{ 0xfe00, 0xfe1f }, { 0xfe30, 0xfe6f }, /* variants */
		{ 0xff00, 0xff0f }, { 0xff1a, 0xff20 }, /* full width */
		{ 0xff3b, 0xff40 }, { 0xff5b, 0xff65 }, /* ... */
		{ 0x1f000, 0x1faff },                   /* emoji */
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (c >= marks[i].first && c <= marks[i].last)
			return true;
	}
	return false;
}

/* Where a word goes on: letters and digits, of any script; and within one of
 * them. */
static bool
is_word(const char *text)
{
	char c = *text;
	uint32_t code_point;

	if ((unsigned char)c >= 0x80)
		return text_code_point(text, strnlen(text, 4), &code_point) ==
		    0 ||
		    !is_mark(code_point);
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || c == '_';
}

/* The beginning of the code point that ends here. */
static const char *
previous(const char *at)
{
	do
		at--;
	while ((*at & 0xc0) == 0x80);
	return at;
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
		if (i >= len && name[i] != ' ' && !is_word(name + i + 1))
			return i + 1;
	}
	return 0;
}

/* Whether what is here is not within a word, as an e-mail address's @ is. */
static bool
begins_word(const char *text, const char *at)
{
	return at == text || !is_word(previous(at));
}

void
prose_mentions(struct names *names, const char *text)
{
	struct {
		const char *name;
		size_t len;
	} open[NAMES_OF_TEXT];
	size_t count = 0, most = names->count + NAMES_OF_TEXT;

	if (names->list == NULL)
		names->list = mem_alloc(NAMES * sizeof(*names->list));
	if (most > NAMES)
		most = NAMES;
	/* those within words, too: a mention may end right before them */
	for (const char *at = text; count < NAMES_OF_TEXT; at++) {
		if ((at = strchr(at, '@')) == NULL)
			break;
		open[count].name = at + 1;
		open[count++].len = 0;
	}
	/* a further word of all of them, and another: the last @ is heard, too,
	 * when there is much after the first */
	while (count > 0 && names->count < most) {
		size_t left = 0;

		for (size_t i = 0; i < count && names->count < most; i++) {
			const char *name = open[i].name;
			size_t len = next_end(name, open[i].len);

			if (len == 0)
				continue;
			names->list[names->count++] = mem_copy(name, len);
			open[left].name = name;
			open[left++].len = len;
		}
		count = left;
	}
}

/* The number of bytes of the longest known name that begins here, or 0. */
static size_t
name_length(const char *text, const struct names *known)
{
	size_t longest = 0;

	for (size_t len = 0; (len = next_end(text, len)) != 0;) {
		const char *name = names_beginning(known, text, len);

		if (name == NULL)
			break;
		if (name[len] == '\0')
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
	size_t scheme = strncasecmp(text, "http://", 7) == 0 ? 7
	    : strncasecmp(text, "https://", 8) == 0          ? 8
							     : 0;
	size_t len = scheme, open = 0;

	if (scheme == 0 || !is_word(text + scheme))
		return 0;
	for (; text[len] > ' ' || (unsigned char)text[len] >= 0x80; len++) {
		if (strchr("<>\"\x7f", text[len]) != NULL ||
		    ((unsigned char)text[len] >= 0x80 && !is_word(text + len)))
			break;
		/* a bracket that was not opened within is the sentence's */
		if (strchr("([{", text[len]) != NULL)
			open++;
		else if (strchr(")]}", text[len]) != NULL && open-- == 0)
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
	while (*(text += strcspn(text, "@hH")) != '\0') {
		if (*text == '@' || strncasecmp(text, "http", 4) == 0)
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

		/* one link may follow right after another */
		if (at == plain || begins_word(text, at))
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
