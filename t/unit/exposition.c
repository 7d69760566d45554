#include "exposition.h"

#include "unit.h"
#include "child.h"
#include "metrics_file.h"

static const char *
counts(void)
{
	struct buf out = { 0 };

	exposition_add_counts(&out);
	return out.data;
}

static void
test_events(void **state)
{
	const char *text;

	(void)state;
	open_metrics(100);
	metrics_count(METRICS_FAILED_LOGIN);
	metrics_count(METRICS_FAILED_LOGIN);
	text = counts();
	assert_contains(text,
	    "# HELP minitwit_logins_total Logins that were tried, by what came "
	    "of them.\n"
	    "# TYPE minitwit_logins_total counter\n"
	    "minitwit_logins_total{result=\"success\"} 0\n"
	    "minitwit_logins_total{result=\"failure\"} 2\n");
	assert_contains(text, "\nminitwit_sandbox_kills_total 0\n");
	assert_contains(text, "\nminitwit_metrics_slots 100\n");
	assert_contains(text, "\nminitwit_metrics_slots_used 1\n");
}

/* In whatever order they came, those of a route and of a metric are together.
 */
static void
test_requests(void **state)
{
	const char *text;

	(void)state;
	open_metrics(100);
	metrics_count_request("site/public", "GET", 200, 1234567);
	metrics_count_request("api/msgs", "POST", 405, -1);
	metrics_count_request("site/public", "HEAD", 200, 2500);
	metrics_count_request("site/public", "GET", 503, 30000000);
	text = counts();
#define TOTAL(route, method, status, count) \
	"minitwit_http_requests_total{route=\"" route "\",method=\"" method \
	"\",status=\"" status "\"} " count "\n"
	/* with errors that have not come yet */
	/* clang-format off */
	assert_contains(text,
	    "# TYPE minitwit_http_requests_total counter\n"
	    TOTAL("api/msgs", "POST", "405", "1")
	    TOTAL("api/msgs", "POST", "500", "0")
	    TOTAL("api/msgs", "POST", "503", "0")
	    TOTAL("api/msgs", "POST", "504", "0")
	    TOTAL("site/public", "GET", "200", "1")
	    TOTAL("site/public", "GET", "503", "1")
	    TOTAL("site/public", "GET", "500", "0")
	    TOTAL("site/public", "GET", "504", "0")
	    TOTAL("site/public", "HEAD", "200", "1"));
	/* clang-format on */
#define BUCKET(bound, count) \
	"minitwit_http_request_duration_seconds_bucket" \
	"{route=\"site/public\",le=\"" bound "\"} " count "\n"
	assert_contains(text,
	    BUCKET("0.001", "0") BUCKET("0.0025", "1") BUCKET("0.005", "1")
		BUCKET("0.01", "1") BUCKET("0.025", "1") BUCKET("0.05", "1")
		    BUCKET("0.1", "1") BUCKET("0.25", "1") BUCKET("0.5", "1")
			BUCKET("1", "1") BUCKET("2.5", "2") BUCKET(
			    "5", "2") BUCKET("10", "2") BUCKET("+Inf",
			    "3") "minitwit_http_request_duration_seconds_sum"
				 "{route=\"site/public\"} 31.237067\n"
				 "minitwit_http_request_duration_seconds_count"
				 "{route=\"site/public\"} 3\n");
	/* of which no time is known */
	assert_contains(text,
	    "minitwit_http_request_duration_seconds_count"
	    "{route=\"api/msgs\"} 0\n");
}

static void
test_no_file(void **state)
{
	(void)state;
	metrics_open(NULL);
	assert_contains(counts(), "\nminitwit_registrations_total 0\n");
	assert_contains(counts(), "\nminitwit_metrics_slots 0\n");
}

static void
test_gauges(void **state)
{
	struct gauge list[] = {
		{ "minitwit_users", NULL, "12" },
		{ "minitwit_slowest_index_blocks_per_scan", "a\"\\\nb", "2.5" },
		{ "nobody_knows", NULL, "1" },
		{ "minitwit_database_size_bytes", NULL, "1e+20" },
	};
	const struct gauges gauges = { 4, list };
	struct buf out = { 0 };

	(void)state;
	exposition_add_gauges(&out, &gauges);
	assert_contains(out.data, "\nminitwit_database_up 1\n");
	assert_contains(
	    out.data, "# TYPE minitwit_users gauge\nminitwit_users 12\n");
	assert_contains(out.data,
	    "\nminitwit_slowest_index_blocks_per_scan"
	    "{index=\"a\\\"\\\\\\nb\"} 2.5\n");
	assert_contains(out.data, "\nminitwit_database_size_bytes 1e+20\n");
	assert_lacks(out.data, "nobody_knows");
	assert_lacks(out.data, "minitwit_followers");
}

static void
test_no_database(void **state)
{
	struct buf out = { 0 };

	(void)state;
	exposition_add_gauges(&out, NULL);
	assert_contains(out.data, "\nminitwit_database_up 0\n");
	assert_lacks(out.data, "minitwit_users");
}

int
main(void)
{
	UNIT_TEST(test_events);
	UNIT_TEST(test_requests);
	UNIT_TEST(test_no_file);
	UNIT_TEST(test_gauges);
	UNIT_TEST(test_no_database);
	return unit_run();
}
