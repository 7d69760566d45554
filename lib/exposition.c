#include "exposition.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "metrics.h"

#define REQUESTS "minitwit_http_requests_total"
#define DURATION "minitwit_http_request_duration_seconds"

static void
add_family(
    struct buf *out, const char *name, const char *type, const char *help)
{
	buf_puts(out,
	    mem_format("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type));
}

static void
add_sample(
    struct buf *out, const char *name, const char *labels, uint64_t value)
{
	buf_puts(out,
	    mem_format("%s%s %llu\n", name, labels, (unsigned long long)value));
}

/* --- events --- */

static const struct {
	enum metrics_event event;
	const char *name;
	const char *labels;
	const char *help; /* NULL: of the same family as the one before */
} events[] = {
	{ METRICS_REGISTRATION, "minitwit_registrations_total", "",
	    "Users who were registered, on the site and by the API." },
	{ METRICS_MESSAGE, "minitwit_messages_posted_total", "",
	    "Messages that were stored." },
	{ METRICS_FOLLOW, "minitwit_follows_total", "",
	    "Users who began to follow somebody." },
	{ METRICS_UNFOLLOW, "minitwit_unfollows_total", "",
	    "Users who ceased to follow somebody." },
	{ METRICS_LOGIN, "minitwit_logins_total", "{result=\"success\"}",
	    "Logins that were tried, by what came of them." },
	{ METRICS_FAILED_LOGIN, "minitwit_logins_total", "{result=\"failure\"}",
	    NULL },
	{ METRICS_RATE_LIMITED, "minitwit_rate_limited_total", "",
	    "Requests that were refused because there were too many of them." },
	{ METRICS_SANDBOX_KILL, "minitwit_sandbox_kills_total", "",
	    "Programs that were ended because they tried what they must not." },
	{ METRICS_DATABASE_ERROR, "minitwit_database_errors_total", "",
	    "Statements that the database refused or did not answer." },
	{ METRICS_LOST_LINE, "minitwit_lost_log_lines_total", "",
	    "Log lines that programs could not write." },
};

static void
add_events(struct buf *out)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i].help != NULL)
			add_family(
			    out, events[i].name, "counter", events[i].help);
		add_sample(out, events[i].name, events[i].labels,
		    metrics_of(events[i].event));
	}
}

/* --- requests --- */

/* The order in which those of a route stand together. */
static int
compare(const void *a, const void *b)
{
	const struct metrics_request *one = a, *other = b;
	int order = strcmp(one->route, other->route);

	if (order == 0)
		order = strcmp(one->method, other->method);
	return order != 0 ? order : strcmp(one->status, other->status);
}

static void
add_total(struct buf *out, const struct metrics_request *request,
    const char *status, uint64_t count)
{
	add_sample(out, REQUESTS,
	    mem_format("{route=\"%s\",method=\"%s\",status=\"%s\"}",
		request->route, request->method, status),
	    count);
}

static bool
is_same_page(
    const struct metrics_request *one, const struct metrics_request *other)
{
	return strcmp(one->route, other->route) == 0 &&
	    strcmp(one->method, other->method) == 0;
}

/* Errors that a page has not had are 0 rather than absent: of what was not
 * there Prometheus can't see it grow, and would miss the first ones. */
static void
add_page(struct buf *out, const struct metrics_request *page, size_t count)
{
	static const char *const errors[] = { "500", "503", "504" };

	for (size_t i = 0; i < count; i++)
		add_total(out, page, page[i].status, page[i].count);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		size_t j = 0;

		while (j < count && strcmp(page[j].status, errors[i]) != 0)
			j++;
		if (j == count)
			add_total(out, page, errors[i], 0);
	}
}

static void
add_totals(
    struct buf *out, const struct metrics_request *requests, size_t count)
{
	add_family(out, REQUESTS, "counter",
	    "Requests that were answered, by what answered them.");
	for (size_t i = 0, first = 0; i < count; first = i) {
		while (
		    i < count && is_same_page(&requests[first], &requests[i]))
			i++;
		add_page(out, &requests[first], i - first);
	}
}

/* Microseconds as seconds. */
static const char *
seconds(uint64_t microseconds)
{
	return mem_format("%llu.%06llu",
	    (unsigned long long)microseconds / 1000000,
	    (unsigned long long)microseconds % 1000000);
}

/* A bucket's bound as it is written shortest. */
static const char *
bound(size_t bucket)
{
	char *text;
	size_t len;

	if (bucket == METRICS_BOUNDS)
		return "+Inf";
	text = mem_format("%s", seconds((uint64_t)metrics_bounds[bucket]));
	len = strlen(text);
	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[len - 1] = '\0';
	return text;
}

