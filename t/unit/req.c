#include "req.h"

#include <string.h>
#include <strings.h>

#include "unit.h"
#include "child.h"

/* A request is read once per process, so each is read in a child, which
 * prints what it found as "fault|value". */

static void
print(const struct req *req, const char *value)
{
	printf("%d|%s", (int)req_fault(req), value != NULL ? value : "NULL");
}

static void
assert_printed(
    const struct child *child, enum req_fault fault, const char *value)
{
	assert_string_equal(child->err, "");
	assert_string_equal(child->out,
	    mem_format("%d|%s", (int)fault, value != NULL ? value : "NULL"));
}

/* --- path --- */

static const struct path {
	const char *name, *target, *shape;
	const char *value; /* NULL: the path has another shape */
	enum req_fault fault;
} paths[] = {
	{ "a name", "/msgs/Ann", "/msgs/{}", "Ann", REQ_SOUND },
	{ "a space", "/Roger%20Histand", "/{}", "Roger Histand", REQ_SOUND },
	{ "a plus sign", "/a+b", "/{}", "a+b", REQ_SOUND },
	{ "a query after it", "/Ann?no=1", "/{}", "Ann", REQ_SOUND },
	{ "an encoded question mark", "/Ann%3Fno", "/{}", "Ann?no", REQ_SOUND },
	{ "an encoded slash", "/a%2Fb", "/{}", "a/b", REQ_SOUND },
	{ "%252F", "/a%252Fb", "/{}", "a%2Fb", REQ_SOUND },
	{ "an encoded slash alone", "/%2F", "/{}", "/", REQ_SOUND },
	{ "an encoded slash is no segment", "/msgs%2FAnn", "/msgs/{}", NULL,
	    REQ_SOUND },
	{ "UTF-8", "/%C3%85sa", "/{}", "\u00c5sa", REQ_SOUND },
	{ "UTF-8 as it is", "/\u00c5sa", "/{}", "\u00c5sa", REQ_SOUND },
	{ "double slashes", "//msgs///Ann//", "/msgs/{}", "Ann", REQ_SOUND },
	{ "a slash at the end", "/Ann/", "/{}", "Ann", REQ_SOUND },
	{ "something after the name", "/Ann/follow", "/{}/follow", "Ann",
	    REQ_SOUND },
	{ "a name of two braces", "/{}", "/{}", "{}", REQ_SOUND },
	{ "dots", "/..", "/{}", "..", REQ_SOUND },
	{ "any other segment", "/Ann/status/9", "/*/status/{}", "9",
	    REQ_SOUND },
	{ "... and the other way round", "/Ann/status/9", "/{}/status/*", "Ann",
	    REQ_SOUND },
	{ "... one too many", "/Ann/status", "/{}/status/*", NULL, REQ_SOUND },
	{ "an encoded word of the shape", "/%6Dsgs/Ann", "/msgs/{}", "Ann",
	    REQ_SOUND },
	{ "a whole URL (RFC 9112 3.2.2)", "http://localhost:5000/msgs/Ann?a=b",
	    "/msgs/{}", "Ann", REQ_SOUND },
	{ "no name", "/msgs", "/msgs/{}", NULL, REQ_SOUND },
	{ "an empty name", "/msgs//", "/msgs/{}", NULL, REQ_SOUND },
	{ "the root", "/", "/{}", NULL, REQ_SOUND },
	{ "nothing", "", "/{}", NULL, REQ_SOUND },
	{ "one segment too many", "/msgs/Ann/x", "/msgs/{}", NULL, REQ_SOUND },
	{ "another word", "/fllws/Ann", "/msgs/{}", NULL, REQ_SOUND },
	{ "a longer word", "/msgss/Ann", "/msgs/{}", NULL, REQ_SOUND },
	{ "a shorter word", "/msg/Ann", "/msgs/{}", NULL, REQ_SOUND },
	{ "another word after", "/Ann/unfollow", "/{}/follow", NULL,
	    REQ_SOUND },
	{ "percent garbage", "/100%", "/{}", NULL, REQ_MALFORMED },
	{ "%zz", "/%zz", "/{}", NULL, REQ_MALFORMED },
	{ "%00", "/Ann%00", "/{}", NULL, REQ_MALFORMED },
	{ "not UTF-8", "/caf%E9", "/{}", NULL, REQ_MALFORMED },
	{ "an overlong slash", "/%C0%AF", "/{}", NULL, REQ_MALFORMED },
	{ "a surrogate", "/%ED%A0%80", "/{}", NULL, REQ_MALFORMED },
	{ "UTF-8 across a slash", "/%C3/%85", "/{}", NULL, REQ_MALFORMED },
};

