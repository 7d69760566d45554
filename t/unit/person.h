/* person -- users for the tests of the store, whom no other test knows. */

#ifndef PERSON_H
#define PERSON_H

#include <unistd.h>

#include "db.h"
#include "mem.h"
#include "users.h"

/* A new user whose name begins so; nobody can log in as one. */
static inline const struct user *
person(const char *name)
{
	static int count;
	struct user *user = mem_alloc(sizeof(*user));

	user->name = mem_format("%s %d.%d", name, (int)getpid(), ++count);
	user->id =
	    db_number(db_query("INSERT INTO users (username, email, pw_hash)"
			       " VALUES ($1, 'a@b', 'none') RETURNING user_id",
			  user->name),
		0, 0);
	return user;
}

#endif
