/* client -- requests to one server, many at a time, on libcurl's multi
 * interface with epoll. */

#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct client;

struct client_settings {
	const char *url; /* of the server, without a slash at its end */
	const char *user, *password;
	size_t concurrency;
	bool keep_alive;
};

/* What became of a request. */
enum fate {
	FATE_ANSWERED, /* with any status */
	FATE_TIMEOUT,
	FATE_REFUSED, /* there was no connection: nothing was sent */
	FATE_RESET,   /* the connection ended before the answer did */
	FATE_BAD,     /* what came is not HTTP */
	FATES
};

struct answer {
	enum fate fate;
	int status;            /* of FATE_ANSWERED, else 0 */
	uint32_t microseconds; /* from its start to the end of its answer */
	char *body;            /* NUL-terminated, the caller's to change */
	const char *problem;   /* a sentence, unless FATE_ANSWERED */
};

/* Microseconds on a clock that is never set. */
int64_t client_clock(void);

/* What is wrong with a server's URL; NULL for nothing.  Cuts slashes off its
 * end. */
const char *client_url_problem(char *url);

struct client *client_open(const struct client_settings *settings);

/* How many requests can be started, and how many are on their way. */
size_t client_free(const struct client *client);
size_t client_busy(const struct client *client);

/* Starts a request: POST when there is a body, else GET.  target is the path
 * and query; both are copied.  Only when client_free(). */
void client_send(struct client *client, const char *target,
    const struct buf *body, unsigned timeout_ms, size_t tag);

/* Works until that time by client_clock(), or until there was something to do.
 * Calls answered for each request that is over, with its tag; the answer lives
 * until that returns. */
typedef void client_answered(
    void *context, size_t tag, const struct answer *answer);
void client_work(struct client *client, int64_t until,
    client_answered *answered, void *context);

#endif
