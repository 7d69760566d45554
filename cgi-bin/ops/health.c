/* GET /-/health -- for load balancers and start scripts: 200 when this web
 * server reaches its database and its schema is there, 503 when not. */

#include "latest.h"
#include "reply.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);

	need_method(req, REQ_READ);
	latest_get(); /* the smallest question there is */
	reply_text("ok\n");
}
