/* metrics_file -- a file of metrics for a test. */

#ifndef METRICS_FILE_H
#define METRICS_FILE_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "metrics.h"

/* A new file with these bytes first, and zeroes up to a size; gone when the
 * program ends. */
static inline const char *
file_of(const char *begin, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(begin, 1, strlen(begin), file), strlen(begin));
	assert_int_equal(fflush(file), 0);
	assert_int_equal(ftruncate(fileno(file), (off_t)size), 0);
	return mem_format("/proc/self/fd/%d", fileno(file));
}

/* Maps a new file with room for so many names. */
static inline const char *
open_metrics(size_t slots)
{
	const char *name =
	    file_of(METRICS_MAGIC, (1 + slots) * METRICS_SLOT_SIZE);

	metrics_open(name);
	return name;
}

#endif
