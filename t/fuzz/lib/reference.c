#include "reference.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "buf.h"
#include "mem.h"

/* --- UTF-8 --- */

/* How many bytes the character at text has; 0: it is none.  *begun is then the
 * number of bytes that could begin one, or 1. */
static size_t
utf8_step(const unsigned char *text, size_t len, size_t *begun)
{
	/* UTF8-octets' rules: ranges of the first two bytes, and the number of
	 * bytes; all further ones are 80-BF */
	static const struct {
		unsigned char from, to, second_from, second_to;
		size_t bytes;
	} rules[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	*begun = 1;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (text[0] < rules[i].from || text[0] > rules[i].to)
			continue;
		for (size_t j = 1; j < rules[i].bytes; j++) {
			unsigned char from = 0x80, to = 0xbf;

			if (j == 1) {
				from = rules[i].second_from;
				to = rules[i].second_to;
			}
			if (j == len || text[j] < from || text[j] > to)
				return 0;
			++*begun;
		}
		return rules[i].bytes;
	}
	return 0;
}

bool
reference_is_utf8(const char *text, size_t len)
{
	size_t at = 0, step, begun;

	for (; at < len; at += step) {
		step = utf8_step(
		    (const unsigned char *)text + at, len - at, &begun);
		if (step == 0)
			return false;
	}
	return true;
}

static void
add_code_point(struct buf *out, unsigned long c)
{
	char bytes[4];
	size_t len = 0;

	if (c < 0x80) {
		bytes[len++] = (char)c;
	} else if (c < 0x800) {
		bytes[len++] = (char)(0xc0 + c / 0x40);
		bytes[len++] = (char)(0x80 + c % 0x40);
	} else if (c < 0x10000) {
		bytes[len++] = (char)(0xe0 + c / 0x1000);
		bytes[len++] = (char)(0x80 + c / 0x40 % 0x40);
		bytes[len++] = (char)(0x80 + c % 0x40);
	} else {
		bytes[len++] = (char)(0xf0 + c / 0x40000);
		bytes[len++] = (char)(0x80 + c / 0x1000 % 0x40);
		bytes[len++] = (char)(0x80 + c / 0x40 % 0x40);
		bytes[len++] = (char)(0x80 + c % 0x40);
	}
	buf_add(out, bytes, len);
}

/* --- escapes --- */

/* So many hexadecimal digits; false when there is something else. */
static bool
hex(const char *digits, size_t count, unsigned long *value)
{
	char copy[9] = "";

	memcpy(copy, digits, count);
	if (strspn(copy, "0123456789abcdefABCDEF") != count)
		return false;
	*value = strtoul(copy, NULL, 16);
	return true;
}

const char *
reference_decode(const char *text, size_t len)
{
	struct buf out = { 0 };
	unsigned long byte;

	buf_puts(&out, "");
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			if (i + 2 >= len || !hex(text + i + 1, 2, &byte) ||
			    byte == 0)
				return NULL;
			c = (char)byte;
			i += 2;
		}
		buf_add(&out, &c, 1);
	}
	return reference_is_utf8(out.data, out.len) ? out.data : NULL;
}

const char *
reference_form_decode(const char *text, size_t len)
{
	struct buf bytes = { 0 }, out = { 0 };
	size_t step, begun;

	for (size_t i = 0; i < len; i++) {
		unsigned long byte = (unsigned char)text[i];

		if (byte == '+')
			byte = ' ';
		if (byte == '%' && i + 2 < len && hex(text + i + 1, 2, &byte)) {
			if (byte == 0)
				return NULL;
			i += 2;
		}
		buf_add(&bytes, &(char){ (char)byte }, 1);
	}
	buf_puts(&out, "");
	for (size_t i = 0; i < bytes.len; i += step) {
		step = utf8_step((const unsigned char *)bytes.data + i,
		    bytes.len - i, &begun);
		if (step > 0) {
			buf_add(&out, bytes.data + i, step);
		} else {
			add_code_point(&out, 0xfffd);
			step = begun;
		}
	}
	return out.data;
}

