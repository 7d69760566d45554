/* GET /-/news -- how many messages of a timeline are newer than one.
 *
 * query:    after=ID, 0 or more; 400 without
 *           mine=1: of my timeline; 401 without a session
 *           of=NAME: of that user's; 404 when nobody has that name
 *           neither: of everybody's; both: 400
 * answer:   {"count": N}, where 31 stands for more than 30.  What is not mine
 * is the same for everybody, and the web server keeps it for a second */

#include <stddef.h>
#include <string.h>

#include "json.h"
#include "text.h"
#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"

#define MOST (PAGE_MESSAGES + 1)

static int64_t
need_after(const struct req *req)
{
	const char *after = req_query(req, "after");
	int64_t id;

	if (after == NULL || !text_integer(after, 0, MESSAGES_NEWEST, &id))
		reply_error(400,
		    "The address has to say after which message: "
		    "after=, and a number.");
	return id;
}

static int64_t
news_of_mine(const struct req *req, const char *mine, int64_t after)
{
	if (strcmp(mine, "1") != 0)
		reply_error(400, "The address can have mine=1 or no mine.");
	return messages_news_timeline(need_user(req)->id, after, MOST);
}

static int64_t
news_of(const char *name, int64_t after)
{
	int64_t count = messages_news_of(name, after, MOST);

	if (count < 0)
		reply_error(404, "There is no user of that name.");
	return count;
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	struct json_writer *json = json_writer();
	const char *mine, *name;
	int64_t after, count;

	need_method(req, REQ_READ);
	after = need_after(req);
	mine = req_query(req, "mine");
	name = req_query(req, "of");
	if (mine != NULL && name != NULL)
		reply_error(400, "The address can't have both mine and of.");

	if (mine != NULL)
		count = news_of_mine(req, mine, after);
	else if (name != NULL)
		count = news_of(name, after);
	else
		count = messages_news_public(after, MOST);

	json_open_object(json);
	json_name(json, "count");
	json_add_integer(json, count);
	json_close(json);
	reply_json(json);
}
