/* POST /-/account/delete -- deletes the account and all that belongs to it.
 *
 * form:     password
 * session:  401 without one; 403 when another site's page asks
 * answer:   deleted: logged out, a flash, and on to /public
 *           else the account page, with the error; as a 429 after too many
 *           wrong passwords */

#include <stddef.h>

#include "accounts.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "confirm.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);

	need_method(req, REQ_POST);
	need_same_origin(req);
	need_password(req);

	/* somebody else may have been faster, by the same token or another */
	if (!account_delete(session_token(req)))
		reply_to_visitor();
	session_keep(req, NULL);
	flash_leave(req, FLASH_ACCOUNT_DELETED, NULL);
	reply_redirect("/public");
}
