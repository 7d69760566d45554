/* GET /-/feed -- everybody's newest messages, for feed readers: Atom.
 *
 * answer:  304 to who has it; 400 without the site's name in Host */

#include "messages.h"
#include "reply.h"
#include "feed.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const char *origin;

	need_method(req, REQ_READ);
	origin = need_origin(req);
	feed_send(req, origin,
	    &(struct feed){
		.title = "Public Timeline",
		.path = "/-/feed",
		.page = "/public",
		.messages = messages_public(MESSAGES_NEWEST, FEED_MESSAGES),
	    });
}
