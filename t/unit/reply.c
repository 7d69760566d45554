#include "reply.h"

#include <string.h>

#include "log.h"
#include "unit.h"
#include "child.h"

/* --- a kind of program, and what its answers have to be --- */

static const char *
error_body(int status, const char *reason, const char *sentence)
{
	(void)sentence;
	return mem_format("%d %s", status, reason);
}

static void
note(const struct req *req)
{
	if (req_query(req, "note") != NULL)
		reply_header("X-Noted", req_query(req, "note"));
}

/* Without a connection there would be the tight sandbox, which ends a process
 * that does what some of these do. */
static void
connect_to_nobody(void)
{
}

static const struct reply_kind kind = {
	.connect = connect_to_nobody,
	.body = REQ_FORM,
	.error_type = "text/x-error",
	.error_body = error_body,
	.note = note,
};

static const char *
answer(
    const char *status, const char *headers, const char *type, const char *body)
{
	return mem_format("Status: %s\r\n%sContent-Type: %s\r\n"
			  "Content-Length: %zu\r\n\r\n%s",
	    status, headers, type, strlen(body), body);
}

static void
assert_error(const struct child *child, const char *status, const char *headers)
{
	assert_string_equal(
	    child->out, answer(status, headers, "text/x-error", status));
}

/* --- answers --- */

static void
send_html(const void *given)
{
	struct buf body = { 0 };

	(void)given;
	reply_begin(&kind);
	reply_user("12");
	reply_header("X-One", "1");
	reply_header("X-Two", "\u00e4 2");
	buf_add(&body, "<p>\0\u00e4", 6);
	reply_html(200, &body);
}

static void
send_html_error(const void *given)
{
	struct buf body = { 0 };

	(void)given;
	reply_begin(&kind);
	buf_puts(&body, "<p>");
	reply_html(404, &body);
}

static void
send_json(const void *given)
{
	struct json_writer *json = json_writer();

	(void)given;
	reply_begin(&kind);
	json_add_string(json, "\u00e4");
	reply_json(json);
}

static void
send_half_json(const void *given)
{
	struct json_writer *json = json_writer();

	(void)given;
	reply_begin(&kind);
	json_open_array(json);
	reply_json(json);
}

static void
send_text(const void *given)
{
	reply_begin(&kind);
	reply_text(given != NULL ? given : "");
}

static void
send_no_content(const void *given)
{
	(void)given;
	reply_begin(&kind);
	reply_no_content();
}

static void
send_redirect(const void *given)
{
	(void)given;
	reply_begin(&kind);
	reply_redirect("/a%20b");
}

static const struct plain {
	const char *name;
	void (*act)(const void *given);
	const char *status, *headers, *type, *body;
} plains[] = {
	{ "an HTML error", send_html_error, "404 Not Found", "",
	    "text/html; charset=utf-8", "<p>" },
	{ "JSON", send_json, "200 OK", "", "application/json", "\"\u00e4\"" },
	{ "no text", send_text, "200 OK", "", "text/plain; charset=utf-8", "" },
	{ "redirect", send_redirect, "302 Found", "Location: /a%20b\r\n",
	    "text/html; charset=utf-8", "" },
};

static void
test_answer(void **state)
{
	const struct plain *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, row->act, NULL);
	assert_int_equal(child.status, EXIT_SUCCESS);
	assert_string_equal(
	    child.out, answer(row->status, row->headers, row->type, row->body));
	assert_string_equal(child.err, "");
}

static void
test_headers_and_bytes(void **state)
{
	static const char expected[] =
	    "Status: 200 OK\r\n"
	    "X-One: 1\r\n"
	    "X-Two: \u00e4 2\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: 6\r\n"
	    "X-Minitwit-User: 12\r\n"
	    "\r\n"
	    "<p>\0\u00e4";
	struct child child = { 0 };

	(void)state;
	child_run(&child, send_html, NULL);
	assert_memory_equal(child.out, expected, sizeof(expected));
}

static void
test_no_content(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, send_no_content, NULL);
	assert_string_equal(child.out, "Status: 204 No Content\r\n\r\n");
}

static void
test_long_body(void **state)
{
	const char *body = times("x", 1000000);
	struct child child = { 0 };

	(void)state;
	child_run(&child, send_text, body);
	assert_string_equal(
	    child.out, answer("200 OK", "", "text/plain; charset=utf-8", body));
}

/* --- what the client has already --- */

