/* Any address below the API's that no route has: 404.
 *
 * query:  latest=N
 *
 * Also the words for errors that Apache itself comes to, as in site/error. */

#include "reply.h"
#include "api.h"

int
main(void)
{
	struct reply_kind kind = api_kind;

	kind.body = REQ_NO_BODY;
	reply_server_error(reply_begin(&kind));
}
