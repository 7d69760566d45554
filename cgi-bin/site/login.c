/* GET /login -- the form, which the web server keeps for a second.
 * POST /login -- begins a session.
 *
 * form:     username, password
 * session:  who has one is sent to /
 * answer:   right: a fresh session, a flash, and on to /
 *           wrong: the form again, with the error and the username */

#include <stddef.h>

#include "html.h"
#include "log.h"
#include "password.h"
#include "sessions.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static _Noreturn void
show_form(const struct req *req, const char *username, const char *problem)
{
	static const char title[] = "Sign In";
	struct buf *page = problem == NULL ? page_open_shared(req, NULL, title)
					   : page_open(req, NULL, title);

	if (problem != NULL) {
		log_line(LOG_INFO, "no login: %s", problem);
		page_error(page, problem);
	}
	html(page,
	    "<form class=\"account\" action=\"/login\" method=\"post\">\n"
	    "<label for=\"username\">Username</label>\n"
	    "<input type=\"text\" id=\"username\" name=\"username\""
	    " value=\"%s\" autocomplete=\"username\">\n"
	    "<label for=\"password\">Password</label>\n"
	    "<input type=\"password\" id=\"password\" name=\"password\""
	    " autocomplete=\"current-password\">\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"Sign In\"></div>\n"
	    "</form>\n"
	    "<p>No account yet? <a href=\"/register\">Sign up</a>.</p>\n",
	    username);
	page_send(page, 200);
}

static _Noreturn void
log_in(const struct req *req)
{
	const char *username = req_form(req, "username");
	const char *password = req_form(req, "password");
	const char *outdated = NULL, *replacement = NULL;
	struct session_login found =
	    session_login(username != NULL ? username : "", session_token(req));

	if (found.session_user != NULL)
		reply_redirect("/");
	if (found.user == NULL)
		show_form(
		    req, username != NULL ? username : "", "Invalid username");
	if (password == NULL ||
	    !password_matches(password, found.password_hash))
		show_form(req, username, "Invalid password");

	if (password_is_outdated(found.password_hash)) {
		outdated = found.password_hash;
		replacement = password_hash(password);
	}
	session_begin(req, found.user, outdated, replacement);
	flash_leave(req, FLASH_LOGGED_IN, NULL);
	reply_redirect("/");
}

int
main(void)
{
	const struct req *req = reply_begin(&member_kind);

	need_method(req, REQ_READ | REQ_POST);
	if (req_method(req) == REQ_POST) {
		need_same_origin(req);
		log_in(req);
	}
	if (session_user(req) != NULL)
		reply_redirect("/");
	show_form(req, "", NULL);
}
