/* query COUNT CONNECTION [STATEMENT [PARAMETER]...] -- what a connection or a
 * statement costs.
 *
 * CONNECTION is as libpq takes it.  Without a statement it connects and
 * disconnects COUNT times; with one it connects once and runs that COUNT times,
 * unnamed and with parameters, as the programs do.  It does so less often when
 * that takes more than two seconds.  Prints the median of the wall times in
 * microseconds. */

#include <err.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LONGEST 2e6 /* microseconds */

static double
microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static PGconn *
connect_to(const char *conninfo)
{
	PGconn *connection = PQconnectdb(conninfo);

	if (PQstatus(connection) != CONNECTION_OK)
		errx(1, "%s", PQerrorMessage(connection));
	return connection;
}

static void
run(PGconn *connection, const char *statement, int count,
    const char *const *parameters)
{
	PGresult *result = PQexecParams(
	    connection, statement, count, NULL, parameters, NULL, NULL, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK &&
	    PQresultStatus(result) != PGRES_COMMAND_OK)
		errx(1, "%s", PQerrorMessage(connection));
	PQclear(result);
}

static int
compare(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

int
main(int argc, char **argv)
{
	size_t count = argc > 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
	size_t done = 0;
	double end = microseconds() + LONGEST;
	double *times = calloc(count > 0 ? count : 1, sizeof(*times));
	PGconn *connection;

	if (count == 0 || times == NULL)
		errx(1, "usage: query COUNT CONNECTION [STATEMENT ...]");
	connection = argc > 3 ? connect_to(argv[2]) : NULL;
	do {
		double start = microseconds();

		if (connection != NULL)
			run(connection, argv[3], argc - 4,
			    (const char *const *)argv + 4);
		else
			PQfinish(connect_to(argv[2]));
		times[done++] = microseconds() - start;
	} while (done < count && microseconds() < end);
	PQfinish(connection);
	qsort(times, done, sizeof(*times), compare);
	printf("%.1f\n", times[done / 2]);
	free(times);
	return 0;
}
