#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "resize.h"

/* --- writing --- */

void
wire_string(struct buf *out, const char *value)
{
	const char *end = value + strlen(value);

	buf_puts(out, "\"");
	while (value < end) {
		uint32_t code_point;
		char escape[7];
		size_t step =
		    text_code_point(value, (size_t)(end - value), &code_point);

		if (step == 0) {
			buf_puts(out, "\xef\xbf\xbd");
			step = 1;
		} else if (code_point == '"' || code_point == '\\') {
			buf_puts(out, "\\");
			buf_add(out, value, 1);
		} else if (code_point < 0x20) {
			snprintf(escape, sizeof(escape), "\\u%04x",
			    (unsigned)code_point);
			buf_puts(out, escape);
		} else {
			buf_add(out, value, step);
		}
		value += step;
	}
	buf_puts(out, "\"");
}

void
wire_path(struct buf *out, const char *name)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	while (*name != '\0') {
		size_t plain = strspn(name, unreserved);
		char escape[4];

		buf_add(out, name, plain);
		name += plain;
		if (*name == '\0')
			break;
		snprintf(escape, sizeof(escape), "%%%02X",
		    (unsigned)(unsigned char)*name++);
		buf_puts(out, escape);
	}
}

void
wire_target(struct buf *out, const struct scenario *scenario,
    const struct action *action)
{
	char query[sizeof("?latest=") + 20];

	out->len = 0;
	if (action->kind == KIND_REGISTER) {
		buf_puts(out, "/register");
	} else {
		buf_puts(
		    out, action->kind == KIND_TWEET ? "/msgs/" : "/fllws/");
		wire_path(out, scenario->users[action->user].name);
	}
	snprintf(query, sizeof(query), "?latest=%" PRId64, action->id);
	buf_puts(out, query);
}

static void
put_member(struct buf *out, const char *before, const char *value)
{
	buf_puts(out, before);
	wire_string(out, value);
}

void
wire_body(struct buf *out, const struct scenario *scenario,
    const struct action *action)
{
	const struct user *users = scenario->users;

	out->len = 0;
	switch (action->kind) {
	case KIND_REGISTER:
		put_member(out, "{\"username\":", users[action->user].name);
		put_member(out, ",\"email\":", action->text);
		put_member(out, ",\"pwd\":", action->password);
		break;
	case KIND_TWEET:
		put_member(out, "{\"content\":", action->text);
		break;
	case KIND_FOLLOW:
		put_member(out, "{\"follow\":", users[action->whom].name);
		break;
	default:
		put_member(out, "{\"unfollow\":", users[action->whom].name);
		break;
	}
	buf_puts(out, "}");
}

/* --- reading ---
 *
 * Each function reads what it is named for at *at, moves *at behind it, and
 * gives false, or NULL, where something else is. */

#define MAX_NESTING 32

static void
skip_space(char **at)
{
	*at += strspn(*at, " \t\n\r");
}

static bool
read_mark(char **at, char mark)
{
	skip_space(at);
	if (**at != mark)
		return false;
	++*at;
	return true;
}

/* The four digits of \u; -1 when they are none. */
static int32_t
read_code_unit(const char *digits)
{
	int32_t value = 0;

	for (size_t i = 0; i < 4; i++) {
		static const char hex[] = "0123456789abcdefABCDEF";
		const char *found =
		    digits[i] != '\0' ? strchr(hex, digits[i]) : NULL;

		if (found == NULL)
			return -1;
		value = value << 4 |
		    (int32_t)(found - hex < 16 ? found - hex : found - hex - 6);
	}
	return value;
}

/* What follows \u, as UTF-8 into *to: no longer than it was. */
static bool
decode_unicode(char **at, char **to)
{
	int32_t first = read_code_unit(*at), second;

	if (first <= 0)
		return false;
	*at += 4;
	if (first >= 0xd800 && first <= 0xdfff) {
		if (first > 0xdbff || (*at)[0] != '\\' || (*at)[1] != 'u')
			return false;
		second = read_code_unit(*at + 2);
		if (second < 0xdc00 || second > 0xdfff)
			return false;
		*at += 6;
		first = 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
	}
	*to += text_utf8_encode((uint32_t)first, *to);
	return true;
}

