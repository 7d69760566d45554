/* Any address that no route has: 404.
 *
 * Also the words for errors that Apache itself comes to: `make install` runs
 * the program once for each, with the status in REDIRECT_STATUS, to make the
 * files that Apache sends then.  A path with a bad percent sign, which Apache
 * refuses, comes here itself. */

#include "reply.h"
#include "page.h"

int
main(void)
{
	reply_server_error(reply_begin(&signpost_kind));
}
