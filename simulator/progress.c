#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "text.h"
#include "client.h"

#define BAR_INTERVAL INT64_C(200000)
#define LINE_INTERVAL INT64_C(5000000)
#define BAR_WIDTH 30
#define RATE_AGE INT64_C(1000000) /* the rate is that of a second or more */

struct progress {
	const char *what;
	size_t total, steps, errors;
	bool terminal;
	int64_t start, next;
	/* For the rate at the moment: where it was some time ago. */
	int64_t since;
	size_t steps_then;
	double rate;
};

struct progress *
progress_open(const char *what, size_t total)
{
	struct progress *progress = mem_alloc(sizeof(*progress));

	progress->what = what;
	progress->total = total;
	progress->terminal = isatty(STDERR_FILENO) == 1;
	progress->start = progress->since = client_clock();
	progress->next = progress->start +
	    (progress->terminal ? BAR_INTERVAL : LINE_INTERVAL);
	return progress;
}

void
progress_step(struct progress *progress, bool ok)
{
	progress->steps++;
	if (!ok)
		progress->errors++;
}

static void
update_rate(struct progress *progress, int64_t since, size_t steps_then)
{
	int64_t now = client_clock();

	progress->rate = (double)(progress->steps - steps_then) * 1e6 /
	    (double)(now > since ? now - since : 1);
}

static void
show_bar(const struct progress *progress)
{
	static const char full[] = "##############################";
	static const char empty[] = "------------------------------";
	size_t percent =
	    progress->total > 0 ? progress->steps * 100 / progress->total : 100;
	int width = (int)(percent * BAR_WIDTH / 100);

	fprintf(stderr,
	    "\r[%.*s%.*s] %zu%% of %zu %s, %.0f/s, errors: %zu\033[K", width,
	    full, BAR_WIDTH - width, empty, percent, progress->total,
	    progress->what, progress->rate, progress->errors);
}

static void
show_line(const struct progress *progress)
{
	fprintf(stderr, "%zu of %zu %s, %.0f/s, errors: %zu\n", progress->steps,
	    progress->total, progress->what, progress->rate, progress->errors);
}

int64_t
progress_tick(struct progress *progress)
{
	int64_t now = client_clock();

	if (now < progress->next)
		return progress->next;
	if (now - progress->since >= RATE_AGE) {
		update_rate(progress, progress->since, progress->steps_then);
		progress->since = now;
		progress->steps_then = progress->steps;
	} else if (progress->since == progress->start) {
		update_rate(progress, progress->start, 0);
	}
	if (progress->terminal)
		show_bar(progress);
	else
		show_line(progress);
	progress->next =
	    now + (progress->terminal ? BAR_INTERVAL : LINE_INTERVAL);
	return progress->next;
}

/* Server and file may want to say something to the terminal, too. */
static void
disarm(char *line)
{
	while (*line != '\0') {
		uint32_t code_point;
		size_t step = text_code_point(line, strlen(line), &code_point);

		if (step == 0 || code_point < 0x20 ||
		    (code_point >= 0x7f && code_point < 0xa0)) {
			if (step == 0)
				step = 1;
			memset(line, '?', step);
		}
		line += step;
	}
}

void
progress_say(struct progress *progress, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	disarm(line);
	fprintf(stderr, "%s%s\n", progress->terminal ? "\r\033[K" : "", line);
}

void
progress_close(struct progress *progress)
{
	update_rate(progress, progress->start, 0);
	if (progress->terminal) {
		show_bar(progress);
		fputs("\n", stderr);
	} else {
		show_line(progress);
	}
}
