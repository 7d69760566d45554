#include "run.h"

#include "mem.h"
#include "progress.h"
#include "resize.h"
#include "schedule.h"
#include "wire.h"

#define FAILURES_SHOWN 10

/* How far rate may be behind and still catch up: about as long as the system
 * keeps a program waiting. */
#define CATCH_UP_NS INT64_C(10000000)

struct runner {
	struct run *run;
	const struct run_settings *settings;
	struct client *client;
	struct schedule *schedule;
	struct progress *progress;
	struct buf target, body; /* of the request that is being started */
	int64_t start;
	int64_t next_ns; /* when rate lets the next one start, after start */
};

static enum done
is_done(const struct answer *answer)
{
	int class = answer->status / 100;

	if (answer->fate == FATE_REFUSED || class == 4)
		return DONE_NO;
	return class == 2 ? DONE_YES : DONE_MAYBE;
}

static void
show_failure(
    const struct runner *runner, size_t number, const struct answer *answer)
{
	const struct scenario *scenario = runner->run->scenario;
	const struct action *action = &scenario->actions[number];
	const char *name = scenario->users[action->user].name;
	const char *sentence;

	if (runner->run->failed > FAILURES_SHOWN)
		return;
	if (answer->fate == FATE_ANSWERED) {
		sentence = wire_error(answer->body);
		progress_say(runner->progress,
		    "action %lld (%s, %s): status %d%s%s",
		    (long long)action->id, kind_names[action->kind], name,
		    answer->status, sentence != NULL ? ": " : "",
		    sentence != NULL ? sentence : "");
	} else {
		progress_say(runner->progress, "action %lld (%s, %s): %s",
		    (long long)action->id, kind_names[action->kind], name,
		    answer->problem);
	}
	if (runner->run->failed == FAILURES_SHOWN)
		progress_say(
		    runner->progress, "further failures are only counted");
}

static void
note_answer(void *context, size_t number, const struct answer *answer)
{
	struct runner *runner = context;
	enum done done = is_done(answer);

	runner->run->results[number] = (struct result){
		.microseconds = answer->microseconds,
		.status = (uint16_t)answer->status,
		.fate = (uint8_t)answer->fate,
		.done = (uint8_t)done,
	};
	schedule_end(runner->schedule, (uint32_t)number);
	if (done != DONE_YES) {
		runner->run->failed++;
		show_failure(runner, number, answer);
	}
	progress_step(runner->progress, done == DONE_YES);
}

static void
start_action(struct runner *runner, uint32_t number)
{
	const struct scenario *scenario = runner->run->scenario;
	const struct action *action = &scenario->actions[number];

	wire_target(&runner->target, scenario, action);
	wire_body(&runner->body, scenario, action);
	client_send(runner->client, runner->target.data, &runner->body,
	    runner->settings->timeout_ms, number);
	runner->run->started++;
	runner->run->last = number;
}

/* Starts what can start; gives when to look again, if nothing happens before.
 */
static int64_t
start_actions(struct runner *runner)
{
	int64_t interval = runner->settings->interval_ns;

	while (client_free(runner->client) > 0) {
		int64_t now = client_clock() - runner->start;
		uint32_t number;

		if (interval > 0 && now * 1000 < runner->next_ns)
			return runner->start + (runner->next_ns + 999) / 1000;
		number = schedule_start(runner->schedule, now);
		if (number == NO_ACTION) {
			int64_t due = schedule_due(runner->schedule);

			return due < INT64_MAX - runner->start
			    ? runner->start + due
			    : INT64_MAX;
		}
		start_action(runner, number);
		if (now * 1000 - CATCH_UP_NS > runner->next_ns)
			runner->next_ns = now * 1000 - CATCH_UP_NS;
		runner->next_ns += interval;
	}
	return INT64_MAX;
}

struct run *
run_actions(const struct scenario *scenario,
    const struct run_settings *settings, struct client *client)
{
	size_t count = scenario->action_count;
	struct run *run = mem_alloc(sizeof(*run));
	struct runner runner = {
		.run = run,
		.settings = settings,
		.client = client,
		.schedule = schedule_new(
		    scenario, settings->concurrency, settings->pace),
		.progress = progress_open("actions", count),
	};

	run->scenario = scenario;
	run->last = NO_ACTION;
	run->results = resize(NULL, count, sizeof(*run->results));
	for (size_t i = 0; i < count; i++)
		run->results[i] = (struct result){ .done = DONE_NOT_STARTED };
	runner.start = client_clock();
	for (;;) {
		int64_t until = INT64_MAX, tick;

		if (!*settings->stop)
			until = start_actions(&runner);
		if (client_busy(client) == 0 &&
		    (*settings->stop || schedule_left(runner.schedule) == 0))
			break;
		tick = progress_tick(runner.progress);
		client_work(
		    client, until < tick ? until : tick, note_answer, &runner);
	}
	run->microseconds = client_clock() - runner.start;
	progress_close(runner.progress);
	return run;
}
