/* Basic credentials (RFC 7617): the right ones pass, nothing else does.
 *
 * The input is a line each of the configured user and password, and of the
 * header that comes; an empty one stands for none. */

#include <string.h>
#include <strings.h>

#include "api.h"
#include "lib/fuzz.h"
#include "mem.h"
#include "text.h"

static const char *
setting(struct fuzz_input *input, const char *name, const char *fallback)
{
	const char *value = fuzz_line(input);

	fuzz_variable(name, value);
	return value[0] != '\0' ? value : fallback;
}

static void
ask(const void *given)
{
	(void)given;
	need_simulator(reply_begin(&api_kind));
}

/* Whether the header lets its sender in. */
static bool
passes(const char *user, const char *password, const char *header)
{
	fuzz_request();
	fuzz_variable("MINITWIT_SIMULATOR_USER", user);
	fuzz_variable("MINITWIT_SIMULATOR_PASSWORD", password);
	fuzz_variable("HTTP_AUTHORIZATION", header);
	/* which asks the database nothing */
	fuzz_variable("MINITWIT_ALLOWED_ADDRESS", "yes");
	if (!fuzz_answers(ask, NULL))
		return true;
	property(fuzz_status() == 403);
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *user =
	    setting(&input, "MINITWIT_SIMULATOR_USER", "simulator");
	const char *password =
	    setting(&input, "MINITWIT_SIMULATOR_PASSWORD", "super_safe!");
	const char *header = fuzz_rest(&input);
	const char *pair = mem_format("%s:%s", user, password);
	const char *right = text_base64(pair, strlen(pair));
	char *wrong = mem_copy(right, strlen(right));

	property(passes(user, password, mem_format("Basic %s", right)));
	property(passes(user, password, mem_format("bAsIc %s", right)));
	property(passes(user, password, header) ==
	    (strncasecmp(header, "Basic ", 6) == 0 &&
		strcmp(header + 5 + strspn(header + 5, " "), right) == 0));
	wrong[size % strlen(wrong)] ^= 1;
	property(!passes(user, password, mem_format("Basic %s", wrong)));
	property(passes(user, password, mem_format("Basic  %s", right)));
	property(!passes(user, password, NULL));
	return fuzz_end();
}
