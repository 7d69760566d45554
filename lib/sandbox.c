#include "sandbox.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "metrics.h"

#if !defined(__x86_64__) || defined(__ILP32__)
#error "the numbers of the system calls are those of x86-64"
#endif

/* Sanitizers and valgrind open and map what they like, and have another process
 * look at this one at its end: built for them, little of the sandbox can stay.
 */
#ifndef SANDBOX_OPEN
#define SANDBOX_OPEN false
#endif

static bool is_tight;

static void
must(bool done, const char *what)
{
	if (!done)
		die("sandbox: %s: %s", what, strerror(errno));
}

/* --- files and processes --- */

void
sandbox_begin(void)
{
	for (int file = 0; file < 3; file++) {
		if (fcntl(file, F_GETFD) < 0)
			must(open("/dev/null", O_RDWR) == file, "/dev/null");
	}
	must(syscall(SYS_close_range, 3, ~0u, 0) == 0, "close_range");
	signal(SIGPIPE, SIG_IGN);
}

/* Landlock's rights that nobody has without a rule, and there is none, by what
 * the kernel knows: struct landlock_ruleset_attr as of 6.12, which is newer
 * than Debian's headers. */
static const struct rights {
	uint64_t files, tcp, scopes;
} landlock[] = {
	[1] = { .files = 0x1fff },                        /* Linux 5.13 */
	[2] = { .files = 0x3fff },                        /* 5.19: moving */
	[3] = { .files = 0x7fff },                        /* 6.2: truncating */
	[4] = { .files = 0x7fff, .tcp = 3 },              /* 6.7 */
	[5] = { .files = 0xffff, .tcp = 3 },              /* 6.10: ioctl() */
	[6] = { .files = 0xffff, .tcp = 3, .scopes = 3 }, /* 6.12: abstract
	                                                     sockets, signals */
};

/* Says once more what the filter says, in another part of the kernel. */
static void
forbid_files(void)
{
	const long newest = sizeof(landlock) / sizeof(landlock[0]) - 1;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	int rules;

	if (abi < 1) {
		log_line(LOG_WARNING,
		    "sandbox: this kernel has no Landlock (%s): seccomp alone "
		    "keeps the program from files",
		    strerror(errno));
		return;
	}
	if (abi > newest)
		abi = newest;
	rules = (int)syscall(SYS_landlock_create_ruleset, &landlock[abi],
	    sizeof(landlock[0]), 0);
	must(rules >= 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0,
	    "Landlock");
	close(rules);
}

/* --- memory --- */

#define PAGE ((uintptr_t)4096)

/* Makes read-only what only the start writes to: tables of functions, mostly.
 * The dynamic linker does so, too; in a static program nobody else does.  The
 * program's headers follow that of its file, which is loaded at its start. */
static void
protect_constants(void)
{
	uintptr_t headers = getauxval(AT_PHDR);
	uintptr_t start = headers - sizeof(Elf64_Ehdr);
	const Elf64_Phdr *header = (const Elf64_Phdr *)headers;

	for (size_t i = 0; i < getauxval(AT_PHNUM); i++) {
		uintptr_t from = start + header[i].p_vaddr;
		uintptr_t to = from + header[i].p_memsz;

		if (header[i].p_type == PT_GNU_RELRO)
			must(mprotect((void *)(from & -PAGE),
				 (to & -PAGE) - (from & -PAGE), PROT_READ) == 0,
			    "constants");
	}
}

/* --- resources --- */

#define MIB ((rlim_t)1024 * 1024)

/* There is none for the size of files: the log is one, and no other can be
 * opened. */
static const struct {
	__rlimit_resource_t what;
	rlim_t most;
} limits[] = {
	/* the largest password hash takes 256 MiB (lib/password.c); libraries
	 * where they are shared */
	{ RLIMIT_AS, 320 * MIB },
	/* seconds; the slowest password hash takes 4 */
	{ RLIMIT_CPU, 10 },
	{ RLIMIT_CORE, 0 },
	/* no further file; poll() takes it for how many may be waited for */
	{ RLIMIT_NOFILE, 1 },
	/* no further process */
	{ RLIMIT_NPROC, 0 },
};

static void
limit_resources(void)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct rlimit limit = { limits[i].most, limits[i].most };

		/* a tighter one that Apache has set stays */
		must(setrlimit(limits[i].what, &limit) == 0 || errno == EPERM,
		    "a limit");
	}
}

/* --- system calls --- */

/* Where a jump leads: to one of the filter's last two instructions. */
#define ALLOWED 255
#define REFUSED 254

#define LOAD(member) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	    (uint32_t)offsetof(struct seccomp_data, member))
#define IF(test, value, then, otherwise) \
	BPF_JUMP( \
	    BPF_JMP | (test) | BPF_K, (uint32_t)(value), (then), (otherwise))

#define ALLOW(call) IF(BPF_JEQ, SYS_##call, ALLOWED, 0)

