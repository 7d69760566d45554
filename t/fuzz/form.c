/* The body of a request: its announced length, its type, and the fields of a
 * form.
 *
 * The input is a line of Content-Length, a line of Content-Type, a line of
 * Transfer-Encoding, and the body.  An empty line stands for none. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"
#include "req.h"

#define FORM "application/x-www-form-urlencoded"

static const char *
header(struct fuzz_input *input)
{
	const char *line = fuzz_line(input);

	return line[0] != '\0' ? line : NULL;
}

static void
check_fields(const struct req *req, const char *body)
{
	static const char *const names[] = { "text", "username", "a" };
	size_t times;
	bool sound;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value =
		    reference_field(body, names[i], &times, &sound);

		if (!sound || times > 1) {
			property(req_fault(req) == REQ_MALFORMED);
			return;
		}
		if (req_fault(req) == REQ_SOUND)
			property(fuzz_same(req_form(req, names[i]), value));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *length = header(&input), *type = header(&input);
	const char *coding = header(&input);
	const char *bytes = input.at, *body;
	size_t sent = input.left, got;
	const struct req *req;
	char *end = NULL;
	long long announced = 0;

	fuzz_variable("REQUEST_METHOD", "POST");
	fuzz_variable("CONTENT_LENGTH", length);
	fuzz_variable("CONTENT_TYPE", type);
	fuzz_variable("HTTP_TRANSFER_ENCODING", coding);
	fuzz_stdin(bytes, sent);
	req = req_read(REQ_FORM);
	body = req_body(req, &got);

	if (length != NULL)
		announced = strtoll(length, &end, 10);
	property(got <= sent && got <= REQ_BODY_MAX);
	property(body != NULL && body[got] == '\0');
	property(got == 0 || memcmp(body, bytes, got) == 0);
	if (length == NULL)
		property(got == (coding != NULL ? sent : 0));
	else if (announced >= 0 && (size_t)announced <= sent)
		property(got <= (size_t)announced);
	if (req_fault(req) == REQ_SOUND && got > 0) {
		property(
		    type != NULL && strncasecmp(type, FORM, strlen(FORM)) == 0);
		property(strlen(body) == got);
	}
	if (type != NULL && strcmp(type, FORM) == 0 && strlen(body) == got &&
	    req_fault(req) != REQ_CUT_SHORT)
		check_fields(req, body);
	return fuzz_end();
}
