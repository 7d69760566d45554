#include "metrics.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit.h"
#include "metrics_file.h"

/* What is known of a route, a method and a status; nothing: all zeroes. */
static struct metrics_request
request_of(const char *route, const char *method, int status)
{
	struct metrics_request request, found = { 0 };
	int times = 0;

	for (size_t i = 0; i < metrics_slots(); i++) {
		if (metrics_read_request(i, &request) &&
		    strcmp(request.route, route) == 0 &&
		    strcmp(request.method, method) == 0 &&
		    strcmp(request.status, mem_format("%d", status)) == 0) {
			found = request;
			times++;
		}
	}
	assert_in_range(times, 0, 1);
	return found;
}

static uint64_t
count_of(const char *route)
{
	return request_of(route, "GET", 200).count;
}

/* --- counting --- */

static void
test_events(void **state)
{
	const char *file = open_metrics(100);

	(void)state;
	for (int event = 0; event < METRICS_EVENTS; event++)
		for (int i = 0; i <= event; i++)
			metrics_count((enum metrics_event)event);
	for (int again = 0; again < 2; again++) {
		for (int event = 0; event < METRICS_EVENTS; event++)
			assert_int_equal(
			    metrics_of((enum metrics_event)event), event + 1);
		metrics_open(file); /* another process, another day */
	}
	assert_int_equal(metrics_slots(), 100);
	assert_int_equal(metrics_slots_used(), METRICS_EVENTS);
}

static void
test_requests(void **state)
{
	struct metrics_request login;

	(void)state;
	open_metrics(100);
	metrics_count_request("site/login", "POST", 302, 70000);
	metrics_count_request("site/login", "POST", 302, 80000);
	metrics_count_request("site/login", "POST", 302, 20000000);
	metrics_count_request("site/login", "POST", 302, -1);
	metrics_count_request("site/login", "POST", 429, 10);
	login = request_of("site/login", "POST", 302);
	assert_int_equal(login.count, 4);
	assert_int_equal(login.microseconds, 20150000);
	assert_int_equal(login.buckets[6], 2);
	assert_int_equal(login.buckets[METRICS_BOUNDS], 1);
	assert_int_equal(request_of("site/login", "POST", 429).buckets[0], 1);
	assert_int_equal(request_of("site/login", "GET", 302).count, 0);
	assert_int_equal(metrics_slots_used(), 2);
}

static void
test_bounds(void **state)
{
	struct metrics_request edges;

	(void)state;
	open_metrics(100);
	for (size_t i = 0; i < METRICS_BOUNDS; i++) {
		metrics_count_request("a/b", "GET", 200, metrics_bounds[i]);
		metrics_count_request("a/b", "GET", 200, metrics_bounds[i] + 1);
	}
	edges = request_of("a/b", "GET", 200);
	assert_int_equal(edges.buckets[0], 1);
	for (size_t i = 1; i < METRICS_BOUNDS; i++)
		assert_int_equal(edges.buckets[i], 2);
	assert_int_equal(edges.buckets[METRICS_BOUNDS], 1);
}

static void
test_any_method(void **state)
{
	(void)state;
	open_metrics(100);
	metrics_count_request("a/b", "BREW", 405, 1);
	metrics_count_request("a/b", "get", 405, 1);
	metrics_count_request("a/b", "", 405, 1);
	metrics_count_request("a/b", NULL, 405, 1);
	metrics_count_request("a/b", "GET 200\n", 405, 1);
	assert_int_equal(request_of("a/b", "other", 405).count, 5);
	assert_int_equal(metrics_slots_used(), 1);
}

