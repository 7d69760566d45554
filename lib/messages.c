#include "messages.h"

#include "db.h"
#include "mem.h"
#include "text.h"

/* The columns of a message, in the order of struct message.  The author is
 * looked up one by one: a join takes the planner longer than that takes. */
#define MESSAGE_COLUMNS \
	" m.message_id," \
	" (SELECT username FROM users WHERE user_id = m.author_id), m.text," \
	" floor(extract(epoch FROM m.pub_date))::bigint "

/* One more row than asked for was read: it says whether there are more. */
static const struct messages *
messages_from(const struct db_rows *rows, size_t column, int64_t limit)
{
	struct messages *messages = mem_alloc(sizeof(*messages));

	messages->count = db_count(rows);
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

const struct messages *
messages_public(int64_t before, int64_t limit)
{
	return messages_from(
	    db_query("SELECT" MESSAGE_COLUMNS "FROM messages AS m"
		     " WHERE message_id < $1 AND NOT flagged"
		     " ORDER BY message_id DESC LIMIT $2",
		db_integer(before), db_integer(limit + 1)),
	    0, limit);
}

const struct messages *
messages_timeline(int64_t reader_id, int64_t before, int64_t limit)
{
	/* sql/migrations/0002_timeline.sql */
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
	/* No row: nobody; one row with NULLs: somebody who wrote nothing.
	 *
	 * The comparison of pairs is author_id = u.user_id AND message_id < $3
	 * in words that let the planner expect many rows, so that it walks
	 * along the index and ends with the page.  Of the average author it
	 * would read all messages and sort them: of one with 100,000, too. */
	const struct db_rows *rows = db_query(
	    "SELECT u.user_id, u.username, EXISTS (SELECT FROM followers"
	    "  WHERE who_id = $2 AND whom_id = u.user_id)," MESSAGE_COLUMNS
	    "FROM users AS u LEFT JOIN LATERAL ("
	    "  SELECT message_id, author_id, text, pub_date FROM messages"
	    "  WHERE author_id >= u.user_id"
	    "  AND (author_id, message_id) < (u.user_id, $3) AND NOT flagged"
	    "  ORDER BY author_id DESC, message_id DESC LIMIT $4) AS m ON true"
	    " WHERE u.username = $1 ORDER BY m.message_id DESC",
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
	/* what may only be added can't be returned */
	const struct db_rows *rows = db_query(
	    "WITH author AS (SELECT user_id FROM users WHERE username = $1),"
	    " added AS (INSERT INTO messages (author_id, text)"
	    "  SELECT user_id, $2 FROM author)"
	    " SELECT FROM author",
	    author, text);

	return db_count(rows) == 1;
}

bool
message_post(const char *token, const char *text)
{
	return db_bool(
	    db_query("SELECT message_post($1, $2)", token, text), 0, 0);
}
