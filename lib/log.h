/* log -- what happened, one line of JSON (RFC 8259) a time, in a file that the
 * program opens itself, or on stderr.
 *
 * A line carries the time, the level, the program, the request's id (the one
 * in Apache's access log) and a sentence.  Control bytes and bytes that are
 * not ASCII are escaped, so a visitor's input can't forge a line, and each
 * line is one write(2), so lines of two processes never mix.
 *
 * Never logged: passwords, cookies, tokens, e-mail addresses, message texts. */

#ifndef LOG_H
#define LOG_H

#include <stddef.h>
#include <time.h>

enum log_level {
	LOG_INFO,    /* somebody was refused something, as designed */
	LOG_WARNING, /* a part we need is away; it may come back by itself */
	LOG_ERROR,   /* our fault: somebody has to look into it */
};

/* Why the process ends early: tells whoever answers the client which kind of
 * answer is true. */
enum log_death {
	LOG_DEATH_FAULT,       /* a bug or a broken world */
	LOG_DEATH_UNAVAILABLE, /* the database is away or overloaded */
};

/* Appends the lines to come to a file, which is created if it does not exist.
 * Each program opens it anew, so a log is rotated by renaming it.  With NULL,
 * or if the file cannot be opened, lines go to stderr.  Call it before the
 * sandbox closes. */
void log_open(const char *name);

/* Names the program and the request in the lines to come.  Both strings must
 * live as long as the process does; NULL is written as "-", and what takes
 * more than 180 bytes is cut. */
void log_context(const char *program, const char *request);

/* Writes one line.  Long sentences are cut at 600 bytes.  A line that cannot be
 * written whole, because the disk is full, is counted (METRICS_LOST_LINE). */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes such a line, for those who write it themselves; gives its length. */
#define LOG_LINE_MAX 4096
size_t log_format(char line[LOG_LINE_MAX], enum log_level level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Gives this moment's time to all lines to come: for a process that may not ask
 * for it any more. */
void log_stop_clock(void);

/* The time that a line would have now. */
struct timespec log_now(void);

/* Has answer called once, by whichever die() comes first, after its line is
 * written.  A death inside answer, or with NULL, ends the process at once. */
void log_on_death(void (*answer)(enum log_death why));

/* Our fault: logs an error, lets the handler answer, ends the process. */
_Noreturn void die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Not our fault and not the visitor's: logs a warning, lets the handler
 * answer, ends the process. */
_Noreturn void die_unavailable(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
