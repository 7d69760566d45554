/* inject WHEN CALL FILE PROGRAM -- runs a program as it is, and has it make one
 * system call that it would not make, as one does who has taken it over.
 *
 * WHEN is "first", for the first system call of all, "closed", for the first
 * one with the sandbox closed, or "answer", for the one that writes the answer:
 * CALL is made in its place, on FILE where it takes one.  Prints on stderr what
 * came of it: "killed by SIGSYS" or SIGKILL, or its result; and then
 * ends in the same way.
 *
 * The call is made by PTRACE_SETREGS(2) where the program enters the kernel,
 * which is before the kernel asks the filter. */

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an argument is that has no value of its own. */
enum { PATH = -1000, ADDRESS, OTHER, MEMORY };

static const struct call {
	const char *name;
	long number, arguments[6];
} calls[] = {
	{ "open", SYS_open, { PATH, O_RDONLY } },
	{ "openat", SYS_openat, { AT_FDCWD, PATH, O_RDONLY } },
	{ "create", SYS_openat, { AT_FDCWD, PATH, O_WRONLY | O_CREAT, 0600 } },
	{ "truncate", SYS_truncate, { PATH, 0 } },
	{ "unlink", SYS_unlink, { PATH } },
	{ "rename", SYS_rename, { PATH, PATH } },
	{ "chmod", SYS_chmod, { PATH, 0777 } },
	{ "stat", SYS_stat, { PATH, MEMORY } },
	{ "execve", SYS_execve, { PATH } },
	{ "execveat", SYS_execveat, { AT_FDCWD, PATH } },
	{ "fork", SYS_fork, { 0 } },
	{ "vfork", SYS_vfork, { 0 } },
	{ "clone", SYS_clone, { SIGCHLD } },
	{ "socket unix", SYS_socket, { AF_UNIX, SOCK_STREAM } },
	{ "socket inet", SYS_socket, { AF_INET, SOCK_STREAM } },
	{ "socket inet6", SYS_socket, { AF_INET6, SOCK_DGRAM } },
	{ "socket netlink", SYS_socket, { AF_NETLINK, SOCK_RAW } },
	{ "socketpair", SYS_socketpair, { AF_UNIX, SOCK_STREAM, 0, MEMORY } },
	{ "connect", SYS_connect,
	    { 3, ADDRESS, (long)sizeof(struct sockaddr_un) } },
	{ "bind", SYS_bind, { 3, ADDRESS, (long)sizeof(struct sockaddr_un) } },
	{ "listen", SYS_listen, { 3, 1 } },
	{ "sendmsg", SYS_sendmsg, { 3, MEMORY } },
	{ "ptrace", SYS_ptrace, { PTRACE_ATTACH, OTHER } },
	{ "process_vm_readv", SYS_process_vm_readv, { OTHER } },
	{ "kill", SYS_kill, { OTHER, SIGTERM } },
	{ "tgkill", SYS_tgkill, { OTHER, OTHER, SIGTERM } },
	{ "mmap to run", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		-1 } },
	{ "mprotect to run", SYS_mprotect, { 0, 0, PROT_READ | PROT_EXEC } },
	{ "prctl", SYS_prctl, { 4, 1 } },
	{ "setrlimit", SYS_prlimit64, { 0, 7 } },
	{ "setuid", SYS_setuid, { 0 } },
	{ "bpf", SYS_bpf, { 0 } },
	{ "io_uring_setup", SYS_io_uring_setup, { 1, MEMORY } },
	{ "memfd_create", SYS_memfd_create, { PATH } },
	{ "dup", SYS_dup, { 0 } },
	{ "pipe", SYS_pipe, { MEMORY } },
	{ "inotify_init", SYS_inotify_init, { 0 } },
	{ "unshare", SYS_unshare, { 0 } },
};

static const struct call *
call_named(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	}
	errx(2, "there is no call %s", name);
}

/* A Unix socket at which nobody listens. */
static const struct sockaddr_un address = { .sun_family = AF_UNIX,
	.sun_path = "/nowhere" };

/* The program has what the call needs as arguments. */
static pid_t
start(const char *program, const char *file)
{
	char room[sizeof(address) + 1];
	pid_t pid;

	memset(room, 'x', sizeof(address));
	room[sizeof(address)] = '\0';
	if ((pid = fork()) == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(program, program, file, room, (char *)NULL);
		err(2, "%s", program);
	}
	return pid;
}

/* Lets the program go on to its next stop; gives the signal that stopped it, or
 * 0 when it has ended. */
static int
resume(pid_t pid, int signal, int *status)
{
	if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) != 0 ||
	    waitpid(pid, status, 0) != pid)
		err(2, "the program is lost");
	return WIFSTOPPED(*status) ? WSTOPSIG(*status) : 0;
}

