/* GET /<username>/feed -- that user's newest messages, for feed readers: Atom.
 *
 * path:    404 when nobody has that name
 * answer:  304 to who has it; 400 without the site's name in Host */

#include "mem.h"
#include "text.h"
#include "messages.h"
#include "reply.h"
#include "feed.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct profile *profile;
	const char *name, *origin, *path;

	need_method(req, REQ_READ);
	name = need_name(req, "/{}/feed");
	origin = need_origin(req);
	profile = messages_of(name, 0, MESSAGES_NEWEST, FEED_MESSAGES);
	if (profile == NULL)
		reply_error(404, "There is no user of that name.");

	path = mem_format("/%s", text_percent_encode(profile->name));
	feed_send(req, origin,
	    &(struct feed){
		.title =
		    mem_format("%s's Timeline", text_isolate(profile->name)),
		.path = mem_format("%s/feed", path),
		.page = path,
		.messages = profile->messages,
	    });
}
