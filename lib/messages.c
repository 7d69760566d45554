#include "messages.h"

#include "db.h"
#include "mem.h"
#include "metrics.h"
#include "text.h"

/* The first count of the rows.  One more than asked for was read: it says
 * whether there are more. */
static const struct messages *
first_messages(
    const struct db_rows *rows, size_t column, size_t count, int64_t limit)
{
	struct messages *messages = mem_alloc(sizeof(*messages));

	messages->count = count;
	messages->more = messages->count > (size_t)limit;
	if (messages->more)
		messages->count = (size_t)limit;
	messages->list = mem_alloc(messages->count * sizeof(*messages->list));
	for (size_t i = 0; i < messages->count; i++)
		messages->list[i] = (struct message){
			.id = db_number(rows, i, column),
			.author = db_text(rows, i, column + 1),
			.text = db_text(rows, i, column + 2),
			.time = db_number(rows, i, column + 3),
		};
	return messages;
}

static const struct messages *
messages_from(const struct db_rows *rows, size_t column, int64_t limit)
{
	return first_messages(rows, column, db_count(rows), limit);
}

const struct message *
message_find(int64_t id)
{
	const struct messages *found =
	    messages_from(db_query("SELECT id, author, body, seconds"
				   " FROM message_find($1)",
			      db_integer(id)),
		0, 1);

	return found->count > 0 ? &found->list[0] : NULL;
}

const struct messages *
messages_public(int64_t before, int64_t limit)
{
	return messages_from(db_query("SELECT id, author, body, seconds"
				      " FROM public_timeline($1, $2)",
				 db_integer(before), db_integer(limit + 1)),
	    0, limit);
}

const struct messages *
messages_timeline(int64_t reader_id, int64_t before, int64_t limit)
{
	return messages_from(db_query("SELECT id, author, body, seconds"
				      " FROM timeline($1, $2, $3)",
				 db_integer(reader_id), db_integer(before),
				 db_integer(limit + 1)),
	    0, limit);
}

const struct profile *
messages_of(
    const char *author, int64_t reader_id, int64_t before, int64_t limit)
{
	/* no row: nobody; one row with NULLs: somebody who wrote nothing */
	const struct db_rows *rows = db_query(
	    "SELECT user_id, username, followed,"
	    " id, username, body, seconds FROM profile($1, $2, $3, $4)",
	    author, db_integer(reader_id), db_integer(before),
	    db_integer(limit + 1));
	struct profile *profile;

	if (db_count(rows) == 0)
		return NULL;
	profile = mem_alloc(sizeof(*profile));
	profile->user_id = db_number(rows, 0, 0);
	profile->name = db_text(rows, 0, 1);
	profile->followed = db_bool(rows, 0, 2);
	if (db_text(rows, 0, 3) == NULL)
		profile->messages = mem_alloc(sizeof(*profile->messages));
	else
		profile->messages = messages_from(rows, 3, limit);
	return profile;
}

static int64_t
place_from(const struct db_rows *rows)
{
	return db_text(rows, 0, 0) != NULL ? db_number(rows, 0, 0)
					   : MESSAGES_NEWEST;
}

int64_t
messages_public_above(int64_t after, int64_t limit)
{
	return place_from(db_query("SELECT public_timeline_above($1, $2)",
	    db_integer(after), db_integer(limit)));
}

int64_t
messages_timeline_above(int64_t reader_id, int64_t after, int64_t limit)
{
	return place_from(db_query("SELECT timeline_above($1, $2, $3)",
	    db_integer(reader_id), db_integer(after), db_integer(limit)));
}

int64_t
messages_of_above(const char *author, int64_t after, int64_t limit)
{
	return place_from(db_query("SELECT profile_above($1, $2, $3)", author,
	    db_integer(after), db_integer(limit)));
}

const struct messages_found *
messages_search(const char *words, int64_t before, int64_t limit)
{
	const struct db_rows *rows = db_query(
	    "SELECT id, author, body, seconds FROM search_messages($1, $2, $3)",
	    words, db_integer(before), db_integer(limit + 1));
	struct messages_found *found = mem_alloc(sizeof(*found));
	size_t count = db_count(rows);
	/* a last row without an author: how far the search got */
	bool ended = count > 0 && db_text(rows, count - 1, 1) == NULL;

	found->messages = first_messages(rows, 0, count - ended, limit);
	if (ended)
		found->rest = db_number(rows, count - 1, 0);
	else if (found->messages->more)
		found->rest = found->messages->list[limit - 1].id;
	found->cut = ended && found->rest > 0;
	found->wordless = ended && found->rest == 0;
	return found;
}

int64_t
messages_newest(void)
{
	return db_number(db_query("SELECT newest_message()"), 0, 0);
}

int64_t
messages_news_public(int64_t after, int64_t limit)
{
	return db_number(db_query("SELECT public_news($1, $2)",
			     db_integer(after), db_integer(limit)),
	    0, 0);
}

int64_t
messages_news_timeline(int64_t reader_id, int64_t after, int64_t limit)
{
	return db_number(
	    db_query("SELECT timeline_news($1, $2, $3)", db_integer(reader_id),
		db_integer(after), db_integer(limit)),
	    0, 0);
}

int64_t
messages_news_of(const char *author, int64_t after, int64_t limit)
{
	const struct db_rows *rows = db_query("SELECT profile_news($1, $2, $3)",
	    author, db_integer(after), db_integer(limit));

	return db_text(rows, 0, 0) != NULL ? db_number(rows, 0, 0) : -1;
}

const char *
message_problem(const char *text)
{
	if (text == NULL || text_is_blank(text))
		return "The message is empty";
	if (text_length(text) > MESSAGES_LONGEST)
		return "The message has more than 1,000 characters";
	return NULL;
}

bool
message_add(const char *author, const char *text)
{
	bool added =
	    db_bool(db_query("SELECT message_add($1, $2)", author, text), 0, 0);

	if (added)
		metrics_count(METRICS_MESSAGE);
	return added;
}

bool
my_message_add(
    const char *token, const char *text, const char *once, int64_t *wait)
{
	bool has_once = once != NULL && once[0] != '\0';
	const struct db_rows *rows =
	    db_query("SELECT added, wait FROM my_message_add($1, $2, $3)",
		token, text, has_once ? once : db_null);

	if (db_bool(rows, 0, 0))
		metrics_count(METRICS_MESSAGE);
	*wait = db_number(rows, 0, 1);
	return db_text(rows, 0, 0) != NULL || *wait > 0;
}
