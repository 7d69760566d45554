#include "people.h"

#include "db.h"
#include "mem.h"

/* Rows of id, name and a boolean, from a column on: the first count of them, of
 * which one more than the limit says that there are others. */
static struct people *
people_from(
    const struct db_rows *rows, size_t column, size_t count, int64_t limit)
{
	struct people *people = mem_alloc(sizeof(*people));

	people->count = count < (size_t)limit ? count : (size_t)limit;
	people->list = mem_alloc(people->count * sizeof(*people->list));
	for (size_t i = 0; i < people->count; i++)
		people->list[i] = (struct person){
			.id = db_number(rows, i, column),
			.name = db_text(rows, i, column + 1),
			.followed = db_bool(rows, i, column + 2),
		};
	if (count > people->count)
		people->rest = people->list[people->count - 1].id;
	return people;
}

const struct people *
people_search(const char *part, int64_t after, int64_t limit)
{
	const struct db_rows *rows =
	    db_query("SELECT id, person, false FROM search_people($1, $2, $3)",
		part, db_integer(after), db_integer(limit + 1));
	size_t count = db_count(rows);
	/* a last row without a name: how far the search got */
	bool cut = count > 0 && db_text(rows, count - 1, 1) == NULL;
	struct people *people = people_from(rows, 0, count - cut, limit);

	people->cut = cut;
	if (cut)
		people->rest = db_number(rows, count - 1, 0);
	return people;
}

const struct people *
people_suggest(const char *part, int64_t limit)
{
	const struct db_rows *rows = db_query("SELECT id, person, false, alike"
					      " FROM suggest_people($1, $2)",
	    part, db_integer(limit + 1));
	struct people *people = people_from(rows, 0, db_count(rows), limit);

	people->alike = people->count > 0 && db_bool(rows, 0, 3);
	return people;
}

static const struct people *
people_around(const struct db_rows *rows, int64_t limit)
{
	struct people *people;

	if (db_count(rows) == 0)
		return NULL;
	/* one row with NULLs: there is nobody */
	people = people_from(
	    rows, 1, db_text(rows, 0, 2) != NULL ? db_count(rows) : 0, limit);
	people->name = db_text(rows, 0, 0);
	return people;
}

const struct people *
people_followers(
    const char *name, int64_t reader_id, int64_t after, int64_t limit)
{
	return people_around(db_query("SELECT username, id, person, followed"
				      " FROM followers_of($1, $2, $3, $4)",
				 name, db_integer(reader_id), db_integer(after),
				 db_integer(limit + 1)),
	    limit);
}

const struct people *
people_followed(
    const char *name, int64_t reader_id, int64_t after, int64_t limit)
{
	return people_around(db_query("SELECT username, id, person, followed"
				      " FROM followed_by($1, $2, $3, $4)",
				 name, db_integer(reader_id), db_integer(after),
				 db_integer(limit + 1)),
	    limit);
}

struct people_counts
people_counts(int64_t user_id)
{
	const struct db_rows *rows =
	    db_query("SELECT messages, followers, following FROM counts($1)",
		db_integer(user_id));

	return (struct people_counts){
		.messages = db_number(rows, 0, 0),
		.followers = db_number(rows, 0, 1),
		.following = db_number(rows, 0, 2),
	};
}
