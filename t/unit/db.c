#include "db.h"

#include <string.h>

#include "text.h"
#include "unit.h"
#include "child.h"
#include "person.h"

static const struct text {
	const char *name, *text;
} texts[] = {
	{ "nothing", "" },
	{ "plain", "Roger Histand" },
	{ "an injection", "'; DROP TABLE users; --" },
	{ "a backslash", "\\' \\\\ \\n" },
	{ "a parameter", "$1 ${1} %s :name" },
	{ "line ends and control characters", "\001\t\r\n\x7f" },
	{ "UTF-8", "\u00e4\u20ac\U0001f600" },
};

static void
test_text(void **state)
{
	const struct text *row = row_of(state);
	const struct db_rows *rows =
	    db_query("SELECT $1::text, length($1::text)", row->text);

	assert_int_equal(db_count(rows), 1);
	assert_string_equal(db_text(rows, 0, 0), row->text);
	assert_int_equal(db_number(rows, 0, 1), text_length(row->text));
}

static void
test_rows_and_columns(void **state)
{
	const struct db_rows *rows =
	    db_query("SELECT n, n * 10, n > 1 FROM generate_series(1, 3) AS n");

	(void)state;
	assert_int_equal(db_count(rows), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(db_number(rows, i, 0), i + 1);
		assert_string_equal(
		    db_text(rows, i, 1), mem_format("%zu0", i + 1));
		assert_int_equal(db_bool(rows, i, 2), i > 0);
	}
}

static void
test_null(void **state)
{
	const struct db_rows *rows = db_query(
	    "SELECT $1::text, $2::text IS NULL, NULL::boolean, $3::text",
	    db_null, db_null, "");

	(void)state;
	assert_null(db_text(rows, 0, 0));
	assert_true(db_bool(rows, 0, 1));
	assert_false(db_bool(rows, 0, 2));
	assert_string_equal(db_text(rows, 0, 3), "");
}

static void
test_integers(void **state)
{
	static const int64_t numbers[] = { 0, -1, INT64_MIN, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(db_number(db_query("SELECT $1::bigint",
					       db_integer(numbers[i])),
				     0, 0),
		    numbers[i]);
}

static void
test_no_rows(void **state)
{
	(void)state;
	assert_int_equal(
	    db_count(db_query("SELECT 1 WHERE $1 = 'no'", "yes")), 0);
	assert_int_equal(db_count(db_query("SET search_path = public")), 0);
}

static void
test_eight_parameters(void **state)
{
	const struct db_rows *rows =
	    db_query("SELECT concat($1::text, $2::text, $3::text, $4::text,"
		     " $5::text, $6::text, $7::text, $8::text)",
		"a", "b", "c", "d", "e", "f", "g", "h");

	(void)state;
	assert_string_equal(db_text(rows, 0, 0), "abcdefgh");
}

/* More than the socket takes at once, in both directions. */
static void
test_long_parameter(void **state)
{
	size_t len = (size_t)3 * 1024 * 1024;
	char *text = mem_alloc(len + 1);
	const struct db_rows *rows;

	(void)state;
	memset(text, 'x', len);
	rows = db_query("SELECT $1::text", text);
	assert_string_equal(db_text(rows, 0, 0), text);
}

static void
test_rows_stay(void **state)
{
	const struct db_rows *first = db_query("SELECT 'first'");
	const struct db_rows *second = db_query("SELECT 'second'");

	(void)state;
	assert_string_equal(db_text(first, 0, 0), "first");
	assert_string_equal(db_text(second, 0, 0), "second");
}

/* --- a statement that goes along --- */

#define ADD_USER \
	"INSERT INTO users (username, email, pw_hash)" \
	" VALUES ($1, 'a@b', 'none')"

static int64_t
users_named(const char *name)
{
	return db_number(
	    db_query("SELECT count(*) FROM users WHERE username = $1", name), 0,
	    0);
}

/* What a statement of the same transaction has set. */
static const char *
setting(const char *name)
{
	return db_text(
	    db_query("SELECT current_setting($1, true)", name), 0, 0);
}

/* Without a next statement, and whatever is sent after db_finish(). */
static void
test_along_alone(void **state)
{
	const char *name = mem_format("alone %d", (int)getpid());

	(void)state;
	db_along(ADD_USER, name);
	db_finish();
	db_finish(); /* a second one would die of the duplicate */
	assert_int_equal(users_named(name), 1);
}

/* The next statement sees it, and has its own rows, not those of the other. */
static void
test_along_with_the_next(void **state)
{
	const struct db_rows *rows;

	(void)state;
	db_along("SELECT set_config('unit.along',"
		 " txid_current()::text, true), 'other', $1::text",
	    "parameter");
	rows = db_query("SELECT txid_current()::text,"
			" current_setting('unit.along'), $1::text",
	    "mine");
	assert_int_equal(db_count(rows), 1);
	assert_string_equal(db_text(rows, 0, 0), db_text(rows, 0, 1));
	assert_string_equal(db_text(rows, 0, 2), "mine");
}

/* Not with the one after it, nor at the end: it would die of the duplicate. */
static void
test_along_once(void **state)
{
	const char *name = mem_format("once %d", (int)getpid());

	(void)state;
	db_along(ADD_USER, name);
	assert_int_equal(users_named(name), 1);
	assert_int_equal(users_named(name), 1);
	db_finish();
	assert_int_equal(users_named(name), 1);
}

/* Each with its own next one. */
static void
test_along_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		db_along(
		    "SELECT set_config('unit.again', $1, true)", db_integer(i));
		assert_string_equal(setting("unit.again"), db_integer(i));
	}
}

