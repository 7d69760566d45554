/* child -- runs a function in a process of its own, as a web server runs a
 * program: with an environment and a standard input, and what it writes is
 * caught.  For whatever ends its process. */

#ifndef CHILD_H
#define CHILD_H

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "json.h"

/* Whatever a user can choose, at its worst. */
#define EVIL "\"><script>'&%s"
#define ESCAPED "&#34;&gt;&lt;script&gt;&#39;&amp;%s"
#define ENCODED "%22%3E%3Cscript%3E%27%26%25s"

struct child {
	/* what it gets */
	const char *env[12]; /* "NAME=value", or "NAME" to unset it */
	const char *input;   /* NULL: nothing to read */
	size_t input_len;    /* 0: up to the NUL */

	/* what comes of it */
	int status; /* of its exit, or 128 and its signal */
	const char *out, *err;
};

static inline FILE *
child_file(const char *bytes, size_t len)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	rewind(file);
	return file;
}

static inline const char *
child_wrote(FILE *file)
{
	char *text;
	long len;

	fseek(file, 0, SEEK_END);
	len = ftell(file);
	rewind(file);
	text = mem_alloc((size_t)len + 1);
	assert_int_equal(fread(text, 1, (size_t)len, file), len);
	fclose(file);
	return text;
}

static inline _Noreturn void
child_become(const struct child *child, FILE *in, FILE *out, FILE *err,
    void (*act)(const void *given), const void *given)
{
	/* cmocka catches these, and would go on with the tests */
	static const int signals[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV,
		SIGSYS };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	dup2(fileno(in), STDIN_FILENO);
	dup2(fileno(out), STDOUT_FILENO);
	dup2(fileno(err), STDERR_FILENO);
	for (const char *const *variable = child->env; *variable != NULL;
	     variable++)
		putenv((char *)*variable);
	act(given);
	exit(EXIT_SUCCESS);
}

static inline void
child_run(
    struct child *child, void (*act)(const void *given), const void *given)
{
	const char *input = child->input != NULL ? child->input : "";
	FILE *in = child_file(
	    input, child->input_len > 0 ? child->input_len : strlen(input));
	FILE *out = child_file("", 0), *err = child_file("", 0);
	pid_t pid;
	int status;

	fflush(NULL);
	if ((pid = fork()) == 0)
		child_become(child, in, out, err, act, given);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	child->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	fclose(in);
	child->out = child_wrote(out);
	child->err = child_wrote(err);
	if (strstr(child->err, "Sanitizer") != NULL ||
	    strstr(child->err, "runtime error") != NULL)
		fail_msg("%s", child->err);
}

/* What comes after the headers of the answer that the child wrote. */
static inline const char *
child_body(const struct child *child)
{
	const char *end = strstr(child->out, "\r\n\r\n");

	if (end == NULL) {
		fail_msg("no answer: %s%s", child->out, child->err);
		return "";
	}
	return end + strlen("\r\n\r\n");
}

/* Asserts that the child has logged one line, valid JSON, of this level and
 * with this in its message. */
static inline void
assert_logged(const struct child *child, const char *level, const char *part)
{
	size_t len = strlen(child->err);
	const char *problem = "more or less than a line";
	const struct json_object *line = NULL;

	if (strcspn(child->err, "\n") + 1 == len)
		line = json_read(child->err, len, &problem);
	if (line == NULL)
		fail_msg("%s: %s", problem, child->err);
	assert_string_equal(json_string(line, "level"), level);
	if (strstr(json_string(line, "message"), part) == NULL)
		fail_msg("no \"%s\" in %s", part, child->err);
}

/* Asserts that the child has died of our own fault, for this reason. */
static inline void
assert_died(const struct child *child, const char *reason)
{
	assert_int_equal(child->status, EXIT_FAILURE);
	assert_logged(child, "error", reason);
}

static inline void
assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static inline void
assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" in:\n%s", part, text);
}

#endif
