#include "follows.h"

#include "db.h"
#include "mem.h"

/* The ids of $1 and $2; no row when either is nobody's name. */
#define PAIR \
	"WITH pair AS (SELECT who.user_id AS who_id, whom.user_id AS whom_id" \
	"  FROM users AS who, users AS whom" \
	"  WHERE who.username = $1 AND whom.username = $2),"

bool
follow_add(const char *who, const char *whom)
{
	const struct db_rows *pair = db_query(PAIR
	    " added AS (INSERT INTO followers (who_id, whom_id)"
	    "  SELECT who_id, whom_id FROM pair ON CONFLICT DO NOTHING)"
	    " SELECT FROM pair",
	    who, whom);

	return db_count(pair) == 1;
}

bool
follow_remove(const char *who, const char *whom)
{
	const struct db_rows *pair =
	    db_query(PAIR " removed AS (DELETE FROM followers USING pair"
			  "  WHERE followers.who_id = pair.who_id"
			  "  AND followers.whom_id = pair.whom_id)"
			  " SELECT FROM pair",
		who, whom);

	return db_count(pair) == 1;
}

bool
follow_begin(const char *token, const char *whom)
{
	return db_bool(db_query("SELECT follow($1, $2)", token, whom), 0, 0);
}

bool
follow_end(const char *token, const char *whom)
{
	return db_bool(db_query("SELECT unfollow($1, $2)", token, whom), 0, 0);
}

const struct follows *
follows_of(const char *name, int64_t limit)
{
	/* one row with NULL for a user who follows nobody, none for nobody */
	const struct db_rows *rows =
	    db_query("SELECT whom.username"
		     " FROM users AS who LEFT JOIN LATERAL"
		     "  (SELECT whom_id FROM followers"
		     "   WHERE who_id = who.user_id"
		     "   ORDER BY whom_id LIMIT $2) AS f ON true"
		     " LEFT JOIN users AS whom ON whom.user_id = f.whom_id"
		     " WHERE who.username = $1 ORDER BY f.whom_id",
		name, db_integer(limit));
	struct follows *follows;

	if (db_count(rows) == 0)
		return NULL;
	follows = mem_alloc(sizeof(*follows));
	follows->names = mem_alloc(db_count(rows) * sizeof(*follows->names));
	for (size_t i = 0; i < db_count(rows); i++) {
		if (db_text(rows, i, 0) != NULL)
			follows->names[follows->count++] = db_text(rows, i, 0);
	}
	return follows;
}
