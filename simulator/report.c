#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "resize.h"
#include "wire.h"

#define MAX_STATUS 1000
#define ALL KINDS /* the row of all kinds together */
#define ROWS (KINDS + 1)

static const char *const fate_headings[FATES] = {
	[FATE_TIMEOUT] = "timeout",
	[FATE_REFUSED] = "refused",
	[FATE_RESET] = "reset",
	[FATE_BAD] = "bad",
};
static const char *const fate_members[FATES] = {
	[FATE_TIMEOUT] = "timeout",
	[FATE_REFUSED] = "connection_refused",
	[FATE_RESET] = "connection_reset",
	[FATE_BAD] = "bad_answer",
};

enum quantile { P50, P90, P99, MAX, QUANTILES };
static const unsigned percents[QUANTILES] = { 50, 90, 99, 100 };
static const char *const quantile_names[QUANTILES] = { "p50", "p90", "p99",
	"max" };

struct row {
	const char *name;
	size_t count, ok;
	size_t fates[FATES];
	size_t statuses[MAX_STATUS]; /* of answers that are not ok */
	uint32_t quantiles[QUANTILES];
	size_t measured; /* what the quantiles are of */
};

/* --- counting --- */

/* A request that never had a connection has no time; one that was given up has
 * the time until then. */
static bool
has_time(const struct result *result)
{
	return result->fate == FATE_ANSWERED || result->fate == FATE_TIMEOUT;
}

