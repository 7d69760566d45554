/* messages -- what was written, by whom, newest first.
 *
 * A list goes on from a place: before is the id of the last message that was
 * seen, or MESSAGES_NEWEST.  Flagged messages are in no list. */

#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGES_NEWEST INT64_MAX
#define MESSAGES_LONGEST 1000 /* code points of a text */

struct message {
	int64_t id;
	const char *author; /* name */
	const char *text;
	int64_t time; /* seconds since 1970 */
};

struct messages {
	size_t count;
	struct message *list;
	bool more; /* there are older ones */
};

/* One message; NULL when there is none of that id, or it is flagged. */
const struct message *message_find(int64_t id);

/* Everybody's. */
const struct messages *messages_public(int64_t before, int64_t limit);

/* Those of a reader and of everyone whom the reader follows. */
const struct messages *messages_timeline(
    int64_t reader_id, int64_t before, int64_t limit);

/* A user's page. */
struct profile {
	int64_t user_id;
	const char *name;
	bool followed; /* by the reader */
	const struct messages *messages;
};

/* One author's messages; reader_id 0 is nobody.  NULL when nobody has the
 * name. */
const struct profile *messages_of(
    const char *author, int64_t reader_id, int64_t before, int64_t limit);

/* From where each list has to go on to end right above a message, after: for
 * the way back to the newest ones. */
int64_t messages_public_above(int64_t after, int64_t limit);
int64_t messages_timeline_above(
    int64_t reader_id, int64_t after, int64_t limit);
int64_t messages_of_above(const char *author, int64_t after, int64_t limit);

struct messages_found {
	const struct messages *messages;
	int64_t rest;  /* before which the others come; 0: there are none */
	bool cut;      /* looking for all of a page took too long */
	bool wordless; /* there was no word to look for */
};

/* Messages with all of the words, as people write them for a search engine:
 * "or", quotation marks and a minus sign mean what they do there. */
const struct messages_found *messages_search(
    const char *words, int64_t before, int64_t limit);

/* The newest message's id, whoever wrote it; 0 where there is none. */
int64_t messages_newest(void);

/* How many messages of a list are newer than one, counted up to limit.
 * messages_news_of() gives -1 when nobody has the name. */
int64_t messages_news_public(int64_t after, int64_t limit);
int64_t messages_news_timeline(int64_t reader_id, int64_t after, int64_t limit);
int64_t messages_news_of(const char *author, int64_t after, int64_t limit);

/* What is wrong with a text, as a sentence for its author; NULL: nothing. */
const char *message_problem(const char *text);

/* Stores a message: anybody's, for the simulator; or of whoever is logged in by
 * the token of a session.  False when there is no such author or session.
 *
 * once is the idempotency key of the form that the message came with: the same
 * text with the same key as the session's last message is not stored again.
 * NULL or "": it has none.
 *
 * *wait is 0, or the number of seconds after which a user who posted too much
 * can post again; nothing is stored then. */
bool message_add(const char *author, const char *text);
bool my_message_add(
    const char *token, const char *text, const char *once, int64_t *wait);

#endif
