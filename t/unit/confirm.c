#include "confirm.h"

#include <string.h>

#include "db.h"
#include "password.h"
#include "secret.h"
#include "sessions.h"
#include "reply.h"
#include "page.h"
#include "unit.h"
#include "child.h"
#include "patient.h"
#include "person.h"

#define FREE 3
#define ADDRESS "198.51.100.17"

/* A new session of somebody whose password is "pw". */
static const char *
log_in(void)
{
	const struct user *ann = person("confirm Ann");
	const char *token = secret_random(32), *hash = password_hash("pw");

	db_query("UPDATE users SET pw_hash = $2 WHERE user_id = $1",
	    db_integer(ann->id), hash);
	session_begin(ann->id, token, ADDRESS, NULL, hash, NULL);
	return token;
}

static void
confirm(const void *given)
{
	(void)given;
	reply_text(need_password(reply_begin(&page_kind)));
}

static struct child
answer(const char *token, const char *fields)
{
	struct child child = {
		.env = { "REQUEST_METHOD=POST",
		    "CONTENT_TYPE=application/x-www-form-urlencoded",
		    mem_format("CONTENT_LENGTH=%zu", strlen(fields)),
		    mem_format("HTTP_COOKIE=session=%s", token),
		    "REMOTE_ADDR=" ADDRESS },
		.input = fields,
	};

	child_run(&child, confirm, NULL);
	return child;
}

static void
test_right(void **state)
{
	const char *token = log_in();
	struct child child;

	(void)state;
	for (int i = 0; i <= FREE; i++)
		child = answer(token, "password=pw");
	assert_contains(child.out, "Status: 200");
	assert_true(password_matches("pw", child_body(&child)));
}

static const struct wrong {
	const char *name, *fields;
} wrongs[] = {
	{ "missing", "" },
	{ "empty", "password=" },
	{ "wrong", "password=secret" },
	{ "with a blank", "password=pw+" },
};

static void
test_wrong(void **state)
{
	const struct wrong *row = row_of(state);
	struct child child = answer(log_in(), row->fields);

	assert_contains(child.out, "Status: 200");
	assert_contains(child.out, "role=\"alert\">Invalid password</div>");
	assert_contains(child.out, "action=\"/-/account/delete\"");
	assert_lacks(child.out, "secret");
	assert_logged(&child, "info", "Invalid password");
}

static void
test_too_often(void **state)
{
	const char *token = log_in();
	struct child child;

	(void)state;
	for (int i = 0; i < FREE; i++)
		answer(token, "password=wrong");
	/* so that whatever passes until then is not enough */
	db_query("UPDATE attempts SET last_at = now() + interval '1 hour'");
	child = answer(token, "password=pw");
	assert_contains(child.out, "Status: 429");
	assert_contains(child.out, "Retry-After: ");
	assert_contains(child.out, "There were too many attempts");
}

static void
test_visitor(void **state)
{
	const char *ended = log_in();
	struct child child;

	(void)state;
	session_end(ended);
	child = answer(ended, "password=pw");
	assert_contains(child.out, "Status: 401");
	child = answer("rubbish", "password=pw");
	assert_contains(child.out, "Status: 401");
	child = answer("rubbish", "");
	assert_contains(child.out, "Status: 401");
}

int
main(void)
{
	db_query("UPDATE attempt_limits SET free = $1"
		 " WHERE kind <> 'message'",
	    db_integer(FREE));
	UNIT_TEST(test_right);
	UNIT_ROWS(test_wrong, wrongs);
	UNIT_TEST(test_too_often);
	UNIT_TEST(test_visitor);
	return unit_run();
}
