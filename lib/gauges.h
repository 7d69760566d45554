/* gauges -- what PostgreSQL knows of itself and the site, for whoever watches.
 */

#ifndef GAUGES_H
#define GAUGES_H

#include <stddef.h>

struct gauge {
	const char *name;  /* as Prometheus has it */
	const char *index; /* the one that it is about, or NULL */
	const char *value; /* a number */
};

struct gauges {
	size_t count;
	struct gauge *list;
};

/* Those that are known now, in no order that means anything; several may have
 * the same name. */
const struct gauges *gauges_get(void);

#endif
