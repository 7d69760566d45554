/* POST /<username>/follow -- from now on I follow that user.
 *
 * method:   GET does the same, for old clients; a browser that does not say
 * where the request comes from gets a page with a button instead path:     404
 * when nobody has that name query:    before=ID, the place where the reader is
 * on that user's page session:  401 without one; 403 when another site's page
 * asks answer:   a flash, and on to /<username>, to that place; following twice
 * is no error */

#include "mem.h"
#include "text.h"
#include "follows.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "forms.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct user *me;
	const char *name;

	need_method(req, REQ_GET | REQ_POST);
	name = need_name(req, "/{}/follow");
	need_same_origin(req);
	me = need_user(req);
	if (session_is_doubtful(req))
		form_button(req, me,
		    mem_format("Follow %s", text_isolate(name)),
		    mem_format("/%s/follow%s", text_percent_encode(name),
			page_place(page_before(req))));
	if (!my_follow_add(session_token(req), name))
		reply_error(404, "There is no user of that name.");
	flash_leave(req, FLASH_FOLLOWING, name);
	reply_redirect(mem_format(
	    "/%s%s", text_percent_encode(name), page_place(page_before(req))));
}
