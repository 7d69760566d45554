/* GET /-/newest -- the newest message's number, the same for everybody, which
 * the web server keeps for a second: what pages that are open ask for, over and
 * over.  When it has changed they ask /-/news.
 *
 * answer:   {"newest": ID}, 0 where there is none; with an ETag
 *
 * A 304 is the web server's, from what it has kept.  One of the program's would
 * also answer the web server itself, when that asks whether what it has kept is
 * still right; and mod_cache_socache 2.4 then loses the body. */

#include "json.h"
#include "mem.h"
#include "messages.h"
#include "reply.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	struct json_writer *json = json_writer();
	int64_t newest;

	need_method(req, REQ_READ);
	newest = messages_newest();
	reply_header("ETag", mem_format("\"%lld\"", (long long)newest));
	json_open_object(json);
	json_name(json, "newest");
	json_add_integer(json, newest);
	json_close(json);
	reply_json(json);
}
