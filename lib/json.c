#include "json.h"

#include <string.h>

#include "buf.h"
#include "log.h"
#include "mem.h"
#include "text.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* without them closing brackets cost O(n^2) */
#include <jsmn.h>

/* RFC 8259 8.1: a parser may ignore it. */
#define BYTE_ORDER_MARK "\ufeff"

#define MAX_TOKENS 256
#define MAX_NESTING 8

/* --- reading ---
 *
 * jsmn finds where values begin and end but lets much pass: {,} and {"a":1,},
 * tru, two documents in a row.  So its tokens are walked once more, and
 * whatever stands between them has to be what the grammar wants there. */

struct json_object {
	size_t count;
	struct member {
		const char *name;
		const char *string; /* NULL when the value is something else */
	} members[MAX_TOKENS];
};

struct reader {
	const char *text;
	size_t len, at; /* everything before at has been accepted */
	const jsmntok_t *token;
	const jsmntok_t *end;
	const char *problem;
};

static bool
refuse(struct reader *reader, const char *problem)
{
	reader->problem = problem;
	return false;
}

static void
skip_space(struct reader *reader)
{
	while (reader->at < reader->len &&
	    strchr(" \t\n\r", reader->text[reader->at]) != NULL)
		reader->at++;
}

/* Accepts white space and then this very character. */
static bool
expect(struct reader *reader, char c)
{
	skip_space(reader);
	if (reader->at >= reader->len || reader->text[reader->at] != c)
		return refuse(reader, "The JSON is malformed");
	reader->at++;
	return true;
}

static bool
read_hex4(const char *digits, const char *end, uint32_t *value)
{
	*value = 0;
	if (end - digits < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		static const char hex[] = "0123456789abcdefABCDEF";
		const char *found = memchr(hex, digits[i], sizeof(hex) - 1);

		if (found == NULL)
			return false;
		*value = *value << 4 |
		    (uint32_t)(found - hex < 16 ? found - hex
						: found - hex - 6);
	}
	return true;
}

/* Decodes the code unit after \u, and its second half where it is the first
 * of a surrogate pair (RFC 8259 7).  Gives how many bytes that took, 0 for
 * what is no character. */
static size_t
read_unicode_escape(const char *digits, const char *end, uint32_t *code_point)
{
	uint32_t low;

	if (!read_hex4(digits, end, code_point))
		return 0;
	if (*code_point < 0xd800 || *code_point > 0xdfff)
		return 4;
	if (*code_point > 0xdbff || end - digits < 10 || digits[4] != '\\' ||
	    digits[5] != 'u' || !read_hex4(digits + 6, end, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return 0;
	*code_point = 0x10000 + ((*code_point - 0xd800) << 10 | (low - 0xdc00));
	return 10;
}

/* The string between the quotes, decoded; NULL when it is refused. */
static const char *
read_string(struct reader *reader, const jsmntok_t *token)
{
	const char *from = reader->text + token->start;
	const char *end = reader->text + token->end;
	char *decoded = mem_alloc((size_t)(end - from) + 1), *to = decoded;

	while (from < end) {
		static const char escapes[] = "\"\\/bfnrt";
		static const char meanings[] = "\"\\/\b\f\n\r\t";
		const char *escape;
		uint32_t code_point;
		size_t used;

		if ((unsigned char)*from < 0x20) {
			refuse(reader,
			    "The JSON has a control character in a string");
			return NULL;
		}
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		from++; /* jsmn has seen to it that something follows */
		if (*from != 'u') {
			escape = memchr(escapes, *from, sizeof(escapes) - 1);
			if (escape == NULL) {
				refuse(reader, "The JSON is malformed");
				return NULL;
			}
			*to++ = meanings[escape - escapes];
			from++;
			continue;
		}
		used = read_unicode_escape(from + 1, end, &code_point);
		if (used == 0 || code_point == 0) {
			refuse(reader,
			    "The JSON has a \\u escape that is no character");
			return NULL;
		}
		to += text_utf8_encode(code_point, to);
		from += 1 + used;
	}
	return decoded;
}

static size_t
count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* RFC 8259 6: int frac exp, no leading zero, no plus sign. */
static bool
is_number(const char *text)
{
	size_t digits;

	if (*text == '-')
		text++;
	digits = count_digits(text);
	if (digits == 0 || (digits > 1 && text[0] == '0'))
		return false;
	text += digits;
	if (*text == '.') {
		if ((digits = count_digits(++text)) == 0)
			return false;
		text += digits;
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '+' || *text == '-')
			text++;
		if ((digits = count_digits(text)) == 0)
			return false;
		text += digits;
	}
	return *text == '\0';
}

static bool
is_literal(const char *text)
{
	return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
	    strcmp(text, "null") == 0 || is_number(text);
}

static bool read_value(struct reader *reader, const char **string);

/* The members of an object; object is NULL for those nobody will ask for. */
static bool
read_members(struct reader *reader, size_t count, struct json_object *object)
{
	const char **names = mem_alloc((count + 1) * sizeof(*names));

	for (size_t i = 0; i < count; i++) {
		const char *string;

		if (i > 0 && !expect(reader, ','))
			return false;
		if (reader->token == reader->end ||
		    reader->token->type != JSMN_STRING ||
		    reader->token->size != 1)
			return refuse(reader, "The JSON is malformed");
		if (!read_value(reader, &names[i]))
			return false;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(names[i], names[j]) == 0)
				return refuse(reader,
				    "The JSON has two members of one name");
		}
		if (!expect(reader, ':') || !read_value(reader, &string))
			return false;
		if (object != NULL)
			object->members[object->count++] =
			    (struct member){ names[i], string };
	}
	return expect(reader, '}');
}

