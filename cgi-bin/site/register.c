/* GET /register -- the form, which the web server keeps for a second.
 * POST /register -- creates an account.
 *
 * form:     username, email, password, password2
 * session:  who has one is sent to /
 * answer:   registered: a flash, and on to /login
 *           else the form again, with the error, the username and the e-mail;
 *           as a 429 after too many from one address
 *
 * A POST with Content-Type: application/json goes to api/register instead. */

#include <stddef.h>

#include "html.h"
#include "log.h"
#include "users.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static _Noreturn void
show_form(const struct req *req, int status, const char *problem)
{
	static const char title[] = "Sign Up";
	struct buf *page = problem == NULL ? page_open_shared(req, NULL, title)
					   : page_open(req, NULL, title);

	if (problem != NULL) {
		log_line(LOG_INFO, "no registration: %s", problem);
		page_error(page, problem);
	}
	html(page,
	    "<form class=\"account\" action=\"/register\" method=\"post\">\n"
	    "<label for=\"username\">Username</label>\n"
	    "<input type=\"text\" id=\"username\" name=\"username\""
	    " value=\"%s\" autocomplete=\"username\">\n"
	    "<label for=\"email\">E-mail</label>\n"
	    "<input type=\"text\" id=\"email\" name=\"email\""
	    " value=\"%s\" inputmode=\"email\" autocomplete=\"email\">\n"
	    "<label for=\"password\">Password</label>\n"
	    "<input type=\"password\" id=\"password\" name=\"password\""
	    " autocomplete=\"new-password\">\n"
	    "<label for=\"password2\">Password (again)</label>\n"
	    "<input type=\"password\" id=\"password2\" name=\"password2\""
	    " autocomplete=\"new-password\">\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"Sign Up\"></div>\n"
	    "</form>\n",
	    req_field(req, "username"), req_field(req, "email"));
	page_send(page, status);
}

int
main(void)
{
	const struct req *req = reply_begin(&member_kind);
	struct registration result;

	need_method(req, REQ_READ | REQ_POST);
	if (req_method(req) == REQ_POST)
		need_same_origin(req);
	if (session_user(req) != NULL)
		reply_redirect("/");
	if (req_method(req) != REQ_POST)
		show_form(req, 200, NULL);

	result = user_register(req_field(req, "username"),
	    req_field(req, "email"), req_field(req, "password"),
	    req_field(req, "password2"), req_variable(req, "REMOTE_ADDR"));
	if (result.wait > 0) {
		reply_retry_after(result.wait);
		show_form(req, 429, result.problem);
	}
	if (result.problem != NULL)
		show_form(req, 200, result.problem);
	flash_leave(req, FLASH_REGISTERED, NULL);
	reply_redirect("/login");
}
