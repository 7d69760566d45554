/* sessions -- which browsers are logged in as whom.
 *
 * A session is known by its token, which is with the browser alone: the table
 * has its SHA-256, made in the statement.  256 random bits need neither salt
 * nor stretching. */

#ifndef SESSIONS_H
#define SESSIONS_H

#include <stdint.h>

#include "users.h"

#define SESSIONS_LIFETIME (30 * 24 * 3600) /* seconds since the login */

/* Whose session it is; NULL when it is nobody's: unknown, ended, expired, or
 * its user is gone. */
const struct user *session_find(const char *token);

/* What login needs to know about the name that somebody entered, and, asked in
 * the same statement, whether the browser is logged in already. */
struct session_login {
	const struct user *session_user; /* NULL: no such session */
	const struct user *user;         /* NULL: nobody has that name */
	const char *password_hash;       /* the user's */
};

/* token is NULL for a browser without one. */
struct session_login session_login(const char *name, const char *token);

/* Begins a session.  Where the user's password hash is to be replaced, outdated
 * is the one that was read and replacement the new one; else both are NULL. */
void session_add(int64_t user_id, const char *token, const char *outdated,
    const char *replacement);

/* Ends a session; no error when there is none. */
void session_remove(const char *token);

#endif
