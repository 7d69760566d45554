/* users -- who is registered. */

#ifndef USERS_H
#define USERS_H

#include <stdint.h>

struct user {
	int64_t id;
	const char *name;
};

/* Registers somebody.  NULL when that is done; otherwise the sentence that
 * says what is wrong, and nothing has changed.  Any text is safe to pass, a
 * missing field as NULL.  Of two registrations of one name at the same
 * instant one is refused. */
const char *user_register(const char *name, const char *email,
    const char *password, const char *password2);

#endif