static void
count_result(struct row *row, const struct result *result)
{
	row->count++;
	row->fates[result->fate]++;
	if (result->done == DONE_YES)
		row->ok++;
	else if (result->fate == FATE_ANSWERED)
		row->statuses[result->status % MAX_STATUS]++;
	if (has_time(result))
		row->measured++;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* The nearest rank: so many per cent took that long, or less. */
static void
find_quantiles(struct row *row, uint32_t *times, size_t count)
{
	if (count == 0)
		return;
	qsort(times, count, sizeof(*times), compare);
	for (size_t i = 0; i < QUANTILES; i++)
		row->quantiles[i] = times[(count * percents[i] + 99) / 100 - 1];
}

static struct row *
make_rows(const struct run *run)
{
	const struct scenario *scenario = run->scenario;
	struct row *rows = mem_alloc(ROWS * sizeof(*rows));
	uint32_t *times = resize(NULL, run->started, sizeof(*times));

	for (size_t i = 0; i < ROWS; i++)
		rows[i].name = i < KINDS ? kind_names[i] : "all";
	for (size_t i = 0; i < scenario->action_count; i++) {
		const struct result *result = &run->results[i];

		if (result->done == DONE_NOT_STARTED)
			continue;
		count_result(&rows[scenario->actions[i].kind], result);
		count_result(&rows[ALL], result);
	}
	for (size_t row = 0; row < ROWS; row++) {
		size_t count = 0;

		for (size_t i = 0; i < scenario->action_count; i++) {
			const struct result *result = &run->results[i];

			if (result->done != DONE_NOT_STARTED &&
			    has_time(result) &&
			    (row == ALL || scenario->actions[i].kind == row))
				times[count++] = result->microseconds;
		}
		find_quantiles(&rows[row], times, count);
	}
	free(times);
	return rows;
}

static double
rate(const struct run *run)
{
	return (double)run->started * 1e6 /
	    (double)(run->microseconds > 0 ? run->microseconds : 1);
}

/* --- for people --- */

static void
print_row(FILE *out, const struct row *row, const struct row *all)
{
	fprintf(out, "%-8s %9zu %9zu", row->name, row->count, row->ok);
	for (size_t status = 0; status < MAX_STATUS; status++) {
		if (all->statuses[status] > 0)
			fprintf(out, " %7zu", row->statuses[status]);
	}
	for (size_t fate = FATE_TIMEOUT; fate < FATES; fate++)
		fprintf(out, " %7zu", row->fates[fate]);
	for (size_t i = 0; i < QUANTILES; i++) {
		if (row->measured > 0)
			fprintf(out, " %8.1f", row->quantiles[i] / 1e3);
		else
			fprintf(out, " %8s", "-");
	}
	putc('\n', out);
}

static void
print_verification(FILE *out, const struct verify_findings *found)
{
	fprintf(out, "%s: %zu messages and %zu follows of %zu users, ",
	    found->ok ? "verified" : "NOT verified", found->messages,
	    found->follows, found->users);
	if (found->missing + found->extra == 0)
		fputs("nothing missing, nothing extra\n", out);
	else
		fprintf(out, "missing: %zu, extra: %zu\n", found->missing,
		    found->extra);
	if (found->unasked > 0)
		fprintf(out,
		    "  %zu questions have no answer that can be used\n",
		    found->unasked);
	if (found->wrong_latest)
		fputs("  GET /latest is not the last action's id\n", out);
	if (found->unacknowledged > 0)
		fprintf(out,
		    "  %zu more are there whose requests were never "
		    "answered\n",
		    found->unacknowledged);
	if (found->beyond > 0)
		fprintf(out,
		    "  %zu older messages are beyond the API's 1,000\n",
		    found->beyond);
	if (found->unlisted_users > 0)
		fprintf(out,
		    "  %zu users follow 1,000 or more: only those that "
		    "the API lists could be seen\n",
		    found->unlisted_users);
}

void
report_table(
    FILE *out, const struct run *run, const struct verify_findings *verify)
{
	const struct row *rows = make_rows(run), *all = &rows[ALL];
	size_t left = run->scenario->action_count - run->started;

	fprintf(out, "%-8s %9s %9s", "kind", "count", "ok");
	for (size_t status = 0; status < MAX_STATUS; status++) {
		if (all->statuses[status] > 0)
			fprintf(out, " %7zu", status);
	}
	for (size_t fate = FATE_TIMEOUT; fate < FATES; fate++)
		fprintf(out, " %7s", fate_headings[fate]);
	for (size_t i = 0; i < QUANTILES; i++)
		fprintf(out, " %5s ms", quantile_names[i]);
	putc('\n', out);
	for (size_t i = 0; i < ROWS; i++)
		print_row(out, &rows[i], all);
	fprintf(out, "%zu actions in %.3f s: %.0f a second, %zu failed\n",
	    run->started, (double)run->microseconds / 1e6, rate(run),
	    run->failed);
	if (left > 0)
		fprintf(
		    out, "interrupted: %zu actions were not started\n", left);
	if (run->scenario->bad_lines > 0)
		fprintf(out, "%zu bad lines of the scenario were skipped\n",
		    run->scenario->bad_lines);
	if (verify != NULL)
		print_verification(out, verify);
}

/* --- for machines --- */

static void
put_string(FILE *out, const char *value)
{
	struct buf quoted = { 0 };

	wire_string(&quoted, value);
	fputs(quoted.data, out);
}

static const char *
truth(bool value)
{
	return value ? "true" : "false";
}

static void
put_settings(FILE *out, const struct report_settings *settings)
{
	fputs("{\"url\":", out);
	put_string(out, settings->url);
	if (settings->file != NULL) {
		fputs(",\"file\":", out);
		put_string(out, settings->file);
	} else {
		fprintf(out,
		    ",\"seed\":%" PRIu64 ",\"users\":%" PRIu32
		    ",\"actions\":%" PRIu32,
		    settings->generator->seed, settings->generator->users,
		    settings->generator->actions);
	}
	fprintf(out,
	    ",\"concurrency\":%zu,\"timeout_seconds\":%.3f,\"pace\":%s",
	    settings->run->concurrency, settings->run->timeout_ms / 1e3,
	    truth(settings->run->pace));
	if (settings->rate > 0)
		fprintf(out, ",\"rate_per_second\":%.3f", settings->rate);
	fprintf(out, ",\"keep_alive\":%s}", truth(settings->keep_alive));
}

static void
put_row(FILE *out, const struct row *row)
{
	const char *comma = "";

	fprintf(out, "{\"count\":%zu,\"ok\":%zu,\"errors\":%zu,\"status\":{",
	    row->count, row->ok, row->count - row->ok);
	for (size_t status = 0; status < MAX_STATUS; status++) {
		if (row->statuses[status] == 0)
			continue;
		fprintf(
		    out, "%s\"%zu\":%zu", comma, status, row->statuses[status]);
		comma = ",";
	}
	putc('}', out);
	for (size_t fate = FATE_TIMEOUT; fate < FATES; fate++)
		fprintf(
		    out, ",\"%s\":%zu", fate_members[fate], row->fates[fate]);
	for (size_t i = 0; i < QUANTILES; i++) {
		fprintf(out, ",\"%s_seconds\":", quantile_names[i]);
		if (row->measured > 0)
			fprintf(out, "%.6f", row->quantiles[i] / 1e6);
		else
			fputs("null", out);
	}
	putc('}', out);
}

static void
put_verification(FILE *out, const struct verify_findings *found)
{
	fprintf(out,
	    "{\"ok\":%s,\"messages\":%zu,\"follows\":%zu,\"users\":%zu,"
	    "\"missing\":%zu,\"extra\":%zu,\"unasked\":%zu,"
	    "\"wrong_latest\":%s,\"unacknowledged\":%zu,"
	    "\"messages_beyond_limit\":%zu,\"users_beyond_limit\":%zu}",
	    truth(found->ok), found->messages, found->follows, found->users,
	    found->missing, found->extra, found->unasked,
	    truth(found->wrong_latest), found->unacknowledged, found->beyond,
	    found->unlisted_users);
}

void
report_json(FILE *out, const struct report_settings *settings,
    const struct run *run, const struct verify_findings *verify)
{
	const struct row *rows = make_rows(run);

	fputs("{\"settings\":", out);
	put_settings(out, settings);
	fprintf(out,
	    ",\"actions\":%zu,\"not_started\":%zu,\"bad_lines\":%zu,"
	    "\"elapsed_seconds\":%.6f,\"actions_per_second\":%.3f,\"kinds\":{",
	    run->scenario->action_count,
	    run->scenario->action_count - run->started,
	    run->scenario->bad_lines, (double)run->microseconds / 1e6,
	    rate(run));
	for (size_t i = 0; i < KINDS; i++) {
		fprintf(out, "%s\"%s\":", i > 0 ? "," : "", rows[i].name);
		put_row(out, &rows[i]);
	}
	fputs("},\"all\":", out);
	put_row(out, &rows[ALL]);
	if (verify != NULL) {
		fputs(",\"verify\":", out);
		put_verification(out, verify);
	}
	fputs("}\n", out);
}
