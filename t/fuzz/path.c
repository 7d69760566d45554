/* The path of a request: a target as Apache hands it over, in REQUEST_URI. */

#include <string.h>

#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"
#include "req.h"
#include "text.h"

static const char *const shapes[] = { "/{}", "/msgs/{}", "/{}/follow" };

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))
#define SEGMENTS 4

static const struct req *
request_for(const char *target)
{
	fuzz_request();
	fuzz_variable("REQUEST_URI", target);
	return req_read(REQ_NO_BODY);
}

/* The segments, decoded; their number, or -1 when one of them can't be. */
static int
split(const char *target, const char *segments[SEGMENTS])
{
	char *path = mem_copy(target, strcspn(target, "?")), *rest = NULL;
	int count = 0;

	for (char *part = strtok_r(path, "/", &rest); part != NULL;
	     part = strtok_r(NULL, "/", &rest)) {
		const char *decoded = reference_decode(part, strlen(part));

		if (decoded == NULL)
			return -1;
		if (count < SEGMENTS)
			segments[count] = decoded;
		count++;
	}
	return count;
}

static void
check_path(const struct req *req, const char *target)
{
	const char *segments[SEGMENTS] = { NULL };
	int count = split(target, segments);

	if (count < 0) {
		property(req_fault(req) == REQ_MALFORMED);
		return;
	}
	if (strchr(target, '?') == NULL)
		property(req_fault(req) == REQ_SOUND);
	property(
	    fuzz_same(req_name(req, "/{}"), count == 1 ? segments[0] : NULL));
	property(fuzz_same(req_name(req, "/msgs/{}"),
	    count == 2 && strcmp(segments[0], "msgs") == 0 ? segments[1]
							   : NULL));
	property(fuzz_same(req_name(req, "/{}/follow"),
	    count == 2 && strcmp(segments[1], "follow") == 0 ? segments[0]
							     : NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *target = mem_format("/%s", fuzz_rest(&input));
	const struct req *req = request_for(target), *whole;

	check_path(req, target);

	/* the same as a whole URL (RFC 9112 3.2.2) */
	whole = request_for(mem_format("http://[::1]:5000%s", target));
	property(req_fault(whole) == req_fault(req));
	for (size_t i = 0; i < SHAPES; i++)
		property(fuzz_same(
		    req_name(whole, shapes[i]), req_name(req, shapes[i])));

	/* a name that was found is found again behind a link to it */
	for (size_t i = 0; i < SHAPES; i++) {
		const char *name = req_name(req, shapes[i]);

		if (name == NULL)
			continue;
		property(reference_is_utf8(name, strlen(name)));
		property(
		    fuzz_same(req_name(request_for(mem_format("/%s?before=1",
					   text_percent_encode(name))),
				  "/{}"),
			name));
	}

	/* whatever it is, without the slash that it began with here */
	request_for(target + 1);
	return fuzz_end();
}
