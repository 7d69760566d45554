/* GET or POST /logout -- ends the session, here and on the server.
 *
 * session:  403 when another site's page asks; no error without one
 * answer:   a flash, and on to /public */

#include <stddef.h>

#include "reply.h"
#include "session.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&member_kind);

	need_method(req, REQ_GET | REQ_POST);
	need_same_origin(req);
	session_end(req);
	flash_leave(req, FLASH_LOGGED_OUT, NULL);
	reply_redirect("/public");
}
