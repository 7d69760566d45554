/* fuzz -- what the entries in t/fuzz/ share.
 *
 * An entry is one file with one LLVMFuzzerTestOneInput().  It takes its input
 * apart, has the library at it, and states what must hold of the result with
 * property().  The library's ends are seams (seams.h): exit() ends a call, not
 * the process; stdin is the input; the answer and the log are looked at here;
 * and between two inputs all memory is taken back, so that what leaks or is
 * used too late is seen.
 *
 * A log line of level error is a find: nothing that a stranger sends may be our
 * fault. */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process unless it holds; libFuzzer keeps the input. */
#define property(holds) \
	((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *property, const char *file, int line);

/* The two strings are the same, or both NULL. */
bool fuzz_same(const char *a, const char *b);

/* --- the input --- */

struct fuzz_input {
	const char *at;
	size_t left;
};

/* Begins a run, with a request as by fuzz_request().  fuzz_end() ends it and
 * takes back all memory; it gives what libFuzzer wants of an entry. */
struct fuzz_input fuzz_begin(const uint8_t *data, size_t size);
int fuzz_end(void);

/* One byte (0 at the end), a line without its end, and all that is left.  The
 * strings are of mem, and end at a NUL byte if there is one. */
unsigned char fuzz_byte(struct fuzz_input *input);
const char *fuzz_line(struct fuzz_input *input);
const char *fuzz_rest(struct fuzz_input *input);

/* --- a request --- */

/* Begins another request: no environment, nothing to read. */
void fuzz_request(void);

/* Sets a variable of the environment.  NULL for value: unset. */
void fuzz_variable(const char *name, const char *value);

/* What there is to read from stdin. */
void fuzz_stdin(const char *bytes, size_t len);

/* What the database says to each question of this run: so many rows, whose
 * texts and numbers are taken from what is left of the input.  (The entries do
 * not link lib/db.c.) */
void fuzz_database(size_t rows, struct fuzz_input *says);

/* Calls act.  True when it ended by an answer, which is checked to be a
 * well-formed one; false when it returned. */
bool fuzz_answers(void (*act)(const void *given), const void *given);

/* The status, the headers and the body of that answer, checked again. */
int fuzz_status(void);
const char *fuzz_head(void);
const char *fuzz_body(void);

/* Lets log lines of level error pass, for this run. */
void fuzz_expect_errors(void);

/* How many lines the run has written to stderr. */
size_t fuzz_lines(void);

#endif
