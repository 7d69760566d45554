#include "accounts.h"

#include <string.h>

#include "follows.h"
#include "messages.h"
#include "secret.h"
#include "sessions.h"
#include "unit.h"
#include "patient.h"
#include "person.h"

/* Somebody's new session. */
static const char *
log_in(const struct user *user)
{
	const char *token = secret_random(32);

	session_begin(user->id, token, "192.0.2.7", "Firefox", "none", NULL);
	return token;
}

static const char nobody[] = "nobody's token";

static int64_t
count(const char *sql, const struct user *user)
{
	return db_number(
	    db_run((const char *const[]){ sql, db_integer(user->id), NULL }), 0,
	    0);
}

/* --- what is theirs --- */

static void
test_account(void **state)
{
	const struct user *ann = person("accounts Ann");
	const char *token = log_in(ann);
	const struct account *account = account_of(token);

	(void)state;
	assert_int_equal(account->user.id, ann->id);
	assert_string_equal(account->user.name, ann->name);
	assert_string_equal(account->email, "a@b");
	assert_recent(account->registered);
	db_query("UPDATE users SET registered_at = NULL WHERE user_id = $1",
	    db_integer(ann->id));
	assert_int_equal(account_of(token)->registered, 0);
	assert_null(account_of(nobody));
}

static void
test_sessions(void **state)
{
	const struct user *ann = person("accounts Ann");
	const char *old = secret_random(32), *token;
	const struct account_sessions *sessions;

	(void)state;
	session_begin(ann->id, old, NULL, NULL, "none", NULL);
	log_in(person("accounts Bob"));
	token = log_in(ann);

	sessions = account_sessions(token, 2);
	assert_int_equal(sessions->count, 2);
	assert_false(sessions->more);
	assert_true(sessions->list[0].mine);
	assert_string_equal(sessions->list[0].address, "192.0.2.7");
	assert_string_equal(sessions->list[0].browser, "Firefox");
	assert_recent(sessions->list[0].begun);
	assert_recent(sessions->list[0].used);
	assert_false(sessions->list[1].mine);
	assert_null(sessions->list[1].address);
	assert_null(sessions->list[1].browser);

	/* this one is always among them, however old */
	sessions = account_sessions(old, 1);
	assert_int_equal(sessions->count, 1);
	assert_true(sessions->more);
	assert_true(sessions->list[0].mine);
	assert_int_equal(account_sessions(nobody, 10)->count, 0);

	/* what is no session any longer is none here */
	db_query("UPDATE sessions SET used_at = now() - interval '8 days'"
		 " WHERE token_digest = token_digest($1)",
	    old);
	assert_int_equal(account_sessions(token, 2)->count, 1);
}

static void
test_addresses(void **state)
{
	const struct user *ann = person("accounts Addresses");
	const char *token = log_in(ann);
	const struct account_addresses *addresses;

	(void)state;
	account_confirmed(token, "2001:db8::1");
	addresses = account_addresses(token, 2);
	assert_int_equal(addresses->count, 2);
	assert_false(addresses->more);
	assert_string_equal(addresses->list[0].address, "2001:db8::");
	assert_recent(addresses->list[0].time);
	assert_string_equal(addresses->list[1].address, "192.0.2.7");
	assert_true(account_addresses(token, 1)->more);
	assert_int_equal(account_addresses(nobody, 10)->count, 0);
}

/* Writes a message of so many bytes; gives its id. */
static int64_t
write_message(const struct user *author, size_t bytes, bool flagged)
{
	return db_number(
	    db_query("INSERT INTO messages (author_id, text, flagged)"
		     " VALUES ($1, $2, $3) RETURNING message_id",
		db_integer(author->id), times("x", bytes), flagged ? "t" : "f"),
	    0, 0);
}

