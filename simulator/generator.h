/* generator -- makes up a scenario like the course's: as many messages, follows
 * and unfollows for each user, names and texts of the same kind, in a mix and
 * at a pace that grow in the same way.  The same numbers give the same
 * scenario. */

#ifndef GENERATOR_H
#define GENERATOR_H

#include <stdint.h>
#include <stdio.h>

struct generator_settings {
	uint64_t seed;
	uint32_t users;   /* who register; at most as many as actions */
	uint32_t actions; /* the registrations among them */
};

/* What the course's had. */
#define GENERATOR_USERS 200
#define GENERATOR_ACTIONS 25922

/* Writes it as a scenario's file.  Nobody does anything, and nothing is done to
 * anybody, before they register. */
void generator_write(FILE *out, const struct generator_settings *settings);

#endif
