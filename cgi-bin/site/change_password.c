/* GET /.well-known/change-password -- where a password manager finds the form
 * that changes a password (W3C, A Well-Known URL for Changing Passwords).
 *
 * answer:   on to /-/account
 *
 * Apache's own redirect would name a scheme, which behind a proxy is not the
 * client's. */

#include "reply.h"
#include "page.h"

int
main(void)
{
	need_method(reply_begin(&signpost_kind), REQ_READ);
	reply_redirect("/-/account");
}
