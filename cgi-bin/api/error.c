/* /-/api-error -- the error that Apache itself came to, as JSON.
 *
 * The path is still the one that the client asked for; somebody who asks for
 * /-/api-error gets a 404. */

#include "reply.h"
#include "api.h"

int
main(void)
{
	struct reply_kind kind = api_kind;

	kind.body = REQ_NO_BODY;
	reply_server_error(reply_begin(&kind));
}
