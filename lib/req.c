#include "req.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "mem.h"
#include "metrics.h"
#include "text.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

/* The most that one read of a body asks for. */
#define PIECE ((size_t)16384)

struct field {
	const char *name, *value;
};

struct fields {
	size_t count;
	struct field *list;
};

struct req {
	enum req_method method;
	enum req_fault fault;
	struct fields segments; /* of the path: values without names */
	struct fields query, form;
	struct buf body;
};

static void
note_fault(struct req *req, enum req_fault fault)
{
	if (req->fault == REQ_SOUND)
		req->fault = fault;
}

static size_t
count_char(const char *text, char c)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == c;
	return count;
}

/* The segments of the path, without empty ones: Apache has merged slashes
 * before it chose the program. */
static void
read_segments(struct req *req, const char *path)
{
	const char *at = path;

	req->segments.list =
	    mem_alloc((count_char(at, '/') + 1) * sizeof(*req->segments.list));
	while (*(at += strspn(at, "/")) != '\0') {
		size_t len = strcspn(at, "/");
		const char *segment = text_percent_decode(at, len);

		if (segment == NULL ||
		    !text_is_utf8(segment, strlen(segment))) {
			note_fault(req, REQ_MALFORMED);
			return;
		}
		req->segments.list[req->segments.count++].value = segment;
		at += len;
	}
}

/* Fields of a query or a form: name=value&name=value (URL Standard 5.1). */
static void
read_fields(struct req *req, struct fields *fields, const char *text)
{
	fields->list =
	    mem_alloc((count_char(text, '&') + 1) * sizeof(*fields->list));
	while (*(text += strspn(text, "&")) != '\0') {
		size_t len = strcspn(text, "&");
		size_t name_len = strcspn(text, "=&");
		size_t value_at = name_len < len ? name_len + 1 : len;
		struct field field = {
			.name = text_form_decode(text, name_len),
			.value =
			    text_form_decode(text + value_at, len - value_at),
		};

		if (field.name == NULL || field.value == NULL)
			note_fault(req, REQ_MALFORMED);
		else
			fields->list[fields->count++] = field;
		text += len;
	}
}

/* The field's value; *times says how often it is there. */
static const char *
find(const struct fields *fields, const char *name, size_t *times)
{
	const char *value = NULL;

	*times = 0;
	for (size_t i = 0; i < fields->count; i++) {
		if (strcmp(fields->list[i].name, name) == 0) {
			value = fields->list[i].value;
			++*times;
		}
	}
	return value;
}

/* The target is a path with a query, or a whole URL (RFC 9112 3.2). */
static void
read_target(struct req *req)
{
	const char *target = req_variable(req, "REQUEST_URI"), *authority;
	size_t path_len;

	if (target == NULL)
		target = "/";
	if (target[0] != '/' && (authority = strstr(target, "://")) != NULL) {
		authority += strlen("://");
		target = authority + strcspn(authority, "/?");
	}
	path_len = strcspn(target, "?");
	read_segments(req, mem_copy(target, path_len));
	if (target[path_len] == '?')
		read_fields(req, &req->query, target + path_len + 1);
}

/* How many bytes the body has (RFC 3875 4.1.2).  Apache undoes the chunked
 * coding, but can't know the length then: all there is. */
static size_t
announced_length(const struct req *req, bool *known)
{
	const char *length = req_variable(req, "CONTENT_LENGTH");
	int64_t number = 0;

	*known = length != NULL && length[0] != '\0';
	if (!*known)
		return req_variable(req, "HTTP_TRANSFER_ENCODING") != NULL
		    ? SIZE_MAX
		    : 0;
	if (!text_integer(length, 0, INT64_MAX, &number))
		return 0;
	return (size_t)number;
}

