/* GET /<username> -- that user's messages, newest first.
 *
 * path:     404 when nobody has that name
 * query:    before=ID goes on with the messages older than that one,
 *           after=ID goes back to those right above it
 * session:  a logged-in reader also sees, and may change, whether they follow
 *           that user */

#include "html.h"
#include "mem.h"
#include "text.h"
#include "messages.h"
#include "people.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static void
follow_status(struct buf *page, const struct profile *profile,
    const struct user *me, const char *place)
{
	html(page, "<div class=\"followstatus\">\n");
	if (profile->user_id == me->id)
		html(page, "<p>This is you!</p>\n");
	else if (profile->followed)
		html(page,
		    "<p>You are currently following this user.</p>\n"
		    "<form action=\"/%s/unfollow%s\" method=\"post\">"
		    "<button type=\"submit\" class=\"unfollow\">"
		    "Unfollow user</button></form>\n",
		    text_percent_encode(profile->name), place);
	else
		html(page,
		    "<p>You are not yet following this user.</p>\n"
		    "<form action=\"/%s/follow%s\" method=\"post\">"
		    "<button type=\"submit\" class=\"follow\">"
		    "Follow user</button></form>\n",
		    text_percent_encode(profile->name), place);
	html(page, "</div>\n");
}

static const char *
count_of(int64_t count, const char *one, const char *many)
{
	if (count == PEOPLE_MANY)
		return mem_format("1,000+ %s", many);
	if (count == PEOPLE_MANY - 1)
		return mem_format("1,000 %s", many);
	return mem_format("%d %s", (int)count, count == 1 ? one : many);
}

static void
counts(struct buf *page, const struct profile *profile)
{
	struct people_counts counts = people_counts(profile->user_id);
	const char *path = text_percent_encode(profile->name);

	html(page,
	    "<ul class=\"counts\">\n"
	    "<li>%s</li>\n"
	    "<li><a href=\"/%s/followers\">%s</a></li>\n"
	    "<li><a href=\"/%s/following\">%s</a></li>\n"
	    "</ul>\n",
	    count_of(counts.messages, "message", "messages"), path,
	    count_of(counts.followers, "follower", "followers"), path,
	    count_of(counts.following, "following", "following"));
}

static struct buf *
open_profile(const struct req *req, const struct user *me, const char *name)
{
	const char *path = mem_format("/%s", text_percent_encode(name));

	return page_open_as(req, me,
	    &(struct page_head){
		.title = mem_format("%s's Timeline", text_isolate(name)),
		.description = mem_format(
		    "What %s writes on MiniTwit.", text_isolate(name)),
		.path = path,
		.feed = mem_format("%s/feed", path),
	    });
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct profile *profile;
	const struct user *me;
	const char *name;
	struct buf *page;
	int64_t before, after;

	need_method(req, REQ_READ);
	name = need_name(req, "/{}");
	me = session_user(req);
	before = page_is_above(req, &after)
	    ? messages_of_above(name, after, PAGE_MESSAGES)
	    : page_before(req);
	profile =
	    messages_of(name, me != NULL ? me->id : 0, before, PAGE_MESSAGES);
	if (profile == NULL)
		reply_error(404, "There is no user of that name.");

	page = open_profile(req, me, profile->name);
	counts(page, profile);
	if (me != NULL)
		follow_status(page, profile, me, page_place(before));
	page_timeline(page, profile->messages, before,
	    me != NULL && me->id == profile->user_id
		? "Write your first one on your timeline."
		: "Come back later: this is where their messages will be.",
	    mem_format("of=%s&", text_percent_encode(profile->name)));
	page_send(page, 200);
}
