/* confirm -- the password once more, before something that matters. */

#ifndef CONFIRM_H
#define CONFIRM_H

#include "req.h"

/* The hash of the password of whoever is logged in, who has just entered it in
 * the field "password".  Answers 401 to a visitor, shows the account page with
 * what was wrong, as a 429 after too many attempts: they count as those to log
 * in do. */
const char *need_password(const struct req *req);

#endif
