#include "session.h"

#include <string.h>

#include "db.h"
#include "reply.h"
#include "secret.h"
#include "sessions.h"
#include "unit.h"
#include "child.h"
#include "patient.h"
#include "person.h"

/* Every child answers as text; an error's body is its status. */

static const char *
error_body(int status, const char *reason, const char *sentence)
{
	(void)reason, (void)sentence;
	return mem_format("%d", status);
}

static const struct reply_kind kind = {
	.connect = db_open,
	.error_type = "text/plain",
	.error_body = error_body,
};

/* --- is it another site that asks? --- */

static const struct origin {
	const char *name;
	const char *env[4];
	bool same;
} origins[] = {
	{ "a script", { "HTTP_HOST=h:5000" }, true },
	{ "a script without Host", { "HTTP_HOST" }, true },

	{ "same-origin",
	    { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=same-origin" }, true },
	{ "none", { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=none" }, true },
	{ "same-site", { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=same-site" },
	    false },
	{ "cross-site",
	    { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=cross-site" }, false },
	{ "empty", { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=" }, false },
	{ "longer", { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=same-origin2" },
	    false },
	{ "twice",
	    { "HTTP_HOST=h:5000",
		"HTTP_SEC_FETCH_SITE=same-origin, cross-site" },
	    false },
	{ "Sec-Fetch-Site before Origin, to refuse",
	    { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=cross-site",
		"HTTP_ORIGIN=http://h:5000" },
	    false },
	{ "Sec-Fetch-Site before Origin, to let pass",
	    { "HTTP_HOST=h:5000", "HTTP_SEC_FETCH_SITE=same-origin",
		"HTTP_ORIGIN=http://evil" },
	    true },

	{ "Origin", { "HTTP_HOST=h:5000", "HTTP_ORIGIN=http://h:5000" }, true },
	{ "Origin of HTTPS",
	    { "HTTPS=on", "HTTP_HOST=h", "HTTP_ORIGIN=https://h" }, true },
	{ "Origin in another case",
	    { "HTTP_HOST=Localhost", "HTTP_ORIGIN=http://localHost" }, true },
	{ "Origin of IPv6",
	    { "HTTP_HOST=[::1]:5000", "HTTP_ORIGIN=http://[::1]:5000" }, true },
	{ "another host", { "HTTP_HOST=h:5000", "HTTP_ORIGIN=http://i:5000" },
	    false },
	{ "another port", { "HTTP_HOST=h:5000", "HTTP_ORIGIN=http://h:5001" },
	    false },
	{ "no port", { "HTTP_HOST=h:5000", "HTTP_ORIGIN=http://h" }, false },
	{ "a longer host",
	    { "HTTP_HOST=h.org", "HTTP_ORIGIN=http://h.org.evil" }, false },
	{ "a host below it",
	    { "HTTP_HOST=h.org", "HTTP_ORIGIN=http://evil.h.org" }, false },
	{ "a longer port", { "HTTP_HOST=h:500", "HTTP_ORIGIN=http://h:5000" },
	    false },
	{ "the host as a user", { "HTTP_HOST=h", "HTTP_ORIGIN=http://h@evil" },
	    false },
	{ "null", { "HTTP_HOST=h", "HTTP_ORIGIN=null" }, false },
	{ "null, on a host called null",
	    { "HTTP_HOST=null", "HTTP_ORIGIN=null" }, false },
	{ "an empty Origin", { "HTTP_HOST=h", "HTTP_ORIGIN=" }, false },
	{ "Origin without Host", { "HTTP_HOST", "HTTP_ORIGIN=http://h" },
	    false },
	{ "Origin before Referer",
	    { "HTTP_HOST=h", "HTTP_ORIGIN=null", "HTTP_REFERER=http://h/" },
	    false },

	{ "Referer", { "HTTP_HOST=h:5000", "HTTP_REFERER=http://h:5000/a" },
	    true },
	{ "Referer without a path", { "HTTP_HOST=h", "HTTP_REFERER=http://h" },
	    true },
	{ "Referer with a query",
	    { "HTTP_HOST=h", "HTTP_REFERER=http://h?a=b" }, true },
	{ "another Referer", { "HTTP_HOST=h", "HTTP_REFERER=http://evil/h" },
	    false },
	{ "the host in the path",
	    { "HTTP_HOST=h", "HTTP_REFERER=http://evil/http://h/" }, false },
	{ "the host in the query",
	    { "HTTP_HOST=h", "HTTP_REFERER=http://evil?://h/" }, false },
	{ "the host before a fragment",
	    { "HTTP_HOST=h", "HTTP_REFERER=http://evil#://h/" }, false },
	{ "a path alone", { "HTTP_HOST=h", "HTTP_REFERER=/h" }, false },
	{ "HTTP's port", { "HTTP_HOST=h:80", "HTTP_ORIGIN=http://h" }, true },
	{ "HTTP's port in the Origin",
	    { "HTTP_HOST=h", "HTTP_ORIGIN=http://h:80" }, true },
	{ "another scheme", { "HTTP_HOST=h", "HTTP_ORIGIN=https://h" }, false },
	{ "the other scheme's port",
	    { "HTTP_HOST=h:443", "HTTP_ORIGIN=https://h" }, false },
	{ "a prefetch",
	    { "HTTP_SEC_FETCH_SITE=same-origin", "HTTP_SEC_PURPOSE=prefetch" },
	    false },
	{ "a prefetch that renders", { "HTTP_SEC_PURPOSE=prefetch;prerender" },
	    false },
	{ "an older prefetch", { "HTTP_X_MOZ=prefetch" }, false },
	{ "rubbish", { "HTTP_HOST=h", "HTTP_REFERER=h" }, false },
};

static void
ask_origin(const void *given)
{
	(void)given;
	need_same_origin(reply_begin(&kind));
	reply_text("same");
}

static void
test_same_origin(void **state)
{
	const struct origin *row = row_of(state);
	struct child child = { 0 };

	memcpy(child.env, row->env, sizeof(row->env));
	child_run(&child, ask_origin, NULL);
	assert_string_equal(child_body(&child), row->same ? "same" : "403");
}

/* --- flashes --- */

static void
leave(const void *name)
{
	flash_leave(reply_begin(&kind),
	    name != NULL ? FLASH_FOLLOWING : FLASH_LOGGED_IN, name);
	reply_no_content();
}

static const struct left {
	const char *name, *about, *cookie;
} lefts[] = {
	{ "without a name", NULL, "logged-in." },
	{ "with a name", "Ann", "following.Ann" },
	{ "with an empty name", "", "following." },
	{ "with what cookies can't hold", "a;b=c, \"\u00e4\"\r\nX: y",
	    "following.a%3Bb%3Dc%2C%20%22%C3%A4%22%0D%0AX%3A%20y" },
};

#define ATTRIBUTES "; HttpOnly; SameSite=Lax"

static void
test_flash_leave(void **state)
{
	const struct left *row = row_of(state);
	struct child child = { .env = { "HTTPS" } };

	child_run(&child, leave, row->about);
	assert_string_equal(child.out,
	    mem_format("Status: 204 No Content\r\nSet-Cookie: flash=%s"
		       "; Path=/; Max-Age=60" ATTRIBUTES "\r\n\r\n",
		row->cookie));
}

static void
test_flash_leave_secure(void **state)
{
	static const char secure[] = ATTRIBUTES "; Secure\r\n";
	struct child child = { .env = { "HTTPS=on" } };

	(void)state;
	child_run(&child, leave, NULL);
	assert_contains(child.out, secure);
	child.env[0] = "HTTPS=off";
	child_run(&child, leave, NULL);
	assert_lacks(child.out, "Secure");
}

static const struct taken {
	const char *name, *cookie;
	enum flash flash;
	const char *about; /* where flash is one with a name */
} takens[] = {
	{ "registered", "registered.", FLASH_REGISTERED, "" },
	{ "logged in", "logged-in.", FLASH_LOGGED_IN, "" },
	{ "logged out", "logged-out.", FLASH_LOGGED_OUT, "" },
	{ "recorded", "recorded.", FLASH_RECORDED, "" },
	{ "a changed password", "password-changed.", FLASH_PASSWORD_CHANGED,
	    "" },
	{ "an ended session", "session-ended.", FLASH_SESSION_ENDED, "" },
	{ "ended sessions", "sessions-ended.", FLASH_SESSIONS_ENDED, "" },
	{ "a deleted account", "account-deleted.", FLASH_ACCOUNT_DELETED, "" },
	{ "following", "following.Ann%20B", FLASH_FOLLOWING, "Ann B" },
	{ "not following", "not-following.%C3%A4", FLASH_NOT_FOLLOWING,
	    "\u00e4" },
	{ "a plus sign", "following.a+b", FLASH_FOLLOWING, "a+b" },
	{ "dots in the name", "following.a.b", FLASH_FOLLOWING, "a.b" },
	{ "markup", "following.<b>", FLASH_FOLLOWING, "<b>" },
	{ "empty", "", FLASH_NONE, "" },
	{ "a dot alone", ".", FLASH_NONE, "" },
	{ "a name alone", ".Ann", FLASH_NONE, "" },
	{ "no dot", "following", FLASH_NONE, "" },
	{ "another word", "hello.Ann", FLASH_NONE, "" },
	{ "a longer word", "followings.Ann", FLASH_NONE, "" },
	{ "a shorter word", "follow.Ann", FLASH_NONE, "" },
	{ "percent garbage", "following.%zz", FLASH_NONE, "" },
	{ "%00", "following.a%00", FLASH_NONE, "" },
	{ "not UTF-8", "following.%ff", FLASH_NONE, "" },
	{ "not UTF-8, as it is", "following.\xff", FLASH_NONE, "" },
	{ "overlong", "following.%C0%BC", FLASH_NONE, "" },
};

static void
take(const void *given)
{
	const char *name = "";
	enum flash flash = flash_take(reply_begin(&kind), &name);

	(void)given;
	reply_text(
	    mem_format("%d %s", (int)flash, flash != FLASH_NONE ? name : ""));
}

static void
test_flash_take(void **state)
{
	const struct taken *row = row_of(state);
	struct child child = {
		.env = { mem_format("HTTP_COOKIE=flash=%s", row->cookie) },
	};

	child_run(&child, take, NULL);
	assert_string_equal(child_body(&child),
	    mem_format("%d %s", (int)row->flash, row->about));
	/* whatever it was, no later page has it */
	assert_contains(
	    child.out, "Set-Cookie: flash=; Path=/; Max-Age=0" ATTRIBUTES);
}

static void
test_flash_take_nothing(void **state)
{
	struct child child = { .env = { "HTTP_COOKIE=session=x" } };

	(void)state;
	child_run(&child, take, NULL);
	assert_string_equal(child_body(&child), mem_format("%d ", FLASH_NONE));
	assert_lacks(child.out, "Set-Cookie");
}

/* --- tokens --- */

#define SIXTEEN "0123456789abcdef"
#define TOKEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN

static const struct token {
	const char *name, *cookies;
	bool right;
} tokens[] = {
	{ "right", "session=" TOKEN, true },
	{ "right among others", "flash=x; session=" TOKEN "; y=z", true },
	{ "none", "flash=x", false },
	{ "empty", "session=", false },
	{ "short", "session=" SIXTEEN SIXTEEN SIXTEEN "0123456789abcde",
	    false },
	{ "long", "session=" TOKEN "0", false },
	{ "upper case", "session=" SIXTEEN SIXTEEN SIXTEEN "0123456789ABCDEF",
	    false },
	{ "another letter",
	    "session=" SIXTEEN SIXTEEN SIXTEEN "0123456789abcdeg", false },
	{ "quoted", "session=\"" TOKEN "\"", false },
	{ "right behind rubbish", "session=x; session=" TOKEN, true },
	{ "right before rubbish", "session=" TOKEN "; session=x", true },
};

static void
give_token(const void *given)
{
	const char *token = session_token(reply_begin(&kind));

	(void)given;
	reply_text(token != NULL ? token : "none");
}

static void
give_user(const void *given)
{
	const struct user *user = session_user(reply_begin(&kind));

	(void)given;
	reply_text(user != NULL ? user->name : "nobody");
}

static void
test_token(void **state)
{
	const struct token *row = row_of(state);
	struct child child = {
		.env = { mem_format("HTTP_COOKIE=%s", row->cookies) },
	};

	child_run(&child, give_token, NULL);
	assert_string_equal(child_body(&child), row->right ? TOKEN : "none");

	/* what can be no token is no question for the database */
	child.env[1] = "PGHOST=/nonexistent";
	child_run(&child, give_user, NULL);
	assert_string_equal(child_body(&child), row->right ? "503" : "nobody");
}

/* --- from login to logout --- */

static void
begin(const void *ann)
{
	const struct user *user = ann;

	sign_in(reply_begin(&kind), user, "none", NULL);
	reply_text(user->name);
}

static void
demand_user(const void *given)
{
	(void)given;
	reply_text(need_user(reply_begin(&kind))->name);
}

static void
end(const void *given)
{
	(void)given;
	sign_out(reply_begin(&kind));
	reply_no_content();
}

static void
test_session(void **state)
{
	static const char set[] = "Set-Cookie: session=";
	struct child child = { .env = { "HTTPS" } };
	const char *name, *token;

	(void)state;
	child_run(&child, begin, person("session <Ann>"));
	name = child_body(&child);
	assert_contains(child.out, set);
	token = strstr(child.out, set) + strlen(set);
	assert_int_equal(strcspn(token, ";"), 64);
	assert_contains(
	    token + 64, "; Path=/; Max-Age=2592000" ATTRIBUTES "\r\n");
	token = mem_copy(token, 64);
	child.env[1] = mem_format("HTTP_COOKIE=session=%s", token);

	child_run(&child, give_user, NULL);
	assert_string_equal(child_body(&child), name);
	child_run(&child, demand_user, NULL);
	assert_string_equal(child_body(&child), name);
	/* the token itself is nowhere but with the browser */
	assert_int_equal(
	    db_count(db_query(
		"SELECT FROM sessions WHERE token_digest = $1", token)),
	    0);

	child.env[1] = mem_format("HTTP_COOKIE=session=%s", token);
	for (int twice = 0; twice < 2; twice++) {
		child_run(&child, end, NULL);
		assert_string_equal(child.out,
		    "Status: 204 No Content\r\n"
		    "Set-Cookie: session=; Path=/; Max-Age=0" ATTRIBUTES
		    "\r\n\r\n");
		child_run(&child, give_user, NULL);
		assert_string_equal(child_body(&child), "nobody");
		child_run(&child, demand_user, NULL);
		assert_string_equal(child_body(&child), "401");
	}
}

static void
test_end_without_session(void **state)
{
	struct child child = {
		.env = { "PGHOST=/nonexistent", "HTTP_COOKIE" },
	};

	(void)state;
	child_run(&child, end, NULL);
	assert_string_equal(child.out, "Status: 204 No Content\r\n\r\n");
	child.env[1] = "HTTP_COOKIE=session=rubbish";
	child_run(&child, end, NULL);
	assert_contains(child.out, "Set-Cookie: session=; ");
}

static void
test_no_session_needed(void **state)
{
	struct child child = { .env = { "HTTP_COOKIE" } };

	(void)state;
	child_run(&child, demand_user, NULL);
	assert_string_equal(child_body(&child), "401");
}

int
main(void)
{
	UNIT_ROWS(test_same_origin, origins);
	UNIT_ROWS(test_flash_leave, lefts);
	UNIT_TEST(test_flash_leave_secure);
	UNIT_ROWS(test_flash_take, takens);
	UNIT_TEST(test_flash_take_nothing);
	UNIT_ROWS(test_token, tokens);
	UNIT_TEST(test_session);
	UNIT_TEST(test_end_without_session);
	UNIT_TEST(test_no_session_needed);
	return unit_run();
}
