/* metrics -- what happens, counted in a file that every process of this machine
 * has mapped: programs that live for a millisecond, and the web server.
 *
 * A count is an atomic add: no lock, no system call, and whoever is killed
 * leaves nothing to be repaired.  The file outlives them all, and their
 * releases: what is counted has a name in it, so a route may come or go.  Where
 * there is no file, or it is not one of ours, or it is full, nothing is
 * counted, and nobody else notices.
 *
 * Includes nothing of lib/, because the web server's module
 * (apache/mod_metrics.c) counts by it, too. */

#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first bytes of the file, which bin/minitwitctl makes: so many times
 * METRICS_SLOT_SIZE bytes, this, and zeroes. */
#define METRICS_MAGIC "minitwit metrics 1\n"
#define METRICS_SLOT_SIZE 256

enum metrics_event {
	METRICS_REGISTRATION,
	METRICS_MESSAGE,
	METRICS_FOLLOW,
	METRICS_UNFOLLOW,
	METRICS_LOGIN,
	METRICS_FAILED_LOGIN,
	METRICS_RATE_LIMITED,
	METRICS_SANDBOX_KILL,
	METRICS_DATABASE_ERROR,
	METRICS_LOST_LINE, /* of the log */
	METRICS_EVENTS,    /* how many there are */
};

/* The histogram's buckets: up to so many microseconds, and one for more. */
#define METRICS_BOUNDS 13
extern const int64_t metrics_bounds[METRICS_BOUNDS];

/* Maps the file; before a sandbox closes.  NULL: there is none. */
void metrics_open(const char *file);

/* Without effect until a file is mapped, and safe in a signal's handler. */
void metrics_count(enum metrics_event event);

/* A request that was answered.  route is a program's, as metrics_route() has
 * it, or what took its place; NULL counts nothing.  Methods that no route knows
 * count as one.  microseconds below 0: how long it took is not known. */
void metrics_count_request(
    const char *route, const char *method, int status, int64_t microseconds);

/* A program's name, "site/public" for .../cgi-bin/site/public: a part of file.
 * NULL for NULL. */
const char *metrics_route(const char *file);

/* --- reading them --- */

/* How often something happened. */
uint64_t metrics_of(enum metrics_event event);

struct metrics_request {
	char route[64], method[8], status[4];
	uint64_t count; /* of all, those without a time, too */
	uint64_t buckets[METRICS_BOUNDS + 1];
	uint64_t microseconds; /* of all together */
};

/* How many slots the file has, and how many of them have a name. */
size_t metrics_slots(void);
size_t metrics_slots_used(void);

/* What a slot, counted from 0, knows of requests; false when it has no request.
 * Nothing that is in the file is trusted. */
bool metrics_read_request(size_t slot, struct metrics_request *request);

#endif
