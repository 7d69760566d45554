/* turn -- so many programs at work at once, in the order in which they came.
 *
 * Left to the scheduler, sixteen requests on two cores all progress at an
 * eighth of their speed, and one that hashes a password, 45 ms of work, takes
 * 0.36 s.  One after the other none takes longer than those before it. */

#ifndef TURN_H
#define TURN_H

#include <stdint.h>

/* Waits until fewer than turns other programs have a turn by this file, and
 * takes one; turn_end(), or the end of the process, whatever it is, gives it
 * back.  The file is made where it is missing.
 *
 * After a quarter of a second it goes ahead without: a turn is a courtesy, and
 * those before may be waiting for a database that is away.  Dies when the file
 * can't be opened. */
void turn_take(const char *file, int64_t turns);

/* Gives the turn back: the work is done, and what follows is up to others.  No
 * error without one. */
void turn_end(void);

#endif
