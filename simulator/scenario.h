/* scenario -- what is to be done to a MiniTwit: actions in order, by users.
 *
 * As a file it has a line for each action, of columns parted by tabs: id, delay
 * (in 1/100,000 ms), moment (milliseconds since 1970), register, tweet, follow
 * or unfollow, the user, and then e-mail address and password, the message, or
 * the other user. */

#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind { KIND_REGISTER, KIND_TWEET, KIND_FOLLOW, KIND_UNFOLLOW, KINDS };

#define NO_ACTION UINT32_MAX

struct action {
	int64_t id;           /* goes into ?latest= */
	int64_t delay;        /* after the line before, in 1/100,000 ms */
	const char *text;     /* the message; of a registration the address */
	const char *password; /* of a registration, else NULL */
	uint32_t user, whom;  /* places in users; whom only of a follow */
	uint32_t next;        /* the user's next action, or NO_ACTION */
	enum kind kind;
};

struct user {
	const char *name;
	uint32_t first, last;  /* of the user's actions, or NO_ACTION */
	uint32_t registration; /* the first one, or NO_ACTION */
};

struct scenario {
	struct action *actions;
	struct user *users;
	size_t action_count, user_count;
	size_t bad_lines;
	struct name_table *names;
	char *text; /* that all strings are part of */
};

/* What a scenario's file calls a kind. */
extern const char *const kind_names[KINDS];

/* Reads the len bytes of text, which has room for one more, stays in use, and
 * is taken to pieces.  Each bad line is reported on stderr by file and number,
 * counted, and left out. */
struct scenario *scenario_read(
    char *text, size_t len, const char *file, bool strict);

/* The place in users of whoever has that name; adds a user without actions
 * when nobody has it.  The name has to live on.  users may move. */
uint32_t scenario_user(struct scenario *scenario, const char *name);

/* The same, but NO_USER when nobody has it. */
#define NO_USER UINT32_MAX
uint32_t scenario_find(const struct scenario *scenario, const char *name);

#endif
