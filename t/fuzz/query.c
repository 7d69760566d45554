/* The query of a request, and the numbers that are asked for in it: ?no=,
 * ?latest= and ?before=. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"
#include "page.h"
#include "req.h"
#include "text.h"

static const struct req *
request_for(const char *query)
{
	fuzz_request();
	fuzz_variable("REQUEST_URI", mem_format("/msgs?%s", query));
	return req_read(REQ_NO_BODY);
}

/* Digits, after a minus sign or not, with a value from min to max. */
static bool
integer(const char *text, long long min, long long max, long long *number)
{
	const char *digits = text + (*text == '-');

	errno = 0;
	*number = strtoll(text, NULL, 10);
	return *digits != '\0' &&
	    digits[strspn(digits, "0123456789")] == '\0' && errno == 0 &&
	    *number >= min && *number <= max;
}

static void
check_integer(const char *text)
{
	long long expected;
	int64_t number = 4711;

	if (integer(text, INT64_MIN, INT64_MAX, &expected))
		property(text_integer(text, INT64_MIN, INT64_MAX, &number) &&
		    number == expected);
	else
		property(!text_integer(text, INT64_MIN, INT64_MAX, &number) &&
		    number == 4711);
}

static void
check_limit(const struct req *req, const char *no)
{
	int64_t limit = api_limit(req);
	long long number;

	property(limit >= 1 && limit <= 1000);
	if (no == NULL)
		property(limit == 100);
	else if (integer(no, 1, 1000, &number) && no[0] != '-')
		property(limit == number);
	else
		property(limit == 100 || limit == 1000);
}

static void
check_before(const struct req *req, const char *before)
{
	long long number;

	if (before != NULL && integer(before, 1, INT64_MAX, &number))
		property(page_before(req) == number);
	else
		property(page_before(req) == INT64_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a", "no", "latest", "before" };
	struct fuzz_input input = fuzz_begin(data, size);
	const char *query = fuzz_rest(&input), *value;
	const struct req *req = request_for(query);
	size_t times;
	bool sound;

	check_integer(query);
	reference_field(query, "", &times, &sound);
	property(req_fault(req) == (sound ? REQ_SOUND : REQ_MALFORMED));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = reference_field(query, names[i], &times, &sound);
		if (times != 1)
			value = NULL;
		property(fuzz_same(req_query(req, names[i]), value));
	}
	value = req_query(req, "a");
	check_limit(req, req_query(req, "no"));
	check_before(req, req_query(req, "before"));

	if (value != NULL) {
		property(reference_is_utf8(value, strlen(value)));
		check_integer(value);
		req = request_for(
		    mem_format("%s=%s", "a", text_percent_encode(value)));
		property(fuzz_same(req_query(req, "a"), value));
	}
	return fuzz_end();
}
