/* forms -- the two pages for somebody who is not logged in.
 *
 * One program shows each to whoever comes for it, and needs no right but to see
 * whether they are logged in; another takes what they entered, and shows it
 * again when something was wrong. */

#ifndef FORMS_H
#define FORMS_H

#include "req.h"

/* The form, with the name that was entered.  problem: what was wrong, a
 * sentence for the page and for the log; NULL for one that nobody filled in
 * yet, which the web server may keep for a second (shared in page.h). */
_Noreturn void form_login(const struct req *req, int status,
    const char *username, const char *problem);

/* The same, with the name and the e-mail address that came with the request. */
_Noreturn void form_register(
    const struct req *req, int status, const char *problem);

#endif
