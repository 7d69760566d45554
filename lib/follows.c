#include "follows.h"

#include "db.h"
#include "mem.h"
#include "metrics.h"

/* A row with NULL: nobody has one of the names; else it says whether something
 * has changed. */
static bool
note_change(const struct db_rows *rows, enum metrics_event change)
{
	if (db_bool(rows, 0, 0))
		metrics_count(change);
	return db_text(rows, 0, 0) != NULL;
}

bool
follow_add(const char *who, const char *whom)
{
	return note_change(
	    db_query("SELECT follow_add($1, $2)", who, whom), METRICS_FOLLOW);
}

bool
follow_remove(const char *who, const char *whom)
{
	return note_change(db_query("SELECT follow_remove($1, $2)", who, whom),
	    METRICS_UNFOLLOW);
}

bool
my_follow_add(const char *token, const char *whom)
{
	return note_change(
	    db_query("SELECT my_follow_add($1, $2)", token, whom),
	    METRICS_FOLLOW);
}

bool
my_follow_remove(const char *token, const char *whom)
{
	return note_change(
	    db_query("SELECT my_follow_remove($1, $2)", token, whom),
	    METRICS_UNFOLLOW);
}

const struct follows *
follows_of(const char *name, int64_t limit)
{
	/* one row with NULL for a user who follows nobody, none for nobody */
	const struct db_rows *rows = db_query(
	    "SELECT username FROM follows_of($1, $2)", name, db_integer(limit));
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
