/* POST /-/account/sessions -- ends another session, or all others.
 *
 * form:     session, the id of one or "others"; password
 * session:  401 without one; 403 when another site's page asks
 * answer:   ended, now or before: a flash, and on to /-/account
 *           else the account page, with the error; as a 429 after too many
 *           wrong passwords */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "text.h"
#include "accounts.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "account_page.h"
#include "confirm.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const char *session;
	bool others;
	int64_t id;

	need_method(req, REQ_POST);
	need_same_origin(req);
	session = req_field(req, "session");
	others = strcmp(session, "others") == 0;
	if (!others && !text_integer(session, 1, INT64_MAX, &id))
		account_page(req, 200, "You have to choose where to log out");
	need_password(req);

	if (others)
		account_end_sessions(session_token(req));
	else
		account_end_session(session_token(req), id);
	flash_leave(
	    req, others ? FLASH_SESSIONS_ENDED : FLASH_SESSION_ENDED, NULL);
	reply_redirect("/-/account");
}
