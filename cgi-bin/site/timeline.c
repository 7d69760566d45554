/* GET / -- my timeline: my messages and those of everyone I follow, newest
 * first, with the compose box.
 *
 * session:  who has none any more is sent to /public; who never had one gets
 *           there by site/visitor
 * query:    before=ID goes on with the messages older than that one */

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

	need_method(req, REQ_READ);
	me = session_user(req);
	if (me == NULL)
		reply_redirect("/public");

	page = page_open(req, me, "My Timeline");
	page_compose(page, me, "");
	page_messages(
	    page, messages_timeline(me->id, page_before(req), PAGE_MESSAGES));
	page_send(page, 200);
}
