/* accounts -- what is somebody's own: what only they can see, and what they may
 * do about it.
 *
 * Everything goes by the token of their session, and concerns its owner alone.
 * What changes something has to be confirmed with the password first; whoever
 * calls sees to that (lib/confirm.h). */

#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "users.h"

struct account {
	struct user user;
	const char *email;
	int64_t registered; /* seconds since 1970; 0: that was not noted */
};

/* Whose session it is; NULL when it is nobody's. */
const struct account *account_of(const char *token);

struct account_session {
	int64_t id;          /* for account_end_session() */
	int64_t begun, used; /* seconds since 1970; used within an hour */
	const char *address; /* NULL: not known */
	const char *browser; /* as browser_name() has it; NULL: not known */
	bool mine;           /* the token's */
};

struct account_sessions {
	size_t count;
	struct account_session *list;
	bool more; /* there are older ones */
};

/* The token's own first, then the newest. */
const struct account_sessions *account_sessions(
    const char *token, int64_t limit);

/* --- what they get when they ask for their data --- */

struct account_message {
	int64_t id;
	const char *text;
	int64_t time; /* seconds since 1970 */
	bool flagged;
};

struct account_messages {
	size_t count;
	struct account_message *list;
	bool more; /* there are older ones */
};

/* Those older than the one with the id before, or than MESSAGES_NEWEST: the
 * newest first, flagged ones, too, as many as make so many bytes, with 100 for
 * each beside its text. */
const struct account_messages *account_messages(
    const char *token, int64_t before, int64_t bytes);

struct account_names {
	size_t count;
	const char **list;
	bool more;
};

struct account_address {
	const char *address; /* of IPv6 the network of 64 bits */
	int64_t time;        /* seconds since 1970 */
};

struct account_addresses {
	size_t count;
	struct account_address *list;
	bool more;
};

/* Where their password was entered, and when last, the latest first: what is
 * kept to tell them from who guesses it. */
const struct account_addresses *account_addresses(
    const char *token, int64_t limit);

/* Whom they follow, and who follows them. */
const struct account_names *account_follows(const char *token, int64_t limit);
const struct account_names *account_followers(const char *token, int64_t limit);

/* --- what they may do --- */

struct account_attempt {
	bool found;                /* there is such a session */
	int64_t user_id;           /* whose it is */
	int64_t wait;              /* seconds until the next attempt */
	const char *password_hash; /* unless it has to wait */
};

/* Counts as an attempt to log in as the session's owner, by the same rules,
 * unless it has to wait.  address is the client's; NULL: nothing is counted. */
struct account_attempt account_begin(const char *token, const char *address);

/* The password was the right one: takes the attempt back. */
void account_confirmed(const char *token, const char *address);

/* Puts a new password's hash in the place of the one that was read.  It ends
 * all sessions, but the token's goes on as next_token's.  False when the
 * password is another one by now; nothing has changed then. */
bool account_change_password(const char *token, const char *outdated,
    const char *replacement, const char *next_token);

/* Ends another session than the token's, or all others; no error where there is
 * none. */
void account_end_session(const char *token, int64_t id);
void account_end_sessions(const char *token);

/* Deletes the account with all that belongs to it; its name stays taken.  False
 * when there is none any longer. */
bool account_delete(const char *token);

#endif
