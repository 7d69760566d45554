#include "api.h"

#include <string.h>

#include "db.h"
#include "latest.h"
#include "messages.h"
#include "unit.h"
#include "child.h"

static void
assert_answer(const struct child *child, const char *status, const char *body)
{
	assert_string_equal(child->out,
	    mem_format("Status: %s\r\nContent-Type: application/json\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		status, strlen(body), body));
}

/* --- credentials --- */

#define NO_USER "MINITWIT_SIMULATOR_USER"
#define NO_PASSWORD "MINITWIT_SIMULATOR_PASSWORD"

/* simulator:super_safe!, as Python's base64 has it, and others */
#define RIGHT "c2ltdWxhdG9yOnN1cGVyX3NhZmUh"

static const struct credentials {
	const char *name, *user, *password, *header;
	bool right;
} credentials[] = {
	{ "right", NO_USER, NO_PASSWORD, "HTTP_AUTHORIZATION=Basic " RIGHT,
	    true },
	{ "scheme in lower case", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=basic " RIGHT, true },
	{ "two blanks", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic  " RIGHT, true },
	{ "empty settings", NO_USER "=", NO_PASSWORD "=",
	    "HTTP_AUTHORIZATION=Basic " RIGHT, true },
	{ "none", NO_USER, NO_PASSWORD, "HTTP_AUTHORIZATION", false },
	{ "empty", NO_USER, NO_PASSWORD, "HTTP_AUTHORIZATION=", false },
	{ "the scheme alone", NO_USER, NO_PASSWORD, "HTTP_AUTHORIZATION=Basic ",
	    false },
	{ "the scheme without a blank", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic", false },
	{ "no scheme", NO_USER, NO_PASSWORD, "HTTP_AUTHORIZATION=" RIGHT,
	    false },
	{ "another scheme", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Bearer " RIGHT, false },
	{ "not encoded", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic simulator:super_safe!", false },
	{ "cut short", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic c2ltdWxhdG9yOnN1cGVyX3NhZmU", false },
	{ "something after it", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic " RIGHT "x", false },
	{ "in another case", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic C2LTDWXHDG9YOnN1cGVyX3NhZmUh", false },
	{ "simulator:wrong", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic c2ltdWxhdG9yOndyb25n", false },
	{ "simulator:", NO_USER, NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic c2ltdWxhdG9yOg==", false },
	{ "configured", NO_USER "=a", NO_PASSWORD "=b:c",
	    "HTTP_AUTHORIZATION=Basic YTpiOmM=", true },
	{ "the default where another is configured", NO_USER, NO_PASSWORD "=b",
	    "HTTP_AUTHORIZATION=Basic " RIGHT, false },
	{ "another user, the default password", NO_USER "=a", NO_PASSWORD,
	    "HTTP_AUTHORIZATION=Basic YTpzdXBlcl9zYWZlIQ==", true },
};

static void
ask_simulator(const void *given)
{
	(void)given;
	need_simulator(reply_begin(&api_kind));
	reply_no_content();
}

static void
test_need_simulator(void **state)
{
	const struct credentials *row = row_of(state);
	struct child child = {
		.env = { row->user, row->password, row->header,
		    "MINITWIT_ALLOWED_ADDRESS=yes", "PGHOST=/nonexistent" },
	};

	child_run(&child, ask_simulator, NULL);
	if (row->right) {
		assert_string_equal(child.out,
		    "Status: 204 No Content\r\nX-Minitwit-User: api\r\n\r\n");
		return;
	}
	assert_answer(&child, "403 Forbidden",
	    "{\"status\":403,\"error_msg\":"
	    "\"You are not authorized to use this resource!\"}");
	assert_logged(&child, "info", "403: ");
}

/* --- ?no= --- */

static const struct limit {
	const char *name, *target;
	int64_t limit;
} limits[] = {
	{ "absent", "/msgs", 100 },
	{ "empty", "/msgs?no=", 100 },
	{ "1", "/msgs?no=1", 1 },
	{ "leading zeros", "/msgs?no=0020", 20 },
	{ "the greatest", "/msgs?no=1000", 1000 },
	{ "one more", "/msgs?no=1001", 1000 },
	{ "64 bits", "/msgs?no=9223372036854775807", 1000 },
	{ "65 bits", "/msgs?no=18446744073709551617", 1000 },
	{ "huge", "/msgs?no=99999999999999999999999999999999999", 1000 },
	{ "0", "/msgs?no=0", 100 },
	{ "000", "/msgs?no=000", 100 },
	{ "-1", "/msgs?no=-1", 100 },
	{ "a plus sign", "/msgs?no=%2B5", 100 },
	{ "a blank", "/msgs?no=+5", 100 },
	{ "a fraction", "/msgs?no=1.5", 100 },
	{ "a word", "/msgs?no=ten", 100 },
	{ "a number and a word", "/msgs?no=5x", 100 },
	{ "twice", "/msgs?no=5&no=6", 100 },
};

static void
give_limit(const void *given)
{
	(void)given;
	printf("%d", (int)api_limit(reply_begin(&api_kind)));
}

static void
test_limit(void **state)
{
	const struct limit *row = row_of(state);
	struct child child = {
		.env = { mem_format("REQUEST_URI=%s", row->target) },
	};

	child_run(&child, give_limit, NULL);
	assert_string_equal(child.out, mem_format("%d", (int)row->limit));
}

/* --- ?latest= --- */

#define BEFORE 77

static const struct latest {
	const char *name, *target;
	int64_t latest;
} latests[] = {
	{ "a number", "/?latest=5", 5 },
	{ "0", "/?latest=0", 0 },
	{ "negative", "/?latest=-1", -1 },
	{ "the greatest", "/?latest=9223372036854775807", INT64_MAX },
	{ "the least", "/?latest=-9223372036854775808", INT64_MIN },
	{ "among others", "/?no=1&latest=6&x=y", 6 },
	{ "absent", "/?no=1", BEFORE },
	{ "empty", "/?latest=", BEFORE },
	{ "a word", "/?latest=x", BEFORE },
	{ "a fraction", "/?latest=5.0", BEFORE },
	{ "beyond 64 bits", "/?latest=9223372036854775808", BEFORE },
	{ "in a request that is refused", "/?latest=7&x=%zz", 7 },
	{ "behind what is refused", "/?x=%zz&latest=8", 8 },
	{ "in a path that is refused", "/%zz?latest=9", 9 },
};

static void
begin(const void *given)
{
	(void)given;
	reply_begin(&api_kind);
	reply_no_content();
}

static void
begin_after(const void *given)
{
	latest_set(BEFORE);
	db_finish();
	begin(given);
}

static void
give_latest(const void *given)
{
	(void)given;
	printf("%lld", (long long)latest_get());
}

static void
test_latest(void **state)
{
	const struct latest *row = row_of(state);
	struct child child = {
		.env = { mem_format("REQUEST_URI=%s", row->target) },
	};

	child_run(&child, begin_after, NULL);
	child_run(&child, give_latest, NULL);
	assert_string_equal(
	    child.out, mem_format("%lld", (long long)row->latest));
}

/* --- bodies --- */

static const struct body {
	const char *name, *body;
	const char *answer; /* of an error; NULL: it is "b" */
} bodies[] = {
	{ "right", "{\"a\":\"b\"}", NULL },
	{ "more than that", "{\"x\":[1],\"a\":\"b\"}", NULL },
	{ "nothing", "",
	    "{\"status\":400,\"error_msg\":\"The JSON is malformed\"}" },
	{ "a form", "a=b",
	    "{\"status\":400,\"error_msg\":\"The JSON is malformed\"}" },
	{ "an array", "[]",
	    "{\"status\":400,\"error_msg\":\"The JSON is not an object\"}" },
	{ "not UTF-8", "{\"a\":\"\xff\"}",
	    "{\"status\":400,\"error_msg\":\"The JSON is not UTF-8 text\"}" },
	{ "missing", "{\"b\":\"b\"}",
	    "{\"status\":400,\"error_msg\":"
	    "\"The JSON needs a string \\\"a\\\"\"}" },
	{ "a number", "{\"a\":1}",
	    "{\"status\":400,\"error_msg\":"
	    "\"The JSON needs a string \\\"a\\\"\"}" },
	{ "null", "{\"a\":null}",
	    "{\"status\":400,\"error_msg\":"
	    "\"The JSON needs a string \\\"a\\\"\"}" },
};

static void
echo(const void *given)
{
	const struct req *req = reply_begin(&api_kind);
	struct json_writer *json = json_writer();

	(void)given;
	json_add_string(json, need_string(need_json(req), "a"));
	reply_json(json);
}

static void
test_body(void **state)
{
	const struct body *row = row_of(state);
	struct child child = {
		.env = { "REQUEST_METHOD=POST", "CONTENT_TYPE=text/rubbish",
		    mem_format("CONTENT_LENGTH=%zu", strlen(row->body)) },
		.input = row->body,
	};

	child_run(&child, echo, NULL);
	if (row->answer == NULL)
		assert_answer(&child, "200 OK", "\"b\"");
	else
		assert_answer(&child, "400 Bad Request", row->answer);
}

/* --- messages --- */

static void
send_messages(const void *messages)
{
	reply_begin(&api_kind);
	api_send_messages(messages);
}

static void
test_send_messages(void **state)
{
	static struct message list[] = {
		{ .id = 2,
		    .author = "Roger \"R\" H",
		    .text = "a\nb</script>",
		    .time = 1575201600 },
		{ .id = 1, .author = "\u00c5sa", .text = "", .time = 0 },
	};
	static const struct messages none = { .list = list },
				     two = { .count = 2,
					     .list = list,
					     .more = true };
	struct child child = { 0 };

	(void)state;
	child_run(&child, send_messages, &none);
	assert_answer(&child, "200 OK", "[]");
	child_run(&child, send_messages, &two);
	assert_answer(&child, "200 OK",
	    "[{\"content\":\"a\\u000ab</script>\","
	    "\"pub_date\":\"2019-12-01 12:00:00\","
	    "\"user\":\"Roger \\\"R\\\" H\"},"
	    "{\"content\":\"\",\"pub_date\":\"1970-01-01 00:00:00\","
	    "\"user\":\"\u00c5sa\"}]");
}

/* --- deaths --- */

static void
do_die(const void *given)
{
	(void)given;
	reply_begin(&api_kind);
	die("broken");
}

static void
test_death(void **state)
{
	struct child child = { .env = { "REQUEST_URI=/" } };

	(void)state;
	child_run(&child, do_die, NULL);
	assert_contains(child.out, "Status: 500 ");
	assert_contains(child.out, "\r\n\r\n{\"status\":500,\"error_msg\":\"");
}

/* ?latest= can't be kept then, and the client is to know. */
static void
test_database_away(void **state)
{
	struct child child = {
		.env = { "REQUEST_URI=/?latest=1", "PGHOST=/nonexistent" },
	};

	(void)state;
	child_run(&child, begin, NULL);
	assert_contains(child.out, "Status: 503 ");
	assert_contains(child.out, "\r\nRetry-After: ");
	assert_contains(child.out, "\r\n\r\n{\"status\":503,\"error_msg\":\"");
}

int
main(void)
{
	UNIT_ROWS(test_need_simulator, credentials);
	UNIT_ROWS(test_limit, limits);
	UNIT_ROWS(test_latest, latests);
	UNIT_TEST(test_database_away);
	UNIT_ROWS(test_body, bodies);
	UNIT_TEST(test_send_messages);
	UNIT_TEST(test_death);
	return unit_run();
}
