/* GET /public -- everybody's messages, newest first.  The web server keeps what
 * visitors see for a second.
 *
 * query:  before=ID goes on with the messages older than that one */

#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	struct buf *page;

	need_method(req, REQ_READ);
	page = page_open_shared(req, session_user(req), "Public Timeline");
	page_messages(page, messages_public(page_before(req), PAGE_MESSAGES));
	page_send(page, 200);
}