static void
read_name(const void *shape)
{
	const struct req *req = req_read(REQ_NO_BODY);

	print(req, req_name(req, shape));
}

static void
test_path(void **state)
{
	const struct path *row = row_of(state);
	struct child child = {
		.env = { mem_format("REQUEST_URI=%s", row->target) },
	};

	child_run(&child, read_name, row->shape);
	assert_printed(&child, row->fault, row->value);
}

/* --- query --- */

static const struct query {
	const char *name, *target;
	const char *value; /* of the field "a"; NULL: absent */
	enum req_fault fault;
} queries[] = {
	{ "none", "/", NULL, REQ_SOUND },
	{ "empty", "/?", NULL, REQ_SOUND },
	{ "a field", "/?a=b", "b", REQ_SOUND },
	{ "an empty field", "/?a=", "", REQ_SOUND },
	{ "a name alone", "/?a", "", REQ_SOUND },
	{ "another name", "/?b=a", NULL, REQ_SOUND },
	{ "a longer name", "/?aa=b", NULL, REQ_SOUND },
	{ "the last of many", "/?x=1&y=2&a=3", "3", REQ_SOUND },
	{ "ampersands", "/?&&a=b&&", "b", REQ_SOUND },
	{ "an equals sign in the value", "/?a=b=c", "b=c", REQ_SOUND },
	{ "no name", "/?=b&a=c", "c", REQ_SOUND },
	{ "a question mark in the value", "/?a=b?c", "b?c", REQ_SOUND },
	{ "a plus sign", "/?a=b+c%2B", "b c+", REQ_SOUND },
	{ "an encoded ampersand", "/?a=b%26c", "b&c", REQ_SOUND },
	{ "an encoded name", "/?%61=b", "b", REQ_SOUND },
	{ "twice the field", "/?a=1&a=2", NULL, REQ_SOUND },
	{ "twice the same", "/?a=1&a=1", NULL, REQ_SOUND },
	{ "twice another", "/?b=1&b=2&a=3", "3", REQ_SOUND },
	{ "in a path", "/x&a=b", NULL, REQ_SOUND },
	{ "a percent sign", "/?a=%", "%", REQ_SOUND },
	{ "a percent sign at the end", "/?a=100%&b=c", "100%", REQ_SOUND },
	{ "a percent sign before a blank", "/?a=5%+off", "5% off", REQ_SOUND },
	{ "a percent sign before digits", "/?a=100%%20", "100% ", REQ_SOUND },
	{ "a percent sign across fields", "/?a=%4&1=2", "%4", REQ_SOUND },
	{ "a percent sign in a name", "/?%zz=1&a=b", "b", REQ_SOUND },
	{ "Latin-1", "/?a=caf%E9", "caf\ufffd", REQ_SOUND },
	{ "Latin-1, not encoded", "/?a=caf\xe9", "caf\ufffd", REQ_SOUND },
	{ "Latin-1 in a name", "/?%ff=1&a=b", "b", REQ_SOUND },
	{ "a byte order mark", "/?a=%EF%BB%BFb", "\ufeffb", REQ_SOUND },
	{ "a semicolon", "/?a=b;c=d", "b;c=d", REQ_SOUND },
	{ "%00", "/?a=%00", NULL, REQ_MALFORMED },
	{ "%00 in a name", "/?%00=1", NULL, REQ_MALFORMED },
	/* ?latest= counts, whatever comes of the request */
	{ "a NUL after it", "/?a=b&x=%00", "b", REQ_MALFORMED },
	{ "a NUL before it", "/?x=%00&a=b", "b", REQ_MALFORMED },
	{ "garbage in the path", "/%zz?a=b", "b", REQ_MALFORMED },
};

static void
read_query(const void *given)
{
	const struct req *req = req_read(REQ_NO_BODY);

	(void)given;
	print(req, req_query(req, "a"));
}

