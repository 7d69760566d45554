/* POST /-/account/password -- changes the password.
 *
 * form:     password, the one so far; new_password, new_password2
 * session:  401 without one; 403 when another site's page asks
 * answer:   changed: all other sessions end, this one goes on under another
 *           token; a flash, and on to /-/account
 *           else the account page, with the error; as a 429 after too many
 *           wrong passwords */

#include <stddef.h>

#include "password.h"
#include "accounts.h"
#include "users.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "account_page.h"
#include "confirm.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const char *wanted, *problem, *hash, *token;

	need_method(req, REQ_POST);
	need_same_origin(req);
	wanted = req_field(req, "new_password");
	problem =
	    user_password_problem(wanted, req_field(req, "new_password2"));
	if (problem != NULL)
		account_page(req, 200, problem);
	hash = need_password(req);

	token = session_new_token();
	if (!account_change_password(
		session_token(req), hash, password_hash(wanted), token))
		account_page(req, 200,
		    "Your password was changed elsewhere in this moment. "
		    "Please try again.");
	session_keep(req, token);
	flash_leave(req, FLASH_PASSWORD_CHANGED, NULL);
	reply_redirect("/-/account");
}
