/* users -- who is registered. */

#ifndef USERS_H
#define USERS_H

#include <stdint.h>

struct user {
	int64_t id;
	const char *name;
};

struct registration {
	const char
	    *problem; /* what is wrong, as a sentence; NULL: it is done */
	int64_t wait; /* seconds, where it came too soon after others; else 0 */
};

/* What is wrong with a password that somebody has chosen and entered twice, as
 * a sentence for them; NULL: nothing.  NULL is a missing field. */
const char *user_password_problem(const char *password, const char *password2);

/* Registers somebody, or says why not, and then nothing has changed.  Any text
 * is safe to pass, a missing field as NULL.  Of two registrations of one name
 * at the same instant one is refused; the name of somebody who has deleted
 * their account is, for ever.  address is the client's, which may
 * register only so many; NULL: as many as it likes. */
struct registration user_register(const char *name, const char *email,
    const char *password, const char *password2, const char *address);

#endif