static void
test_query(void **state)
{
	const struct query *row = row_of(state);
	struct child child = {
		.env = { mem_format("REQUEST_URI=%s", row->target) },
	};

	child_run(&child, read_query, NULL);
	assert_printed(&child, row->fault, row->value);
}

/* --- form --- */

#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded"

static const struct form {
	const char *name;
	const char *type, *input;
	size_t len;
	const char *value; /* of the field "a"; NULL: absent */
	enum req_fault fault;
} forms[] = {
	{ "a field", FORM, BYTES("a=b"), "b", REQ_SOUND },
	{ "an empty form", FORM, BYTES(""), NULL, REQ_SOUND },
	{ "a character set", FORM "; charset=utf-8", BYTES("a=b"), "b",
	    REQ_SOUND },
	{ "a blank before it", FORM " ;x", BYTES("a=b"), "b", REQ_SOUND },
	{ "upper case", "CONTENT_TYPE=Application/X-WWW-Form-URLencoded",
	    BYTES("a=b"), "b", REQ_SOUND },
	{ "all that is encoded", FORM, BYTES("x=1&a=+%26%3D%2B%25%0D%0A%C3%A4"),
	    " &=+%\r\n\u00e4", REQ_SOUND },
	{ "an empty field", FORM, BYTES("a=&b"), "", REQ_SOUND },
	{ "a longer type", FORM "x", BYTES("a=b"), NULL, REQ_NOT_A_FORM },
	{ "a shorter type", "CONTENT_TYPE=application/x-www-form", BYTES("a=b"),
	    NULL, REQ_NOT_A_FORM },
	{ "JSON", "CONTENT_TYPE=application/json", BYTES("{}"), NULL,
	    REQ_NOT_A_FORM },
	{ "an upload", "CONTENT_TYPE=multipart/form-data; boundary=x",
	    BYTES("--x--"), NULL, REQ_NOT_A_FORM },
	{ "no type", "CONTENT_TYPE", BYTES("a=b"), NULL, REQ_NOT_A_FORM },
	{ "an empty type", "CONTENT_TYPE=", BYTES("a=b"), NULL,
	    REQ_NOT_A_FORM },
	{ "no type and no body", "CONTENT_TYPE", BYTES(""), NULL, REQ_SOUND },
	{ "twice a field", FORM, BYTES("a=1&b=2&a=1"), "1", REQ_MALFORMED },
	{ "twice, once encoded", FORM, BYTES("a=1&%61=1"), "1", REQ_MALFORMED },
	{ "twice, not UTF-8 alike", FORM, BYTES("a=1&%FF=2&%FE=3"), "1",
	    REQ_MALFORMED },
	{ "a percent sign", FORM, BYTES("a=100%"), "100%", REQ_SOUND },
	{ "a percent sign across fields", FORM, BYTES("a=%4&1=2"), "%4",
	    REQ_SOUND },
	{ "Latin-1", FORM, BYTES("a=\xff"), "\ufffd", REQ_SOUND },
	{ "Latin-1, encoded", FORM, BYTES("a=caf%E9+%C0%80"),
	    "caf\ufffd \ufffd\ufffd", REQ_SOUND },
	{ "%00", FORM, BYTES("a=b%00c"), NULL, REQ_MALFORMED },
	{ "a NUL byte", FORM, BYTES("b=c\0&a=b"), NULL, REQ_MALFORMED },
};

static void
read_form_field(const void *given)
{
	const struct req *req = req_read(REQ_FORM);

	(void)given;
	print(req, req_form(req, "a"));
}

static void
test_form(void **state)
{
	const struct form *row = row_of(state);
	struct child child = {
		.env = { "REQUEST_METHOD=POST", row->type,
		    mem_format("CONTENT_LENGTH=%zu", row->len) },
		.input = row->input,
		.input_len = row->len,
	};

	child_run(&child, read_form_field, NULL);
	assert_printed(&child, row->fault, row->value);
}

static void
test_form_of_a_get(void **state)
{
	struct child child = {
		.env = { "REQUEST_METHOD=GET",
		    "CONTENT_TYPE=application/x-www-form-urlencoded",
		    "CONTENT_LENGTH=3" },
		.input = "a=b",
	};

	(void)state;
	child_run(&child, read_form_field, NULL);
	assert_printed(&child, REQ_SOUND, NULL);
}

