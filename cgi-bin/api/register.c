/* POST /register -- creates an account.
 *
 * body:    {"username", "email", "pwd"}
 * query:   latest=N
 * needs:   no other site's page (403)
 * answer:  204; 400 with the sentence that the site would show */

#include <stddef.h>

#include "json.h"
#include "users.h"
#include "reply.h"
#include "session.h"
#include "api.h"

int
main(void)
{
	const struct req *req = reply_begin(&api_kind);
	const struct json_object *body;
	const char *password, *problem;

	need_method(req, REQ_POST);
	need_same_origin(req);
	body = need_json(req);
	password = json_string(body, "pwd");
	problem = user_register(json_string(body, "username"),
	    json_string(body, "email"), password, password);
	if (problem != NULL)
		reply_error(400, problem);
	reply_no_content();
}