static void
send_version(const void *given)
{
	struct buf body = { 0 };
	const struct req *req = reply_begin(&kind);

	(void)given;
	buf_puts(&body, "<x/>");
	reply_header("X-One", "1");
	need_change(req, "v2");
	reply_document("text/xml", &body);
}

static const struct version {
	const char *name, *known; /* If-None-Match */
	bool is_known;
} versions[] = {
	{ "none", NULL, false },
	{ "nothing", "", false },
	{ "another", "\"v1\"", false },
	{ "no tag", "v2", false },
	{ "a longer one", "\"v22\"", false },
	{ "this", "\"v2\"", true },
	{ "this, weakly", "W/\"v2\"", true },
	{ "one of them", "\"v1\", \"v2\"", true },
	{ "any", "*", true },
};

static void
test_version(void **state)
{
	const struct version *row = row_of(state);
	const char *headers = "X-One: 1\r\nETag: W/\"v2\"\r\n";
	struct child child = {
		.env = { row->known != NULL
			? mem_format("HTTP_IF_NONE_MATCH=%s", row->known)
			: "HTTP_IF_NONE_MATCH" },
	};

	child_run(&child, send_version, NULL);
	assert_string_equal(child.out,
	    row->is_known
		? mem_format("Status: 304 Not Modified\r\n%s\r\n", headers)
		: answer("200 OK", headers, "text/xml", "<x/>"));
}

/* --- errors --- */

static void
send_error_with_header(const void *given)
{
	(void)given;
	reply_begin(&kind);
	reply_header("X-One", "1");
	reply_error(403, "Not\nyou.");
}

static void
test_error(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, send_error_with_header, NULL);
	assert_error(&child, "403 Forbidden", "X-One: 1\r\n");
	assert_logged(&child, "info", "403: Not\nyou.");
}

static const char *
sentence_body(int status, const char *reason, const char *sentence)
{
	reply_header("X-Reason", reason);
	return mem_format("%d: %s", status, sentence);
}

static void
send_sentence(const void *given)
{
	static const struct reply_kind telling = {
		.error_type = "text/x-error",
		.error_body = sentence_body,
	};

	(void)given;
	reply_begin(&telling);
	reply_error(401, "Say %s.");
}

static void
test_error_sentence(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, send_sentence, NULL);
	assert_string_equal(child.out,
	    answer("401 Unauthorized", "X-Reason: Unauthorized\r\n",
		"text/x-error", "401: Say %s."));
}

/* --- deaths: whatever was begun is dropped --- */

#define SECRET "the reason is not for the client"

static void
do_die(const void *given)
{
	(void)given;
	reply_begin(&kind);
	reply_header("X-One", "1");
	die(SECRET);
}

static void
do_die_unavailable(const void *given)
{
	(void)given;
	reply_begin(&kind);
	reply_header("X-One", "1");
	die_unavailable(SECRET);
}

static void
send_no_such_status(const void *given)
{
	struct buf body = { 0 };

	(void)given;
	reply_begin(&kind);
	reply_html(299, &body);
}

static const struct death {
	const char *name;
	void (*act)(const void *given);
	const char *status, *headers, *level, *message;
} deaths[] = {
	{ "a fault", do_die, "500 Internal Server Error", "", "error", SECRET },
	{ "unavailable", do_die_unavailable, "503 Service Unavailable",
	    "Retry-After: 1\r\n", "warning", SECRET },
	{ "a status without a name", send_no_such_status,
	    "500 Internal Server Error", "", "error",
	    "reply: status 299 has no name" },
	{ "half a document", send_half_json, "500 Internal Server Error", "",
	    "error", "json: the document is not complete" },
};

static void
test_death(void **state)
{
	const struct death *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, row->act, NULL);
	assert_error(&child, row->status, row->headers);
	assert_logged(&child, row->level, row->message);
}

static const char *
dying_body(int status, const char *reason, const char *sentence)
{
	(void)status, (void)reason, (void)sentence;
	die("and again");
}

static void
die_twice(const void *given)
{
	static const struct reply_kind dying = {
		.connect = connect_to_nobody,
		.error_type = "text/x-error",
		.error_body = dying_body,
	};

	(void)given;
	reply_begin(&dying);
	die("once");
}

static void
test_death_while_dying(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, die_twice, NULL);
	assert_int_equal(child.status, EXIT_FAILURE);
	assert_string_equal(child.out, "");
	assert_contains(child.err, "once");
	assert_contains(child.err, "and again");
}

/* Libraries have things to do at exit, for which memory may lack. */
static void
die_at_exit(void)
{
	die("at exit");
}