static void
read_body(struct req *req, enum req_body kind)
{
	bool known;
	size_t expected = announced_length(req, &known), got = 0;
	char *bytes = mem_alloc(expected < PIECE ? expected : PIECE);

	while (got < expected) {
		size_t want = expected - got < PIECE ? expected - got : PIECE;
		ssize_t len = read(STDIN_FILENO, bytes, want);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		got += (size_t)len;
		if (kind != REQ_NO_BODY && got <= REQ_BODY_MAX)
			buf_add(&req->body, bytes, (size_t)len);
	}
	if (kind == REQ_NO_BODY)
		return;
	if (got > REQ_BODY_MAX)
		note_fault(req, REQ_TOO_LARGE);
	else if (known && got < expected)
		note_fault(req, REQ_CUT_SHORT);
	buf_add(&req->body, "", 0);
}

static bool
is_form_type(const char *type)
{
	size_t len = strlen(FORM_TYPE);

	return type != NULL && strncasecmp(type, FORM_TYPE, len) == 0 &&
	    strchr("; \t", type[len]) != NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(
	    ((const struct field *)a)->name, ((const struct field *)b)->name);
}

static void
read_form(struct req *req)
{
	if (req->fault != REQ_SOUND || req->body.len == 0)
		return;
	if (!is_form_type(req_variable(req, "CONTENT_TYPE"))) {
		note_fault(req, REQ_NOT_A_FORM);
		return;
	}
	if (strlen(req->body.data) != req->body.len) {
		note_fault(req, REQ_MALFORMED);
		return;
	}
	read_fields(req, &req->form, req->body.data);
	/* sorted, because a body can hold 32,000 of them */
	if (req->form.count > 1)
		qsort(req->form.list, req->form.count, sizeof(struct field),
		    by_name);
	for (size_t i = 1; i < req->form.count; i++) {
		if (by_name(&req->form.list[i - 1], &req->form.list[i]) == 0)
			note_fault(req, REQ_MALFORMED);
	}
}

static enum req_method
read_method(void)
{
	static const struct {
		const char *name;
		enum req_method method;
	} methods[] = {
		{ "GET", REQ_GET },
		{ "HEAD", REQ_HEAD },
		{ "POST", REQ_POST },
	};
	const char *name = getenv("REQUEST_METHOD");

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (name != NULL && strcmp(name, methods[i].name) == 0)
			return methods[i].method;
	}
	return REQ_OTHER;
}

bool
req_is_anonymous(void)
{
	const char *cookies = getenv("HTTP_COOKIE");

	return (read_method() & REQ_READ) != 0 &&
	    (cookies == NULL || strstr(cookies, "session") == NULL);
}

const char *
req_program(void)
{
	return metrics_route(getenv("SCRIPT_FILENAME"));
}

const char *
req_sent_method(void)
{
	const char *first = getenv("REDIRECT_REQUEST_METHOD");

	return first != NULL ? first : getenv("REQUEST_METHOD");
}

int64_t
req_age(void)
{
	/* "t=" and microseconds since 1970: apache/minitwit.conf */
	const char *start = getenv("HTTP_X_REQUEST_START");
	struct timespec now = log_now();
	int64_t then, age;

	if (start == NULL || strncmp(start, "t=", strlen("t=")) != 0 ||
	    !text_integer(start + strlen("t="), 0, INT64_MAX, &then))
		return -1;
	age = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 - then;
	return age > 0 ? age : 0; /* somebody has set the clock */
}

const char *
req_setting(const char *name)
{
	return getenv(name);
}

const struct req *
req_read(enum req_body kind)
{
	struct req *req = mem_alloc(sizeof(*req));

	log_context(req_program(), req_variable(req, "UNIQUE_ID"));
	req->method = read_method();
	read_target(req);
	read_body(req, kind);
	/* that of a GET means nothing (RFC 9110 9.3.1), and it must not get
	 * into a page that is kept for others */
	if (kind == REQ_FORM && req->method == REQ_POST)
		read_form(req);
	return req;
}