#define SYSTEM_CALL (SIGTRAP | 0x80)

/* What has to be passed on: the signals that are the program's. */
static int
its_own(int signal)
{
	return signal == SYSTEM_CALL || signal == SIGTRAP || signal == SIGSTOP
	    ? 0
	    : signal;
}

struct arguments {
	long path, address;
};

/* The new program's stack begins with the count and the arguments. */
static struct arguments
find_arguments(pid_t pid)
{
	struct user_regs_struct regs;
	struct arguments found;

	ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	found.path = ptrace(PTRACE_PEEKDATA, pid, regs.rsp + 16, NULL);
	found.address = ptrace(PTRACE_PEEKDATA, pid, regs.rsp + 24, NULL);
	for (size_t i = 0; i + sizeof(long) <= sizeof(address);
	     i += sizeof(long)) {
		long word;

		memcpy(&word, (const char *)&address + i, sizeof(word));
		ptrace(PTRACE_POKEDATA, pid, found.address + (long)i, word);
	}
	return found;
}

/* Whether it is the call after which nothing more is allowed. */
static bool
closes(const struct user_regs_struct *regs)
{
	return regs->orig_rax == SYS_seccomp ||
	    (regs->orig_rax == SYS_prctl && regs->rdi == PR_SET_SECCOMP);
}

/* Goes on until the program is about to make the call in whose place another
 * one is to be made. */
static void
go_to(pid_t pid, const char *when)
{
	bool entering = false, closed = false;
	int signal = 0, status;

	while ((signal = resume(pid, its_own(signal), &status)) != 0) {
		struct user_regs_struct regs;

		if (signal != SYSTEM_CALL)
			continue;
		entering = !entering;
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		if (!entering) {
			closed |= regs.rax == 0 && closes(&regs);
			continue;
		}
		if (strcmp(when, "first") == 0 ||
		    (strcmp(when, "closed") == 0 && closed) ||
		    (strcmp(when, "answer") == 0 && closed &&
			regs.orig_rax == SYS_write &&
			regs.rdi == STDOUT_FILENO))
			return;
	}
	errx(2, "the program has ended before: status %x", status);
}

static void
replace(pid_t pid, const struct call *call, struct arguments given, pid_t other)
{
	struct user_regs_struct regs;
	long arguments[6];

	ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	for (size_t i = 0; i < 6; i++) {
		switch (arguments[i] = call->arguments[i]) {
		case PATH:
			arguments[i] = given.path;
			break;
		case ADDRESS:
			arguments[i] = given.address;
			break;
		case OTHER:
			arguments[i] = other;
			break;
		case MEMORY: /* which the stack has not grown to yet */
			arguments[i] = (long)regs.rsp - 2048;
			break;
		}
	}
	regs.orig_rax = (unsigned long)call->number;
	regs.rdi = (unsigned long)arguments[0];
	regs.rsi = (unsigned long)arguments[1];
	regs.rdx = (unsigned long)arguments[2];
	regs.r10 = (unsigned long)arguments[3];
	regs.r8 = (unsigned long)arguments[4];
	regs.r9 = (unsigned long)arguments[5];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) != 0)
		err(2, "the program's registers");
}

/* The call has been made when it has returned and SIGSYS does not come next;
 * what the program makes of its result, or dies of, is its own affair. */
static void
tell_outcome(pid_t pid)
{
	struct user_regs_struct regs = { .rax = -1UL };
	bool refused = false, returned = false;
	int signal = 0, status;

	while ((signal = resume(pid, its_own(signal), &status)) != 0) {
		refused |= signal == SIGSYS;
		if (refused || signal != SYSTEM_CALL)
			continue;
		if (returned)
			break;
		returned = true;
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	}
	if (!refused && (returned || !WIFSIGNALED(status)))
		warnx("%lld", (long long)regs.rax);
	else if (WIFSIGNALED(status))
		warnx("killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		warnx("refused, and ends with %d", WEXITSTATUS(status));
}

/* A process for the program to attack; it ends with this one. */
static pid_t
start_other(void)
{
	pid_t us = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == us)
			pause();
		_exit(0);
	}
	return pid;
}

int
main(int argc, char **argv)
{
	const struct call *call;
	struct arguments arguments;
	pid_t pid, other;
	int status;

	if (argc != 5)
		errx(2, "usage: inject first|closed|answer CALL FILE PROGRAM");
	call = call_named(argv[2]);
	pid = start(argv[4], argv[3]);
	other = start_other();
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
		PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE);
	arguments = find_arguments(pid);
	go_to(pid, argv[1]);
	replace(pid, call, arguments, other);
	tell_outcome(pid);
	kill(other, SIGKILL);
	return 0;
}
