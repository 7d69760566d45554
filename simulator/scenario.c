#include "scenario.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "text.h"
#include "resize.h"

const char *const kind_names[KINDS] = {
	[KIND_REGISTER] = "register",
	[KIND_TWEET] = "tweet",
	[KIND_FOLLOW] = "follow",
	[KIND_UNFOLLOW] = "unfollow",
};

/* --- users by name: a hash table with linear probing --- */

#define EMPTY NO_USER

struct name_table {
	uint32_t *places; /* in users, or EMPTY */
	size_t size;      /* a power of two, twice the users or more */
	size_t room;      /* what users has been given */
};

/* FNV-1a. */
static uint64_t
hash(const char *name)
{
	uint64_t value = 0xcbf29ce484222325;

	for (; *name != '\0'; name++)
		value = (value ^ (unsigned char)*name) * 0x100000001b3;
	return value ^ value >> 32;
}

/* Where in the table the name is, or has to go. */
static uint32_t *
find_place(const struct scenario *scenario, const char *name)
{
	const struct name_table *names = scenario->names;
	size_t at = (size_t)hash(name) & (names->size - 1);

	while (names->places[at] != EMPTY &&
	    strcmp(scenario->users[names->places[at]].name, name) != 0)
		at = (at + 1) & (names->size - 1);
	return &names->places[at];
}

static void
grow_names(struct scenario *scenario)
{
	struct name_table *names = scenario->names;

	names->room = names->room > 0 ? 2 * names->room : 256;
	names->size = 2 * names->room;
	scenario->users =
	    resize(scenario->users, names->room, sizeof(*scenario->users));
	names->places =
	    resize(names->places, names->size, sizeof(*names->places));
	for (size_t i = 0; i < names->size; i++)
		names->places[i] = EMPTY;
	for (uint32_t i = 0; i < scenario->user_count; i++)
		*find_place(scenario, scenario->users[i].name) = i;
}

uint32_t
scenario_user(struct scenario *scenario, const char *name)
{
	uint32_t *place;

	if (scenario->user_count == scenario->names->room)
		grow_names(scenario);
	place = find_place(scenario, name);
	if (*place == EMPTY) {
		*place = (uint32_t)scenario->user_count;
		scenario->users[scenario->user_count++] = (struct user){
			.name = name,
			.first = NO_ACTION,
			.last = NO_ACTION,
			.registration = NO_ACTION,
		};
	}
	return *place;
}

uint32_t
scenario_find(const struct scenario *scenario, const char *name)
{
	return scenario->user_count > 0 ? *find_place(scenario, name) : NO_USER;
}

/* --- lines --- */

#define COLUMNS 7

/* Takes a line to pieces at its tabs; gives how many there are, which may be
 * more than have room in columns. */
static size_t
split(char *line, char *columns[COLUMNS])
{
	size_t count = 0;

	for (char *column = line; column != NULL; count++) {
		char *tab = strchr(column, '\t');

		if (tab != NULL)
			*tab++ = '\0';
		if (count < COLUMNS)
			columns[count] = column;
		column = tab;
	}
	return count;
}

/* Reads a line into action, its users' names into names.  NULL, or what is
 * wrong with it. */
static const char *
read_line(char *line, size_t len, struct action *action, char *names[2])
{
	char *columns[COLUMNS];
	size_t count;
	int64_t moment;

	if (len == 0)
		return "the line is empty";
	if (memchr(line, '\0', len) != NULL)
		return "the line has a NUL byte";
	if (!text_is_utf8(line, len))
		return "the line is not UTF-8 text";
	count = split(line, columns);
	if (count < 5)
		return "the line has too few columns";
	if (!text_integer(columns[0], INT64_MIN, INT64_MAX, &action->id))
		return "the id (column 1) is not a whole number";
	if (!text_integer(columns[1], 0, INT64_MAX, &action->delay))
		return "the delay (column 2) is not a whole number from 0 on";
	if (!text_integer(columns[2], INT64_MIN, INT64_MAX, &moment))
		return "the moment (column 3) is not a whole number";
	action->kind = 0;
	while (action->kind < KINDS &&
	    strcmp(columns[3], kind_names[action->kind]) != 0)
		action->kind++;
	if (action->kind == KINDS)
		return "the kind of action (column 4) is none of register, "
		       "tweet, follow and unfollow";
	if (count < (action->kind == KIND_REGISTER ? 7 : 6))
		return "the line has too few columns for its kind of action";
	if (count > (action->kind == KIND_REGISTER ? 7 : 6))
		return "the line has too many columns for its kind of action";
	if (columns[4][0] == '\0')
		return "the user's name (column 5) is empty";
	names[0] = columns[4];
	names[1] = NULL;
	if (action->kind == KIND_REGISTER || action->kind == KIND_TWEET) {
		action->text = columns[5];
	} else {
		if (columns[5][0] == '\0')
			return "the other user's name (column 6) is empty";
		names[1] = columns[5];
	}
	if (action->kind == KIND_REGISTER)
		action->password = columns[6];
	return NULL;
}

static void
add_action(struct scenario *scenario, size_t *room, struct action action,
    char *names[2])
{
	uint32_t place = (uint32_t)scenario->action_count;
	struct user *user;

	action.next = NO_ACTION;
	action.user = scenario_user(scenario, names[0]);
	if (names[1] != NULL)
		action.whom = scenario_user(scenario, names[1]);
	if (scenario->action_count == *room) {
		*room = *room > 0 ? 2 * *room : 1024;
		scenario->actions = resize(
		    scenario->actions, *room, sizeof(*scenario->actions));
	}
	scenario->actions[scenario->action_count++] = action;

	user = &scenario->users[action.user];
	if (user->first == NO_ACTION)
		user->first = place;
	else
		scenario->actions[user->last].next = place;
	user->last = place;
	if (action.kind == KIND_REGISTER && user->registration == NO_ACTION)
		user->registration = place;
}

struct scenario *
scenario_read(char *text, size_t len, const char *file, bool strict)
{
	struct scenario *scenario = mem_alloc(sizeof(*scenario));
	char *end = text + len;
	size_t number = 0, room = 0;

	scenario->names = mem_alloc(sizeof(*scenario->names));
	scenario->text = text;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3; /* the byte order mark of some editors */
	while (text < end) {
		char *line = text, *names[2];
		char *line_end = memchr(line, '\n', (size_t)(end - line));
		struct action action = { 0 };
		const char *problem;

		if (line_end == NULL)
			line_end = end;
		text = line_end + 1;
		if (line_end > line && line_end[-1] == '\r')
			line_end--;
		*line_end = '\0';
		number++;
		if (line_end == line && text >= end)
			break; /* an empty line at the end means nothing */
		problem =
		    read_line(line, (size_t)(line_end - line), &action, names);
		if (problem == NULL) {
			add_action(scenario, &room, action, names);
			continue;
		}
		fprintf(stderr, "%s:%zu: %s%s\n", file, number, problem,
		    strict ? "" : "; skipped");
		scenario->bad_lines++;
	}
	return scenario;
}