static bool
read_elements(struct reader *reader, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *string;

		if (i > 0 && !expect(reader, ','))
			return false;
		if (!read_value(reader, &string))
			return false;
	}
	return expect(reader, ']');
}

/* One value of any kind; *string is its content where it is a string, else
 * NULL.  The recursion ends with the tokens, of which there are few. */
static bool
read_value(struct reader *reader, const char **string)
{
	const jsmntok_t *token = reader->token;

	*string = NULL;
	if (token == reader->end)
		return refuse(reader, "The JSON is malformed");
	reader->token++;
	switch (token->type) {
	case JSMN_OBJECT:
		return expect(reader, '{') &&
		    read_members(reader, (size_t)token->size, NULL);
	case JSMN_ARRAY:
		return expect(reader, '[') &&
		    read_elements(reader, (size_t)token->size);
	case JSMN_STRING:
		if (!expect(reader, '"') ||
		    (*string = read_string(reader, token)) == NULL)
			return false;
		reader->at = (size_t)token->end;
		return expect(reader, '"');
	default:
		skip_space(reader);
		if (reader->at != (size_t)token->start ||
		    !is_literal(mem_copy(reader->text + token->start,
			(size_t)(token->end - token->start))))
			return refuse(reader, "The JSON is malformed");
		reader->at = (size_t)token->end;
		return true;
	}
}

static bool
read_document(struct reader *reader, struct json_object *object)
{
	const jsmntok_t *outermost = reader->token++;

	if (outermost->type != JSMN_OBJECT)
		return refuse(reader, "The JSON is not an object");
	if (!expect(reader, '{') ||
	    !read_members(reader, (size_t)outermost->size, object))
		return false;
	skip_space(reader);
	if (reader->at != reader->len)
		return refuse(reader, "The JSON has something after its end");
	return true;
}

const struct json_object *
json_read(const char *text, size_t len, const char **problem)
{
	struct json_object *object = mem_alloc(sizeof(*object));
	jsmntok_t *tokens = mem_alloc(MAX_TOKENS * sizeof(*tokens));
	struct reader reader = { .token = tokens };
	jsmn_parser parser;
	int count;

	if (len >= strlen(BYTE_ORDER_MARK) &&
	    memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
		text += strlen(BYTE_ORDER_MARK);
		len -= strlen(BYTE_ORDER_MARK);
	}
	reader.text = text;
	reader.len = len;
	if (memchr(text, '\0', len) != NULL || !text_is_utf8(text, len)) {
		*problem = "The JSON is not UTF-8 text";
		return NULL;
	}
	jsmn_init(&parser);
	count = jsmn_parse(&parser, text, len, tokens, MAX_TOKENS);
	if (count == JSMN_ERROR_NOMEM) {
		*problem = "The JSON has more than 256 values";
		return NULL;
	}
	if (count <= 0) {
		*problem = "The JSON is malformed";
		return NULL;
	}
	reader.end = tokens + count;
	if (!read_document(&reader, object)) {
		*problem = reader.problem;
		return NULL;
	}
	return object;
}

static const struct member *
find_member(const struct json_object *object, const char *name)
{
	for (size_t i = 0; i < object->count; i++) {
		if (strcmp(object->members[i].name, name) == 0)
			return &object->members[i];
	}
	return NULL;
}

bool
json_has(const struct json_object *object, const char *name)
{
	return find_member(object, name) != NULL;
}

