/* GET /-/account -- what is somebody's own: who they are, where they are logged
 * in, and the forms to change that.
 *
 * session:  401 without one
 *
 * The forms go to site/account_..., a program each, which ask for the password
 * and alone have to do with it. */

#include <stddef.h>

#include "reply.h"
#include "page.h"
#include "account_page.h"

int
main(void)
{
	const struct req *req = reply_begin(&member_kind);

	need_method(req, REQ_READ);
	account_page(req, 200, NULL);
}
