#include "reply.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "metrics.h"
#include "sandbox.h"
#include "text.h"

/* When to come again after a 503, in seconds. */
#define RETRY_AFTER 1

static const char our_fault[] = "Something went wrong on our side. It has been "
				"noted. Please try again later.";

static const struct reply_kind *reply_kind;
static struct buf headers;
static const char *user; /* who asks; NULL while that is not known */
static bool dying;

static const char *
reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 302, "Found" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	die("reply: status %d has no name", status);
}

void
reply_header(const char *name, const char *value)
{
	if (!text_is_utf8(value, strlen(value)) || text_has_control(value))
		die("reply: a control character in the header %s", name);
	buf_puts(&headers, mem_format("%s: %s\r\n", name, value));
}

void
reply_user(const char *name)
{
	user = name;
}

void
reply_retry_after(int64_t seconds)
{
	reply_header("Retry-After", mem_format("%lld", (long long)seconds));
}

static void
write_all(const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return; /* the client is gone */
		bytes += written;
		len -= (size_t)written;
	}
}

/* Apache takes a Location without a Status for an internal redirect, so the
 * status always comes, and first (RFC 3875 6.3.3). */
static _Noreturn void
send_reply(int status, const char *type, const char *body, size_t len)
{
	struct buf answer = { 0 };

	if (reply_kind->finish != NULL)
		reply_kind->finish();
	metrics_count_request(
	    req_program(), req_sent_method(), status, req_age());
	if (status == 429)
		metrics_count(METRICS_RATE_LIMITED);
	buf_puts(&answer,
	    mem_format("Status: %d %s\r\n", status, reason_of(status)));
	if (type != NULL)
		buf_puts(&headers,
		    mem_format("Content-Type: %s\r\n"
			       "Content-Length: %zu\r\n",
			type, len));
	if (user != NULL)
		buf_puts(&headers, mem_format("X-Minitwit-User: %s\r\n", user));
	buf_add(&answer, headers.data, headers.len);
	buf_puts(&answer, "\r\n");
	buf_reserve(&answer, answer.len + len + 1);
	buf_add(&answer, body, len);
	log_on_death(NULL); /* there is one answer */
	write_all(answer.data, answer.len);
	/* in the midst of something: nobody is to tidy that up */
	sandbox_exit(EXIT_SUCCESS, dying);
}

static _Noreturn void
send_error(int status, const char *sentence)
{
	const char *body =
	    reply_kind->error_body(status, reason_of(status), sentence);

	if (status == 503)
		reply_retry_after(RETRY_AFTER);
	send_reply(status, reply_kind->error_type, body, strlen(body));
}

_Noreturn void
reply_error(int status, const char *sentence)
{
	log_line(LOG_INFO, "%d: %s", status, sentence);
	send_error(status, sentence);
}

_Noreturn void
reply_server_error(const struct req *req)
{
	static const struct {
		int status;
		const char *sentence;
	} errors[] = {
		{ 400, "The request can't be understood." },
		{ 403, "This address is not for you." },
		{ 404, "There is nothing at this address." },
		{ 405, "This address does not know the request's method." },
		{ 408, "The request took too long to arrive." },
		{ 412, "What the request asks for first is not so." },
		{ 413, "The request's body is too large." },
		{ 414, "The address is too long." },
		{ 416, "There is nothing in the requested range." },
		{ 417, "The request's Expect header can't be met." },
		{ 431, "The request's headers are too long." },
		{ 500, our_fault },
		{ 501, "The server does not know the request's method." },
		{ 503,
		    "MiniTwit is busy at the moment. Please try again "
		    "in a few seconds." },
		{ 504, "That took too long. Please try again later." },
	};
	const char *text = req_variable(req, "REDIRECT_STATUS");
	int64_t status = 404;

	if (text != NULL)
		text_integer(text, 400, 599, &status);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].status == status)
			reply_error((int)status, errors[i].sentence);
	}
	die("reply: no words for status %s", text);
}

static void
answer_death(enum log_death why)
{
	dying = true;
	headers.len = 0;
	if (why == LOG_DEATH_UNAVAILABLE)
		send_error(503,
		    "MiniTwit's database can't be reached at the "
		    "moment. Please try again in a few seconds.");
	send_error(500, our_fault);
}

const struct req *
reply_begin(const struct reply_kind *kind)
{
	const struct req *req;

	reply_kind = kind;
	log_on_death(answer_death);
	sandbox_begin();
	metrics_open(req_setting("MINITWIT_METRICS"));
	log_open(req_setting("MINITWIT_LOG"));
	if (kind->connect != NULL) {
		kind->connect();
		sandbox_close();
	} else {
		sandbox_close_tightly();
	}
	req = req_read(kind->body);
	if (kind->note != NULL)
		kind->note(req);
	switch (req_fault(req)) {
	case REQ_SOUND:
		return req;
	case REQ_MALFORMED:
		reply_error(400,
		    "The request can't be read: the address has a bad percent "
		    "sign or is not UTF-8, a value has a NUL, or the form has "
		    "a field twice. Please check it and try again.");
	case REQ_CUT_SHORT:
		reply_error(400,
		    "The request's body ended before its "
		    "Content-Length.");
	case REQ_TOO_LARGE:
		reply_error(413, "The request's body has more than 64 KiB.");
	case REQ_NOT_A_FORM:
		reply_error(415,
		    "The form has to be sent as "
		    "application/x-www-form-urlencoded.");
	}
	die("reply: an unknown fault");
}

void
need_method(const struct req *req, unsigned methods)
{
	struct buf allow = { 0 };

	if (((unsigned)req_method(req) & methods) != 0)
		return;
	if (methods & REQ_GET)
		buf_puts(&allow, "GET, ");
	if (methods & REQ_HEAD)
		buf_puts(&allow, "HEAD, ");
	if (methods & REQ_POST)
		buf_puts(&allow, "POST, ");
	reply_header("Allow", mem_copy(allow.data, allow.len - strlen(", ")));
	reply_error(405, "This address does not know the request's method.");
}

void
need_change(const struct req *req, const char *tag)
{
	const char *known = req_variable(req, "HTTP_IF_NONE_MATCH");
	const char *quoted = mem_format("\"%s\"", tag);

	/* weak: Apache may compress the answer, and leaves the tag as it is
	 * (RFC 9110 8.8.3.3) */
	reply_header("ETag", mem_format("W/%s", quoted));
	/* a list of quoted tags, W/ before some of them, or all there are */
	if (known != NULL &&
	    (strstr(known, quoted) != NULL || strcmp(known, "*") == 0))
		send_reply(304, NULL, "", 0);
}

const char *
need_name(const struct req *req, const char *shape)
{
	const char *name = req_name(req, shape);

	if (name == NULL)
		reply_error(404, "There is nothing at this address.");
	return name;
}

_Noreturn void
reply_html(int status, const struct buf *body)
{
	send_reply(status, "text/html; charset=utf-8", body->data, body->len);
}

_Noreturn void
reply_document(const char *type, const struct buf *body)
{
	send_reply(200, type, body->data, body->len);
}

_Noreturn void
reply_json(const struct json_writer *json)
{
	const char *text = json_text(json);

	send_reply(200, "application/json", text, strlen(text));
}

_Noreturn void
reply_text(const char *text)
{
	send_reply(200, "text/plain; charset=utf-8", text, strlen(text));
}

_Noreturn void
reply_no_content(void)
{
	send_reply(204, NULL, "", 0);
}

_Noreturn void
reply_redirect(const char *path)
{
	static const char body[] = "";

	reply_header("Location", path);
	send_reply(302, "text/html; charset=utf-8", body, 0);
}