/* --- body --- */

#define CHUNKED "HTTP_TRANSFER_ENCODING=chunked"

static const struct body {
	const char *name;
	const char *length, *coding;
	size_t sent;
	size_t read; /* how much of it is the body */
	size_t rest; /* how much is left unread */
	enum req_fault fault;
} bodies[] = {
	{ "none", "CONTENT_LENGTH", "HTTP_X", 0, 0, 0, REQ_SOUND },
	{ "an empty length", "CONTENT_LENGTH=", "HTTP_X", 0, 0, 0, REQ_SOUND },
	{ "no length is no body", "CONTENT_LENGTH", "HTTP_X", 10, 0, 10,
	    REQ_SOUND },
	{ "as announced", "CONTENT_LENGTH=10", "HTTP_X", 10, 10, 0,
	    REQ_SOUND },
	{ "longer than announced", "CONTENT_LENGTH=10", "HTTP_X", 15, 10, 5,
	    REQ_SOUND },
	{ "cut short", "CONTENT_LENGTH=10", "HTTP_X", 9, 9, 0,
	    REQ_CUT_SHORT },
	{ "not there", "CONTENT_LENGTH=10", "HTTP_X", 0, 0, 0,
	    REQ_CUT_SHORT },
	{ "the longest", "CONTENT_LENGTH=65536", "HTTP_X", 65536, 65536, 0,
	    REQ_SOUND },
	{ "the longest, cut short", "CONTENT_LENGTH=65536", "HTTP_X", 65535,
	    65535, 0, REQ_CUT_SHORT },
	{ "chunked", "CONTENT_LENGTH", CHUNKED, 20000, 20000, 0, REQ_SOUND },
	{ "chunked, empty length", "CONTENT_LENGTH=", CHUNKED, 5, 5, 0,
	    REQ_SOUND },
	{ "chunked, nothing", "CONTENT_LENGTH", CHUNKED, 0, 0, 0, REQ_SOUND },
	{ "chunked, the longest", "CONTENT_LENGTH", CHUNKED, 65536, 65536, 0,
	    REQ_SOUND },
}, large_bodies[] = {
	{ "one byte", "CONTENT_LENGTH=65537", "HTTP_X", 65537, 0, 0,
	    REQ_TOO_LARGE },
	{ "a million bytes", "CONTENT_LENGTH=1000000", "HTTP_X", 1000000, 0, 0,
	    REQ_TOO_LARGE },
	{ "and cut short", "CONTENT_LENGTH=1000000", "HTTP_X", 999999, 0, 0,
	    REQ_TOO_LARGE },
	{ "chunked, one byte", "CONTENT_LENGTH", CHUNKED, 65537, 0, 0,
	    REQ_TOO_LARGE },
	{ "chunked, a million bytes", "CONTENT_LENGTH", CHUNKED, 1000000, 0, 0,
	    REQ_TOO_LARGE },
};

static const char *
pattern(size_t len)
{
	char *text = mem_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = (char)(i % 251);
	return text;
}

/* Prints how long the body is and how much of the input is left. */
static void
read_bytes(const void *given)
{
	const struct body *row = given;
	const struct req *req = req_read(REQ_BYTES);
	size_t len;
	const char *body = req_body(req, &len);
	bool right = memcmp(body, pattern(len), len) == 0 && body[len] == '\0';

	if (row->fault == REQ_TOO_LARGE)
		len = 0;
	print(req,
	    mem_format("%zu %zu%s", len,
		row->sent - (size_t)lseek(STDIN_FILENO, 0, SEEK_CUR),
		right ? "" : " and wrong"));
}

static void
test_body(void **state)
{
	const struct body *row = row_of(state);
	struct child child = {
		.env = { row->length, row->coding, "CONTENT_TYPE=text/plain" },
		.input = pattern(row->sent),
		.input_len = row->sent,
	};

	child_run(&child, read_bytes, row);
	assert_printed(
	    &child, row->fault, mem_format("%zu %zu", row->read, row->rest));
}