static void
test_along_null_and_eight_parameters(void **state)
{
	(void)state;
	db_along("SELECT set_config('unit.eight', concat($1::text, $2::text,"
		 " $3::text, $4::text, $5::text, $6::text, $7::text,"
		 " $8::text, $1 IS NULL), true)",
	    db_null, "b", "c", "d", "e", "f", "g", "h");
	assert_string_equal(setting("unit.eight"), "bcdefght");
}

static void
test_finish_nothing(void **state)
{
	(void)state;
	db_finish();
	db_finish();
	assert_int_equal(db_number(db_query("SELECT 7"), 0, 0), 7);
}

/* --- what ends the process --- */

#define SECRET "hunter2 writes"

static void
nine_parameters(const void *given)
{
	(void)given;
	db_query("SELECT", "1", "2", "3", "4", "5", "6", "7", "8", "9");
}

static void
bad_syntax(const void *given)
{
	(void)given;
	db_query("SELEKT 1");
}

static void
no_such_table(const void *given)
{
	(void)given;
	db_query("SELECT FROM nowhere");
}

static void
not_granted(const void *given)
{
	(void)given;
	db_query("DELETE FROM users");
}

static void
two_statements(const void *given)
{
	(void)given;
	db_query("SELECT 1; SELECT 2");
}

static void
check_violation(const void *given)
{
	(void)given;
	db_query("INSERT INTO users (username, email, pw_hash)"
		 " VALUES ('', $1, $1)",
	    SECRET);
}

static void
duplicate(const void *given)
{
	const struct user *user = person(SECRET);

	(void)given;
	db_query("INSERT INTO users (username, email, pw_hash)"
		 " VALUES ($1, 'a@b', 'none')",
	    user->name);
}

static void
not_utf8(const void *given)
{
	(void)given;
	db_query("SELECT $1::text", "\xff");
}

static void
no_such_row(const void *given)
{
	(void)given;
	db_text(db_query("SELECT 1 WHERE false"), 0, 0);
}

static void
no_such_column(const void *given)
{
	(void)given;
	db_text(db_query("SELECT 1"), 0, 1);
}

static void
null_for_a_number(const void *given)
{
	(void)given;
	db_number(db_query("SELECT NULL::bigint"), 0, 0);
}

static void
text_for_a_number(const void *given)
{
	(void)given;
	db_number(db_query("SELECT '1.5'"), 0, 0);
}

static void
nothing(const void *given)
{
	(void)given;
	db_query("SELECT 1");
}

static void
cancelled(const void *given)
{
	(void)given;
	db_query("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1)");
}