/* A string, decoded where it stands. */
static char *
read_string(char **at)
{
	char *start, *to;

	if (!read_mark(at, '"'))
		return NULL;
	start = to = *at;
	while (**at != '"') {
		static const char escapes[] = "\"\\/bfnrt";
		static const char meanings[] = "\"\\/\b\f\n\r\t";
		const char *escape;

		if ((unsigned char)**at < 0x20)
			return NULL; /* the text's end, too */
		if (**at != '\\') {
			*to++ = *(*at)++;
			continue;
		}
		++*at;
		if (**at == 'u') {
			++*at;
			if (!decode_unicode(at, &to))
				return NULL;
			continue;
		}
		escape = **at != '\0' ? strchr(escapes, **at) : NULL;
		if (escape == NULL)
			return NULL;
		*to++ = meanings[escape - escapes];
		++*at;
	}
	++*at; /* first, because the NUL may take the quote's place */
	*to = '\0';
	return start;
}

static char *
read_name(char **at)
{
	char *name = read_string(at);

	return name != NULL && read_mark(at, ':') ? name : NULL;
}

/* A value that nobody asks for. */
static bool
skip_value(char **at, int nesting)
{
	char close;

	skip_space(at);
	if (**at == '"')
		return read_string(at) != NULL;
	if (**at != '{' && **at != '[') {
		size_t len = strspn(*at, "+-.0123456789Eaeflnrstu");

		*at += len;
		return len > 0;
	}
	close = *(*at)++ == '{' ? '}' : ']';
	if (read_mark(at, close))
		return true;
	do {
		if (nesting == MAX_NESTING ||
		    (close == '}' && read_name(at) == NULL) ||
		    !skip_value(at, nesting + 1))
			return false;
	} while (read_mark(at, ','));
	return read_mark(at, close);
}

static bool
read_end(char **at)
{
	skip_space(at);
	return **at == '\0';
}

/* Moves into an object, to the value of its member name. */
static bool
find_member(char **at, const char *name)
{
	if (!read_mark(at, '{'))
		return false;
	do {
		const char *found = read_name(at);

		if (found == NULL)
			return false;
		if (strcmp(found, name) == 0)
			return true;
		if (!skip_value(at, 0))
			return false;
	} while (read_mark(at, ','));
	return false;
}

void
strings_add(struct strings *strings, char *string)
{
	if (strings->count == strings->room) {
		strings->room = strings->room > 0 ? 2 * strings->room : 128;
		strings->list = resize(
		    strings->list, strings->room, sizeof(*strings->list));
	}
	strings->list[strings->count++] = string;
}

static bool
read_message(char **at, char **content, char **author)
{
	*content = *author = NULL;
	if (!read_mark(at, '{'))
		return false;
	do {
		const char *name = read_name(at);
		char **member = name == NULL       ? NULL
		    : strcmp(name, "content") == 0 ? content
		    : strcmp(name, "user") == 0    ? author
						   : NULL;

		if (name == NULL)
			return false;
		if (member != NULL ? (*member = read_string(at)) == NULL
				   : !skip_value(at, 0))
			return false;
	} while (read_mark(at, ','));
	return read_mark(at, '}') && *content != NULL && *author != NULL;
}

bool
wire_messages(char *text, const char *user, struct strings *contents,
    const char **stranger)
{
	char *content, *author;

	contents->count = 0;
	*stranger = NULL;
	if (!read_mark(&text, '['))
		return false;
	if (read_mark(&text, ']'))
		return read_end(&text);
	do {
		if (!read_message(&text, &content, &author))
			return false;
		if (strcmp(author, user) != 0)
			*stranger = author;
		strings_add(contents, content);
	} while (read_mark(&text, ','));
	return read_mark(&text, ']') && read_end(&text);
}

bool
wire_follows(char *text, struct strings *names)
{
	names->count = 0;
	if (!find_member(&text, "follows") || !read_mark(&text, '['))
		return false;
	if (read_mark(&text, ']'))
		return true;
	do {
		char *name = read_string(&text);

		if (name == NULL)
			return false;
		strings_add(names, name);
	} while (read_mark(&text, ','));
	return read_mark(&text, ']');
}

bool
wire_latest(char *text, int64_t *latest)
{
	char *end;

	if (!find_member(&text, "latest"))
		return false;
	skip_space(&text);
	end = text + strspn(text, "-0123456789");
	*end = '\0';
	return text_integer(text, INT64_MIN, INT64_MAX, latest);
}

const char *
wire_error(char *text)
{
	return find_member(&text, "error_msg") ? read_string(&text) : NULL;
}
