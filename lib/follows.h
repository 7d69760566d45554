/* follows -- who follows whom. */

#ifndef FOLLOWS_H
#define FOLLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has somebody follow whom, or not any longer: anybody, for the simulator; or
 * whoever is logged in by the token of a session.  Doing it twice is no error.
 * False when there is no such user or session; nothing has changed then. */
bool follow_add(const char *who, const char *whom);
bool follow_remove(const char *who, const char *whom);
bool my_follow_add(const char *token, const char *whom);
bool my_follow_remove(const char *token, const char *whom);

struct follows {
	size_t count;
	const char **names;
};

/* Whom name follows, at most limit of them.  NULL when the name is nobody's. */
const struct follows *follows_of(const char *name, int64_t limit);

#endif
