/* A scenario of bin/simulator: a file that somebody else has written. */

#include "scenario.h"

#include <string.h>

#include "buf.h"
#include "lib/fuzz.h"
#include "mem.h"

static bool
is_part(const char *string, const char *text, size_t len)
{
	return string >= text && string + strlen(string) <= text + len;
}

static void
check(const struct scenario *scenario, size_t len)
{
	size_t in_chains = 0;

	for (size_t i = 0; i < scenario->action_count; i++) {
		const struct action *action = &scenario->actions[i];

		property(action->kind < KINDS && action->delay >= 0);
		property(action->user < scenario->user_count);
		property(action->whom < scenario->user_count);
		if (action->kind < KIND_FOLLOW)
			property(is_part(action->text, scenario->text, len));
		property((action->password != NULL) ==
		    (action->kind == KIND_REGISTER));
	}
	for (uint32_t i = 0; i < scenario->user_count; i++) {
		const struct user *user = &scenario->users[i];
		uint32_t before = NO_ACTION;

		property(user->name[0] != '\0');
		property(is_part(user->name, scenario->text, len));
		property(scenario_find(scenario, user->name) == i);
		for (uint32_t at = user->first; at != NO_ACTION;
		     at = scenario->actions[at].next) {
			property(scenario->actions[at].user == i);
			property(before == NO_ACTION || before < at);
			before = at;
			in_chains++;
		}
		property(before == user->last);
	}
	property(in_chains == scenario->action_count);
}

/* The actions as a file. */
static const struct buf *
written(const struct scenario *scenario)
{
	struct buf *out = mem_alloc(sizeof(*out));

	buf_puts(out, "");
	for (size_t i = 0; i < scenario->action_count; i++) {
		const struct action *action = &scenario->actions[i];

		buf_puts(out,
		    mem_format("%lld\t%lld\t0\t%s\t%s\t%s",
			(long long)action->id, (long long)action->delay,
			kind_names[action->kind],
			scenario->users[action->user].name,
			action->kind < KIND_FOLLOW
			    ? action->text
			    : scenario->users[action->whom].name));
		if (action->password != NULL)
			buf_puts(out, mem_format("\t%s", action->password));
		buf_puts(out, "\n");
	}
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	char *text = mem_copy(input.at, input.left);
	struct scenario *scenario =
	    scenario_read(text, size, "a file", size % 2 == 0);
	struct scenario *again;
	const struct buf *copy;

	property(fuzz_lines() == scenario->bad_lines);
	check(scenario, size);

	copy = written(scenario);
	again = scenario_read(copy->data, copy->len, "a copy", true);
	property(again->bad_lines == 0);
	property(again->action_count == scenario->action_count);
	property(again->user_count == scenario->user_count);
	check(again, copy->len);
	return fuzz_end();
}
