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
read_only(const void *given)
{
	(void)given;
	db_query("WITH standby AS MATERIALIZED"
		 " (SELECT set_config('transaction_read_only', 'on', true))"
		 " SELECT setval('latest', 1) FROM standby");
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
	{ "not granted", not_granted, NULL, "error", "42501" },
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
	UNIT_ROWS(test_text, texts);
	UNIT_TEST(test_rows_and_columns);
	UNIT_TEST(test_null);
	UNIT_TEST(test_integers);
	UNIT_TEST(test_no_rows);
	UNIT_TEST(test_eight_parameters);
	UNIT_TEST(test_long_parameter);
	UNIT_TEST(test_rows_stay);
	return unit_run();
}
