/* GET / of who has no session: the site begins with /public for them.
 *
 * Not site/timeline's, because for this no database has to be there. */

#include "reply.h"
#include "page.h"

int
main(void)
{
	need_method(reply_begin(&signpost_kind), REQ_READ);
	reply_redirect("/public");
}