enum req_fault
req_fault(const struct req *req)
{
	return req->fault;
}

enum req_method
req_method(const struct req *req)
{
	return req->method;
}

const char *
req_name(const struct req *req, const char *shape)
{
	const char *name = NULL;
	size_t i = 0;

	for (; *(shape += strspn(shape, "/")) != '\0'; i++) {
		size_t len = strcspn(shape, "/");
		const char *segment;

		if (i == req->segments.count)
			return NULL;
		segment = req->segments.list[i].value;
		if (strncmp(shape, "{}", len) == 0)
			name = segment;
		else if (strncmp(shape, "*", len) != 0 &&
		    (strlen(segment) != len ||
			strncmp(segment, shape, len) != 0))
			return NULL;
		shape += len;
	}
	return i == req->segments.count ? name : NULL;
}

const char *
req_query(const struct req *req, const char *name)
{
	size_t times;
	const char *value = find(&req->query, name, &times);

	return times == 1 ? value : NULL;
}

const char *
req_form(const struct req *req, const char *name)
{
	size_t times;

	return find(&req->form, name, &times);
}

const char *
req_field(const struct req *req, const char *name)
{
	const char *value = req_form(req, name);

	return value != NULL ? value : "";
}

const char *
req_cookie(const struct req *req, const char *name, size_t nth)
{
	const char *at = req_variable(req, "HTTP_COOKIE");
	size_t name_len = strlen(name);

	if (at == NULL)
		return NULL;
	while (*(at += strspn(at, "; \t")) != '\0') {
		size_t len = strcspn(at, ";");

		if (len > name_len && strncmp(at, name, name_len) == 0 &&
		    at[name_len] == '=' && nth-- == 0)
			return mem_copy(at + name_len + 1, len - name_len - 1);
		at += len;
	}
	return NULL;
}

const char *
req_variable(const struct req *req, const char *name)
{
	(void)req; /* asking the environment takes having a request */
	return getenv(name);
}

/* A name or an address as in a URL, and maybe a port (RFC 9110 7.2). */
static bool
is_host(const char *host)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._";
	bool is_ipv6 = host[0] == '[';
	size_t len = is_ipv6 ? strspn(host + 1, "0123456789abcdefABCDEF:.")
			     : strspn(host, name);

	if (len == 0 || (is_ipv6 && host[1 + len] != ']'))
		return false;
	host += is_ipv6 ? len + 2 : len;
	if (host[0] == ':')
		host += 1 + strspn(host + 1, "0123456789");
	return host[0] == '\0';
}

bool
req_is_https(const struct req *req)
{
	const char *https = req_variable(req, "HTTPS");

	return https != NULL && strcmp(https, "on") == 0;
}

/* In lower case and without the scheme's default port (RFC 3986 6.2.3). */
static const char *
make_origin(const char *scheme, const char *host)
{
	char *origin = mem_format("%s://%s", scheme, host);
	char *port = strrchr(origin, ':');

	for (char *c = origin; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	if (strcmp(port, ":") == 0 ||
	    strcmp(port, strncmp(origin, "https:", 6) == 0 ? ":443" : ":80") ==
		0)
		*port = '\0';
	return origin;
}

const char *
req_origin(const struct req *req)
{
	const char *host = req_variable(req, "HTTP_HOST");

	if (host == NULL || !is_host(host))
		return NULL;
	return make_origin(req_is_https(req) ? "https" : "http", host);
}

const char *
req_origin_of(const char *url)
{
	const char *end = strstr(url, "://"), *host;

	if (end == NULL)
		return NULL;
	host = end + strlen("://");
	host = mem_copy(host, strcspn(host, "/?#"));
	if (!is_host(host))
		return NULL;
	return make_origin(mem_copy(url, (size_t)(end - url)), host);
}

const char *
req_body(const struct req *req, size_t *len)
{
	*len = req->body.len;
	return req->body.data;
}
