/* GET /msgs -- everybody's messages, newest first.
 *
 * needs:   the simulator's credentials (403)
 * query:   no=N messages at most, latest=N
 * answer:  [{"content", "pub_date", "user"}, ...] */

#include "messages.h"
#include "reply.h"
#include "api.h"

int
main(void)
{
	const struct req *req = reply_begin(&api_kind);

	need_method(req, REQ_READ);
	need_simulator(req);
	api_send_messages(messages_public(MESSAGES_NEWEST, api_limit(req)));
}
