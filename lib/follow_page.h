/* follow_page -- the page of who follows somebody, or whom they follow. */

#ifndef FOLLOW_PAGE_H
#define FOLLOW_PAGE_H

#include "people.h"
#include "req.h"
#include "users.h"

/* Answers with those people, for me (NULL: a visitor) to see whom of them I
 * follow; nobody is what the page says where there is none at all. */
_Noreturn void follow_page(const struct req *req, const struct user *me,
    const struct people *people, const char *title, const char *nobody);

#endif
