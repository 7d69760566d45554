/* sessions -- which browsers are logged in as whom.
 *
 * A session is known by its token, which is with the browser alone: the table
 * has its SHA-256.  256 random bits need neither salt nor stretching.
 *
 * A session ends after a week without use, thirty days after the sign-in, and
 * when its user's password changes (sql/functions/sessions.sql).  Guesses of
 * passwords are limited by sql/functions/attempts.sql. */

#ifndef SESSIONS_H
#define SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "users.h"

/* Seconds since the login; the database knows, too. */
#define SESSIONS_LIFETIME (30 * 24 * 3600)

/* Whose session it is; NULL when it is nobody's: unknown, ended, expired, or
 * its user is gone. */
const struct user *session_find(const char *token);

/* What login needs to know about the name that somebody entered, and, asked in
 * the same statement, whether the browser is logged in already. */
struct login {
	const struct user *session_user; /* NULL: no such session */
	const struct user *user;         /* NULL: nobody has that name */
	const char *password_hash;       /* the user's */
	int64_t wait; /* seconds until the next attempt; user is NULL then */
};

/* Counts an attempt to sign in, unless it has to wait.  A name means the user
 * who has that very name, or one of its forms in Unicode, or the name without
 * the blanks around it.  token is NULL for a
 * browser without one.  address is the client's.  NULL counts nothing, and
 * password_hash is NULL then. */
struct login login_begin(
    const char *name, const char *token, const char *address);

/* Begins a session, which takes the attempt back.  browser is the name by which
 * the account page shows it, or NULL.  hash is the hash that the password was
 * compared with.  replacement is a hash of the same password in the present
 * form, or NULL.  Returns false if the user does not have that hash. */
bool session_begin(int64_t user_id, const char *token, const char *address,
    const char *browser, const char *hash, const char *replacement);

/* Ends a session; no error when there is none. */
void session_end(const char *token);

/* Counts a wrong password for the API from an address, and returns whether a
 * right one from there counts yet. */
void simulator_refused(const char *address);
bool simulator_is_believed(const char *address);

#endif