static void
test_routes(void **state)
{
	(void)state;
	assert_null(metrics_route(NULL));
	assert_string_equal(
	    metrics_route("/x/cgi-bin/site/login"), "site/login");
	assert_string_equal(metrics_route("site/login"), "site/login");
	assert_string_equal(metrics_route("login"), "login");
	assert_string_equal(metrics_route(""), "");

	open_metrics(100);
	metrics_count_request(NULL, "GET", 200, 1);
	metrics_count_request(times("x", 1000), "GET", 200, 1);
	assert_int_equal(metrics_slots_used(), 0);
	/* counted, but nobody prints what could not be one */
	metrics_count_request("a\"b", "GET", 200, 1);
	metrics_count_request(times("x", 100), "GET", 200, 1);
	assert_int_equal(metrics_slots_used(), 2);
	for (size_t i = 0; i < metrics_slots(); i++) {
		struct metrics_request request;

		assert_false(metrics_read_request(i, &request));
	}
}

/* --- no file of metrics --- */

static void
assert_nothing_is_counted(const char *file)
{
	metrics_open(file);
	assert_int_equal(metrics_slots(), 0);
	metrics_count(METRICS_LOGIN);
	metrics_count_request("a/b", "GET", 200, 1);
	assert_int_equal(metrics_of(METRICS_LOGIN), 0);
	assert_int_equal(metrics_slots_used(), 0);
}

static const struct unusable {
	const char *name, *begin;
	size_t size;
} unusables[] = {
	{ "empty", "", 0 },
	{ "cut off in the magic", "minitwit", 8 },
	{ "cut off after the magic", METRICS_MAGIC, METRICS_SLOT_SIZE },
	{ "cut off in the first name", METRICS_MAGIC,
	    2 * METRICS_SLOT_SIZE - 1 },
	{ "zeroes", "", 1000 * METRICS_SLOT_SIZE },
	{ "foreign", "SQLite format 3", 1000 * METRICS_SLOT_SIZE },
	{ "of another version", "minitwit metrics 2\n",
	    1000 * METRICS_SLOT_SIZE },
};

static void
test_unusable(void **state)
{
	const struct unusable *row = row_of(state);

	assert_nothing_is_counted(file_of(row->begin, row->size));
}

static void
test_no_file(void **state)
{
	(void)state;
	assert_nothing_is_counted(NULL);
	assert_nothing_is_counted("/nowhere/metrics");
	assert_nothing_is_counted("/tmp");
	assert_nothing_is_counted("/dev/null");
}

/* --- a file in a bad way --- */

static void
test_full(void **state)
{
	(void)state;
	open_metrics(3);
	for (int status = 200; status < 210; status++)
		metrics_count_request("a/b", "GET", status, 1);
	for (int status = 200; status < 210; status++)
		metrics_count_request("a/b", "GET", status, 1);
	assert_int_equal(metrics_slots_used(), 3);
	for (int status = 200; status < 210; status++)
		assert_int_equal(request_of("a/b", "GET", status).count,
		    status < 203 ? 2 : 0);
	metrics_count(METRICS_LOGIN);
	assert_int_equal(metrics_of(METRICS_LOGIN), 0);
}

static char *
map(const char *file, size_t size)
{
	int opened = open(file, O_RDWR);
	char *bytes =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);

	assert_true(bytes != MAP_FAILED);
	close(opened);
	return bytes;
}

/* Somebody was killed when the name was half written: then it is not printed,
 * and the next who counts completes it. */
static void
test_half_a_name(void **state)
{
	const char *file = open_metrics(1);
	char *bytes = map(file, (size_t)2 * METRICS_SLOT_SIZE);
	char *name = NULL;

	(void)state;
	metrics_count_request("site/public", "GET", 200, 1);
	for (size_t i = METRICS_SLOT_SIZE; i < 2 * METRICS_SLOT_SIZE; i++)
		if (memcmp(bytes + i, "site/public ", 12) == 0)
			name = bytes + i;
	assert_non_null(name);
	for (size_t half = 0; half <= 16; half += 8) {
		memset(name + half, 0, 24 - half);
		assert_int_equal(count_of("site/public"), 0);
		metrics_count_request("site/public", "GET", 200, 1);
		assert_int_equal(count_of("site/public"), 2 + half / 8);
	}
}

