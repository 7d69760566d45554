/* people -- lists of users: who was looked for, who follows whom; and how many.
 *
 * A list goes on from a place: after is the id of the last one who was seen, or
 * 0. */

#ifndef PEOPLE_H
#define PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct person {
	int64_t id;
	const char *name;
	bool followed; /* by the reader */
};

struct people {
	size_t count;
	struct person *list;
	int64_t rest;     /* after whom the others come; 0: there are none */
	bool cut;         /* looking for all of a page took too long */
	bool alike;       /* names like the one that was looked for */
	const char *name; /* whose followers they are, or who follows them */
};

/* Those whose names have a part in them, in whatever case. */
const struct people *people_search(
    const char *part, int64_t after, int64_t limit);

/* The first of these to think of, or, where there are none, some whose names
 * are like it.  rest only says that there are more. */
const struct people *people_suggest(const char *part, int64_t limit);

/* Who follows name, and whom name follows; reader_id 0 is nobody.  NULL when
 * nobody has the name. */
const struct people *people_followers(
    const char *name, int64_t reader_id, int64_t after, int64_t limit);
const struct people *people_followed(
    const char *name, int64_t reader_id, int64_t after, int64_t limit);

/* How much somebody has of each; more than this is PEOPLE_MANY. */
#define PEOPLE_MANY 1001

struct people_counts {
	int64_t messages, followers, following;
};

struct people_counts people_counts(int64_t user_id);

#endif
