/* GET or POST /logout -- ends the session, here and on the server.
 *
 * method:   a browser that does not say where its GET comes from gets a page
 * with a button instead session:  403 when another site's page asks; no error
 * without one answer:   a flash, and on to /public */

#include <stddef.h>

#include "reply.h"
#include "session.h"
#include "page.h"
#include "forms.h"

int
main(void)
{
	const struct req *req = reply_begin(&member_kind);

	need_method(req, REQ_GET | REQ_POST);
	need_same_origin(req);
	if (session_is_doubtful(req))
		form_button(req, session_user(req), "Sign out", "/logout");
	sign_out(req);
	flash_leave(req, FLASH_LOGGED_OUT, NULL);
	reply_redirect("/public");
}
