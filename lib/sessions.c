#include "sessions.h"

#include <stddef.h>

#include "db.h"
#include "mem.h"

/* What is stored of the token in a parameter. */
#define DIGEST(parameter) "encode(sha256(" parameter "::bytea), 'hex')"

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
	const struct db_rows *rows = db_query(
	    "SELECT user_id, username"
	    " FROM sessions JOIN users USING (user_id)"
	    " WHERE token_digest = " DIGEST("$1") " AND expires_at > now()",
	    token);

	return db_count(rows) > 0 ? user_from(rows, 0) : NULL;
}

struct session_login
session_login(const char *name, const char *token)
{
	/* one row, whatever is found */
	const struct db_rows *rows = db_query(
	    "SELECT s.user_id, s.username, u.user_id, u.username, u.pw_hash"
	    " FROM (SELECT) AS always"
	    " LEFT JOIN (SELECT user_id, username"
	    "  FROM sessions JOIN users USING (user_id)"
	    "  WHERE token_digest = " DIGEST(
		"$2") "  AND expires_at > now()) AS s ON true"
		      " LEFT JOIN users AS u ON u.username = $1",
	    name, token != NULL ? token : db_null);

	return (struct session_login){
		.session_user = user_from(rows, 0),
		.user = user_from(rows, 2),
		.password_hash = db_text(rows, 0, 4),
	};
}

void
session_add(int64_t user_id, const char *token, const char *outdated,
    const char *replacement)
{
	/* The login that comes along clears away what has expired. */
	db_query(
	    "WITH expired AS"
	    "  (DELETE FROM sessions WHERE expires_at <= now()),"
	    " rehashed AS (UPDATE users SET pw_hash = $5"
	    "  WHERE user_id = $1 AND pw_hash = $4)"
	    " INSERT INTO sessions (token_digest, user_id, expires_at)"
	    " VALUES (" DIGEST("$2") ", $1, now() + $3 * interval '1 second')",
	    db_integer(user_id), token, db_integer(SESSIONS_LIFETIME),
	    outdated != NULL ? outdated : db_null,
	    replacement != NULL ? replacement : db_null);
}

void
session_remove(const char *token)
{
	db_query(
	    "DELETE FROM sessions WHERE token_digest = " DIGEST("$1"), token);
}
