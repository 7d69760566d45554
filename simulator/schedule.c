#include "schedule.h"

#include <string.h>

#include "mem.h"
#include "resize.h"

#define UNITS_PER_MICROSECOND 100 /* of 1/100,000 ms */
#define STARTED UINT8_MAX

struct schedule {
	const struct scenario *scenario;
	bool pace;
	int64_t due; /* when the next one may come in, in units of delay */
	size_t window;
	size_t in; /* the first that is not under consideration */
	size_t started, ended;
	uint8_t *waits;  /* what each action waits for: up to three things */
	size_t earliest; /* all before it are STARTED */
	/* Who waits for a user's registration: for each user the first, for
	 * each action the next. */
	uint32_t *first_waiting, *next_waiting;
	/* Those that wait for nothing, at most one of each user: a heap, the
	 * earliest of the scenario on top. */
	uint32_t *ready;
	size_t ready_count;
};

/* --- the heap --- */

static void
swap(uint32_t *a, uint32_t *b)
{
	uint32_t value = *a;

	*a = *b;
	*b = value;
}

static void
push(struct schedule *schedule, uint32_t action)
{
	uint32_t *heap = schedule->ready;
	size_t at = schedule->ready_count++;

	heap[at] = action;
	for (; at > 0 && heap[at] < heap[(at - 1) / 2]; at = (at - 1) / 2)
		swap(&heap[at], &heap[(at - 1) / 2]);
}

static uint32_t
pop(struct schedule *schedule)
{
	uint32_t *heap = schedule->ready, top = heap[0];
	size_t count = --schedule->ready_count, at = 0, child;

	heap[0] = heap[count];
	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && heap[child + 1] < heap[child])
			child++;
		if (heap[at] <= heap[child])
			break;
		swap(&heap[at], &heap[child]);
		at = child;
	}
	return top;
}

/* --- waiting --- */

/* Something that the action waits for has come. */
static void
release(struct schedule *schedule, uint32_t action)
{
	if (schedule->waits[action] != STARTED &&
	    --schedule->waits[action] == 0)
		push(schedule, action);
}

static bool
waits_for_registration(
    const struct scenario *scenario, const struct action *action)
{
	return (action->kind == KIND_FOLLOW || action->kind == KIND_UNFOLLOW) &&
	    action->whom != action->user &&
	    scenario->users[action->whom].registration != NO_ACTION;
}

struct schedule *
schedule_new(const struct scenario *scenario, size_t window, bool pace)
{
	struct schedule *schedule = mem_alloc(sizeof(*schedule));
	size_t count = scenario->action_count, users = scenario->user_count;

	schedule->scenario = scenario;
	schedule->pace = pace;
	schedule->window = window;
	schedule->waits = resize(NULL, count, sizeof(*schedule->waits));
	schedule->next_waiting =
	    resize(NULL, count, sizeof(*schedule->next_waiting));
	schedule->first_waiting =
	    resize(NULL, users, sizeof(*schedule->first_waiting));
	schedule->ready = resize(NULL, users, sizeof(*schedule->ready));
	for (size_t i = 0; i < users; i++)
		schedule->first_waiting[i] = NO_ACTION;
	memset(schedule->waits, 1, count); /* for coming in */
	for (uint32_t i = 0; i < count; i++) {
		const struct action *action = &scenario->actions[i];

		if (action->next != NO_ACTION)
			schedule->waits[action->next]++;
		if (waits_for_registration(scenario, action)) {
			uint32_t *first =
			    &schedule->first_waiting[action->whom];

			schedule->waits[i]++;
			schedule->next_waiting[i] = *first;
			*first = i;
		}
	}
	if (pace && count > 0)
		schedule->due = scenario->actions[0].delay;
	return schedule;
}

static void
come_in(struct schedule *schedule, int64_t now)
{
	const struct scenario *scenario = schedule->scenario;

	while (schedule->in < scenario->action_count &&
	    schedule->in - schedule->ended < schedule->window &&
	    schedule_due(schedule) <= now) {
		release(schedule, (uint32_t)schedule->in++);
		if (schedule->pace && schedule->in < scenario->action_count &&
		    __builtin_add_overflow(schedule->due,
			scenario->actions[schedule->in].delay, &schedule->due))
			schedule->due = INT64_MAX;
	}
}

int64_t
schedule_due(const struct schedule *schedule)
{
	const int64_t units = UNITS_PER_MICROSECOND;

	if (schedule->in == schedule->scenario->action_count ||
	    schedule->in - schedule->ended >= schedule->window)
		return INT64_MAX;
	return schedule->due / units + (schedule->due % units > 0);
}

size_t
schedule_left(const struct schedule *schedule)
{
	return schedule->scenario->action_count - schedule->started;
}

/* Nothing is on its way and nothing can start: what all wait for is either not
 * under consideration yet, or they wait for each other. */
static void
resolve(struct schedule *schedule, int64_t now)
{
	while (schedule->ready_count == 0 &&
	    schedule->in - schedule->ended >= schedule->window) {
		schedule->window *= 2;
		come_in(schedule, now);
	}
	if (schedule->ready_count > 0 ||
	    schedule->in < schedule->scenario->action_count)
		return;
	while (schedule->waits[schedule->earliest] == STARTED)
		schedule->earliest++;
	/* The same user's one before is over, because it is before. */
	schedule->waits[schedule->earliest] = 1;
	release(schedule, (uint32_t)schedule->earliest);
}

uint32_t
schedule_start(struct schedule *schedule, int64_t now)
{
	uint32_t action;

	if (schedule_left(schedule) == 0)
		return NO_ACTION;
	come_in(schedule, now);
	if (schedule->ready_count == 0 && schedule->started == schedule->ended)
		resolve(schedule, now);
	if (schedule->ready_count == 0)
		return NO_ACTION;
	action = pop(schedule);
	schedule->waits[action] = STARTED;
	schedule->started++;
	return action;
}

void
schedule_end(struct schedule *schedule, uint32_t action)
{
	const struct action *ended = &schedule->scenario->actions[action];

	schedule->ended++;
	if (ended->next != NO_ACTION)
		release(schedule, ended->next);
	if (schedule->scenario->users[ended->user].registration == action) {
		uint32_t waiting = schedule->first_waiting[ended->user];

		for (; waiting != NO_ACTION;
		     waiting = schedule->next_waiting[waiting])
			release(schedule, waiting);
	}
}
