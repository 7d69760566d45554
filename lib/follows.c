#include "follows.h"

#include "db.h"
#include "mem.h"

bool
follow_add(const char *who, const char *whom)
{
	return db_bool(db_query("SELECT follow_add($1, $2)", who, whom), 0, 0);
}

bool
follow_remove(const char *who, const char *whom)
{
	return db_bool(
	    db_query("SELECT follow_remove($1, $2)", who, whom), 0, 0);
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