static void
test_messages(void **state)
{
	const struct user *ann = person("accounts Ann");
	const char *token = log_in(ann);
	int64_t first = write_message(ann, 100, false);
	int64_t second = write_message(ann, 100, true);
	int64_t third = write_message(ann, 100, false);
	const struct account_messages *messages;

	(void)state;
	write_message(person("accounts Bob"), 100, false);
	messages = account_messages(token, MESSAGES_NEWEST, 600);
	assert_int_equal(messages->count, 3);
	assert_false(messages->more);
	assert_int_equal(messages->list[0].id, third);
	assert_false(messages->list[0].flagged);
	assert_int_equal(messages->list[1].id, second);
	assert_true(messages->list[1].flagged);
	assert_int_equal(messages->list[2].id, first);
	assert_string_equal(messages->list[2].text, times("x", 100));
	assert_recent(messages->list[2].time);

	messages = account_messages(token, MESSAGES_NEWEST, 599);
	assert_int_equal(messages->count, 2);
	assert_true(messages->more);
	messages = account_messages(token, second, 599);
	assert_int_equal(messages->count, 1);
	assert_int_equal(messages->list[0].id, first);
	assert_false(messages->more);
	messages = account_messages(token, MESSAGES_NEWEST, 0);
	assert_int_equal(messages->count, 0);
	assert_true(messages->more);
	assert_int_equal(
	    account_messages(nobody, MESSAGES_NEWEST, 1000)->count, 0);
}

static void
test_follows(void **state)
{
	const struct user *ann = person("accounts Ann");
	const struct user *bob = person("accounts Bob");
	const struct user *cid = person("accounts Cid");
	const char *token = log_in(ann);
	const struct account_names *names;

	(void)state;
	assert_int_equal(account_follows(token, 10)->count, 0);
	assert_int_equal(account_followers(token, 10)->count, 0);
	follow_add(ann->name, cid->name);
	follow_add(ann->name, bob->name);
	follow_add(bob->name, ann->name);

	names = account_follows(token, 2);
	assert_int_equal(names->count, 2);
	assert_false(names->more);
	assert_string_equal(names->list[0], bob->name);
	assert_string_equal(names->list[1], cid->name);
	names = account_follows(token, 1);
	assert_int_equal(names->count, 1);
	assert_true(names->more);
	names = account_followers(token, 1);
	assert_int_equal(names->count, 1);
	assert_string_equal(names->list[0], bob->name);
	assert_false(names->more);
	assert_int_equal(account_follows(nobody, 10)->count, 0);
	assert_int_equal(account_followers(nobody, 10)->count, 0);
}

/* --- attempts --- */

#define FREE 3
#define ADDRESS "198.51.100.7"

static void
test_attempt(void **state)
{
	const struct user *ann = person("accounts Ann");
	const char *token = log_in(ann);
	struct account_attempt attempt;

	(void)state;
	db_query("UPDATE attempt_limits SET free = $1"
		 " WHERE kind <> 'message'",
	    db_integer(FREE));
	attempt = account_begin(nobody, ADDRESS);
	assert_false(attempt.found);
	assert_null(attempt.password_hash);

	for (int i = 0; i < FREE; i++) {
		attempt = account_begin(token, ADDRESS);
		assert_true(attempt.found);
		assert_int_equal(attempt.wait, 0);
		assert_string_equal(attempt.password_hash, "none");
	}
	attempt = account_begin(token, ADDRESS);
	assert_true(attempt.found);
	assert_int_equal(attempt.wait, 1);
	assert_null(attempt.password_hash);
	/* they are those of login */
	assert_int_equal(login_begin(ann->name, NULL, ADDRESS).wait, 1);
	/* without an address it is none */
	attempt = account_begin(token, NULL);
	assert_int_equal(attempt.wait, 0);
	assert_null(attempt.password_hash);
}

static void
test_confirmed(void **state)
{
	const char *token = log_in(person("accounts Ann"));

	(void)state;
	for (int i = 0; i < 2 * FREE; i++) {
		assert_int_equal(account_begin(token, "198.51.100.8").wait, 0);
		account_confirmed(token, "198.51.100.8");
	}
	account_confirmed(token, NULL);
	account_confirmed(nobody, ADDRESS);
}

/* --- changes --- */

