/* GET /login -- the form, which the web server keeps for a second.
 *
 * session:  who has one is sent to /
 *
 * A POST goes to site/login instead, which alone has to do with passwords. */

#include <stddef.h>

#include "reply.h"
#include "session.h"
#include "page.h"
#include "forms.h"

int
main(void)
{
	const struct req *req = reply_begin(&member_kind);

	need_method(req, REQ_READ | REQ_POST);
	if (session_user(req) != NULL)
		reply_redirect("/");
	form_login(req, 200, "", NULL);
}
