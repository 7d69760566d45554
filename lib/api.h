/* api -- what the routes of the simulator's API have in common: JSON in and
 * out, Basic credentials (RFC 7617), and ?latest=. */

#ifndef API_H
#define API_H

#include <stdbool.h>
#include <stdint.h>

#include "reply.h"

/* Programs of the API: the body is JSON whatever its Content-Type says, errors
 * are {"status", "error_msg"}, and ?latest= is kept whatever comes of the
 * request. */
extern const struct reply_kind api_kind;

/* True if the request has the simulator's credentials.  Wrong ones are counted
 * for the client's address, unless it is an allowed one; after too many even
 * the right ones do not count for a while.  need_simulator() answers 403
 * instead of returning false. */
bool api_is_simulator(const struct req *req);
void need_simulator(const struct req *req);

/* The body's object; answers 400 when the body is no such JSON. */
const struct json_object *need_json(const struct req *req);

/* A string of that object; answers 400 when it is missing or no string. */
const char *need_string(const struct json_object *object, const char *name);

/* How many rows the client wants: ?no=, by default 100, at most 1,000. */
int64_t api_limit(const struct req *req);

/* Sends messages as [{"content", "pub_date", "user"}, ...]. */
struct messages;
_Noreturn void api_send_messages(const struct messages *messages);

#endif
