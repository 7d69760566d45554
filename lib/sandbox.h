/* sandbox -- the rights that a program gives up before it reads its request.
 *
 * The program can then still read the request, use its connection to the
 * database, write its response and its log, and exit.  It can no longer open,
 * change or execute a file, connect, listen, start a process, inspect or signal
 * another process, or make memory executable.
 *
 * A violation raises SIGSYS: the program logs it and dies, and Apache answers
 * 500.
 *
 * Needs Linux 5.9 (close_range) and seccomp filters: where the kernel refuses
 * one of them, the program logs which and answers 500.  Without Landlock (Linux
 * 5.13) each program logs one warning and relies on seccomp. */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>

/* Sees to it that stdin, stdout and stderr are open files, and no others,
 * whatever the web server has left; and that to write to somebody who is gone,
 * be it the log's reader, fails rather than ends the process. */
void sandbox_begin(void);

/* Closes the sandbox for good.  Dies if the kernel refuses. */
void sandbox_close(void);

/* The same for a program without a database, which then needs read(2), write(2)
 * and sandbox_exit() only: enters seccomp's strict mode if the process has
 * inherited no filter.  The clock stands still.  In strict mode a violation
 * raises SIGKILL, and only Apache logs it. */
void sandbox_close_tightly(void);

/* exit(3), or, at once, _exit(2), in the way that is left. */
_Noreturn void sandbox_exit(int status, bool at_once);

#endif