static void
answer_then_die(const void *given)
{
	(void)given;
	reply_begin(&kind);
	atexit(die_at_exit);
	reply_text("the answer");
}

static void
die_then_exit(const void *given)
{
	(void)given;
	reply_begin(&kind);
	atexit(die_at_exit);
	die("before it");
}

static void
test_death_at_exit(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, answer_then_die, NULL);
	assert_died(&child, "at exit");
	assert_string_equal(child_body(&child), "the answer");

	/* whatever died is not for others to tidy up */
	child_run(&child, die_then_exit, NULL);
	assert_error(&child, "500 Internal Server Error", "");
	assert_logged(&child, "error", "before it");
}

static const struct value {
	const char *name, *value;
} bad_values[] = {
	{ "a header of its own", "/\r\nSet-Cookie: session=x" },
	{ "a body of its own", "\r\n\r\n<script>" },
	{ "a line feed", "a\nb" },
	{ "a carriage return", "a\r" },
	{ "a tab", "\ta" },
	{ "U+0001", "a\001" },
	{ "DEL", "\x7f" },
	{ "C1", "a\xc2\x85" },
	{ "after what is not UTF-8", "a\xff\r\nX: b" },
	{ "after an overlong form", "\xc0\x80\n" },
};

static void
send_header(const void *value)
{
	reply_begin(&kind);
	reply_header("X-One", "1");
	reply_header("X-Value", value);
	reply_no_content();
}

static void
test_bad_value(void **state)
{
	const struct value *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, send_header, row->value);
	assert_error(&child, "500 Internal Server Error", "");
	assert_logged(&child, "error",
	    "reply: a control character in the header X-Value");
}

/* --- requests that are refused at once --- */

#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded"

static const struct begin {
	const char *name;
	struct child child;
	const char *status;
} begins[] = {
	{ "percent garbage", { .env = { "REQUEST_URI=/%zz?note=1" } },
	    "400 Bad Request" },
	{ "a body cut short",
	    { .env = { "REQUEST_URI=/?note=1", FORM, "CONTENT_LENGTH=9" },
		.input = "a=b" },
	    "400 Bad Request" },
	{ "a field twice",
	    { .env = { "REQUEST_METHOD=POST", "REQUEST_URI=/?note=1", FORM,
		  "CONTENT_LENGTH=7" },
		.input = "a=b&a=b" },
	    "400 Bad Request" },
	{ "another type",
	    { .env = { "REQUEST_METHOD=POST", "REQUEST_URI=/?note=1",
		  "CONTENT_TYPE=text/plain", "CONTENT_LENGTH=1" },
		.input = "a" },
	    "415 Unsupported Media Type" },
};

static void
begin(const void *given)
{
	(void)given;
	reply_begin(&kind);
	reply_no_content();
}

static void
test_begin(void **state)
{
	const struct begin *row = row_of(state);
	struct child child = row->child;

	child_run(&child, begin, NULL);
	assert_error(&child, row->status, "X-Noted: 1\r\n");
	assert_logged(&child, "info", mem_format("%.3s: The ", row->status));
}

static void
test_begin_too_large(void **state)
{
	struct child child = {
		.env = { "REQUEST_URI=/?note=1", "CONTENT_LENGTH=65537" },
		.input = times("x", 65537),
	};

	(void)state;
	child_run(&child, begin, NULL);
	assert_error(&child, "413 Content Too Large", "X-Noted: 1\r\n");
}

static void
test_begin_sound(void **state)
{
	struct child child = {
		.env = { "REQUEST_URI=/?note=1", FORM, "CONTENT_LENGTH=3" },
		.input = "a=b",
	};

	(void)state;
	child_run(&child, begin, NULL);
	assert_string_equal(
	    child.out, "Status: 204 No Content\r\nX-Noted: 1\r\n\r\n");
	assert_string_equal(child.err, "");
}

/* --- methods and names --- */

static const struct method {
	const char *name, *variable;
	unsigned methods;
	const char *allow; /* NULL: the method is one of them */
} methods[] = {
	{ "GET to read", "REQUEST_METHOD=GET", REQ_READ, NULL },
	{ "HEAD to read", "REQUEST_METHOD=HEAD", REQ_READ, NULL },
	{ "POST to post", "REQUEST_METHOD=POST", REQ_POST, NULL },
	{ "POST to read", "REQUEST_METHOD=POST", REQ_READ, "GET, HEAD" },
	{ "GET to post", "REQUEST_METHOD=GET", REQ_POST, "POST" },
	{ "HEAD to post", "REQUEST_METHOD=HEAD", REQ_POST, "POST" },
	{ "DELETE", "REQUEST_METHOD=DELETE", REQ_READ | REQ_POST,
	    "GET, HEAD, POST" },
	{ "get", "REQUEST_METHOD=get", REQ_READ, "GET, HEAD" },
	{ "none", "REQUEST_METHOD", REQ_READ, "GET, HEAD" },
};

