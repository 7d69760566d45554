/* Any address below the API's that no route has: 404.  Also the error that
 * Apache itself came to (ErrorDocument), as JSON; the path is then still the
 * client's. */

#include "reply.h"
#include "api.h"

int
main(void)
{
	struct reply_kind kind = api_kind;

	kind.body = REQ_NO_BODY;
	reply_server_error(reply_begin(&kind));
}
