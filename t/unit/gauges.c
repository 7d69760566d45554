#include "gauges.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db.h"
#include "follows.h"
#include "mem.h"
#include "messages.h"
#include "secret.h"
#include "sessions.h"
#include "unit.h"
#include "patient.h"
#include "person.h"

/* NULL: it is not there. */
static const char *
value_of(const char *name)
{
	const struct gauges *gauges = gauges_get();
	const char *value = NULL;

	for (size_t i = 0; i < gauges->count; i++)
		if (strcmp(gauges->list[i].name, name) == 0) {
			assert_null(value);
			value = gauges->list[i].value;
		}
	return value;
}

static void
test_names(void **state)
{
	static const char *const always[] = { "minitwit_users",
		"minitwit_messages", "minitwit_followers",
		"minitwit_messages_flagged_total", "minitwit_sessions_active",
		"minitwit_users_active", "minitwit_database_size_bytes",
		"minitwit_standbys" };

	(void)state;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		assert_non_null(value_of(always[i]));
	/* there is no standby */
	assert_string_equal(value_of("minitwit_standbys"), "0");
	assert_null(value_of("minitwit_replication_lag_seconds"));
}

static void
add_session(const struct user *user, const char *used, const char *expires)
{
	db_query("INSERT INTO sessions (token_digest, user_id, used_at,"
		 " expires_at) VALUES (gen_random_uuid(), $1,"
		 " now() - $2::interval, now() + $3::interval)",
	    db_integer(user->id), used, expires);
}

static void
test_sessions(void **state)
{
	int64_t before =
	    strtoll(value_of("minitwit_sessions_active"), NULL, 10);
	const struct user *ann = person("gauges Ann");

	(void)state;
	add_session(ann, "1 hour", "1 day");
	add_session(ann, "2 hours", "1 day");
	add_session(person("gauges Bob"), "2 days", "1 day");
	add_session(person("gauges Cid"), "8 days", "1 day");
	add_session(person("gauges Dan"), "1 hour", "-1 minute");
	assert_int_equal(
	    strtoll(value_of("minitwit_sessions_active"), NULL, 10),
	    before + 3);
}

static int64_t
active(void)
{
	return strtoll(value_of("minitwit_users_active"), NULL, 10);
}

static void
be_idle(void)
{
	db_query(
	    "UPDATE activities SET active_at = now() - interval '25 hours'");
}

/* A user who did anything within a day is active: registered, posted, followed
 * or unfollowed, or used a session. */
static void
test_active_users(void **state)
{
	const struct user *ann = person("gauges Ann");
	const struct user *bob = person("gauges Bob");
	const struct user *cid = person("gauges Cid");
	const char *token = secret_random(32);
	int64_t wait;

	(void)state;
	assert_true(active() >= 3);
	be_idle();
	assert_int_equal(active(), 0);
	for (int twice = 0; twice < 2; twice++) {
		message_add(ann->name, "Hello");
		assert_int_equal(active(), 1);
	}
	follow_add(bob->name, ann->name);
	assert_int_equal(active(), 2);
	be_idle();
	follow_remove(bob->name, ann->name);
	assert_int_equal(active(), 1);
	session_begin(cid->id, token, NULL, NULL, "none", NULL);
	assert_int_equal(active(), 2);
	be_idle();
	my_message_add(token, "Hello", NULL, &wait);
	assert_int_equal(active(), 1);
	be_idle();
	db_query("UPDATE sessions SET used_at = now() - interval '2 hours'");
	session_find(token);
	assert_int_equal(active(), 1);
	/* an import is no activity */
	db_query("INSERT INTO users (username, email, pw_hash, registered_at)"
		 " VALUES ($1, 'a@b', 'none', NULL)",
	    mem_format("gauges import %d", (int)getpid()));
	assert_int_equal(active(), 1);
}

/* The number of rows of a large table without statistics is estimated. */
static void
test_rows_without_statistics(void **state)
{
	int64_t rows;

	(void)state;
	db_query("BEGIN");
	db_query("CREATE TABLE large AS SELECT n, repeat('x', 100) AS text"
		 " FROM generate_series(1, 300000) AS n");
	rows = db_number(db_query("SELECT rows_of('large')::bigint"), 0, 0);
	assert_in_range(rows, 270000, 330000);
	db_query("DELETE FROM large WHERE n > 1000");
	rows = db_number(db_query("SELECT rows_of('large')::bigint"), 0, 0);
	assert_in_range(rows, 0, 5000);
	db_query("ROLLBACK");
}

/* Beyond what is counted they are estimated. */
static void
test_many_sessions(void **state)
{
	int64_t sessions;

	(void)state;
	db_query("BEGIN");
	/* no look at users for each of them */
	db_query("SET LOCAL session_replication_role = replica");
	db_query("INSERT INTO sessions (token_digest, user_id, used_at)"
		 " SELECT 'gauges ' || n, n % 6000 + 1000000, now()"
		 " FROM generate_series(1, 12000) AS n");
	db_query("ANALYZE sessions");
	sessions = strtoll(value_of("minitwit_sessions_active"), NULL, 10);
	db_query("ROLLBACK");
	assert_in_range(sessions, 11000, 13000);
}

static int64_t
flagged(void)
{
	return strtoll(value_of("minitwit_messages_flagged_total"), NULL, 10);
}

static void
add_events(const char *count, const char *action, const char *age)
{
	db_query("INSERT INTO flag_events (message_id, action, operator, at)"
		 " SELECT n, $2, 'test', now() - $3::interval"
		 " FROM generate_series(1, $1::integer) AS n",
	    count, action, age);
}

/* Those that are put aside, and those that are not, are counted once. */
static void
test_flags(void **state)
{
	int64_t before = flagged();

	(void)state;
	add_events("1500", "flag", "2 hours");
	add_events("10", "unflag", "2 hours");
	add_events("1500", "flag", "1 minute");
	for (int scrape = 0; scrape < 3; scrape++)
		assert_int_equal(flagged(), before + 3000);
	assert_int_equal(
	    db_number(db_query("SELECT flags FROM flags_counted"), 0, 0),
	    before + 1500);
	add_events("1", "flag", "0");
	assert_int_equal(flagged(), before + 3001);
}

int
main(void)
{
	UNIT_TEST(test_names);
	UNIT_TEST(test_sessions);
	UNIT_TEST(test_active_users);
	UNIT_TEST(test_rows_without_statistics);
	UNIT_TEST(test_many_sessions);
	UNIT_TEST(test_flags);
	return unit_run();
}
