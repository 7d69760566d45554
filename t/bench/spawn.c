/* spawn COUNT PROGRAM [ARGUMENT]... -- what it costs to run a program.
 *
 * Starts it COUNT times, one after the other, by posix_spawn(3), which is a
 * vfork(2) and an exec; its output goes to /dev/null.  Starts it less often
 * when that takes more than two seconds.  Prints the median of the wall times
 * in microseconds. */

#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 2e6 /* microseconds */

extern char **environ;

static double
microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double
run(char **command)
{
	double start = microseconds();
	pid_t pid;
	int status;

	if (posix_spawn(&pid, command[0], NULL, NULL, command, environ) != 0)
		errx(1, "%s can't be run", command[0]);
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status))
		errx(1, "%s crashed", command[0]);
	return microseconds() - start;
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
	int nowhere = open("/dev/null", O_RDWR);
	int output = dup(STDOUT_FILENO);

	if (count == 0 || times == NULL || nowhere < 0 || output < 0)
		errx(1, "usage: spawn COUNT PROGRAM [ARGUMENT]...");
	/* the program's, not ours */
	fcntl(output, F_SETFD, FD_CLOEXEC);
	dup2(nowhere, STDIN_FILENO);
	dup2(nowhere, STDOUT_FILENO);
	do
		times[done++] = run(argv + 2);
	while (done < count && microseconds() < end);
	qsort(times, done, sizeof(*times), compare);
	dprintf(output, "%.1f\n", times[done / 2]);
	free(times);
	return 0;
}
