#include "sessions.h"

#include <stddef.h>

#include "db.h"
#include "mem.h"

/* The user whose id and name are in row 0 from that column on; NULL for NULL.
 */
static const struct user *
user_from(const struct db_rows *rows, size_t column)
{
	struct user *user;

	if (db_text(rows, 0, column) == NULL)
		return NULL;
	user = mem_alloc(sizeof(*user));
	user->id = db_number(rows, 0, column);
	user->name = db_text(rows, 0, column + 1);
	return user;
}

const struct user *
session_find(const char *token)
{
	return user_from(db_query("SELECT user_id, username"
				  " FROM session_find($1)",
			     token),
	    0);
}

struct login
login_begin(const char *name, const char *token, const char *address)
{
	const struct db_rows *rows = db_query(
	    "SELECT session_user_id, session_username, user_id, username,"
	    " pw_hash, wait FROM login_begin($1, $2, $3)",
	    name, token != NULL ? token : db_null,
	    address != NULL ? address : db_null);

	return (struct login){
		.session_user = user_from(rows, 0),
		.user = user_from(rows, 2),
		.password_hash = db_text(rows, 0, 4),
		.wait = db_number(rows, 0, 5),
	};
}

bool
session_begin(int64_t user_id, const char *token, const char *address,
    const char *browser, const char *hash, const char *replacement)
{
	return db_bool(
	    db_query("SELECT session_begin($1, $2, $3, $4, $5, $6)",
		db_integer(user_id), token, address != NULL ? address : db_null,
		browser != NULL ? browser : db_null,
		hash != NULL ? hash : db_null,
		replacement != NULL ? replacement : db_null),
	    0, 0);
}

void
session_end(const char *token)
{
	db_query("SELECT session_end($1)", token);
}

void
simulator_refused(const char *address)
{
	db_query("SELECT simulator_refused($1)", address);
}

bool
simulator_is_believed(const char *address)
{
	return db_bool(
	    db_query("SELECT simulator_is_believed($1)", address), 0, 0);
}