static void
drop_body(const void *given)
{
	const struct req *req = req_read(REQ_NO_BODY);

	(void)given;
	print(req, mem_format("%ld", (long)lseek(STDIN_FILENO, 0, SEEK_CUR)));
}

/* Read to its end and dropped, whatever it is. */
static void
test_no_body(void **state)
{
	struct child child = {
		.env = { "CONTENT_LENGTH=99999999", FORM },
		.input = "a=%zz",
	};

	(void)state;
	child_run(&child, drop_body, NULL);
	assert_printed(&child, REQ_SOUND, "5");
}

/* The first fault is the one that is told. */
static void
test_two_faults(void **state)
{
	struct child child = {
		.env = { "REQUEST_URI=/%zz", "CONTENT_LENGTH=9", FORM },
		.input = "a=b",
	};

	(void)state;
	child_run(&child, read_form_field, NULL);
	assert_printed(&child, REQ_MALFORMED, NULL);
}

/* --- cookies, methods, variables --- */

static const struct cookie {
	const char *name, *header;
	const char *value; /* of the cookie "a"; NULL: absent */
} cookies[] = {
	{ "none", "", NULL },
	{ "alone", "a=b", "b" },
	{ "among others", "x=1; a=b; y=2", "b" },
	{ "without blanks", "x=1;a=b;y=2", "b" },
	{ "blanks and semicolons", " ;; \t a=b", "b" },
	{ "empty", "a=", "" },
	{ "empty, then another", "a=; x=1", "" },
	{ "the first of two", "a=1; a=2", "1" },
	{ "an equals sign", "a=b=c", "b=c" },
	{ "as it is", "a=%41+\"b\"", "%41+\"b\"" },
	{ "not UTF-8", "a=\xff\xc0", "\xff\xc0" },
	{ "a name alone", "a", NULL },
	{ "a name alone, then it", "a; a=b", "b" },
	{ "a longer name", "aa=1", NULL },
	{ "the end of another name", "xa=1; =a; x=a", NULL },
	{ "another case", "A=1", NULL },
	{ "in another's value", "x=a=1", NULL },
	{ "rubbish", ";;;===;,\";=", NULL },
};

static void
read_cookie(const void *given)
{
	const struct req *req = req_read(REQ_NO_BODY);

	(void)given;
	print(req, req_cookie(req, "a", 0));
}

static void
test_cookie(void **state)
{
	const struct cookie *row = row_of(state);
	struct child child = {
		.env = { mem_format("HTTP_COOKIE=%s", row->header) },
	};

	child_run(&child, read_cookie, NULL);
	assert_printed(&child, REQ_SOUND, row->value);
}

static const struct method {
	const char *name, *variable;
	enum req_method method;
} methods[] = {
	{ "GET", "REQUEST_METHOD=GET", REQ_GET },
	{ "HEAD", "REQUEST_METHOD=HEAD", REQ_HEAD },
	{ "POST", "REQUEST_METHOD=POST", REQ_POST },
	{ "lower case", "REQUEST_METHOD=get", REQ_OTHER },
	{ "longer", "REQUEST_METHOD=GETS", REQ_OTHER },
	{ "shorter", "REQUEST_METHOD=GE", REQ_OTHER },
	{ "DELETE", "REQUEST_METHOD=DELETE", REQ_OTHER },
	{ "empty", "REQUEST_METHOD=", REQ_OTHER },
	{ "none", "REQUEST_METHOD", REQ_OTHER },
};

static void
read_a_method(const void *given)
{
	const struct req *req = req_read(REQ_NO_BODY);

	(void)given;
	print(req, mem_format("%d", (int)req_method(req)));
}

static void
test_method(void **state)
{
	const struct method *row = row_of(state);
	struct child child = { .env = { row->variable } };

	child_run(&child, read_a_method, NULL);
	assert_printed(&child, REQ_SOUND, mem_format("%d", (int)row->method));
}

static void
read_a_variable(const void *name)
{
	const struct req *req = req_read(REQ_NO_BODY);

	print(req, req_variable(req, name));
}

static void
test_variable(void **state)
{
	struct child child = { .env = { "HTTP_X=a b", "HTTP_Y=", "HTTP_Z" } };

	(void)state;
	child_run(&child, read_a_variable, "HTTP_X");
	assert_printed(&child, REQ_SOUND, "a b");
	child_run(&child, read_a_variable, "HTTP_Y");
	assert_printed(&child, REQ_SOUND, "");
	child_run(&child, read_a_variable, "HTTP_Z");
	assert_printed(&child, REQ_SOUND, NULL);
}

