/* GET /login -- the form, which the web server keeps for a second.
 * POST /login -- begins a session.
 *
 * form:     username, password
 * session:  who has one is sent to /
 * answer:   right: a fresh session, a flash, and on to /
 *           wrong: the form again, with the error and the username; as a 429
 *           after too many of the name's or the address's */

#include <stdbool.h>
#include <stddef.h>

#include "html.h"
#include "log.h"
#include "mem.h"
#include "password.h"
#include "text.h"
#include "sessions.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static _Noreturn void
show_form(const struct req *req, int status, const char *username,
    const char *problem)
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
	page_send(page, status);
}

static _Noreturn void
refuse_for_now(const struct req *req, const char *username, int64_t wait)
{
	reply_retry_after(wait);
	show_form(req, 429, username,
	    mem_format("There were too many attempts to log in. "
		       "Please try again in %s.",
		text_duration(wait)));
}

static _Noreturn void
log_in(const struct req *req)
{
	const char *username = req_field(req, "username");
	const char *password = req_field(req, "password");
	const char *outdated = NULL, *replacement = NULL;
	/* nobody guesses with an empty field */
	bool counts = username[0] != '\0' && password[0] != '\0';
	struct session_login found = session_login(username, session_token(req),
	    counts ? req_variable(req, "REMOTE_ADDR") : NULL);

	if (found.session_user != NULL)
		reply_redirect("/");
	if (found.wait > 0)
		refuse_for_now(req, username, found.wait);
	if (found.user == NULL) {
		password_hash(password); /* as much work as for somebody */
		show_form(req, 200, username, "Invalid username");
	}
	if (!password_matches(password, found.password_hash))
		show_form(req, 200, username, "Invalid password");

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
	show_form(req, 200, "", NULL);
}
