/* json -- a strict reader (RFC 8259) over jsmn, and a writer that can't
 * produce anything but valid JSON in valid UTF-8. */

#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- reading --- */

struct json_object;

/* Reads a document whose outermost value is an object, after a byte order mark
 * or not.  NULL when the len bytes are no such document; *problem then says
 * why, as a sentence for the client.  Refused beside what the grammar forbids:
 * invalid UTF-8, \u0000, lone surrogates, two members of one name, more than
 * 256 values. */
const struct json_object *json_read(
    const char *text, size_t len, const char **problem);

/* True when the object has a member of that name, whatever its value. */
bool json_has(const struct json_object *object, const char *name);

/* The string that is the object's member name, decoded.  NULL when there is no
 * such member or it is not a string. */
const char *json_string(const struct json_object *object, const char *name);

/* --- writing --- */

struct json_writer;

struct json_writer *json_writer(void);

/* Inside an object each value is preceded by its name, elsewhere by none.
 * Calls out of turn, and nesting deeper than eight, die. */
void json_open_object(struct json_writer *json);
void json_open_array(struct json_writer *json);
void json_close(struct json_writer *json);
void json_name(struct json_writer *json, const char *name);
void json_add_string(struct json_writer *json, const char *value);
void json_add_integer(struct json_writer *json, int64_t value);
void json_add_boolean(struct json_writer *json, bool value);

/* The document, NUL-terminated; dies unless it is complete.  Bytes that are
 * not UTF-8 were replaced by U+FFFD. */
const char *json_text(const struct json_writer *json);

#endif
