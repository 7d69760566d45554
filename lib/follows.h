/* follows -- who follows whom. */

#ifndef FOLLOWS_H
#define FOLLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has who follow whom, or not any longer.  Doing it twice is no error.  False
 * when either name is nobody's; nothing has changed then. */
bool follow_add(const char *who, const char *whom);
bool follow_remove(const char *who, const char *whom);

struct follows {
	size_t count;
	const char **names;
};

/* Whom name follows, at most limit of them.  NULL when the name is nobody's. */
const struct follows *follows_of(const char *name, int64_t limit);

#endif
