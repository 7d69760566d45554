/* GET /latest -- the number that came with the simulator's latest request.
 *
 * query:  latest=N, as everywhere in the API, sets it first
 * answer: {"latest": N}, -1 before any */

#include "json.h"
#include "latest.h"
#include "reply.h"
#include "api.h"

int
main(void)
{
	const struct req *req = reply_begin(&api_kind);
	struct json_writer *json = json_writer();

	need_method(req, REQ_READ);
	json_open_object(json);
	json_name(json, "latest");
	json_add_integer(json, latest_get());
	json_close(json);
	reply_json(json);
}
