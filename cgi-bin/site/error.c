/* /-/error -- the error that Apache itself came to, as a page.
 *
 * The path is still the one that the client asked for; somebody who asks for
 * /-/error gets a 404. */

#include "reply.h"
#include "page.h"

int
main(void)
{
	struct reply_kind kind = page_kind;

	kind.body = REQ_NO_BODY;
	reply_server_error(reply_begin(&kind));
}
