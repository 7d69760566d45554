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

/* A Host with others, or with a port or an IPv6 address that is malformed, is
 * no host. */
#define HOST_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]"

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

/* The length of a host and a port without HTTP's own. */
static size_t
without_port(const char *host, size_t len)
{
	if (len > 3 && strncmp(host + len - 3, ":80", 3) == 0)
		return len - 3;
	return len > 1 && host[len - 1] == ':' ? len - 1 : len;
}

/* True if the URL is http://host, alone or with something after it that ends
 * the host. */
static bool
is_of(const char *url, const char *host)
{
	static const char scheme[] = "http://";
	size_t len, ours;

	if (host == NULL || strncasecmp(url, scheme, strlen(scheme)) != 0)
		return false;
	url += strlen(scheme);
	len = without_port(url, strcspn(url, "/?#"));
	ours = without_port(host, strlen(host));
	return len == ours && strncasecmp(url, host, len) == 0;
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
		    (!is_of(from, host) ||
			host[strspn(host, HOST_CHARACTERS)] != '\0' ||
			strpbrk(host, ":[]") != NULL));
	return fuzz_end();
}