/* Whatever is in it. */
static void
test_rubbish(void **state)
{
	const size_t size = (size_t)1001 * METRICS_SLOT_SIZE;
	const char *file = open_metrics(1000);
	char *bytes = map(file, size);
	uint32_t random = 1;

	(void)state;
	for (size_t i = METRICS_SLOT_SIZE; i < size; i++) {
		random = random * 1664525 + 1013904223;
		bytes[i] = (char)(random >> 24);
	}
	for (int event = 0; event < METRICS_EVENTS; event++) {
		metrics_count((enum metrics_event)event);
		metrics_of((enum metrics_event)event);
	}
	metrics_count_request("a/b", "GET", 200, 1);
	for (size_t i = 0; i < metrics_slots(); i++) {
		struct metrics_request request;

		assert_false(metrics_read_request(i, &request));
	}
}

/* --- many at once --- */

#define PROCESSES 8
#define NAMES 40
#define ROUNDS 500

static const char *
name_of(int name)
{
	return mem_format("r/%c%c", 'a' + name / 26, 'a' + name % 26);
}

/* All of them claim the same names at the same time, each in another order. */
static void
count_names(const char *file, int process)
{
	metrics_open(file);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < NAMES; i++)
			metrics_count_request(
			    name_of((i + process * 5) % NAMES), "GET", 200, i);
		metrics_count(METRICS_MESSAGE);
	}
}

static void
test_many_at_once(void **state)
{
	const char *file = open_metrics(200);

	(void)state;
	fflush(NULL);
	for (int process = 0; process < PROCESSES; process++) {
		if (fork() == 0) {
			count_names(file, process);
			_exit(0);
		}
	}
	for (int process = 0; process < PROCESSES; process++) {
		int status;

		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(metrics_slots_used(), NAMES + 1);
	assert_int_equal(metrics_of(METRICS_MESSAGE), PROCESSES * ROUNDS);
	for (int name = 0; name < NAMES; name++)
		assert_int_equal(count_of(name_of(name)), PROCESSES * ROUNDS);
}

/* A process that counts until it is killed, each time a new name until there
 * are NAMES, and notes what it has done. */
static _Noreturn void
count_for_ever(const char *file, _Atomic uint64_t *done)
{
	metrics_open(file);
	for (uint64_t i = 0;; i++) {
		metrics_count_request(name_of((int)(i % NAMES)), "GET", 200, 1);
		atomic_store(done, i + 1);
	}
}

/* Whenever it is killed, what it has noted is counted, and at most one more;
 * and all names are whole as soon as somebody has counted there again. */
static void
test_kill(void **state)
{
	_Atomic uint64_t *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	fflush(NULL);
	for (int victim = 0; victim < 300; victim++) {
		const char *file = open_metrics(64);
		uint64_t counted = 0;
		pid_t pid;

		atomic_store(done, 0);
		if ((pid = fork()) == 0)
			count_for_ever(file, done);
		/* mostly while it claims its names */
		while (atomic_load(done) < (uint64_t)(victim % 60))
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		for (int name = 0; name < NAMES; name++) {
			metrics_count_request(name_of(name), "GET", 200, 1);
			assert_in_range(count_of(name_of(name)), 1, UINT32_MAX);
			counted += count_of(name_of(name)) - 1;
		}
		assert_int_equal(metrics_slots_used(), NAMES);
		assert_in_range(
		    counted, atomic_load(done), atomic_load(done) + 1);
	}
}

int
main(void)
{
	UNIT_TEST(test_events);
	UNIT_TEST(test_requests);
	UNIT_TEST(test_bounds);
	UNIT_TEST(test_any_method);
	UNIT_TEST(test_routes);
	UNIT_ROWS(test_unusable, unusables);
	UNIT_TEST(test_no_file);
	UNIT_TEST(test_full);
	UNIT_TEST(test_half_a_name);
	UNIT_TEST(test_rubbish);
	UNIT_TEST(test_many_at_once);
	UNIT_TEST(test_kill);
	return unit_run();
}
