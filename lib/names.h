/* names -- which of several names mean users.
 *
 * A question for programs that only read, so it is apart from lib/users.h,
 * which hashes passwords. */

#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>

/* Names, whether or not they mean a user. */
struct names {
	size_t count;
	const char **list;
};

/* Returns those of the names that mean a user, in the order of strcmp(3).  No
 * name may be empty or contain a line feed. */
const struct names *names_existing(const struct names *names);

/* Returns the first of the names, which are in that order, that begins with the
 * first len bytes of text, or NULL.  The shortest is the first. */
const char *names_beginning(
    const struct names *names, const char *text, size_t len);

#endif
