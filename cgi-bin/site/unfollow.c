/* POST /<username>/unfollow -- I don't follow that user any longer.
 *
 * method:   GET does the same, for old clients
 * path:     404 when nobody has that name
 * query:    before=ID, the place where the reader is on that user's page
 * session:  401 without one; 403 when another site's page asks
 * answer:   a flash, and on to /<username>, to that place; no error if I did
 * not follow */

#include "mem.h"
#include "text.h"
#include "follows.h"
#include "reply.h"
#include "session.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const char *name;

	need_method(req, REQ_GET | REQ_POST);
	name = need_name(req, "/{}/unfollow");
	need_same_origin(req);
	need_user(req);
	if (!follow_end(session_token(req), name))
		reply_error(404, "There is no user of that name.");
	flash_leave(req, FLASH_NOT_FOLLOWING, name);
	reply_redirect(mem_format(
	    "/%s%s", text_percent_encode(name), page_place(page_before(req))));
}
