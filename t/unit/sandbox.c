#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit.h"
#include "child.h"

/* t/sandbox.t tries what the programs can't do any more; this is about what the
 * module itself decides. */

static void
use_files(const void *given)
{
	char byte;

	(void)given;
	close(STDIN_FILENO);
	while (open("/dev/zero", O_RDONLY) < 10)
		continue;
	close(STDIN_FILENO);
	sandbox_begin();
	sandbox_close();
	for (int file = 3; file <= 10; file++) {
		if (read(file, &byte, 1) >= 0)
			log_line(LOG_INFO, "%d is open", file);
	}
	if (read(STDIN_FILENO, &byte, 1) == 0)
		log_line(LOG_INFO, "the end of stdin");
}

static void
test_files(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, use_files, NULL);
	assert_int_equal(child.status, EXIT_SUCCESS);
	assert_logged(&child, "info", "the end of stdin");
}

#ifndef SANDBOX_OPEN

/* --- system calls --- */

static const struct attempt {
	const char *name;
	long call, arguments[4];
	bool allowed;
} attempts[] = {
	{ "memory", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS },
	    true },
	{ "memory to run", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS },
	    false },
	{ "memory made readable", SYS_mprotect, { 0, 0, PROT_READ }, true },
	{ "memory made runnable", SYS_mprotect, { 0, 0, PROT_EXEC }, false },
	{ "to wake nobody", SYS_futex, { 0, 1, 0 }, true },
	{ "to wake nobody of one's own", SYS_futex, { 0, 129, 0 }, true },
	{ "to wait", SYS_futex, { 0, 0, 0 }, false },
	{ "a process id", SYS_getpid, { 0 }, false },
	{ "a socket", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, false },
	{ "the same, as x32", SYS_read | 0x40000000, { -1 }, false },
	{ "no system call", -1, { 0 }, false },
	{ "one of the future", 100000, { 0 }, false },
};

static void
try(const void *given)
{
	const struct attempt *attempt = given;
	const long *arguments = attempt->arguments;

	sandbox_close();
	syscall(attempt->call, arguments[0], arguments[1], arguments[2],
	    arguments[3], -1, 0);
}

static void
test_call(void **state)
{
	const struct attempt *attempt = row_of(state);
	struct child child = { 0 };

	child_run(&child, try, attempt);
	if (attempt->allowed) {
		assert_int_equal(child.status, EXIT_SUCCESS);
		assert_string_equal(child.err, "");
		return;
	}
	assert_int_equal(child.status, 128 + SIGSYS);
	assert_logged(&child, "error",
	    mem_format(
		"sandbox: the system call %d was refused", (int)attempt->call));
}

/* getpid() by the numbers of 32-bit programs, where it is 20: writev() here. */
static void
call_as_32_bit(const void *given)
{
	long result;

	(void)given;
	sandbox_close();
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	log_line(LOG_INFO, "%ld", result);
}

static void
test_call_as_32_bit(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, call_as_32_bit, NULL);
	assert_int_equal(child.status, 128 + SIGSYS);
	assert_logged(
	    &child, "error", "sandbox: the system call 20 was refused");
}

/* --- without a database --- */

static void
try_tightly(const void *given)
{
	const struct attempt *attempt = given;
	const long *arguments = attempt->arguments;

	sandbox_close_tightly();
	log_line(LOG_INFO, "closed");
	syscall(attempt->call, arguments[0], arguments[1], arguments[2],
	    arguments[3], -1, 0);
	sandbox_exit(EXIT_SUCCESS, false);
}

static const struct attempt tight_attempts[] = {
	{ "to read", SYS_read, { -1 }, true },
	{ "memory", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS },
	    false },
	{ "the time", SYS_time, { 0 }, false },
	{ "a socket", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, false },
	{ "to send", SYS_sendto, { 3 }, false },
	{ "the same as to read, as x32", SYS_read | 0x40000000, { -1 }, false },
	{ "the end of all threads", SYS_exit_group, { 0 }, false },
};

static void
test_tight_call(void **state)
{
	const struct attempt *attempt = row_of(state);
	struct child child = { 0 };

	child_run(&child, try_tightly, attempt);
	assert_int_equal(
	    child.status, attempt->allowed ? EXIT_SUCCESS : 128 + SIGKILL);
	assert_logged(&child, "info", "closed");
}

static void
end_tightly(const void *status)
{
	sandbox_close_tightly();
	sandbox_exit(*(const int *)status, true);
}

static void
test_tight_end(void **state)
{
	static const int seven = 7;
	struct child child = { 0 };

	(void)state;
	child_run(&child, end_tightly, &seven);
	assert_int_equal(child.status, 7);
}

/* --- memory --- */

static void
take_memory(const void *mebibytes)
{
	size_t size = *(const size_t *)mebibytes << 20;
	void *memory;

	sandbox_close();
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	log_line(LOG_INFO, memory != MAP_FAILED ? "there" : "none");
}

static void
test_memory(void **state)
{
	/* the largest password hash, and twice that */
	static const size_t enough = 256, much = 512;
	struct child child = { 0 };

	(void)state;
	child_run(&child, take_memory, &enough);
	assert_logged(&child, "info", "there");
	child_run(&child, take_memory, &much);
	assert_logged(&child, "info", "none");
}

#endif

int
main(void)
{
	UNIT_TEST(test_files);
#ifndef SANDBOX_OPEN
	UNIT_ROWS(test_call, attempts);
	UNIT_TEST(test_call_as_32_bit);
	UNIT_ROWS(test_tight_call, tight_attempts);
	UNIT_TEST(test_tight_end);
	UNIT_TEST(test_memory);
#endif
	return unit_run();
}
