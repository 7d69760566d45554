#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "metrics.h"

/* A line is at most what Linux writes to a pipe in one piece (PIPE_BUF), even
 * with every byte of its sentence escaped: as six. */
#define NAME_ROOM 180
#define SENTENCE_MAX 600
#define SENTENCE_ROOM ((size_t)6 * SENTENCE_MAX)

#define LINE_END "\"}\n"

static int log_file = STDERR_FILENO;
static const char *program_name = "-";
static const char *request_id = "-";
static struct timespec stopped_clock;
static void (*death_handler)(enum log_death why);

void
log_context(const char *program, const char *request)
{
	program_name = program != NULL ? program : "-";
	request_id = request != NULL ? request : "-";
}

void
log_open(const char *name)
{
	int opened;

	if (name == NULL)
		return;
	opened = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (opened < 0)
		log_line(LOG_WARNING, "log: %s: %s", name, strerror(errno));
	else
		log_file = opened;
}

void
log_on_death(void (*answer)(enum log_death why))
{
	death_handler = answer;
}

void
log_stop_clock(void)
{
	clock_gettime(CLOCK_REALTIME, &stopped_clock);
}

struct timespec
log_now(void)
{
	struct timespec now = stopped_clock;

	if (now.tv_sec == 0)
		clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

struct line {
	char *text; /* LOG_LINE_MAX bytes */
	size_t len;
};

static void
put(struct line *line, const char *text)
{
	size_t room = LOG_LINE_MAX - strlen(LINE_END) - line->len;
	size_t len = strlen(text);

	if (len > room)
		return; /* not with the rooms above: they add up to less */
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* As much of text as has room when it is escaped. */
static void
put_escaped(struct line *line, const char *text, size_t room)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		char escaped[8] = { (char)c };

		if (c == '"' || c == '\\')
			snprintf(escaped, sizeof(escaped), "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		if (strlen(escaped) > room)
			return;
		room -= strlen(escaped);
		put(line, escaped);
	}
}

static void
put_time(struct line *line)
{
	struct timespec now = log_now();
	struct tm utc;
	char date[32], stamp[48];

	gmtime_r(&now.tv_sec, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(stamp, sizeof(stamp), "%s.%03dZ", date,
	    (int)(now.tv_nsec / 1000000));
	put(line, stamp);
}

static size_t __attribute__((format(printf, 3, 0)))
make_line(char text[LOG_LINE_MAX], enum log_level level, const char *format,
    va_list args)
{
	static const char *const level_names[] = {
		[LOG_INFO] = "info",
		[LOG_WARNING] = "warning",
		[LOG_ERROR] = "error",
	};
	struct line line = { .text = text };
	char sentence[SENTENCE_MAX];

	vsnprintf(sentence, sizeof(sentence), format, args);
	put(&line, "{\"time\":\"");
	put_time(&line);
	put(&line, "\",\"level\":\"");
	put(&line, level_names[level]);
	put(&line, "\",\"program\":\"");
	put_escaped(&line, program_name, NAME_ROOM);
	put(&line, "\",\"request\":\"");
	put_escaped(&line, request_id, NAME_ROOM);
	put(&line, "\",\"message\":\"");
	put_escaped(&line, sentence, SENTENCE_ROOM);
	memcpy(line.text + line.len, LINE_END, strlen(LINE_END));
	return line.len + strlen(LINE_END);
}

size_t
log_format(
    char line[LOG_LINE_MAX], enum log_level level, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	len = make_line(line, level, format, args);
	va_end(args);
	return len;
}

static void __attribute__((format(printf, 2, 0)))
write_line(enum log_level level, const char *format, va_list args)
{
	char line[LOG_LINE_MAX];
	size_t len = make_line(line, level, format, args);

	if (write(log_file, line, len) != (ssize_t)len)
		metrics_count(METRICS_LOST_LINE);
}

void
log_line(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(level, format, args);
	va_end(args);
}

static _Noreturn void
end(enum log_death why)
{
	static bool dying;

	if (!dying && death_handler != NULL) {
		dying = true;
		death_handler(why);
	}
	_exit(EXIT_FAILURE);
}

_Noreturn void
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_ERROR, format, args);
	va_end(args);
	end(LOG_DEATH_FAULT);
}

_Noreturn void
die_unavailable(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_WARNING, format, args);
	va_end(args);
	end(LOG_DEATH_UNAVAILABLE);
}
