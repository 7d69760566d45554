/* Who may change something: a request from another site's page may not.
 *
 * The input is a line each of Sec-Fetch-Site, Origin, Referer and Host; an
 * empty one stands for none. */

#include <string.h>
#include <strings.h>

#include "lib/fuzz.h"
#include "mem.h"
#include "page.h"
#include "session.h"

static const char *
header(struct fuzz_input *input, const char *name)
{
	const char *line = fuzz_line(input);

	if (line[0] == '\0')
		return NULL;
	fuzz_variable(name, line);
	return line;
}

static void
ask(const void *given)
{
	(void)given;
	need_same_origin(reply_begin(&page_kind));
}

/* True when the URL is scheme://host, alone or with something after it that
 * ends the host. */
static bool
is_of(const char *url, const char *host)
{
	const char *after = strstr(url, "://");

	if (host == NULL || after == NULL ||
	    strncasecmp(after + 3, host, strlen(host)) != 0)
		return false;
	after += 3 + strlen(host);
	return *after == '\0' || *after == '/' || *after == '?' ||
	    *after == '#';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *site = header(&input, "HTTP_SEC_FETCH_SITE");
	const char *origin = header(&input, "HTTP_ORIGIN");
	const char *referer = header(&input, "HTTP_REFERER");
	const char *host = header(&input, "HTTP_HOST");
	const char *from = origin != NULL ? origin : referer;
	bool passes = !fuzz_answers(ask, NULL);

	if (site != NULL)
		property(passes ==
		    (strcmp(site, "same-origin") == 0 ||
			strcmp(site, "none") == 0));
	else if (from == NULL)
		property(passes);
	else if (passes)
		property(is_of(from, host));
	else
		property(fuzz_status() == 403 &&
		    (!is_of(from, host) || host[strcspn(host, "/?#")] != '\0'));
	return fuzz_end();
}
