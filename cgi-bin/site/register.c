/* POST /register -- creates an account.
 *
 * form:     username, email, password, password2
 * session:  who has one is sent to /
 * answer:   registered: a flash, and on to /login
 *           else the form again, with the error, the username and the e-mail;
 *           as a 429 after too many from one address
 *
 * A POST with Content-Type: application/json goes to api/register instead. */

#include <stddef.h>

#include "users.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "forms.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	struct registration result;

	need_method(req, REQ_POST);
	need_same_origin(req);
	if (session_user(req) != NULL)
		reply_redirect("/");
	result = user_register(req_field(req, "username"),
	    req_field(req, "email"), req_field(req, "password"),
	    req_field(req, "password2"), req_variable(req, "REMOTE_ADDR"));
	if (result.wait > 0) {
		reply_retry_after(result.wait);
		form_register(req, 429, result.problem);
	}
	if (result.problem != NULL)
		form_register(req, 200, result.problem);
	flash_leave(req, FLASH_REGISTERED, NULL);
	reply_redirect("/login");
}