const char *
json_string(const struct json_object *object, const char *name)
{
	const struct member *member = find_member(object, name);

	return member != NULL ? member->string : NULL;
}

/* --- writing --- */

struct json_writer {
	struct buf out;
	size_t depth;
	struct level {
		char close; /* what ends this level: '}' or ']' */
		bool started;
	} levels[MAX_NESTING];
	bool named;    /* a name waits for its value */
	bool complete; /* the outermost value is written */
};

struct json_writer *
json_writer(void)
{
	struct json_writer *json = mem_alloc(sizeof(*json));

	buf_reserve(&json->out, BUF_DOCUMENT);
	return json;
}

static struct level *
innermost(struct json_writer *json)
{
	return json->depth > 0 ? &json->levels[json->depth - 1] : NULL;
}

static void
separate(struct json_writer *json, struct level *level)
{
	if (level->started)
		buf_puts(&json->out, ",");
	level->started = true;
}

/* Every value passes here first. */
static void
begin_value(struct json_writer *json)
{
	struct level *level = innermost(json);

	if (json->complete ||
	    (level != NULL && level->close == '}') != json->named)
		die("json: a value out of turn after %s",
		    json->out.len > 0 ? json->out.data : "nothing");
	if (level != NULL && level->close == ']')
		separate(json, level);
	json->named = false;
}

static void
end_value(struct json_writer *json)
{
	json->complete = json->depth == 0;
}

static void
open_level(struct json_writer *json, const char *open, char close)
{
	begin_value(json);
	if (json->depth == MAX_NESTING)
		die("json: nested deeper than %d", MAX_NESTING);
	json->levels[json->depth++] = (struct level){ .close = close };
	buf_puts(&json->out, open);
}

void
json_open_object(struct json_writer *json)
{
	open_level(json, "{", '}');
}

void
json_open_array(struct json_writer *json)
{
	open_level(json, "[", ']');
}

void
json_close(struct json_writer *json)
{
	struct level *level = innermost(json);

	if (level == NULL || json->named)
		die("json: nothing to close");
	buf_add(&json->out, &level->close, 1);
	json->depth--;
	end_value(json);
}

/* How many bytes of ASCII that stand for themselves it begins with. */
static size_t
plain_length(const char *value)
{
	const char *c = value;

	while (*c >= 0x20 && *c < 0x7f && *c != '"' && *c != '\\')
		c++;
	return (size_t)(c - value);
}

/* Memory for each would be too much: a long document may have millions. */
static void
put_control(struct json_writer *json, uint32_t code_point)
{
	static const char digits[] = "0123456789abcdef";
	const char last[] = { digits[code_point >> 4],
		digits[code_point & 15] };

	buf_puts(&json->out, "\\u00");
	buf_add(&json->out, last, sizeof(last));
}

/* Escapes what RFC 8259 7 demands; U+FFFD for each byte that is not UTF-8. */
static void
put_string(struct json_writer *json, const char *value)
{
	const char *end = value + strlen(value);

	buf_puts(&json->out, "\"");
	while (value < end) {
		uint32_t code_point;
		size_t step = plain_length(value);

		buf_add(&json->out, value, step);
		value += step;
		if (value == end)
			break;
		step =
		    text_code_point(value, (size_t)(end - value), &code_point);
		if (step == 0)
			buf_puts(&json->out, "\xef\xbf\xbd");
		else if (code_point < 0x20)
			put_control(json, code_point);
		else if (code_point == '"')
			buf_puts(&json->out, "\\\"");
		else if (code_point == '\\')
			buf_puts(&json->out, "\\\\");
		else
			buf_add(&json->out, value, step);
		value += step > 0 ? step : 1;
	}
	buf_puts(&json->out, "\"");
}

void
json_name(struct json_writer *json, const char *name)
{
	struct level *level = innermost(json);

	if (level == NULL || level->close != '}' || json->named)
		die("json: a name out of turn: %s", name);
	separate(json, level);
	put_string(json, name);
	buf_puts(&json->out, ":");
	json->named = true;
}

void
json_add_string(struct json_writer *json, const char *value)
{
	begin_value(json);
	put_string(json, value);
	end_value(json);
}

void
json_add_integer(struct json_writer *json, int64_t value)
{
	begin_value(json);
	buf_puts(&json->out, text_decimal(value));
	end_value(json);
}

void
json_add_boolean(struct json_writer *json, bool value)
{
	begin_value(json);
	buf_puts(&json->out, value ? "true" : "false");
	end_value(json);
}

const char *
json_text(const struct json_writer *json)
{
	if (!json->complete)
		die("json: the document is not complete");
	return json->out.data;
}
