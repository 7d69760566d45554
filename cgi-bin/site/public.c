/* GET /public -- everybody's messages, newest first.  The web server keeps what
 * visitors see for a second.
 *
 * query:  before=ID goes on with the messages older than that one,
 *         after=ID goes back to those right above it */

#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	struct buf *page;
	int64_t before, after;

	need_method(req, REQ_READ);
	page = page_open_as(req, session_user(req),
	    &(struct page_head){
		.title = "Public Timeline",
		.description = "What everybody writes on MiniTwit.",
		.path = "/public",
		.feed = "/-/feed",
		.shared = true,
	    });
	before = page_is_above(req, &after)
	    ? messages_public_above(after, PAGE_MESSAGES)
	    : page_before(req);
	page_timeline(page, messages_public(before, PAGE_MESSAGES), before,
	    "Sign up, and write the first one.", "");
	page_send(page, 200);
}
