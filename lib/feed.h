/* feed -- a list of messages for feed readers: Atom (RFC 4287).
 *
 * A message keeps its id (a tag URI, RFC 4151) for as long as the site keeps
 * its host name. */

#ifndef FEED_H
#define FEED_H

#include "messages.h"
#include "req.h"

/* Entries of a feed. */
#define FEED_MESSAGES 30

struct feed {
	const char *title;
	const char *path; /* its own, percent-encoded */
	const char *page; /* that of the same list for people */
	const struct messages *messages;
};

/* Where the site is, as the client has it: "https://example.org".  Answers 400
 * to a request without a usable Host. */
const char *need_origin(const struct req *req);

/* Sends the feed, or 304 to who has it.  origin is need_origin()'s. */
_Noreturn void feed_send(
    const struct req *req, const char *origin, const struct feed *feed);

#endif
