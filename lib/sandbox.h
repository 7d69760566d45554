/* sandbox -- what a program gives up before it reads a byte of its request.
 *
 * From then on it can read its request, ask the database over the connection
 * that it has, write its answer and its log, and end.  It can't open, change or
 * run a file, connect, listen, start a process, look at or signal another one,
 * or make memory executable, whatever a request may have brought it to.
 *
 * Who tries is ended by SIGSYS, with a line in the log; the web server answers
 * 500 in its place. */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>

/* Sees to it that stdin, stdout and stderr are open files, and no others,
 * whatever the web server has left; and that to write to somebody who is gone,
 * be it the log's reader, fails rather than ends the process. */
void sandbox_begin(void);

/* Gives it up, for good.  Dies when the kernel refuses. */
void sandbox_close(void);

/* The same for who has no database: only read(2), write(2) and sandbox_exit()
 * are left, with the memory that is there, and the clock stands still.  Who
 * tries anything else is ended by SIGKILL, without a line of its own. */
void sandbox_close_tightly(void);

/* exit(3), or, at once, _exit(2), in the way that is left. */
_Noreturn void sandbox_exit(int status, bool at_once);

#endif
