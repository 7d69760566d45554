/* lib/reply.c, and what makes it forget the last answer. */

#include "../../../lib/reply.c" // NOLINT(bugprone-suspicious-include)

#include "again.h"

void
reply_again(void)
{
	headers = (struct buf){ 0 };
	user = NULL;
	dying = false;
}