const char *
reference_field(
    const char *fields, const char *name, size_t *times, bool *sound)
{
	char *copy = mem_copy(fields, strlen(fields)), *rest = NULL;
	const char *found = NULL;

	*times = 0;
	*sound = true;
	for (char *field = strtok_r(copy, "&", &rest); field != NULL;
	     field = strtok_r(NULL, "&", &rest)) {
		char *equals = strchr(field, '=');
		const char *value = equals != NULL ? equals + 1 : "";
		const char *decoded_name, *decoded;

		if (equals != NULL)
			*equals = '\0';
		decoded_name = reference_form_decode(field, strlen(field));
		decoded = reference_form_decode(value, strlen(value));
		if (decoded_name == NULL || decoded == NULL) {
			*sound = false;
		} else if (strcmp(decoded_name, name) == 0) {
			found = decoded;
			++*times;
		}
	}
	return found;
}

/* --- digests --- */

static size_t
hash_two(const char *digest, const void *a, size_t a_len, const void *b,
    size_t b_len, unsigned char *result)
{
	struct buf both = { 0 };
	unsigned len = 0;

	buf_add(&both, a, a_len);
	buf_add(&both, b, b_len);
	EVP_Digest(both.data, both.len, result, &len,
	    EVP_get_digestbyname(digest), NULL);
	return len;
}

static size_t
hmac(const char *digest, const char *key, const void *text, size_t len,
    unsigned char *result)
{
	size_t block =
	    strcmp(digest, "sha384") == 0 || strcmp(digest, "sha512") == 0 ? 128
									   : 64;
	unsigned char inner[128] = { 0 }, outer[128] = { 0 };
	size_t size;

	if (strlen(key) > block)
		hash_two(digest, key, strlen(key), "", 0, inner);
	else
		for (size_t i = 0; key[i] != '\0'; i++)
			inner[i] = (unsigned char)key[i];
	memcpy(outer, inner, block);
	for (size_t i = 0; i < block; i++) {
		inner[i] ^= 0x36;
		outer[i] ^= 0x5c;
	}
	size = hash_two(digest, inner, block, text, len, result);
	return hash_two(
	    digest, outer, block, mem_copy((char *)result, size), size, result);
}

static const char *
hexadecimal(const unsigned char *bytes, size_t len)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < len; i++)
		buf_puts(&out, mem_format("%02x", bytes[i]));
	return out.data;
}

const char *
reference_hmac(const char *digest, const char *key, const char *text)
{
	unsigned char result[EVP_MAX_MD_SIZE];

	return hexadecimal(
	    result, hmac(digest, key, text, strlen(text), result));
}

const char *
reference_pbkdf2(
    const char *digest, const char *password, const char *salt, int rounds)
{
	unsigned char sum[EVP_MAX_MD_SIZE] = { 0 }, last[EVP_MAX_MD_SIZE];
	const char *text = mem_format("%s___\001", salt);
	char *first = mem_copy(text, strlen(text));
	size_t len = strlen(salt) + 4;

	memset(first + strlen(salt), 0, 3);
	for (int round = 0; round < rounds; round++) {
		len = hmac(digest, password,
		    round == 0 ? first : mem_copy((char *)last, len), len,
		    last);
		for (size_t i = 0; i < len; i++)
			sum[i] ^= last[i];
	}
	return hexadecimal(sum, len);
}

/* --- HTML --- */

const char *
reference_html_text(const char *html, size_t len)
{
	static const struct {
		const char *reference;
		char c;
	} references[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&#34;", '"' }, { "&#39;", '\'' } };
	struct buf out = { 0 };
	size_t at = 0, step;

	buf_puts(&out, "");
	for (; at < len; at += step) {
		char c = html[at];

		step = 1;
		if (strchr("<>\"'", c) != NULL)
			return NULL;
		if (c == '&') {
			size_t i = 0;

			while (strncmp(html + at, references[i].reference,
				   strlen(references[i].reference)) != 0) {
				if (++i ==
				    sizeof(references) / sizeof(references[0]))
					return NULL;
			}
			c = references[i].c;
			step = strlen(references[i].reference);
		}
		buf_add(&out, &c, 1);
	}
	return out.data;
}

/* --- JSON --- */

struct json {
	const char *at, *end;
	size_t count;
};

static void
white(struct json *json)
{
	while (json->at < json->end &&
	    (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' ||
		*json->at == '\r'))
		json->at++;
}

/* Takes the word, if it comes next. */
static bool
take(struct json *json, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(json->end - json->at) < len ||
	    memcmp(json->at, word, len) != 0)
		return false;
	json->at += len;
	return true;
}

