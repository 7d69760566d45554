/* GET /<username>/status/<id> -- one message, at its permanent address.
 *
 * path:  404 when there is no such message, or it is somebody else's */

#include <string.h>

#include "mem.h"
#include "text.h"
#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static const struct message *
need_message(const struct req *req)
{
	const char *author = need_name(req, "/{}/status/*");
	const struct message *message = NULL;
	int64_t id;

	if (text_integer(need_name(req, "/*/status/{}"), 1, INT64_MAX, &id))
		message = message_find(id);
	if (message == NULL || strcmp(message->author, author) != 0)
		reply_error(404, "There is no such message, or not any more.");
	return message;
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct message *message;
	const struct user *me;
	struct buf *page;

	need_method(req, REQ_READ);
	message = need_message(req);
	me = session_user(req);
	page = page_open_as(req, me,
	    &(struct page_head){
		.title =
		    mem_format("%s's Message", text_isolate(message->author)),
		.description = message->text,
		.path = page_message_path(message),
		.feed = mem_format(
		    "/%s/feed", text_percent_encode(message->author)),
		.feed_title =
		    mem_format("%s's Timeline", text_isolate(message->author)),
	    });
	page_message(page, message);
	page_send(page, 200);
}