/* Unless an argument, counted from 0, has one of these bits. */
#define ALLOW_WITHOUT(call, argument, bits) \
	IF(BPF_JEQ, SYS_##call, 0, 2), LOAD(args[argument]), \
	    IF(BPF_JSET, bits, REFUSED, ALLOWED)

/* When an argument has one of two values. */
#define ALLOW_WITH(call, argument, one, other) \
	IF(BPF_JEQ, SYS_##call, 0, 3), LOAD(args[argument]), \
	    IF(BPF_JEQ, one, ALLOWED, 0), IF(BPF_JEQ, other, ALLOWED, REFUSED)

/* A program for the kernel, which compiles it for each process anew, and takes
 * the longer the more there is of it; the most frequent calls come first. */
static struct sock_filter filter[] = {
	/* The kernel would try the filter on each of its calls, some 450, to
	 * find those that are always allowed and not ask again: that takes
	 * longer than asking at the twenty that a program makes.  It gives up
	 * at an instruction that it can't foresee, such as this one, which does
	 * nothing. */
	BPF_STMT(BPF_MISC | BPF_TAX, 0),

	/* the numbers below are those of 64-bit calls; those of x32 have one
	 * more bit, and so are none of them */
	LOAD(arch),
	IF(BPF_JEQ, AUDIT_ARCH_X86_64, 0, REFUSED),
	LOAD(nr),

	/* memory, none of it executable */
	ALLOW_WITHOUT(mmap, 2, PROT_EXEC),
	ALLOW_WITHOUT(mprotect, 2, PROT_EXEC),
	ALLOW(munmap),
	ALLOW(brk),
	ALLOW(mremap),
	ALLOW(madvise),

	/* the request, the answer, the log */
	ALLOW(read),
	ALLOW(write),
	ALLOW(writev),

	/* the database; poll() goes on by restart_syscall() when the process
	 * was stopped meanwhile */
	ALLOW(poll),
	ALLOW(sendto),
	ALLOW(recvfrom),
	ALLOW(close),
	ALLOW(restart_syscall),

	/* the time, where the C library can't tell without the kernel */
	ALLOW(clock_gettime),
	ALLOW(time),

	ALLOW(getrandom),
	ALLOW_WITH(futex, 1, FUTEX_WAKE, FUTEX_WAKE | FUTEX_PRIVATE_FLAG),
	ALLOW(exit_group),

	/* REFUSED, ALLOWED */
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
#define FILTER_LENGTH (sizeof(filter) / sizeof(filter[0]))

/* The kernel counts from the instruction after the jump. */
static void
aim(uint8_t *jump, size_t from)
{
	if (*jump == ALLOWED)
		*jump = (uint8_t)(FILTER_LENGTH - 1 - (from + 1));
	else if (*jump == REFUSED)
		*jump = (uint8_t)(FILTER_LENGTH - 2 - (from + 1));
}

/* Says what was refused.  To return from here is not allowed either, and ends
 * the process: so the kernel does that, whatever state the process is in. */
static void
tell(int signal, siginfo_t *refused, void *context)
{
	(void)signal;
	(void)context;
	metrics_count(METRICS_SANDBOX_KILL);
	log_line(LOG_ERROR, "sandbox: the system call %d was refused",
	    refused->si_syscall);
}

static void
filter_calls(void)
{
	const struct sigaction act = {
		.sa_sigaction = tell,
		.sa_flags = SA_SIGINFO,
	};
	const struct sock_fprog program = {
		.len = FILTER_LENGTH,
		.filter = filter,
	};

	for (size_t i = 0; i < FILTER_LENGTH; i++) {
		if (BPF_CLASS(filter[i].code) == BPF_JMP) {
			aim(&filter[i].jt, i);
			aim(&filter[i].jf, i);
		}
	}
	must(sigaction(SIGSYS, &act, NULL) == 0, "SIGSYS");
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0,
	    "seccomp");
}

/* Strict mode costs a tenth of the filter.  A process that has inherited a
 * filter (from a unit of systemd's with SystemCallFilter=, or a container)
 * cannot enter it: EINVAL. */
static void
stop_calls(void)
{
	log_stop_clock(); /* strict mode forbids the time stamp counter, too */
	is_tight = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == 0;
	if (!is_tight)
		filter_calls();
}

static void
close_with(void (*limit_calls)(void))
{
	const time_t now = 0;
	struct tm date;

	gmtime_r(&now, &date); /* glibc reads the time zone once */
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
	if (SANDBOX_OPEN)
		return;
	/* to others of the same user its memory and environment are closed */
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
	protect_constants();
	forbid_files();
	limit_resources();
	limit_calls();
}

void
sandbox_close(void)
{
	close_with(filter_calls);
}

void
sandbox_close_tightly(void)
{
	close_with(stop_calls);
}

_Noreturn void
sandbox_exit(int status, bool at_once)
{
	if (is_tight) /* exit_group() is not of that mode */
		syscall(SYS_exit, status);
	if (at_once)
		_exit(status);
	exit(status);
}