/* Takes four digits of \uXXXX. */
static bool
unit(struct json *json, unsigned long *value)
{
	if (json->end - json->at < 4 || !hex(json->at, 4, value))
		return false;
	json->at += 4;
	return true;
}

static bool
escape(struct json *json, struct buf *out)
{
	static const char *const pairs[] = { "\"\"", "\\\\", "//", "b\b", "f\f",
		"n\n", "r\r", "t\t" };
	unsigned long high, low;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (json->at < json->end && *json->at == pairs[i][0]) {
			json->at++;
			buf_add(out, pairs[i] + 1, 1);
			return true;
		}
	}
	if (!take(json, "u") || !unit(json, &high) || high == 0)
		return false;
	if (high >= 0xd800 && high < 0xdc00) {
		if (!take(json, "\\u") || !unit(json, &low) || low < 0xdc00 ||
		    low > 0xdfff)
			return false;
		high = 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
	} else if (high >= 0xdc00 && high <= 0xdfff) {
		return false;
	}
	add_code_point(out, high);
	return true;
}

static const char *
string(struct json *json)
{
	struct buf out = { 0 };

	buf_puts(&out, "");
	json->count++;
	if (!take(json, "\""))
		return NULL;
	while (json->at < json->end) {
		if (take(json, "\""))
			return out.data;
		if (take(json, "\\")) {
			if (!escape(json, &out))
				return NULL;
		} else {
			if ((unsigned char)*json->at < 0x20)
				return NULL;
			buf_add(&out, json->at++, 1);
		}
	}
	return NULL;
}

/* Takes one digit or more. */
static bool
digits(struct json *json)
{
	const char *start = json->at;

	while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
		json->at++;
	return json->at > start;
}

static bool
number(struct json *json)
{
	take(json, "-");
	if (!take(json, "0") && !digits(json))
		return false;
	if (take(json, ".") && !digits(json))
		return false;
	if (take(json, "e") || take(json, "E")) {
		if (!take(json, "+"))
			take(json, "-");
		return digits(json);
	}
	return true;
}

static struct reference_value *value(struct json *json);

/* What comes between { and }, or [ and ]. */
static bool
children(struct json *json, struct reference_value *parent, const char *close)
{
	struct reference_value **next = &parent->first;

	white(json);
	if (take(json, close))
		return true;
	do {
		const char *name = NULL;

		if (parent->type == 'o') {
			white(json);
			if ((name = string(json)) == NULL)
				return false;
			white(json);
			if (!take(json, ":"))
				return false;
			for (struct reference_value *other = parent->first;
			     other != NULL; other = other->next) {
				if (strcmp(other->name, name) == 0)
					return false;
			}
		}
		if ((*next = value(json)) == NULL)
			return false;
		(*next)->name = name;
		next = &(*next)->next;
	} while (take(json, ","));
	return take(json, close);
}

/* One value, and the white space around it. */
static struct reference_value *
value(struct json *json)
{
	struct reference_value *value = mem_alloc(sizeof(*value));
	bool sound;

	white(json);
	if (json->at < json->end && *json->at == '"') {
		value->type = 's';
		sound = (value->string = string(json)) != NULL;
	} else {
		json->count++;
		if (take(json, "{")) {
			value->type = 'o';
			sound = children(json, value, "}");
		} else if (take(json, "[")) {
			value->type = 'a';
			sound = children(json, value, "]");
		} else if (take(json, "true") || take(json, "false") ||
		    take(json, "null")) {
			value->type = 'l';
			sound = true;
		} else {
			value->type = 'n';
			sound = number(json);
		}
	}
	white(json);
	return sound ? value : NULL;
}

const struct reference_value *
reference_json(const char *text, size_t len, size_t *count)
{
	struct json json = { .at = text, .end = text + len };
	const struct reference_value *document;

	if (!reference_is_utf8(text, len))
		return NULL;
	take(&json, "\xef\xbb\xbf");
	document = value(&json);
	*count = json.count;
	return json.at == json.end ? document : NULL;
}

const char *
reference_member(const struct reference_value *object, const char *name)
{
	for (const struct reference_value *member = object->first;
	     member != NULL; member = member->next) {
		if (strcmp(member->name, name) == 0)
			return member->string;
	}
	return NULL;
}