/* Of a histogram each bucket counts what is in those before it, too. */
static void
add_histogram(struct buf *out, const struct metrics_request *route)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
		count += route->buckets[i];
		add_sample(out, DURATION "_bucket",
		    mem_format(
			"{route=\"%s\",le=\"%s\"}", route->route, bound(i)),
		    count);
	}
	buf_puts(out,
	    mem_format(DURATION "_sum{route=\"%s\"} %s\n", route->route,
		seconds(route->microseconds)));
	add_sample(out, DURATION "_count",
	    mem_format("{route=\"%s\"}", route->route), count);
}

static void
add_durations(
    struct buf *out, const struct metrics_request *requests, size_t count)
{
	add_family(out, DURATION, "histogram",
	    "Time from when the web server took a request until it was "
	    "answered.");
	for (size_t i = 0; i < count;) {
		struct metrics_request route = requests[i];

		while (++i < count &&
		    strcmp(requests[i].route, route.route) == 0) {
			for (size_t j = 0; j <= METRICS_BOUNDS; j++)
				route.buckets[j] += requests[i].buckets[j];
			route.microseconds += requests[i].microseconds;
		}
		add_histogram(out, &route);
	}
}

void
exposition_add_counts(struct buf *out)
{
	struct metrics_request *requests =
	    mem_alloc(metrics_slots() * sizeof(*requests));
	size_t count = 0;

	for (size_t i = 0; i < metrics_slots(); i++)
		count += metrics_read_request(i, &requests[count]);
	qsort(requests, count, sizeof(*requests), compare);
	add_totals(out, requests, count);
	add_durations(out, requests, count);
	add_events(out);
	add_family(out, "minitwit_metrics_slots", "gauge",
	    "Names for which the file of metrics has room; 0 without it.");
	add_sample(out, "minitwit_metrics_slots", "", metrics_slots());
	add_family(out, "minitwit_metrics_slots_used", "gauge",
	    "Names that the file of metrics has.");
	add_sample(
	    out, "minitwit_metrics_slots_used", "", metrics_slots_used());
}

/* --- the database --- */

static const struct {
	const char *name;
	const char *type;
	const char *help;
} known_gauges[] = {
	{ "minitwit_users", "gauge", "Users, as PostgreSQL estimates them." },
	{ "minitwit_messages", "gauge",
	    "Messages with flagged ones, as PostgreSQL estimates them." },
	{ "minitwit_followers", "gauge",
	    "Rows of who follows whom, as PostgreSQL estimates them." },
	{ "minitwit_messages_flagged_total", "counter",
	    "Messages that a moderator has flagged." },
	{ "minitwit_sessions_active", "gauge",
	    "Sessions that were used within a week and have not expired." },
	{ "minitwit_users_active", "gauge",
	    "Users with a session that was used within a day." },
	{ "minitwit_database_size_bytes", "gauge",
	    "Size of the database on the disk." },
	{ "minitwit_slowest_index_blocks_per_scan", "gauge",
	    "Blocks that a look into the slowest index has read." },
	{ "minitwit_standbys", "gauge",
	    "Standbys that get this server's changes." },
	{ "minitwit_replication_lag_seconds", "gauge",
	    "How far the last standby is behind; absent without one." },
};

/* A label's value, with what ends it escaped. */
static void
add_escaped(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_puts(out, "\\");
		buf_add(out, value, 1);
	}
}

static void
add_gauge(struct buf *out, const struct gauge *gauge)
{
	buf_puts(out, gauge->name);
	if (gauge->index != NULL) {
		buf_puts(out, "{index=\"");
		add_escaped(out, gauge->index);
		buf_puts(out, "\"}");
	}
	buf_puts(out, mem_format(" %s\n", gauge->value));
}

void
exposition_add_gauges(struct buf *out, const struct gauges *gauges)
{
	const size_t known = sizeof(known_gauges) / sizeof(known_gauges[0]);

	add_family(out, "minitwit_database_up", "gauge",
	    "Whether the database answers.");
	add_sample(out, "minitwit_database_up", "", gauges != NULL);
	for (size_t i = 0; gauges != NULL && i < known; i++) {
		bool first = true;

		for (size_t j = 0; j < gauges->count; j++) {
			const struct gauge *gauge = &gauges->list[j];

			if (strcmp(gauge->name, known_gauges[i].name) != 0)
				continue;
			if (first)
				add_family(out, gauge->name,
				    known_gauges[i].type, known_gauges[i].help);
			first = false;
			add_gauge(out, gauge);
		}
	}
}
