#include "users.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db.h"
#include "password.h"
#include "unit.h"
#include "patient.h"

static int64_t
count_users(const char *name)
{
	return db_number(
	    db_query("SELECT count(*) FROM users WHERE username = $1", name), 0,
	    0);
}

/* --- what is refused --- */

#define NAME "users: a free name"
#define NO_NAME "You have to enter a username"
#define NO_EMAIL "You have to enter a valid email address"
#define NO_PASSWORD "You have to enter a password"
#define DIFFERENT "The two passwords do not match"
#define TAKEN "The username is already taken"
#define CONTROL "The username has a control character"
#define BLANK "The username begins or ends with a blank"

static const struct refused {
	const char *name;
	const char *username, *email, *password, *password2;
	const char *problem;
} refused[] = {
	{ "no name", NULL, "a@b", "pw", "pw", NO_NAME },
	{ "an empty name", "", "a@b", "pw", "pw", NO_NAME },
	{ "a blank name", " \u3000", "a@b", "pw", "pw", NO_NAME },
	{ "a line feed", "a\nb", "a@b", "pw", "pw", CONTROL },
	{ "DEL", "a\x7f", "a@b", "pw", "pw", CONTROL },
	{ "C1", "a\xc2\x85z", "a@b", "pw", "pw", CONTROL },
	{ "a blank before", " a", "a@b", "pw", "pw", BLANK },
	{ "a blank after", "a\u00a0", "a@b", "pw", "pw", BLANK },
	{ "no e-mail", NAME, NULL, "pw", "pw", NO_EMAIL },
	{ "an empty e-mail", NAME, "", "pw", "pw", NO_EMAIL },
	{ "an e-mail without @", NAME, "a.b", "pw", "pw", NO_EMAIL },
	{ "no password", NAME, "a@b", NULL, "pw", NO_PASSWORD },
	{ "an empty password", NAME, "a@b", "", "", NO_PASSWORD },
	{ "no second password", NAME, "a@b", "pw", NULL, DIFFERENT },
	{ "another second password", NAME, "a@b", "pw", "pW", DIFFERENT },
	{ "a longer second password", NAME, "a@b", "pw", "pw ", DIFFERENT },
	{ "no accent in the second", NAME, "a@b", "\u00e9", "e", DIFFERENT },
	{ "a password in another encoding", NAME, "a@b", "caf\ufffd",
	    "caf\ufffd",
	    "The password has a character that cannot be read. "
	    "Please enter it again." },

	/* several mistakes: the first one in the form's order */
	{ "everything missing", NULL, NULL, NULL, NULL, NO_NAME },
	{ "all but the name missing", NAME, "", "", "x", NO_EMAIL },
	{ "both passwords wrong", NAME, "a@b", "", "x", NO_PASSWORD },
	{ "a taken name, wrong passwords", "login", "a@b", "pw", "x",
	    DIFFERENT },

	{ "-", "-", "a@b", "pw", "pw", TAKEN },
	{ ".", ".", "a@b", "pw", "pw", TAKEN },
	{ "..", "..", "a@b", "pw", "pw", TAKEN },
	{ "public", "public", "a@b", "pw", "pw", TAKEN },
	{ "login", "login", "a@b", "pw", "pw", TAKEN },
	{ "logout", "logout", "a@b", "pw", "pw", TAKEN },
	{ "register", "register", "a@b", "pw", "pw", TAKEN },
	{ "add_message", "add_message", "a@b", "pw", "pw", TAKEN },
	{ "msgs", "msgs", "a@b", "pw", "pw", TAKEN },
	{ "fllws", "fllws", "a@b", "pw", "pw", TAKEN },
	{ "latest", "latest", "a@b", "pw", "pw", TAKEN },
	{ "favicon.ico", "favicon.ico", "a@b", "pw", "pw", TAKEN },
	{ "robots.txt", "robots.txt", "a@b", "pw", "pw", TAKEN },
};

static void
test_refused(void **state)
{
	const struct refused *row = row_of(state);

	assert_string_equal(user_register(row->username, row->email,
				row->password, row->password2, NULL)
				.problem,
	    row->problem);
	assert_int_equal(
	    count_users(row->username != NULL ? row->username : ""), 0);
}

