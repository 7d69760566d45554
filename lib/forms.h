/* forms -- the two pages for a visitor, and one that confirms a request.
 *
 * One program shows each to whoever comes for it, and needs no right but to see
 * whether they are logged in; another takes what they entered, and shows it
 * again when something was wrong. */

#ifndef FORMS_H
#define FORMS_H

#include "req.h"
#include "users.h"

/* The form, with the name that was entered.  problem: what was wrong, a
 * sentence for the page and for the log; NULL for one that nobody filled in
 * yet, which the web server may keep for a second (shared in page.h). */
_Noreturn void form_login(const struct req *req, int status,
    const char *username, const char *problem);

/* The same, with the name and the e-mail address that came with the request. */
_Noreturn void form_register(
    const struct req *req, int status, const char *problem);

/* A page for me (NULL: a visitor) with one button, which sends a POST to the
 * path action.  For requests by GET that another site may have caused. */
_Noreturn void form_button(const struct req *req, const struct user *me,
    const char *button, const char *action);

#endif
