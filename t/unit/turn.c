#include "turn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define TURNS 3
#define PROGRAMS 12

/* Seen by all processes. */
static struct shared {
	atomic_int working, most, done;
} * shared;

static char file[64];

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t
start(void (*work)(bool has_turn))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int64_t before = now_ms();

		turn_take(file, TURNS);
		work(now_ms() - before < 250);
		_exit(EXIT_SUCCESS);
	}
	return pid;
}

static void
work_a_while(bool has_turn)
{
	int now, most;

	atomic_fetch_add(&shared->done, 1);
	if (!has_turn)
		return;
	now = atomic_fetch_add(&shared->working, 1) + 1;
	most = atomic_load(&shared->most);
	while (now > most &&
	    !atomic_compare_exchange_weak(&shared->most, &most, now))
		;
	usleep(1000);
	atomic_fetch_sub(&shared->working, 1);
}

static void
work_for_ever(bool has_turn)
{
	(void)has_turn;
	atomic_fetch_add(&shared->working, 1);
	for (;;)
		pause();
}

static void
wait_until_working(int count)
{
	while (atomic_load(&shared->working) < count)
		usleep(1000);
}

static int
begin(void **state)
{
	(void)state;
	snprintf(file, sizeof(file), "/tmp/minitwit-turns-%d", (int)getpid());
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED;
}

static int
end(void **state)
{
	(void)state;
	munmap(shared, sizeof(*shared));
	return unlink(file);
}

static void
test_no_more_than_turns(void **state)
{
	(void)state;
	for (int i = 0; i < PROGRAMS; i++)
		start(work_a_while);
	while (wait(NULL) > 0)
		;
	assert_int_equal(atomic_load(&shared->done), PROGRAMS);
	assert_true(atomic_load(&shared->most) <= TURNS);
}

/* With every turn taken for good, the one at the head of the queue and those
 * behind it all get to work. */
static void
test_goes_ahead_in_the_end(void **state)
{
	pid_t all[2 * TURNS];

	(void)state;
	for (int i = 0; i < 2 * TURNS; i++)
		all[i] = start(work_for_ever);
	wait_until_working(2 * TURNS);
	for (int i = 0; i < 2 * TURNS; i++) {
		kill(all[i], SIGKILL);
		waitpid(all[i], NULL, 0);
	}
}

/* Whether the first turn is free is what another process sees. */
static bool
is_taken(void)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct flock lock = {
			.l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = 1,
			.l_len = 1,
		};
		int fd = open(file, O_RDWR);

		_exit(fd < 0 || fcntl(fd, F_GETLK, &lock) != 0 ||
		    lock.l_type != F_UNLCK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status != 0;
}

static void
test_end_gives_back(void **state)
{
	(void)state;
	turn_take(file, 1);
	assert_true(is_taken());
	turn_end();
	assert_false(is_taken());
	turn_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_no_more_than_turns, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_goes_ahead_in_the_end, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_end_gives_back, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