static void
test_too_long(void **state)
{
	const char *local = times("\u00e4", 252);

	(void)state;
	assert_string_equal(
	    user_register(times("\U0001f600", 65), "a@b", "pw", "pw", NULL)
		.problem,
	    "The username has more than 64 characters");
	assert_string_equal(
	    user_register(NAME, mem_format("%s@bc", local), "pw", "pw", NULL)
		.problem,
	    "The email address has more than 254 characters");
	assert_string_equal(
	    user_register(NAME, "a@b", times("x", 1001), times("x", 1001), NULL)
		.problem,
	    "The password has more than 1,000 characters");
	assert_int_equal(count_users(NAME), 0);
}

/* --- who is registered --- */

static const struct name {
	const char *name; /* and the program's mark is put after it */
} names[] = {
	{ "Roger Histand" },
	{ "Login" },
	{ "login " },
	{ "O'Brien\"; DROP TABLE users; --" },
	{ "a/b?c#d%2F" },
	{ "<b>&amp;" },
	{ "\u00c5sa \u20ac \U0001f600" },
	{ "007" },
};

static void
test_registered(void **state)
{
	const struct name *row = row_of(state);
	const char *name = mem_format("%s users %d", row->name, (int)getpid());
	const char *password = "pw \u00e4'";
	const struct db_rows *rows;

	assert_null(
	    user_register(name, "a@b", password, password, NULL).problem);
	rows = db_query(
	    "SELECT username, email, pw_hash FROM users WHERE username = $1",
	    name);
	assert_int_equal(db_count(rows), 1);
	assert_string_equal(db_text(rows, 0, 0), name);
	assert_string_equal(db_text(rows, 0, 1), "a@b");
	assert_true(password_matches(password, db_text(rows, 0, 2)));
	assert_false(password_is_outdated(db_text(rows, 0, 2)));

	assert_string_equal(
	    user_register(name, "c@d", "x", "x", NULL).problem, TAKEN);
	assert_int_equal(count_users(name), 1);
}

static void
test_longest(void **state)
{
	const char *mark = mem_format(" users %d", (int)getpid());
	const char *name =
	    mem_format("%s%s", times("\U0001f600", 64 - strlen(mark)), mark);
	const char *email = mem_format("%s@bc", times("\u00e4", 251));
	const char *password = times("\u20ac", 1000);

	(void)state;
	assert_null(
	    user_register(name, email, password, password, NULL).problem);
	assert_int_equal(count_users(name), 1);
}

static void
test_two_forms(void **state)
{
	const char *name = mem_format("users forms %d", (int)getpid());

	(void)state;
	assert_null(
	    user_register(name, "a@b", "\u00e9\u00a0x", "e\u0301 x", NULL)
		.problem);
}

/* Compared exactly: another case is another name. */
static void
test_similar_names(void **state)
{
	int pid = (int)getpid();

	(void)state;
	assert_null(user_register(
	    mem_format("Users Ann %d", pid), "a@b", "pw", "pw", NULL)
			.problem);
	assert_null(user_register(
	    mem_format("users ann %d", pid), "a@b", "pw", "pw", NULL)
			.problem);
	/* one name in two forms */
	assert_null(user_register(
	    mem_format("users \u00e9 %d", pid), "a@b", "pw", "pw", NULL)
			.problem);
	assert_string_equal(user_register(mem_format("users e\u0301 %d", pid),
				"a@b", "pw", "pw", NULL)
				.problem,
	    "The username is already taken");
}

/* Of four at the same instant three are refused. */
static void
test_race(void **state)
{
	const char *name = mem_format("users race %d", (int)getpid());
	int registered = 0, status;

	(void)state;
	fflush(NULL);
	for (size_t i = 0; i < 4; i++) {
		if (fork() == 0)
			_exit(user_register(name, "a@b", "pw", "pw", NULL)
				  .problem == NULL);
	}
	for (size_t i = 0; i < 4; i++) {
		wait(&status);
		assert_true(WIFEXITED(status));
		registered += WEXITSTATUS(status);
	}
	assert_int_equal(registered, 1);
	assert_int_equal(count_users(name), 1);
}

int
main(void)
{
	/* first the one whose children connect: a connection is not for two */
	UNIT_TEST(test_race);
	UNIT_ROWS(test_refused, refused);
	UNIT_TEST(test_too_long);
	UNIT_ROWS(test_registered, names);
	UNIT_TEST(test_longest);
	UNIT_TEST(test_two_forms);
	UNIT_TEST(test_similar_names);
	return unit_run();
}
