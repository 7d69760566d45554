/* run -- sends a scenario's actions, and keeps what became of each. */

#ifndef RUN_H
#define RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "scenario.h"

struct run_settings {
	unsigned timeout_ms;
	size_t concurrency;
	int64_t interval_ns; /* between two starts; 0: none */
	bool pace;
	const volatile sig_atomic_t *stop; /* when set, nothing is started */
};

/* Whether the API now has what an action was about. */
enum done {
	DONE_NOT_STARTED,
	DONE_YES,  /* acknowledged */
	DONE_NO,   /* refused, or there was no connection */
	DONE_MAYBE /* the answer never came, or told of a fault within */
};

struct result {
	uint32_t microseconds;
	uint16_t status; /* of FATE_ANSWERED, else 0 */
	uint8_t fate;    /* enum fate */
	uint8_t done;    /* enum done */
};

struct run {
	const struct scenario *scenario;
	struct result *results; /* one for each action */
	size_t started, failed;
	int64_t microseconds;
	uint32_t last; /* the action started last, or NO_ACTION */
};

struct run *run_actions(const struct scenario *scenario,
    const struct run_settings *settings, struct client *client);

#endif
