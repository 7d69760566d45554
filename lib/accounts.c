#include "accounts.h"

#include "db.h"
#include "mem.h"

const struct account *
account_of(const char *token)
{
	const struct db_rows *rows = db_query(
	    "SELECT user_id, username, email, registered FROM account($1)",
	    token);
	struct account *account;

	if (db_text(rows, 0, 0) == NULL)
		return NULL;
	account = mem_alloc(sizeof(*account));
	account->user.id = db_number(rows, 0, 0);
	account->user.name = db_text(rows, 0, 1);
	account->email = db_text(rows, 0, 2);
	if (db_text(rows, 0, 3) != NULL)
		account->registered = db_number(rows, 0, 3);
	return account;
}

/* How many rows are for the caller: where one more was asked for, and came, it
 * says that there are more. */
static size_t
count_within(const struct db_rows *rows, int64_t limit, bool *more)
{
	size_t count = db_count(rows);

	*more = count > (size_t)limit;
	return *more ? (size_t)limit : count;
}

const struct account_sessions *
account_sessions(const char *token, int64_t limit)
{
	const struct db_rows *rows =
	    db_query("SELECT id, begun, used, address, browser, mine"
		     " FROM account_sessions($1, $2)",
		token, db_integer(limit + 1));
	struct account_sessions *sessions = mem_alloc(sizeof(*sessions));

	sessions->count = count_within(rows, limit, &sessions->more);
	sessions->list = mem_alloc(sessions->count * sizeof(*sessions->list));
	for (size_t i = 0; i < sessions->count; i++)
		sessions->list[i] = (struct account_session){
			.id = db_number(rows, i, 0),
			.begun = db_number(rows, i, 1),
			.used = db_number(rows, i, 2),
			.address = db_text(rows, i, 3),
			.browser = db_text(rows, i, 4),
			.mine = db_bool(rows, i, 5),
		};
	return sessions;
}

const struct account_messages *
account_messages(const char *token, int64_t before, int64_t bytes)
{
	const struct db_rows *rows =
	    db_query("SELECT id, body, seconds, flagged"
		     " FROM account_messages($1, $2, $3)",
		token, db_integer(before), db_integer(bytes));
	struct account_messages *messages = mem_alloc(sizeof(*messages));

	messages->count = db_count(rows);
	if (messages->count > 0 &&
	    db_text(rows, messages->count - 1, 1) == NULL) {
		messages->count--;
		messages->more = true;
	}
	messages->list = mem_alloc(messages->count * sizeof(*messages->list));
	for (size_t i = 0; i < messages->count; i++)
		messages->list[i] = (struct account_message){
			.id = db_number(rows, i, 0),
			.text = db_text(rows, i, 1),
			.time = db_number(rows, i, 2),
			.flagged = db_bool(rows, i, 3),
		};
	return messages;
}

const struct account_addresses *
account_addresses(const char *token, int64_t limit)
{
	const struct db_rows *rows =
	    db_query("SELECT address, seconds FROM account_addresses($1, $2)",
		token, db_integer(limit + 1));
	struct account_addresses *addresses = mem_alloc(sizeof(*addresses));

	addresses->count = count_within(rows, limit, &addresses->more);
	addresses->list =
	    mem_alloc(addresses->count * sizeof(*addresses->list));
	for (size_t i = 0; i < addresses->count; i++)
		addresses->list[i] = (struct account_address){
			.address = db_text(rows, i, 0),
			.time = db_number(rows, i, 1),
		};
	return addresses;
}

static const struct account_names *
names_from(const struct db_rows *rows, int64_t limit)
{
	struct account_names *names = mem_alloc(sizeof(*names));

	names->count = count_within(rows, limit, &names->more);
	names->list = mem_alloc(names->count * sizeof(*names->list));
	for (size_t i = 0; i < names->count; i++)
		names->list[i] = db_text(rows, i, 0);
	return names;
}

const struct account_names *
account_follows(const char *token, int64_t limit)
{
	return names_from(
	    db_query("SELECT username FROM account_follows($1, $2)", token,
		db_integer(limit + 1)),
	    limit);
}

const struct account_names *
account_followers(const char *token, int64_t limit)
{
	return names_from(
	    db_query("SELECT username FROM account_followers($1, $2)", token,
		db_integer(limit + 1)),
	    limit);
}

struct account_attempt
account_begin(const char *token, const char *address)
{
	const struct db_rows *rows =
	    db_query("SELECT wait, pw_hash, user_id"
		     " FROM account_begin($1, $2), account($1)",
		token, address != NULL ? address : db_null);
	struct account_attempt attempt = { 0 };

	if (db_text(rows, 0, 0) == NULL)
		return attempt;
	attempt.found = true;
	attempt.wait = db_number(rows, 0, 0);
	attempt.password_hash = db_text(rows, 0, 1);
	attempt.user_id = db_number(rows, 0, 2);
	return attempt;
}

void
account_confirmed(const char *token, const char *address)
{
	db_query("SELECT account_confirmed($1, $2)", token,
	    address != NULL ? address : db_null);
}

bool
account_change_password(const char *token, const char *outdated,
    const char *replacement, const char *next_token)
{
	return db_bool(
	    db_query("SELECT account_change_password($1, $2, $3, $4)", token,
		outdated, replacement, next_token),
	    0, 0);
}

void
account_end_session(const char *token, int64_t id)
{
	db_query("SELECT account_end_sessions($1, $2)", token, db_integer(id));
}

void
account_end_sessions(const char *token)
{
	db_query("SELECT account_end_sessions($1, NULL)", token);
}

bool
account_delete(const char *token)
{
	return db_bool(db_query("SELECT account_delete($1)", token), 0, 0);
}
