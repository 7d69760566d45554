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

/* Sees to it that stdin, stdout and stderr are open files, and no others,
 * whatever the web server has left. */
void sandbox_begin(void);

/* Gives it up, for good.  Dies when the kernel refuses. */
void sandbox_close(void);

#endif
