#include "prose.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "html.h"
#include "mem.h"
#include "text.h"
#include "unicode.h"

/* A name has at most 64 code points. */
#define NAME_LONGEST 64
/* How many names one text can mean, so that it takes nothing from the others,
 * and all together on a page of 30.  Without spaces, a name can end after each
 * of its code points. */
#define NAMES_OF_TEXT NAME_LONGEST
#define NAMES (30 * NAMES_OF_TEXT)

/* Brackets within brackets in one address. */
#define BRACKETS_OPEN 8

static uint32_t
code_point_at(const char *at)
{
	return text_next(&at);
}

static int
kind_at(const char *at)
{
	return unicode_kind(code_point_at(at));
}

/* The place after the code point here. */
static const char *
after(const char *at)
{
	text_next(&at);
	return at;
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
is_word(const char *at)
{
	return kind_at(at) >= UNICODE_MARK;
}

/* Whether a Latin word ends here, in the text from from on.  A word of another
 * script does not go on in Latin letters. */
static bool
follows_latin(const char *from, const char *at)
{
	int kind = UNICODE_MARK;

	while (at > from && kind == UNICODE_MARK)
		kind = kind_at(at = previous(at));
	return kind == UNICODE_LATIN || kind == UNICODE_NUMBER;
}

/* --- addresses --- */

static size_t
scheme_length(const char *text)
{
	if (strncasecmp(text, "http://", 7) == 0)
		return 7;
	return strncasecmp(text, "https://", 8) == 0 ? 8 : 0;
}

/* True for a character that no address contains.  Scripts without spaces have
 * no space behind a comma or a full stop, either. */
static bool
ends_address(uint32_t c)
{
	int kind = unicode_kind(c);

	return kind == UNICODE_SPACE || kind == UNICODE_STOP || c == '<' ||
	    c == '>' || c == '"';
}

static bool
is_bracket(uint32_t c)
{
	int kind = unicode_kind(c);

	return kind == UNICODE_OPENING || kind == UNICODE_CLOSING;
}

/* Those of a pair are next to each other, but for "[]" and the like. */
static bool
is_pair(uint32_t opening, uint32_t closing)
{
	return closing - opening <= 2 || (opening == 0xab && closing == 0xbb);
}

/* Domains of emoji and of symbols exist. */
static bool
is_of_host(const char *at)
{
	return kind_at(at) >= UNICODE_SYMBOL;
}

/* The place behind a full stop, hyphens or, as in Catalan, a middle dot (RFC
 * 5892 A.3); the place itself if no host name goes on there. */
static const char *
skip_joint(const char *at)
{
	const char *behind = at;

	if (code_point_at(at) == 0xb7)
		behind = after(at);
	else if (*at == '.' || *at == '-') {
		behind += *at == '.';
		behind += strspn(behind, "-");
	}
	return is_of_host(behind) ? behind : at;
}

/* The end of the host name or address that is here; the place itself if there
 * is none. */
static const char *
host_end(const char *host)
{
	const char *end = host;

	if (*host == '[') {
		end += 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
		return *end == ']' &&
			memchr(host, ':', (size_t)(end - host)) != NULL
		    ? end + 1
		    : host;
	}
	while (is_of_host(end)) {
		while (is_of_host(end))
			end = after(end);
		end = skip_joint(end);
	}
	return end;
}

/* What browsers leave out of a host name (UTS 46), and take for a full stop
 * there: a link before it could be to another site. */
static bool
is_hidden_joint(const char *host, const char *at)
{
	switch (code_point_at(at)) {
	case 0xad:
	case 0x200b:
	case 0x2060:
	case 0xfeff:
		return true;
	case 0x3002:
	case 0xff0e:
	case 0xff61:
		return memchr(host, '.', (size_t)(at - host)) == NULL;
	default:
		return false;
	}
}

/* Whether a writer goes on with a host name behind what no host name has. */
static bool
host_goes_on(const char *host, const char *at)
{
	uint32_t c;

	if (is_hidden_joint(host, at))
		return is_of_host(after(at));
	for (; !ends_address(c = code_point_at(at)); at = after(at)) {
		if (is_bracket(c) || scheme_length(at) > 0)
			return false;
		if (c == '/' || (c == '.' && skip_joint(at) != at))
			return true;
	}
	return false;
}

/* RFC 3986 3.2.1 */
static const char *
skip_user(const char *authority)
{
	const char *host = authority;
	uint32_t c;

	if (*authority == '@')
		return authority;
	for (const char *at = authority; !ends_address(c = code_point_at(at));
	     at = after(at)) {
		if (strchr("/?#", *at) != NULL || is_bracket(c) ||
		    (c >= 0x80 && !is_of_host(at)))
			break;
		if (c == '@')
			host = at + 1;
	}
	return host;
}

static const char *
skip_port(const char *at)
{
	size_t digits;

	/* the full stop of a name that is complete (RFC 3986 3.2.2) */
	if (at[0] == '.' && (at[1] == '/' || at[1] == ':'))
		at++;
	digits = *at == ':' ? strspn(at + 1, "0123456789") : 0;
	return digits > 0 ? at + 1 + digits : at;
}

/* The end of a path, query and fragment: brackets within are in pairs. */
static const char *
path_end(const char *at)
{
	const char *open[BRACKETS_OPEN];
	size_t count = 0;
	uint32_t c;

	for (; !ends_address(c = code_point_at(at)); at = after(at)) {
		int kind = unicode_kind(c);

		if (kind == UNICODE_OPENING) {
			if (count == BRACKETS_OPEN)
				break;
			open[count++] = at;
		} else if (kind == UNICODE_CLOSING) {
			if (count == 0 ||
			    !is_pair(code_point_at(open[count - 1]), c))
				break;
			count--;
		}
	}
	return count > 0 ? open[0] : at;
}

/* True for a character that belongs to the sentence and not to the address, if
 * it is at the address's end. */
static bool
ends_sentence(uint32_t c)
{
	int kind = unicode_kind(c);

	if (c < 0x80)
		return strchr(".,;:!?'*_~", (int)c) != NULL;
	return kind == UNICODE_EMOJI || kind == UNICODE_PUNCTUATION;
}

static const char *
trim(const char *from, const char *end)
{
	while (end > from) {
		const char *last = previous(end);

		while (last > from && kind_at(last) == UNICODE_MARK)
			last = previous(last);
		if (!ends_sentence(code_point_at(last)))
			break;
		end = last;
	}
	return end;
}

/* How many bytes here are an address (RFC 3986, and what browsers encode by
 * themselves); 0 when there is none. */
static size_t
address_length(const char *text)
{
	size_t scheme = scheme_length(text);
	const char *host, *behind, *end;

	if (scheme == 0)
		return 0;
	host = skip_user(text + scheme);
	behind = host_end(host);
	if (behind == host)
		return 0;
	end = skip_port(behind);
	if (*end == '/' || *end == '?' || *end == '#')
		end = path_end(end);
	else if (end == behind && host_goes_on(host, end))
		return 0;
	end = trim(host, end);
	/* no part of a host name is a link, but a complete one before emoji */
	if (end < behind && memchr(host, '.', (size_t)(end - host)) == NULL)
		return 0;
	return (size_t)(end - text);
}

/* --- mentions --- */

/* The places at which a name can end, one after another.  Each code point is
 * decoded once. */
struct reading {
	const char *name;
	size_t len, code_points;
	int script;         /* of the last letter */
	uint32_t next;      /* the code point behind len bytes */
	int kind;           /* of next */
	const char *behind; /* next */
};

static void
look_ahead(struct reading *reading)
{
	reading->len = (size_t)(reading->behind - reading->name);
	reading->next = text_next(&reading->behind);
	reading->kind = unicode_kind(reading->next);
}

static struct reading
read_name(const char *name)
{
	struct reading reading = {
		.name = name,
		.script = UNICODE_LATIN,
		.behind = name,
	};

	look_ahead(&reading);
	return reading;
}

/* Whether a word does not go on with a code point of this kind, after letters
 * of a script. */
static bool
ends_word(int script, int kind)
{
	if (kind <= UNICODE_MARK)
		return kind != UNICODE_MARK;
	if (script == UNICODE_UNSPACED || kind == UNICODE_UNSPACED)
		return true;
	return kind != UNICODE_NUMBER && kind != script;
}

/* Goes on to the next such place; false when there is none. */
static bool
next_end(struct reading *reading)
{
	while (reading->code_points++ < NAME_LONGEST) {
		uint32_t c = reading->next;

		if (c < 0x20 || c == 0x7f || (c == ' ' && reading->len == 0))
			return false;
		if (reading->kind >= UNICODE_LATIN)
			reading->script = reading->kind;
		look_ahead(reading);
		if (c != ' ' && ends_word(reading->script, reading->kind))
			return true;
	}
	return false;
}

void
prose_mentions(struct names *names, const char *text)
{
	struct reading open[NAMES_OF_TEXT];
	size_t count = 0, most = names->count + NAMES_OF_TEXT;

	if (names->list == NULL)
		names->list = mem_alloc(NAMES * sizeof(*names->list));
	if (most > NAMES)
		most = NAMES;
	/* those within words, too: a mention may end right before them */
	for (const char *at = text; count < NAMES_OF_TEXT; at++) {
		if ((at = strchr(at, '@')) == NULL)
			break;
		open[count++] = read_name(at + 1);
	}
	/* a further word of all of them, and another: the last @ is heard, too,
	 * when there is much after the first */
	while (count > 0 && names->count < most) {
		size_t left = 0;

		for (size_t i = 0; i < count && names->count < most; i++) {
			struct reading reading = open[i];

			if (!next_end(&reading))
				continue;
			names->list[names->count++] =
			    mem_copy(reading.name, reading.len);
			open[left++] = reading;
		}
		count = left;
	}
}

/* Whether this @ is within an e-mail address (RFC 5322 3.2.3, without the
 * characters that end a sentence) or a path, in the text from from on. */
static bool
is_in_address(const char *from, const char *at)
{
	const char *word = at;

	while (word > from && strchr("!#$%&*+-/=@^~", word[-1]) != NULL)
		word--;
	if (follows_latin(from, word))
		return true;
	return memchr(word, '/', (size_t)(at - word)) != NULL && word > from &&
	    is_word(previous(word));
}

/* Whether a name that goes on behind its end is a host name: the @ before it is
 * within an e-mail address when a word is before that. */
static bool
is_host(const char *text, const char *name, const char *end)
{
	const char *at = name - 1, *behind;

	if (at == text || !is_word(previous(at)))
		return false;
	behind = host_end(name);
	return behind > end && memchr(end, '.', (size_t)(behind - end)) != NULL;
}

/* The number of bytes of the longest known name that is mentioned here, or 0;
 * lengths has that of the mentions behind. */
static size_t
name_length(const char *text, const char *name, const size_t *lengths,
    const struct names *known)
{
	struct reading reading = read_name(name);
	size_t longest = 0;

	while (next_end(&reading)) {
		const char *end = name + reading.len;
		const char *found = names_beginning(known, name, reading.len);

		if (found == NULL)
			break;
		if (found[reading.len] != '\0' || strncmp(end, "://", 3) == 0 ||
		    is_host(text, name, end))
			continue;
		/* @name@host is somebody at another site */
		if (*end != '@' || lengths[end - text] > 0)
			longest = reading.len;
	}
	return longest;
}

/* Returns, for the place of each @ of a text, the length of the known name
 * behind it, or 0; NULL for a text without one. */
static const size_t *
name_lengths(const char *text, const struct names *known)
{
	const char *last = strrchr(text, '@');
	size_t at = last != NULL ? (size_t)(last - text) + 1 : 0;
	size_t *lengths = at > 0 ? mem_alloc(at * sizeof(*lengths)) : NULL;

	while (at-- > 0) {
		if (text[at] == '@')
			lengths[at] =
			    name_length(text, text + at + 1, lengths, known);
	}
	return lengths;
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
	const size_t *lengths = name_lengths(text, known);
	const char *plain = text, *at = text;

	/* a link is no word that could go on: one may follow right after
	 * another */
	while (*(at = next_special(at)) != '\0') {
		bool is_mention = *at == '@';
		const char *link;
		size_t len = 0;

		if (is_mention)
			len = lengths[at - text];
		else if (!follows_latin(plain, at))
			len = address_length(at);
		if (len == 0 || (is_mention && is_in_address(plain, at))) {
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
