/* GET /<username>/following -- whom that user follows.
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
	name = need_name(req, "/{}/following");
	me = session_user(req);
	people = people_followed(
	    name, me != NULL ? me->id : 0, page_after(req), PAGE_PEOPLE);
	if (people == NULL)
		reply_error(404, "There is no user of that name.");

	follow_page(req, me, people,
	    mem_format("Whom %s Follows", text_isolate(people->name)),
	    "This user follows nobody so far: their own timeline has their"
	    " own messages alone.");
}
