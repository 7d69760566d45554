#include "account_page.h"

#include "db.h"
#include "secret.h"
#include "reply.h"
#include "page.h"
#include "unit.h"
#include "patient.h"
#include "child.h"

/* Somebody with the worst name, e-mail address, and session: its token. */
static const char *
evil_token(void)
{
	static const char *token;

	if (token != NULL)
		return token;
	token = secret_random(32);
	db_query("WITH evil AS ("
		 " INSERT INTO users (username, email, pw_hash)"
		 " VALUES ($2, $2, 'none') RETURNING user_id)"
		 " INSERT INTO sessions (token_digest, user_id, address,"
		 " browser) SELECT token_digest($1), user_id, $3, $3 FROM evil",
	    token, EVIL " account_page", EVIL);
	return token;
}

static void
show(const void *problem)
{
	account_page(
	    reply_begin(&member_kind), problem != NULL ? 429 : 200, problem);
}

static struct child
with_token(const char *token)
{
	return (struct child){ .env = { mem_format(
				   "HTTP_COOKIE=session=%s", token) } };
}

static void
test_page(void **state)
{
	struct child child = with_token(evil_token());

	(void)state;
	child_run(&child, show, NULL);
	assert_contains(child.out, "Status: 200");
	assert_contains(child.out, "<dd>" ESCAPED " account_page</dd>");
	assert_contains(child.out, "This browser: " ESCAPED " at " ESCAPED ",");
	assert_contains(child.out, "nowhere else");
	assert_contains(child.out, "action=\"/-/account/password\"");
	assert_contains(child.out, "action=\"/-/account/data\"");
	assert_contains(child.out, "action=\"/-/account/delete\"");
	assert_lacks(child.out, "action=\"/-/account/sessions\"");
	assert_lacks(child.out, EVIL);
	assert_lacks(child.out, "class=\"error\"");
	assert_string_equal(child.err, "");
}

static void
test_problem(void **state)
{
	struct child child = with_token(evil_token());

	(void)state;
	child_run(&child, show, EVIL);
	assert_contains(child.out, "Status: 429");
	assert_contains(child.out, "role=\"alert\">" ESCAPED "</div>");
	assert_lacks(child.out, EVIL);
	assert_logged(&child, "info", "account: ");
}

static void
test_other_sessions(void **state)
{
	struct child child = with_token(evil_token());

	(void)state;
	db_query("INSERT INTO sessions (token_digest, user_id, browser)"
		 " SELECT n, user_id, $2 FROM sessions,"
		 " generate_series(1, $3::int) AS n"
		 " WHERE token_digest = token_digest($1)",
	    evil_token(), EVIL, db_integer(ACCOUNT_PAGE_SESSIONS - 1));
	child_run(&child, show, NULL);
	assert_contains(child.out, "action=\"/-/account/sessions\"");
	assert_contains(child.out, "value=\"others\" checked>");
	assert_contains(child.out, "\"> " ESCAPED ", logged in <time ");
	assert_lacks(child.out, "There are more");
	assert_lacks(child.out, EVIL);

	db_query("INSERT INTO sessions (token_digest, user_id)"
		 " SELECT 'one more', user_id FROM sessions"
		 " WHERE token_digest = token_digest($1)",
	    evil_token());
	child_run(&child, show, NULL);
	assert_contains(child.out, "There are more");
}

static const struct visitor {
	const char *name, *cookie;
} visitors[] = {
	{ "without a cookie", "HTTP_COOKIE" },
	{ "with rubbish", "HTTP_COOKIE=session=x" },
	{ "of no session",
	    "HTTP_COOKIE=session=0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef" },
};

static void
test_visitor(void **state)
{
	const struct visitor *row = row_of(state);
	struct child child = { .env = { row->cookie } };

	child_run(&child, show, NULL);
	assert_contains(child.out, "Status: 401");
	assert_lacks(child.out, "<form");
}

int
main(void)
{
	UNIT_TEST(test_page);
	UNIT_TEST(test_problem);
	UNIT_TEST(test_other_sessions);
	UNIT_ROWS(test_visitor, visitors);
	return unit_run();
}
