/* JSON that goes out: any text, as a value and as a name, is JSON, and the same
 * text when it is read again.  The input is lines. */

#include <string.h>

#include "buf.h"
#include "json.h"
#include "lib/fuzz.h"
#include "lib/reference.h"

/* text with U+FFFD for each byte that is no character's. */
static const char *
repaired(const char *text)
{
	struct buf out = { 0 };

	buf_puts(&out, "");
	while (*text != '\0') {
		size_t len = 1;

		/* the shortest that is UTF-8 is one character */
		while (len <= 4 && !reference_is_utf8(text, strnlen(text, len)))
			len++;
		if (len <= 4) {
			buf_add(&out, text, len);
			text += len;
		} else {
			buf_puts(&out, "\ufffd");
			text++;
		}
	}
	return out.data;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *name = fuzz_line(&input), *value = fuzz_rest(&input);
	struct json_writer *json = json_writer();
	const struct reference_value *document;
	const struct json_object *object;
	const char *text, *problem;
	size_t count;

	json_open_object(json);
	json_name(json, name);
	json_add_string(json, value);
	json_name(json, "numbers");
	json_open_array(json);
	json_add_integer(json, (int64_t)(size * 0x9e3779b97f4a7c15));
	json_add_string(json, name);
	json_close(json);
	json_close(json);
	text = json_text(json);

	name = repaired(name);
	value = repaired(value);
	for (const char *c = text; *c != '\0'; c++)
		property((unsigned char)*c >= 0x20);
	if (strcmp(name, "numbers") == 0)
		return fuzz_end(); /* twice the name */
	document = reference_json(text, strlen(text), &count);
	property(document != NULL);
	property(fuzz_same(reference_member(document, name), value));
	object = json_read(text, strlen(text), &problem);
	property(object != NULL);
	property(fuzz_same(json_string(object, name), value));
	return fuzz_end();
}
