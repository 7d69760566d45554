/* The cookies: the session's token, and the flash, which has to come back as it
 * was left.
 *
 * The input is a line of a Cookie header, a byte for the kind of a flash, and
 * the name in it. */

#include <string.h>

#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"
#include "page.h"
#include "reply.h"
#include "session.h"

static const struct req *
request_with(const char *cookies)
{
	fuzz_request();
	fuzz_variable("HTTP_COOKIE", cookies);
	return req_read(REQ_NO_BODY);
}

static void
check_any(const char *cookies)
{
	const struct req *req = request_with(cookies);
	const char *token = session_token(req), *name = NULL;

	if (token != NULL) {
		property(strlen(token) == 64);
		property(strspn(token, "0123456789abcdef") == 64);
		property(strstr(cookies, mem_format("session=%s", token)));
	}
	if (flash_take(req, &name) != FLASH_NONE) {
		property(name != NULL);
		property(reference_is_utf8(name, strlen(name)));
		property(strstr(cookies, "flash=") != NULL);
	}
}

struct left {
	enum flash flash;
	const char *name;
};

static void
leave(const void *given)
{
	const struct left *left = given;

	fuzz_request();
	flash_leave(reply_begin(&signpost_kind), left->flash, left->name);
	reply_no_content();
}

/* What the browser makes of Set-Cookie (RFC 6265 5.2), among others. */
static const char *
kept(const char *head)
{
	const char *cookie = strstr(head, "Set-Cookie: ");

	property(cookie != NULL);
	cookie += strlen("Set-Cookie: ");
	return mem_copy(cookie, strcspn(cookie, ";\r"));
}

static void
check_flash(unsigned char kind, const char *name)
{
	struct left left = {
		(enum flash)(1 + kind % FLASH_NOT_FOLLOWING),
		name,
	};
	const char *came = NULL;

	property(fuzz_answers(leave, &left));
	property(fuzz_status() == 204);
	property(flash_take(request_with(mem_format(
				"a=b; %s; flash=x.", kept(fuzz_head()))),
		     &came) == left.flash);
	property(fuzz_same(came, name));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *cookies = fuzz_line(&input);
	unsigned char kind = fuzz_byte(&input);
	const char *name = fuzz_rest(&input);

	check_any(cookies);
	if (reference_is_utf8(name, strlen(name)))
		check_flash(kind, name);
	return fuzz_end();
}
