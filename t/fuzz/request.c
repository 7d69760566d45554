/* Whole requests: each route's main(), and a database that says anything.
 *
 * The answer has to be well-formed and none of our fault, whatever comes; what
 * reaches the database has to be text that it takes; and a page has no markup
 * but ours.
 *
 * The input is a byte that chooses the route, one for the method, one for how
 * many rows the database finds, lines of REQUEST_URI, HTTP_COOKIE,
 * CONTENT_TYPE and the body, and then what the database says. */

#include <string.h>
#include <strings.h>

#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"

/* Every program of cgi-bin/.  The corpus has their numbers, so make adds new
 * ones last (t/attack/rules.mk). */
#ifndef NEW_ROUTES
#define NEW_ROUTES(X)
#endif
/* clang-format off */
#define ROUTES(X) \
	X(api_error) X(api_fllws) X(api_latest) X(api_msgs) X(api_register) \
	X(api_user_msgs) X(ops_health) X(site_add_message) X(site_error) \
	X(site_follow) X(site_login) X(site_login_form) X(site_logout) \
	X(site_profile) X(site_public) X(site_register) X(site_register_form) \
	X(site_timeline) X(site_unfollow) X(site_visitor) \
	X(site_message) X(site_search) X(site_feed) X(site_user_feed) \
	X(site_followers) X(site_following) X(site_account) \
	X(site_account_data) X(site_account_delete) \
	X(site_account_password) X(site_account_sessions) \
	X(site_newest) X(site_news) X(ops_metrics) X(site_change_password) \
	NEW_ROUTES(X)
/* clang-format on */

#define DECLARE(name) int main_##name(void);
ROUTES(DECLARE)

#define POINT_TO(name) main_##name,
static int (*const routes[])(void) = { ROUTES(POINT_TO) };

static void
serve(const void *route)
{
	(*(int (*const *)(void))route)();
}

/* Ours: a tag that begins with one of these and has no brackets in it. */
static bool
is_ours(const char *tag, size_t len)
{
	static const char *const begins[] = { "!DOCTYPE html", "html", "head",
		"meta ", "title", "link ", "body", "header", "a ", "nav ",
		"main", "h1", "footer", "ul ", "li", "div", "p", "form ",
		"label", "input ", "textarea", "button ", "span ", "time ",
		"h2", "dl ", "dt", "dd", "fieldset", "legend", "details",
		"summary", "?xml ", "feed ", "id", "author", "name", "uri",
		"updated", "published", "content ", "entry" };
	static const char script[] = "script src=\"/-/asset/script.";

	if (len > strlen(script) && strncmp(tag, script, strlen(script)) == 0)
		return true;
	if (len == strlen("/script") && strncmp(tag, "/script", len) == 0)
		return true;
	if (*tag == '/') {
		tag++;
		len--;
	}
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		size_t word = strcspn(begins[i], " ");

		if (len >= word && strncmp(tag, begins[i], word) == 0 &&
		    (len == word || tag[word] == ' '))
			return true;
	}
	return false;
}

/* Nothing that a name is made of leaves the path or the query of a link. */
static void
check_link(const char *text, size_t len, const char *before, char end)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~%/?=#&;";
	const char *link = strstr(text, before);

	if (link == NULL || link >= text + len)
		return;
	link += strlen(before);
	/* an address that somebody wrote, or one of ours as a whole */
	if (strncasecmp(link, "http://", 7) == 0 ||
	    strncasecmp(link, "https://", 8) == 0)
		return;
	property(link[strspn(link, allowed)] == end);
}

static void
check_page(const char *page)
{
	property(reference_is_utf8(page, strlen(page)));
	while (*(page += strcspn(page, "<")) != '\0') {
		size_t len = strcspn(++page, "<>");

		property(page[len] == '>');
		property(is_ours(page, len));
		check_link(page, len, "href=\"", '"');
		check_link(page, len, "action=\"", '"');
		page += len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "GET", "POST", "HEAD", "PUT" };
	struct fuzz_input input = fuzz_begin(data, size);
	size_t route = fuzz_byte(&input) % (sizeof(routes) / sizeof(routes[0]));
	const char *body, *head;
	size_t rows, count;

	fuzz_variable("REQUEST_METHOD", methods[fuzz_byte(&input) % 4]);
	rows = fuzz_byte(&input) % 40;
	fuzz_variable("REQUEST_URI", fuzz_line(&input));
	fuzz_variable("HTTP_COOKIE", fuzz_line(&input));
	fuzz_variable("CONTENT_TYPE", fuzz_line(&input));
	fuzz_variable(
	    "HTTP_AUTHORIZATION", "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh");
	fuzz_variable("HTTP_HOST", "localhost");
	body = fuzz_line(&input);
	fuzz_variable("CONTENT_LENGTH", mem_format("%zu", strlen(body)));
	fuzz_stdin(body, strlen(body));
	fuzz_database(rows, &input);
	/* a password hash of no known form is logged */
	if (routes[route] == main_site_login)
		fuzz_expect_errors();

	property(fuzz_answers(serve, &routes[route]));
	property(fuzz_status() < 500);
	head = fuzz_head();
	body = fuzz_body();
	check_link(head, strlen(head), "Location: ", '\r');
	if (strstr(head, "Content-Type: text/html") != NULL ||
	    strstr(head, "Content-Type: application/atom+xml") != NULL)
		check_page(body);
	if (strstr(head, "Content-Type: application/json") != NULL)
		property(reference_json(body, strlen(body), &count) != NULL);
	return fuzz_end();
}
