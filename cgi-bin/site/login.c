/* POST /login -- begins a session.
 *
 * form:     username, without regard to blanks around it; password
 * session:  a signed-in user with a wrong password is redirected to /
 * answer:   right: a fresh session in place of the present one, a flash, and on
 *           to /; a password hash of an older form is replaced
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

/* Shows the form with the problem; a signed-in user is redirected instead. */
static _Noreturn void
refuse(const struct req *req, const struct login *login, const char *username,
    const char *problem)
{
	if (login->session_user != NULL)
		reply_redirect("/");
	if (login->wait == 0) {
		metrics_count(METRICS_FAILED_LOGIN);
		form_login(req, 200, username, problem);
	}
	reply_retry_after(login->wait);
	form_login(req, 429, username,
	    mem_format("There were too many attempts to log in. "
		       "Please try again in %s.",
		text_duration(login->wait)));
}

/* Answers, unless the user has another password or another hash of it by now.
 */
static void
log_in(const struct req *req, const char *username, const char *password)
{
	const char *address = req_variable(req, "REMOTE_ADDR");
	/* an empty field is no guess */
	bool counts = username[0] != '\0' && password[0] != '\0';
	struct login login = login_begin(username, session_token(req),
	    !counts               ? NULL
		: address != NULL ? address
				  : "");
	const char *replacement = NULL;

	if (login.wait == 0 && login.user == NULL)
		password_hash(password); /* as much work as for a user */
	if (login.user == NULL)
		refuse(req, &login, username, "Invalid username");
	if (login.password_hash == NULL)
		refuse(req, &login, username, "Invalid password");
	/* for a wrong password, too: older hashes are as slow as new ones */
	if (password_is_outdated(login.password_hash))
		replacement = password_hash(password);
	if (!password_matches(password, login.password_hash))
		refuse(req, &login, username, "Invalid password");
	if (!sign_in(req, login.user, login.password_hash, replacement))
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
	refuse(req, &(struct login){ 0 }, username, "Invalid password");
}
