/* GET /<username>/following -- whom that user follows.
 *
 * path:     404 when nobody has that name
 * query:    after=ID goes on with those after that user
 * session:  a logged-in reader also sees whom of them they follow */

#include "html.h"
#include "mem.h"
#include "people.h"
#include "text.h"
#include "reply.h"
#include "session.h"
#include "page.h"

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct people *people;
	const struct user *me;
	const char *name;
	struct buf *page;

	need_method(req, REQ_READ);
	name = need_name(req, "/{}/following");
	me = session_user(req);
	people = people_followed(
	    name, me != NULL ? me->id : 0, page_after(req), PAGE_PEOPLE);
	if (people == NULL)
		reply_error(404, "There is no user of that name.");

	page = page_open(req, me, mem_format("Whom %s Follows", people->name));
	html(page, "<p><a href=\"/%s\">%s's timeline</a></p>\n",
	    text_percent_encode(people->name), people->name);
	page_people(page, me, people,
	    "This user follows nobody so far: their own timeline has their"
	    " own messages alone.");
	if (people->rest != 0)
		page_rest(page, "after=", people->rest, "More people");
	page_send(page, 200);
}