static void
ask_method(const void *given)
{
	const struct method *row = given;

	need_method(reply_begin(&kind), row->methods);
	reply_no_content();
}

static void
test_need_method(void **state)
{
	const struct method *row = row_of(state);
	struct child child = { .env = { row->variable } };

	child_run(&child, ask_method, row);
	if (row->allow == NULL)
		assert_string_equal(
		    child.out, "Status: 204 No Content\r\n\r\n");
	else
		assert_error(&child, "405 Method Not Allowed",
		    mem_format("Allow: %s\r\n", row->allow));
}

static void
ask_name(const void *shape)
{
	reply_text(need_name(reply_begin(&kind), shape));
}

static void
test_need_name(void **state)
{
	struct child child = { .env = { "REQUEST_URI=/msgs/Roger%20Histand" } };

	(void)state;
	child_run(&child, ask_name, "/msgs/{}");
	assert_string_equal(child.out,
	    answer("200 OK", "", "text/plain; charset=utf-8", "Roger Histand"));
	child_run(&child, ask_name, "/fllws/{}");
	assert_error(&child, "404 Not Found", "");
}

/* --- errors of the web server --- */

static const struct server_error {
	const char *name, *variable, *status, *headers;
} server_errors[] = {
	{ "400", "REDIRECT_STATUS=400", "400 Bad Request", "" },
	{ "403", "REDIRECT_STATUS=403", "403 Forbidden", "" },
	{ "404", "REDIRECT_STATUS=404", "404 Not Found", "" },
	{ "405", "REDIRECT_STATUS=405", "405 Method Not Allowed", "" },
	{ "408", "REDIRECT_STATUS=408", "408 Request Timeout", "" },
	{ "413", "REDIRECT_STATUS=413", "413 Content Too Large", "" },
	{ "414", "REDIRECT_STATUS=414", "414 URI Too Long", "" },
	{ "417", "REDIRECT_STATUS=417", "417 Expectation Failed", "" },
	{ "431", "REDIRECT_STATUS=431", "431 Request Header Fields Too Large",
	    "" },
	{ "500", "REDIRECT_STATUS=500", "500 Internal Server Error", "" },
	{ "501", "REDIRECT_STATUS=501", "501 Not Implemented", "" },
	{ "503", "REDIRECT_STATUS=503", "503 Service Unavailable",
	    "Retry-After: 1\r\n" },
	{ "asked for by a client", "REDIRECT_STATUS", "404 Not Found", "" },
	{ "no error", "REDIRECT_STATUS=200", "404 Not Found", "" },
	{ "no number", "REDIRECT_STATUS=x", "404 Not Found", "" },
	{ "one without words", "REDIRECT_STATUS=499",
	    "500 Internal Server Error", "" },
};

static void
send_server_error(const void *given)
{
	(void)given;
	reply_server_error(reply_begin(&kind));
}

static void
test_server_error(void **state)
{
	const struct server_error *row = row_of(state);
	struct child child = { .env = { row->variable } };

	child_run(&child, send_server_error, NULL);
	assert_error(&child, row->status, row->headers);
}

int
main(void)
{
	UNIT_ROWS(test_answer, plains);
	UNIT_TEST(test_headers_and_bytes);
	UNIT_TEST(test_no_content);
	UNIT_TEST(test_long_body);
	UNIT_TEST(test_error);
	UNIT_TEST(test_error_sentence);
	UNIT_ROWS(test_version, versions);
	UNIT_ROWS(test_death, deaths);
	UNIT_TEST(test_death_while_dying);
	UNIT_TEST(test_death_at_exit);
	UNIT_ROWS(test_bad_value, bad_values);
	UNIT_ROWS(test_begin, begins);
	UNIT_TEST(test_begin_too_large);
	UNIT_TEST(test_begin_sound);
	UNIT_ROWS(test_need_method, methods);
	UNIT_TEST(test_need_name);
	UNIT_ROWS(test_server_error, server_errors);
	return unit_run();
}
