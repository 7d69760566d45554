/* unit -- cmocka, and a test of its own for each row of a table, so that one
 * bad row hides no other.
 *
 *	int
 *	main(void)
 *	{
 *		UNIT_TEST(test_something);
 *		UNIT_ROWS(test_rows, rows);
 *		return unit_run();
 *	}
 *
 * A row has a name, and reaches its test by row_of(state). */

#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "buf.h"
#include "log.h"
#include "mem.h"

#define UNIT_MAX 512

static struct CMUnitTest unit_tests[UNIT_MAX];
static size_t unit_count;

#define UNIT_TEST(test) unit_add(#test, test, NULL)
#define UNIT_ROWS(test, rows) \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof(rows[0]); i_++) \
	unit_add( \
	    mem_format("%s: %s", #test, (rows)[i_].name), test, &(rows)[i_])

#define row_of(state) (*(state))

/* Bytes that may hold a NUL, and how many there are. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* text, count times. */
static inline const char *
times(const char *text, size_t count)
{
	struct buf out = { 0 };

	buf_puts(&out, "");
	while (count-- > 0)
		buf_puts(&out, text);
	return out.data;
}

/* Seconds since 1970 of a change that a test has just made.  The database reads
 * another clock than time(), which may be a tick behind (clock_gettime(2),
 * CLOCK_REALTIME_COARSE). */
#define assert_recent(seconds) \
	assert_in_range(seconds, time(NULL) - 600, time(NULL) + 1)

static inline void
unit_add(const char *name, CMUnitTestFunction test, const void *row)
{
	if (unit_count == UNIT_MAX)
		die("unit: more than %d tests", UNIT_MAX);
	unit_tests[unit_count++] =
	    (struct CMUnitTest){ name, test, NULL, NULL, (void *)row };
}

/* The status of the program.  (The number of failures would be none, after
 * 256 of them.) */
static inline int
unit_run(void)
{
	return _cmocka_run_group_tests(
		   "tests", unit_tests, unit_count, NULL, NULL) == 0
	    ? EXIT_SUCCESS
	    : EXIT_FAILURE;
}

#endif
