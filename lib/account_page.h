/* account_page -- the page on which somebody sees and changes what is theirs.
 *
 * One program shows it to who comes for it; those that do what its forms ask
 * for show it again when something was wrong. */

#ifndef ACCOUNT_PAGE_H
#define ACCOUNT_PAGE_H

#include "req.h"

/* Sessions on the page. */
#define ACCOUNT_PAGE_SESSIONS 50

/* The page for whoever is logged in; answers 401 to a visitor.  problem: what
 * was wrong, a sentence for the page and for the log; NULL: nothing. */
_Noreturn void account_page(
    const struct req *req, int status, const char *problem);

#endif
