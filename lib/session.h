/* session -- who is at the browser, by a cookie, and what the next page tells
 * them (a flash), by another.
 *
 * Both cookies are HttpOnly and SameSite=Lax (RFC 6265bis); under HTTPS also
 * Secure, and their names begin with __Host-.  No state is in this process or
 * this machine: the session's row is in the database, the flash with the
 * browser. */

#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "req.h"
#include "users.h"

/* The logged-in user; NULL for a visitor. */
const struct user *session_user(const struct req *req);

/* The logged-in user; answers 401 to a visitor. */
const struct user *need_user(const struct req *req);

/* Tells the log whose session it is, where somebody else than session_user()
 * has found out. */
void session_is_of(int64_t user_id);

/* Answers 403 if another site's page made the browser send the request, by
 * Sec-Fetch-Site (W3C Fetch Metadata), or else by Origin or Referer, and if the
 * browser only prefetches the page.  A client that sends none of the three
 * headers is a script and passes. */
void need_same_origin(const struct req *req);

/* True for a GET by a browser that sends none of these headers.  Over plain
 * HTTP a current browser does so if another site's page suppresses the Referer.
 */
bool session_is_doubtful(const struct req *req);

/* Answers 401: who asks is not logged in. */
_Noreturn void reply_to_visitor(void);

/* The browser's session token, or NULL.  If the browser sends several, the
 * first one that has a session. */
const char *session_token(const struct req *req);

/* A token that no session has yet. */
const char *session_new_token(void);

/* Has the browser keep a session's token, or, with NULL, forget it. */
void session_keep(const struct req *req, const char *token);

/* Begins a session: a fresh token, its row, its cookie.  The browser's present
 * session ends.  hash, replacement and result as in session_begin(). */
bool sign_in(const struct req *req, const struct user *user, const char *hash,
    const char *replacement);

/* Ends the session, here and in the database; no error without one. */
void sign_out(const struct req *req);

enum flash {
	FLASH_NONE,
	FLASH_REGISTERED,
	FLASH_LOGGED_IN,
	FLASH_LOGGED_OUT,
	FLASH_RECORDED,
	FLASH_FOLLOWING,     /* with a name */
	FLASH_NOT_FOLLOWING, /* with a name */
	FLASH_PASSWORD_CHANGED,
	FLASH_SESSION_ENDED,
	FLASH_SESSIONS_ENDED,
	FLASH_ACCOUNT_DELETED,
};

/* Leaves a word for the next page, in place of one that is still there; name is
 * NULL where none belongs to it. */
void flash_leave(const struct req *req, enum flash flash, const char *name);

/* Takes the word that was left, so that no later page has it.  *name is
 * whatever the browser says: valid UTF-8, maybe "", nothing more is sure. */
enum flash flash_take(const struct req *req, const char **name);

#endif