/* --- the name of the program in the log --- */

/* --- where the site is --- */

static const struct host {
	const char *name, *host, *https;
	const char *origin; /* NULL: none */
} hosts[] = {
	{ "a name", "example.org", "", "http://example.org" },
	{ "in capitals", "EXAMPLE.Org", "", "http://example.org" },
	{ "a port", "example.org:81", "", "http://example.org:81" },
	{ "HTTP's port", "example.org:80", "", "http://example.org" },
	{ "HTTPS' port", "example.org:443", "on", "https://example.org" },
	{ "the other's port", "example.org:443", "", "http://example.org:443" },
	{ "no port", "example.org:", "", "http://example.org" },
	{ "HTTPS", "example.org", "on", "https://example.org" },
	{ "HTTPS is off", "example.org", "off", "http://example.org" },
	{ "IPv4", "192.0.2.1:5000", "", "http://192.0.2.1:5000" },
	{ "IPv6", "[::1]", "", "http://[::1]" },
	{ "IPv6, port", "[2001:DB8::1]:80", "on", "https://[2001:db8::1]:80" },
	{ "no Host", NULL, "", NULL },
	{ "nothing", "", "", NULL },
	{ "only a port", ":80", "", NULL },
	{ "a bad port", "a:8x", "", NULL },
	{ "two ports", "a:80:80", "", NULL },
	{ "a path", "a/b", "", NULL },
	{ "a user", "me@a", "", NULL },
	{ "markup", EVIL, "", NULL },
	{ "no end", "[::1", "", NULL },
	{ "no address", "[]", "", NULL },
	{ "more after it", "[::1]a", "", NULL },
	{ "UTF-8", "\u00e4", "", NULL },
};

static void
read_origin(const void *given)
{
	const struct req *req = req_read(REQ_NO_BODY);

	(void)given;
	print(req, req_origin(req));
}

static void
test_origin(void **state)
{
	const struct host *row = row_of(state);
	struct child child = {
		.env = { row->host != NULL
			? mem_format("HTTP_HOST=%s", row->host)
			: "HTTP_HOST",
		    mem_format("HTTPS=%s", row->https) },
	};

	child_run(&child, read_origin, NULL);
	assert_printed(&child, REQ_SOUND, row->origin);
}

static const struct program {
	const char *name, *variable, *written;
} programs[] = {
	{ "of Apache", "SCRIPT_FILENAME=/srv/cgi-bin/site/login",
	    "site/login" },
	{ "two segments", "SCRIPT_FILENAME=site/login", "site/login" },
	{ "one segment", "SCRIPT_FILENAME=login", "login" },
	{ "nothing", "SCRIPT_FILENAME=", "" },
	{ "none", "SCRIPT_FILENAME", "-" },
};

static void
read_and_log(const void *given)
{
	(void)given;
	req_read(REQ_NO_BODY);
	log_line(LOG_INFO, "x");
}

static void
test_log_context(void **state)
{
	const struct program *row = row_of(state);
	struct child child = { .env = { row->variable, "UNIQUE_ID=Zx\"1" } };

	child_run(&child, read_and_log, NULL);
	assert_logged(&child, "info", "x");
	assert_contains(child.err,
	    mem_format(
		"\"program\":\"%s\",\"request\":\"Zx\\\"1\"", row->written));
}

int
main(void)
{
	UNIT_ROWS(test_path, paths);
	UNIT_ROWS(test_query, queries);
	UNIT_ROWS(test_form, forms);
	UNIT_TEST(test_form_of_a_get);
	UNIT_ROWS(test_body, bodies);
	UNIT_ROWS(test_body, large_bodies);
	UNIT_TEST(test_no_body);
	UNIT_TEST(test_two_faults);
	UNIT_ROWS(test_cookie, cookies);
	UNIT_ROWS(test_method, methods);
	UNIT_TEST(test_variable);
	UNIT_ROWS(test_origin, hosts);
	UNIT_ROWS(test_log_context, programs);
	return unit_run();
}
