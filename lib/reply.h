/* reply -- one answer per process: a status, headers and a body, sent at once
 * with its Content-Length, and then the process is over.
 *
 * need_x() gives x or has already answered; reply_x() answers and never
 * returns.  So nothing above needs an else. */

#ifndef REPLY_H
#define REPLY_H

#include <stdint.h>

#include "buf.h"
#include "json.h"
#include "req.h"

/* What kind of client a program talks to. */
struct reply_kind {
	/* Connects to what the program has to ask, before the request is read:
	 * there is no connecting later.  NULL: it asks nobody, and the sandbox
	 * is tighter. */
	void (*connect)(void);

	enum req_body body;
	const char *error_type; /* Content-Type of its errors */

	/* The body of an error: the status, its name, and a sentence that
	 * tells the client what happened and what to do. */
	const char *(*error_body)(
	    int status, const char *reason, const char *sentence);

	/* What has to be done for every request that reaches the program,
	 * also for one that is refused; or NULL. */
	void (*note)(const struct req *req);

	/* Does what was put off so far, before any answer is sent; or NULL. */
	void (*finish)(void);
};

/* Maps the metrics, connects, closes the sandbox, and only then reads the
 * request; from here on every end of the process is an answer. Answers 400, 413
 * and 415 itself. */
const struct req *reply_begin(const struct reply_kind *kind);

/* Answers 405 with Allow unless the request has one of the methods, REQ_GET |
 * REQ_POST for example. */
void need_method(const struct req *req, unsigned methods);

/* The name in the path (req_name); answers 404 when the path has another
 * shape. */
const char *need_name(const struct req *req, const char *shape);

/* Adds a header to the answer, whatever it will be.  Dies when value holds a
 * control character. */
void reply_header(const char *name, const char *value);

/* Names this version of the answer, and answers 304 to a client that has it
 * (RFC 9110 13.1.2); of a GET or HEAD.  tag has no quotation mark; the headers
 * that a 304 has to have come before. */
void need_change(const struct req *req, const char *tag);

/* Tells the web server's log who asks, whatever the answer will be: a user's
 * id, or "api".  No client sees it (apache/minitwit.conf). */
void reply_user(const char *name);

/* Tells the client when to try again (RFC 9110 10.2.3). */
void reply_retry_after(int64_t seconds);

_Noreturn void reply_html(int status, const struct buf *body);
_Noreturn void reply_document(const char *type, const struct buf *body);
_Noreturn void reply_json(const struct json_writer *json);
_Noreturn void reply_text(const char *text);
_Noreturn void reply_no_content(void);

/* 302 to a path of this site. */
_Noreturn void reply_redirect(const char *path);

/* An error in the form of the program's kind.  The sentence is for the client
 * and for the log. */
_Noreturn void reply_error(int status, const char *sentence);

/* The error that the web server came to before, or instead of, any program,
 * and asks a program to put into words (Apache: ErrorDocument). */
_Noreturn void reply_server_error(const struct req *req);

#endif
