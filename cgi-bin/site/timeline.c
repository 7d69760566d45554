/* GET / -- my timeline: my messages and those of everyone I follow, newest
 * first, with the compose box.
 *
 * session:  who has none any more is sent to /public; who never had one gets
 *           there by site/visitor
 * query:    before=ID goes on with the messages older than that one,
 *           after=ID goes back to those right above it */

#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct user *me;
	struct buf *page;
	int64_t before, after;

	need_method(req, REQ_READ);
	me = session_user(req);
	if (me == NULL)
		reply_redirect("/public");

	page = page_open(req, me, "My Timeline");
	page_compose(page, me, "");
	before = page_is_above(req, &after)
	    ? messages_timeline_above(me->id, after, PAGE_MESSAGES)
	    : page_before(req);
	page_timeline(page, messages_timeline(me->id, before, PAGE_MESSAGES),
	    before,
	    "Write your first one above, or look at the public timeline for "
	    "people to follow.",
	    "mine=1&");
	page_send(page, 200);
}
