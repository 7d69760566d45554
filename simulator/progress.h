/* progress -- tells on stderr how far it has come: a bar when that is a
 * terminal, a line now and then when it is not. */

#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress;

/* There are total steps; what says of what, as in "25,922 actions". */
struct progress *progress_open(const char *what, size_t total);

/* One more step is over. */
void progress_step(struct progress *progress, bool ok);

/* Shows where it is, if it is time to; gives when it will be next, at the
 * latest, by client_clock(). */
int64_t progress_tick(struct progress *progress);

/* A line of its own, for people; control characters are shown as '?'. */
void progress_say(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Shows where it ended. */
void progress_close(struct progress *progress);

#endif