static void
terminated(const void *given)
{
	(void)given;
	db_query("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(1)");
}

static void
deleted_meanwhile(const void *given)
{
	(void)given;
	db_query("INSERT INTO followers VALUES (0, 0)");
}

static void
deadlock(const void *given)
{
	(void)given;
	db_query("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$");
}

static void
read_only(const void *given)
{
	(void)given;
	db_query("WITH standby AS MATERIALIZED"
		 " (SELECT set_config('transaction_read_only', 'on', true))"
		 " SELECT setval('latest', 1) FROM standby");
}

static void
along_twice(const void *given)
{
	(void)given;
	db_along("SELECT 1");
	db_along("SELECT 2");
}

static void
along_nine_parameters(const void *given)
{
	(void)given;
	db_along("SELECT", "1", "2", "3", "4", "5", "6", "7", "8", "9");
}

static void
along_ten_parameters(const void *given)
{
	(void)given;
	db_along("SELECT", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
}

static void
along_fails_with_the_next(const void *given)
{
	(void)given;
	db_along("SELECT 1 / $1::integer", "0");
	db_query("SELECT 1");
}

static void
along_fails_alone(const void *given)
{
	(void)given;
	db_along("SELECT 1 / $1::integer", "0");
	db_finish();
}

static void
next_fails(const void *given)
{
	(void)given;
	db_along("SELECT 1");
	db_query("SELECT 1 / $1::integer", "0");
}

static void
finish_nowhere(const void *given)
{
	(void)given;
	db_along("SELECT 1");
	db_finish();
}

static const struct death {
	const char *name;
	void (*act)(const void *given);
	const char *env; /* NULL: no change */
	const char *level, *part;
} deaths[] = {
	{ "nine parameters", nine_parameters, NULL, "error",
	    "db: too many parameters: SELECT" },
	{ "bad syntax", bad_syntax, NULL, "error", "in: SELEKT 1" },
	{ "no such table", no_such_table, NULL, "error", "42P01" },
	{ "not granted", not_granted, "PGUSER=minitwit_reader", "error",
	    "42501" },
	{ "two statements", two_statements, NULL, "error", "42601" },
	{ "a check's violation", check_violation, NULL, "error", "23514" },
	{ "a duplicate", duplicate, NULL, "error", "23505" },
	{ "not UTF-8", not_utf8, NULL, "error", "22021" },
	{ "no such row", no_such_row, NULL, "error",
	    "db: no row 0 with a column 0" },
	{ "no such column", no_such_column, NULL, "error",
	    "db: no row 0 with a column 1" },
	{ "NULL for a number", null_for_a_number, NULL, "error",
	    "db: column 0 holds no integer" },
	{ "text for a number", text_for_a_number, NULL, "error",
	    "db: column 0 holds no integer" },
	{ "no socket", nothing, "PGHOST=/nonexistent", "warning", "db: " },
	{ "nobody there", nothing, "PGPORT=1", "warning", "db: " },
	{ "no such database", nothing, "PGDATABASE=none", "warning", "db: " },
	{ "cancelled", cancelled, NULL, "warning", "57014" },
	{ "terminated", terminated, NULL, "warning", "db: " },
	{ "read-only", read_only, NULL, "warning", "25006" },
	{ "deleted meanwhile", deleted_meanwhile, NULL, "warning", "23503" },
	{ "a deadlock", deadlock, NULL, "warning", "40P01" },
	{ "two to go along", along_twice, NULL, "error",
	    "db: two statements to run along: SELECT 2" },
	{ "nine parameters to go along", along_nine_parameters, NULL, "error",
	    "db: too many parameters: SELECT" },
	{ "ten parameters to go along", along_ten_parameters, NULL, "error",
	    "db: too many parameters: SELECT" },
	{ "what goes along fails", along_fails_with_the_next, NULL, "error",
	    "22012" },
	{ "it fails alone", along_fails_alone, NULL, "error", "22012" },
	{ "the next fails", next_fails, NULL, "error", "22012" },
	{ "nowhere to go along to", finish_nowhere, "PGHOST=/nonexistent",
	    "warning", "db: " },
};

static void
test_death(void **state)
{
	const struct death *row = row_of(state);
	struct child child = { .env = { row->env } };

	child_run(&child, row->act, NULL);
	assert_int_equal(child.status, EXIT_FAILURE);
	assert_logged(&child, row->level, row->part);
	assert_lacks(child.err, SECRET);
}

/* As reply.c does: the answer to a death also finishes. */
static void
finish_and_tell(enum log_death why)
{
	(void)why;
	db_finish();
	puts("finished");
	exit(EXIT_SUCCESS);
}

static void
die_and_finish(const void *given)
{
	void (*const *act)(const void *) = given;

	log_on_death(finish_and_tell);
	(*act)(NULL);
}

static const struct afterwards {
	const char *name;
	void (*act)(const void *given);
	const char *env, *level;
} afterwards[] = {
	{ "not connected", finish_nowhere, "PGHOST=/nonexistent", "warning" },
	{ "not connected for the next", next_fails, "PGHOST=/nonexistent",
	    "warning" },
	{ "it failed", along_fails_alone, NULL, "error" },
	{ "it failed with the next", along_fails_with_the_next, NULL, "error" },
	{ "the next failed", next_fails, NULL, "error" },
};

static void
test_finish_after_death(void **state)
{
	const struct afterwards *row = row_of(state);
	struct child child = { .env = { row->env } };

	child_run(&child, die_and_finish, &row->act);
	assert_int_equal(child.status, EXIT_SUCCESS);
	assert_string_equal(child.out, "finished\n");
	assert_logged(&child, row->level, "db: "); /* one line, one death */
}

static void
add_and_fail(const void *given)
{
	db_along(ADD_USER, given);
	db_query("SELECT 1 / $1::integer", "0");
}

static void
add_and_die_of_something_else(const void *given)
{
	log_on_death(finish_and_tell);
	db_along(ADD_USER, given);
	die("db: something else");
}

static void
test_along_and_death(void **state)
{
	const char *with = mem_format("with %d", (int)getpid());
	const char *before = mem_format("before %d", (int)getpid());
	struct child failing = { 0 }, dying = { 0 };

	(void)state;
	child_run(&failing, add_and_fail, with);
	child_run(&dying, add_and_die_of_something_else, before);
	assert_int_equal(failing.status, EXIT_FAILURE);
	assert_int_equal(dying.status, EXIT_SUCCESS);
	assert_int_equal(users_named(with), 0); /* one transaction */
	assert_int_equal(users_named(before), 1);
}

/* --- waiting is bounded --- */

static void
sleep_once(const void *given)
{
	(void)given;
	db_query("SELECT pg_sleep(4)");
}

static void
sleep_often(const void *given)
{
	(void)given;
	for (int i = 0; i < 10; i++)
		db_query("SELECT pg_sleep(0.4)");
}

static const struct slow {
	const char *name;
	void (*act)(const void *given);
} slows[] = {
	{ "one statement", sleep_once },
	{ "all statements together", sleep_often },
};

static void
test_slow(void **state)
{
	const struct slow *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, row->act, NULL);
	assert_int_equal(child.status, EXIT_FAILURE);
	assert_logged(&child, "warning", "db: no answer within 1250 ms");
}

int
main(void)
{
	/* first those whose children connect: a connection is not for two */
	UNIT_ROWS(test_death, deaths);
	UNIT_ROWS(test_slow, slows);
	UNIT_ROWS(test_finish_after_death, afterwards);
	UNIT_TEST(test_along_and_death);
	UNIT_ROWS(test_text, texts);
	UNIT_TEST(test_rows_and_columns);
	UNIT_TEST(test_null);
	UNIT_TEST(test_integers);
	UNIT_TEST(test_no_rows);
	UNIT_TEST(test_eight_parameters);
	UNIT_TEST(test_long_parameter);
	UNIT_TEST(test_rows_stay);
	UNIT_TEST(test_along_alone);
	UNIT_TEST(test_along_with_the_next);
	UNIT_TEST(test_along_once);
	UNIT_TEST(test_along_again);
	UNIT_TEST(test_along_null_and_eight_parameters);
	UNIT_TEST(test_finish_nothing);
	return unit_run();
}
