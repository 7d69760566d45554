/* GET /fllws/<username> -- whom that user follows.
 * POST /fllws/<username> -- has that user follow somebody, or not any longer.
 *
 * needs:   the simulator's credentials, and no other site's page (403)
 * path:    404 when nobody has that name
 * query:   no=N names at most, latest=N
 * body:    {"follow": name} or {"unfollow": name}; 404 when nobody has that
 * answer:  {"follows": [name, ...]}; 204, also where nothing had to change */

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "follows.h"
#include "reply.h"
#include "session.h"
#include "api.h"

static _Noreturn void
list(const struct req *req, const char *name)
{
	const struct follows *follows = follows_of(name, api_limit(req));
	struct json_writer *json = json_writer();

	if (follows == NULL)
		reply_error(404, "There is no user of that name");
	json_open_object(json);
	json_name(json, "follows");
	json_open_array(json);
	for (size_t i = 0; i < follows->count; i++)
		json_add_string(json, follows->names[i]);
	json_close(json);
	json_close(json);
	reply_json(json);
}

static _Noreturn void
change(const struct req *req, const char *name)
{
	const struct json_object *body;
	const char *whom;
	bool follow;

	need_same_origin(req);
	body = need_json(req);
	follow = json_has(body, "follow");
	if (follow == json_has(body, "unfollow"))
		reply_error(400,
		    "The JSON needs either a string \"follow\" "
		    "or a string \"unfollow\"");
	whom = need_string(body, follow ? "follow" : "unfollow");
	if (follow ? !follow_add(name, whom) : !follow_remove(name, whom))
		reply_error(404, "One of the two users does not exist");
	reply_no_content();
}

int
main(void)
{
	const struct req *req = reply_begin(&api_kind);
	const char *name;

	need_method(req, REQ_READ | REQ_POST);
	need_simulator(req);
	name = need_name(req, "/fllws/{}");
	if (req_method(req) == REQ_POST)
		change(req, name);
	list(req, name);
}