static void
test_password(void **state)
{
	const struct user *ann = person("accounts Ann");
	const char *token = log_in(ann), *other = log_in(ann);
	const char *bobs = log_in(person("accounts Bob"));
	const char *next = secret_random(32);

	(void)state;
	/* somebody else was faster; nobody asks */
	assert_false(account_change_password(token, "older", "new", next));
	assert_false(account_change_password(nobody, "none", "new", next));
	assert_non_null(session_find(token));
	assert_non_null(session_find(other));
	assert_null(session_find(next));

	assert_true(account_change_password(token, "none", "new", next));
	assert_string_equal(
	    account_begin(next, "198.51.100.10").password_hash, "new");
	assert_null(session_find(token));
	assert_null(session_find(other));
	assert_int_equal(session_find(next)->id, ann->id);
	assert_string_equal(
	    account_sessions(next, 1)->list[0].browser, "Firefox");
	assert_non_null(session_find(bobs));
}

static void
test_end_sessions(void **state)
{
	const struct user *ann = person("accounts Ann");
	const char *one = log_in(ann), *two = log_in(ann), *three = log_in(ann);
	const char *bobs = log_in(person("accounts Bob"));
	const struct account_sessions *sessions = account_sessions(one, 3);

	(void)state;
	/* another's, and one's own, stay */
	account_end_session(one, account_sessions(bobs, 1)->list[0].id);
	account_end_session(one, sessions->list[0].id);
	assert_non_null(session_find(bobs));
	assert_non_null(session_find(one));
	for (int twice = 0; twice < 2; twice++) {
		account_end_session(one, sessions->list[1].id);
		assert_null(session_find(three));
		assert_non_null(session_find(two));
	}
	account_end_sessions(nobody);
	assert_non_null(session_find(two));
	account_end_sessions(one);
	assert_null(session_find(two));
	assert_non_null(session_find(one));
	assert_non_null(session_find(bobs));
}

static void
test_delete(void **state)
{
	static const char attempts[] =
	    "SELECT count(*) FROM users JOIN attempts"
	    " ON subject = attempt_digest(username) WHERE user_id = $1";
	static const char *const traces[] = {
		"SELECT count(*) FROM users WHERE user_id = $1",
		"SELECT count(*) FROM messages WHERE author_id = $1",
		"SELECT count(*) FROM followers WHERE $1 IN (who_id, whom_id)",
		"SELECT count(*) FROM sessions WHERE user_id = $1",
		"SELECT count(*) FROM known_addresses WHERE user_id = $1",
		attempts,
	};
	const struct user *ann = person("accounts Ann");
	const struct user *bob = person("accounts Bob");
	const char *token = log_in(ann), *bobs = log_in(bob);

	(void)state;
	log_in(ann);
	write_message(ann, 1, false);
	write_message(ann, 1, true);
	write_message(bob, 1, false);
	follow_add(ann->name, bob->name);
	follow_add(bob->name, ann->name);
	login_begin(ann->name, NULL, "198.51.100.9");
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		assert_true(count(traces[i], ann) > 0);

	assert_false(account_delete(nobody));
	assert_true(account_delete(token));
	assert_false(account_delete(token));
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		assert_int_equal(count(traces[i], ann), 0);
	assert_non_null(session_find(bobs));
	assert_int_equal(count(traces[1], bob), 1);

	/* the name stays taken */
	assert_string_equal(
	    user_register(ann->name, "a@b", "pw", "pw", NULL).problem,
	    "The username is already taken");
	assert_int_equal(count(traces[0], ann), 0);
}

int
main(void)
{
	UNIT_TEST(test_account);
	UNIT_TEST(test_sessions);
	UNIT_TEST(test_addresses);
	UNIT_TEST(test_messages);
	UNIT_TEST(test_follows);
	UNIT_TEST(test_attempt);
	UNIT_TEST(test_confirmed);
	UNIT_TEST(test_password);
	UNIT_TEST(test_end_sessions);
	UNIT_TEST(test_delete);
	return unit_run();
}
