/* log-writer FILE -- writes the lines that come on stdin to a file, by its name
 * each time: when it has been renamed, the next line begins a new one.  So a
 * log is rotated without telling anybody (ops/logrotate.conf), and no line is
 * lost, nor a request disturbed.
 *
 * Apache starts one for each of its logs, and ends all of them by closing their
 * stdin: signals, of a Ctrl-C or of Apache's, would end them before the last
 * lines have come.  At SIGTERM, by which Apache's parent dismisses one, a copy
 * goes on for whoever still writes, which at a graceful restart is Apache's old
 * process; the parent would wait for it, and kill it after three seconds.
 *
 * A line of JSON is written as it is; one of Apache's (mod_logs has its parts)
 * and whatever else gets to stderr becomes one.  Where there is no room for
 * them, lines are dropped, rather than holding up who writes, and counted. */

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* What may wait in the pipe while this program has no processor: 4,000 lines,
 * so that nobody waits for it to write one. */
#define PIPE_ROOM (1 << 20)

/* The lines that have come, and the beginning of one. */
#define ROOM 65536

static const char *file_name;
static size_t lost;

/* Makes the file of this name stderr, as which lib/log knows it. */
static bool
open_log(void)
{
	int file =
	    open(file_name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (file < 0)
		return false;
	if (file != STDERR_FILENO) {
		dup2(file, STDERR_FILENO);
		close(file);
	}
	return true;
}

/* Either all or nothing of it, so that no half a line stays. */
static bool
write_all(const char *lines, size_t len)
{
	off_t before = lseek(STDERR_FILENO, 0, SEEK_END);
	ssize_t written = 0;

	while (len > 0 && written >= 0) {
		written = write(STDERR_FILENO, lines, len);
		if (written > 0) {
			lines += written;
			len -= (size_t)written;
		}
	}
	if (len > 0 && ftruncate(STDERR_FILENO, before) != 0)
		return false;
	return len == 0;
}

static size_t
count_lines(const char *lines, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += lines[i] == '\n';
	return count;
}

static void
keep(const char *lines, size_t len)
{
	if (len == 0)
		return;
	if (!write_all(lines, len)) {
		lost += count_lines(lines, len);
	} else if (lost > 0) {
		log_context("log-writer", NULL);
		log_line(LOG_ERROR,
		    "%zu lines before this one could not be written", lost);
		lost = 0;
	}
}

/* Ends the first word of a line with tabs, and gives it. */
static const char *
next_word(char **line)
{
	const char *word = strsep(line, "\t");

	return word != NULL ? word : "";
}

static enum log_level
level_of(const char *name)
{
	if (strcmp(name, "error") == 0)
		return LOG_ERROR;
	return strcmp(name, "warning") == 0 ? LOG_WARNING : LOG_INFO;
}

/* mod_logs' parts, then all of Apache's sentence: that is for what is about no
 * client, and therefore quotes none. */
static size_t
format_for_apache(char *line, char as_json[LOG_LINE_MAX])
{
	const char *level = next_word(&line), *request = next_word(&line);
	const char *words = next_word(&line), *why = next_word(&line);

	log_context("apache", request);
	return log_format(as_json, level_of(level), "%s%s%s",
	    *words == '\0' && line != NULL ? line : words,
	    *why == '\0' ? "" : ": ", why);
}

/* A line that is not JSON, without its end. */
static void
keep_as_json(char *line)
{
	static const char mark[] = "apache\t";
	char as_json[LOG_LINE_MAX];
	size_t len;

	if (*line == '\0')
		return;
	if (strncmp(line, mark, strlen(mark)) == 0) {
		len = format_for_apache(line + strlen(mark), as_json);
	} else {
		log_context("stderr", NULL);
		len = log_format(as_json, LOG_ERROR, "%s", line);
	}
	keep(as_json, len);
}

static void
keep_lines(char *lines, size_t len)
{
	char *kept = lines, *line = lines, *const end = lines + len;

	while (line < end) {
		char *next = memchr(line, '\n', (size_t)(end - line));

		next = next != NULL ? next + 1 : end;
		if (*line != '{') {
			keep(kept, (size_t)(line - kept));
			next[-1] = '\0';
			keep_as_json(line);
			kept = next;
		}
		line = next;
	}
	keep(kept, (size_t)(end - kept));
}

/* The length of the lines that are complete. */
static size_t
complete(const char *bytes, size_t len)
{
	while (len > 0 && bytes[len - 1] != '\n')
		len--;
	return len;
}

/* Lets lines gather: who writes one wakes nobody meanwhile. */
static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

static void
copy_lines(void)
{
	static char bytes[ROOM];
	size_t len = 0;
	ssize_t more;

	while ((more = read(STDIN_FILENO, bytes + len, ROOM - len)) > 0) {
		size_t whole;

		len += (size_t)more;
		whole = complete(bytes, len);
		if (whole == 0 && len == ROOM)
			whole = len; /* longer than anybody's */
		if (whole == 0)
			continue;
		if (open_log())
			keep_lines(bytes, whole);
		else
			lost += count_lines(bytes, whole);
		len -= whole;
		memmove(bytes, bytes + whole, len);
		if ((size_t)more < ROOM / 2)
			nap();
	}
}

/* The copy is in the midst of what this one was in the midst of. */
static void
leave_to_copy(int number)
{
	(void)number;
	if (_Fork() > 0)
		_exit(0);
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		log_context("log-writer", NULL);
		die("usage: log-writer FILE");
	}
	file_name = argv[1];
	sigaction(SIGTERM,
	    &(struct sigaction){
		.sa_handler = leave_to_copy, .sa_flags = SA_RESTART },
	    NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_ROOM); /* else it has less */
	copy_lines();
	return 0;
}
