#include "turn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LONGEST_WAIT_US 250000
#define POLL_NS 500000

/* Byte 0 of the file is the queue, bytes 1 to turns are the turns: whoever has
 * locked the queue looks for a turn that is free, the others wait for the
 * queue.  Record locks (fcntl(2)) end with their process. */
#define QUEUE 0

static int turns_fd = -1;

static volatile sig_atomic_t late;

static void
on_alarm(int signal)
{
	(void)signal;
	late = 1;
}

/* Interrupts whatever waits, again and again: a single signal could come just
 * before the wait begins. */
static void
set_alarm(time_t first_us)
{
	struct itimerval timer = {
		.it_value.tv_usec = first_us,
		.it_interval.tv_usec = first_us > 0 ? LONGEST_WAIT_US / 10 : 0,
	};
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static bool
lock(int command, short type, int64_t byte)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)byte,
		.l_len = 1,
	};

	return fcntl(turns_fd, command, &lock) == 0;
}

static bool
take_free(int64_t turns)
{
	for (int64_t turn = QUEUE + 1; turn <= turns; turn++) {
		if (lock(F_SETLK, F_WRLCK, turn))
			return true;
	}
	return false;
}

void
turn_take(const char *file, int64_t turns)
{
	static const struct timespec pause = { .tv_nsec = POLL_NS };

	turns_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (turns_fd < 0)
		die("turn: %s: %s", file, strerror(errno));
	set_alarm(LONGEST_WAIT_US);
	if (lock(F_SETLKW, F_WRLCK, QUEUE)) {
		while (!take_free(turns) && !late)
			nanosleep(&pause, NULL);
		lock(F_SETLK, F_UNLCK, QUEUE);
	}
	set_alarm(0);
}

void
turn_end(void)
{
	/* closing the file ends the process's locks on it */
	if (turns_fd >= 0)
		close(turns_fd);
	turns_fd = -1;
}
