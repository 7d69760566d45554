/* GET /msgs/<username> -- that user's messages, newest first.
 * POST /msgs/<username> -- stores a message of that user's.
 *
 * needs:   the simulator's credentials, and no other site's page (403)
 * path:    404 when nobody has that name
 * query:   no=N messages at most, latest=N
 * body:    {"content"}, 1 to 1,000 characters, not only blanks
 * answer:  [{"content", "pub_date", "user"}, ...]; 204 */

#include <stddef.h>

#include "json.h"
#include "messages.h"
#include "reply.h"
#include "session.h"
#include "api.h"

static _Noreturn void
reply_no_user(void)
{
	reply_error(404, "There is no user of that name");
}

static _Noreturn void
list(const struct req *req, const char *name)
{
	const struct profile *profile =
	    messages_of(name, 0, MESSAGES_NEWEST, api_limit(req));

	if (profile == NULL)
		reply_no_user();
	api_send_messages(profile->messages);
}

static _Noreturn void
add(const struct req *req, const char *name)
{
	const char *content, *problem;

	need_same_origin(req);
	content = need_string(need_json(req), "content");
	problem = message_problem(content);
	if (problem != NULL)
		reply_error(400, problem);
	if (!message_add(name, content))
		reply_no_user();
	reply_no_content();
}

int
main(void)
{
	const struct req *req = reply_begin(&api_kind);
	const char *name;

	need_method(req, REQ_READ | REQ_POST);
	need_simulator(req);
	name = need_name(req, "/msgs/{}");
	if (req_method(req) == REQ_POST)
		add(req, name);
	list(req, name);
}
