/* POST /register -- creates an account.
 *
 * body:    {"username", "email", "pwd"}
 * query:   latest=N
 * needs:   no other site's page (403)
 * answer:  204; 400 with the sentence that the site would show
 *          429 after too many from one address, unless it is an allowed one or
 *          the simulator's credentials are given */

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "users.h"
#include "reply.h"
#include "session.h"
#include "api.h"

static bool
may_register_masses(const struct req *req)
{
	return req_variable(req, "MINITWIT_ALLOWED_ADDRESS") != NULL ||
	    api_is_simulator(req);
}

int
main(void)
{
	const struct req *req = reply_begin(&api_kind);
	const struct json_object *body;
	struct registration result;
	const char *password;

	need_method(req, REQ_POST);
	need_same_origin(req);
	body = need_json(req);
	password = json_string(body, "pwd");
	result = user_register(json_string(body, "username"),
	    json_string(body, "email"), password, password,
	    may_register_masses(req) ? NULL : req_variable(req, "REMOTE_ADDR"));
	if (result.wait > 0) {
		reply_retry_after(result.wait);
		reply_error(429, result.problem);
	}
	if (result.problem != NULL)
		reply_error(400, result.problem);
	reply_no_content();
}
