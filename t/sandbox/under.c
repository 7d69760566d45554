/* under [CALL ERRNO]... -- PROGRAM [ARGUMENT]...: runs a program under a
 * seccomp filter that allows all system calls but the given ones.  Each CALL is
 * a number and fails with ERRNO. */

#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 8

static struct sock_filter filter[2 + 2 * MOST] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
};
static unsigned short length = 1;

static void
add(struct sock_filter instruction)
{
	filter[length++] = instruction;
}

int
main(int argc, char **argv)
{
	struct sock_fprog program = { .filter = filter };
	int at = 1;

	for (; at + 1 < argc && strcmp(argv[at], "--") != 0; at += 2) {
		uint32_t call = (uint32_t)strtoul(argv[at], NULL, 10);
		uint32_t error = (uint32_t)strtoul(argv[at + 1], NULL, 10);

		if (length + 3 > 2 + 2 * MOST)
			errx(2, "too many calls");
		add((struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
		add((struct sock_filter)BPF_STMT(
		    BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
	}
	if (at + 1 >= argc)
		errx(
		    2, "usage: under [CALL ERRNO]... -- PROGRAM [ARGUMENT]...");
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	program.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		err(2, "seccomp");
	execv(argv[at + 1], argv + at + 1);
	err(2, "%s", argv[at + 1]);
}
