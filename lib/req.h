/* req -- one HTTP request, as CGI/1.1 (RFC 3875) hands it over: read whole,
 * checked, then read-only.
 *
 * Nothing here answers the client: what is wrong with a request is a value
 * (req_fault), for reply to put into words.  Path and query are taken from
 * REQUEST_URI, because only that tells %2F from %252F and is the client's own
 * also where Apache asks a program for an error page. */

#ifndef REQ_H
#define REQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct req;

/* Methods are bits, so that a route can name several. */
enum req_method {
	REQ_OTHER = 0,
	REQ_GET = 1,
	REQ_HEAD = 2,
	REQ_POST = 4,
	REQ_READ = REQ_GET | REQ_HEAD,
};

enum req_fault {
	REQ_SOUND = 0,
	REQ_MALFORMED,  /* a path with percent garbage or not UTF-8; a NUL; a
	                   form with a field twice */
	REQ_CUT_SHORT,  /* the body ended before its Content-Length */
	REQ_TOO_LARGE,  /* the body has more than REQ_BODY_MAX bytes */
	REQ_NOT_A_FORM, /* a body of another type where a form is expected */
};

/* A message of 1,000 code points takes at most 12,000 bytes, whether escaped
 * for a form or for JSON. */
#define REQ_BODY_MAX ((size_t)64 * 1024)

/* How a route reads its body. */
enum req_body {
	REQ_NO_BODY, /* read and dropped, so that Apache gets rid of it */
	REQ_FORM,    /* a form, of a POST; a body of another type is a fault */
	REQ_BYTES,   /* as it is, whatever its Content-Type says */
};

/* --- what is known before the request is read --- */

/* Whether it is a GET or a HEAD
 * without anything like the cookie of a session: from nobody we know, and to
 * change nothing. */
bool req_is_anonymous(void);

/* The program's name, "site/public", for whoever tells one from another; NULL
 * when the web server has not said. */
const char *req_program(void);

/* The method as it was sent; that of the request that failed, where a program
 * is asked to put an error into words.  NULL when the web server has not said.
 */
const char *req_sent_method(void);

/* Microseconds since the web server took the request; below 0 when it has not
 * said. */
int64_t req_age(void);

/* A setting of the web server's, "MINITWIT_METRICS"; NULL when it is not set.
 */
const char *req_setting(const char *name);

/* Reads environment and body; once per process.  A body that is too large is
 * read and dropped, so that the client gets to reading its answer. */
const struct req *req_read(enum req_body kind);

enum req_fault req_fault(const struct req *req);
enum req_method req_method(const struct req *req);

/* The name in a path of a given shape: with the shape "/msgs/{}" and the
 * path /msgs/Roger%20Histand it is "Roger Histand"; * is for any other segment.
 * NULL when the path has another shape.  Empty segments do not count. */
const char *req_name(const struct req *req, const char *shape);

/* A field of the query or the form, decoded; NULL when it is absent.  A query
 * field that is given twice counts as absent, one of a form is a fault. */
const char *req_query(const struct req *req, const char *name);
const char *req_form(const struct req *req, const char *name);

/* The same field of the form, "" when it is absent. */
const char *req_field(const struct req *req, const char *name);

/* The cookie of that name, or NULL.  A client sends several if they have other
 * paths or domains (RFC 6265 5.4): nth counts them from 0. */
const char *req_cookie(const struct req *req, const char *name, size_t nth);

/* A variable of the environment: a header as "HTTP_REFERER", a setting as
 * "MINITWIT_SIMULATOR_USER".  NULL when it is not set. */
const char *req_variable(const struct req *req, const char *name);

/* Whether the client came by TLS. */
bool req_is_https(const struct req *req);

/* The origin of this site as the client knows it (RFC 6454 6.2), in lower case
 * and without a default port: "https://example.org:8443".  NULL if the Host
 * header is not a host. */
const char *req_origin(const struct req *req);

/* The same of a URL or an Origin header; NULL if it has none ("null"). */
const char *req_origin_of(const char *url);

/* The body's bytes, NUL-terminated for convenience; of length *len. */
const char *req_body(const struct req *req, size_t *len);

#endif
