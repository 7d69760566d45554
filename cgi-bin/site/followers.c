/* GET /<username>/followers -- who follows that user.
 *
 * path:     404 when nobody has that name
 * query:    after=ID goes on with those after that user
 * session:  a logged-in reader also sees whom of them they follow */

#include "mem.h"
#include "text.h"
#include "people.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "follow_page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct people *people;
	const struct user *me;
	const char *name;

	need_method(req, REQ_READ);
	name = need_name(req, "/{}/followers");
	me = session_user(req);
	people = people_followers(
	    name, me != NULL ? me->id : 0, page_after(req), PAGE_PEOPLE);
	if (people == NULL)
		reply_error(404, "There is no user of that name.");

	follow_page(req, me, people,
	    mem_format("%s's Followers", text_isolate(people->name)),
	    "Nobody follows this user so far: nobody has their messages on"
	    " a timeline of their own.");
}
