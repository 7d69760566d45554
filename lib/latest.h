/* latest -- the number of the simulator's latest request. */

#ifndef LATEST_H
#define LATEST_H

#include <stdint.h>

/* -1 until one was set. */
int64_t latest_get(void);

/* Durable, and seen by every reader that comes after; no writer waits for
 * another. */
void latest_set(int64_t number);

#endif
