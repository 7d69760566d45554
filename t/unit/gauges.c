#include "gauges.h"

#include <string.h>

#include "unit.h"
#include "db.h"
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

/* Somebody with two sessions is one person. */
static void
test_sessions(void **state)
{
	int64_t before =
	    strtoll(value_of("minitwit_sessions_active"), NULL, 10);
	int64_t people = strtoll(value_of("minitwit_users_active"), NULL, 10);
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
	assert_int_equal(
	    strtoll(value_of("minitwit_users_active"), NULL, 10), people + 1);
}

/* Beyond what is counted they are estimated. */
static void
test_many_sessions(void **state)
{
	int64_t sessions, people;

	(void)state;
	db_query("BEGIN");
	/* no look at users for each of them */
	db_query("SET LOCAL session_replication_role = replica");
	db_query("INSERT INTO sessions (token_digest, user_id, used_at)"
		 " SELECT 'gauges ' || n, n % 6000 + 1000000, now()"
		 " FROM generate_series(1, 12000) AS n");
	db_query("ANALYZE sessions");
	sessions = strtoll(value_of("minitwit_sessions_active"), NULL, 10);
	people = strtoll(value_of("minitwit_users_active"), NULL, 10);
	db_query("ROLLBACK");
	assert_in_range(sessions, 11000, 13000);
	assert_in_range(people, 5500, 7300);
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
	UNIT_TEST(test_many_sessions);
	UNIT_TEST(test_flags);
	return unit_run();
}
