/* verify -- asks the API whether it has what it acknowledged, and nothing else.
 *
 * verify_before() asks for all that the scenario's users have already,
 * verify_after() for what they have after the run.  What was acknowledged has
 * to be there, a user's messages in their order; what was refused must not;
 * what was never answered may have been done at any time since. */

#ifndef VERIFY_H
#define VERIFY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "client.h"
#include "run.h"
#include "scenario.h"

struct verify_findings {
	size_t messages, follows, users; /* that were found as they should be */
	size_t missing, extra;
	size_t unasked; /* questions without an answer that can be used */
	size_t beyond;  /* messages older than those that the API lists */
	size_t unlisted_users; /* who follow more than the API lists */
	size_t unacknowledged; /* messages and follows that are there all the
	                        * same: their answers never came */
	bool wrong_latest;
	bool ok;
};

struct verify;

struct verify *verify_before(struct scenario *scenario, struct client *client,
    const volatile sig_atomic_t *stop);

/* Prints the first findings on stderr.  With one_by_one, which says that never
 * two requests were on their way at once, it looks at GET /latest, too. */
const struct verify_findings *verify_after(
    struct verify *verify, const struct run *run, bool one_by_one);

#endif
