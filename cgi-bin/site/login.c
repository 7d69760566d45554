/* POST /login -- begins a session.
 *
 * form:     username, password
 * session:  who has one is sent to /
 * answer:   right: a fresh session, a flash, and on to /
 *           wrong: the form again, with the error and the username; as a 429
 *           after too many of the name's or the address's */

#include <stdbool.h>
#include <stddef.h>

#include "mem.h"
#include "metrics.h"
#include "password.h"
#include "text.h"
#include "sessions.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "forms.h"

static _Noreturn void
refuse_for_now(const struct req *req, const char *username, int64_t wait)
{
	reply_retry_after(wait);
	form_login(req, 429, username,
	    mem_format("There were too many attempts to log in. "
		       "Please try again in %s.",
		text_duration(wait)));
}

static _Noreturn void
refuse(const struct req *req, const char *username, const char *problem)
{
	metrics_count(METRICS_FAILED_LOGIN);
	form_login(req, 200, username, problem);
}

/* Answers, unless the password is another one by now, or has another hash. */
static void
log_in(const struct req *req, const char *username, const char *password)
{
	/* nobody guesses with an empty field */
	bool counts = username[0] != '\0' && password[0] != '\0';
	struct session_login found = session_login(username, session_token(req),
	    counts ? req_variable(req, "REMOTE_ADDR") : NULL);
	const char *replacement = NULL;

	if (found.session_user != NULL)
		reply_redirect("/");
	if (found.wait > 0)
		refuse_for_now(req, username, found.wait);
	if (found.user == NULL) {
		password_hash(password); /* as much work as for somebody */
		refuse(req, username, "Invalid username");
	}
	if (!password_matches(password, found.password_hash))
		refuse(req, username, "Invalid password");

	if (password_is_outdated(found.password_hash))
		replacement = password_hash(password);
	if (!session_begin(req, found.user, found.password_hash, replacement))
		return;
	metrics_count(METRICS_LOGIN);
	flash_leave(req, FLASH_LOGGED_IN, NULL);
	reply_redirect("/");
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const char *username, *password;

	need_method(req, REQ_POST);
	need_same_origin(req);
	username = req_field(req, "username");
	password = req_field(req, "password");
	log_in(req, username, password);
	log_in(req, username, password); /* another login was faster */
	refuse(req, username, "Invalid password");
}
