/* schedule -- which action may start next.
 *
 * They start in the scenario's order, but for those that have to wait: a user's
 * action waits until the same user's one before is over, and a follow or
 * unfollow until the other user's registration is, also where that comes later
 * in the file.  Where two wait for each other the earlier one goes ahead.  A
 * user who is never registered is not waited for. */

#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

struct schedule;

/* At most window actions are taken into consideration at once, so that nobody
 * runs far ahead of somebody who has to wait.  With pace each action also waits
 * until the delays up to its own are over. */
struct schedule *schedule_new(
    const struct scenario *scenario, size_t window, bool pace);

/* Gives the action that starts now, so many microseconds after the beginning;
 * NO_ACTION when none can. */
uint32_t schedule_start(struct schedule *schedule, int64_t now);

/* An action that was started is over, however it ended. */
void schedule_end(struct schedule *schedule, uint32_t action);

/* When there is something to ask schedule_start() about even though no action
 * ends; INT64_MAX for never. */
int64_t schedule_due(const struct schedule *schedule);

/* How many have not been started. */
size_t schedule_left(const struct schedule *schedule);

#endif
