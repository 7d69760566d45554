/* wire -- what goes to the API and comes from it: addresses, and JSON
 * (RFC 8259).
 *
 * The library has such functions, too, but they take fresh memory for each
 * result, which is right in a process that handles a single request; and its
 * reader of JSON reads no lists. */

#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "scenario.h"

/* Adds a string in quotes; what is not UTF-8 becomes U+FFFD. */
void wire_string(struct buf *out, const char *value);

/* Adds a name as a part of a URL (RFC 3986 2.1). */
void wire_path(struct buf *out, const char *name);

/* Replaces out by an action's path and query. */
void wire_target(struct buf *out, const struct scenario *scenario,
    const struct action *action);

/* Replaces out by an action's body. */
void wire_body(struct buf *out, const struct scenario *scenario,
    const struct action *action);

/* Strings, such as an answer had, in its order: then they are part of its text.
 */
struct strings {
	char **list;
	size_t count, room;
};

void strings_add(struct strings *strings, char *string);

/* These read a whole answer and take its text, which ends in a NUL, to pieces.
 * They give false when it is not what the API promises. */

/* GET /msgs/<user>: what the messages say.  *stranger becomes the author of one
 * that is not user's, else NULL. */
bool wire_messages(char *text, const char *user, struct strings *contents,
    const char **stranger);

/* GET /fllws/<user>. */
bool wire_follows(char *text, struct strings *names);

/* GET /latest. */
bool wire_latest(char *text, int64_t *latest);

/* The error_msg of an error's body; NULL when it has none. */
const char *wire_error(char *text);

#endif
