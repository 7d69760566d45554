#include "page.h"

#include <string.h>

#include "html.h"
#include "unit.h"
#include "child.h"

static const struct user evil = { .id = 1, .name = EVIL };

/* --- the pages --- */

static void
send_page(const void *given)
{
	const struct req *req = reply_begin(&page_kind);

	(void)given;
	page_send(page_open(req, NULL, "Title"), 200);
}

static void
send_evil_page(const void *given)
{
	static struct message list[] = {
		{ .id = 9,
		    .author = EVIL,
		    .text = EVIL "\nb",
		    .time = 1575201600 },
	};
	static const struct messages messages = {
		.count = 1, .list = list, .more = true
	};
	const struct req *req = reply_begin(&page_kind);
	struct buf *page = page_open(req, &evil, EVIL);

	(void)given;
	page_error(page, EVIL);
	page_compose(page, &evil, EVIL);
	page_timeline(page, &messages, 5, EVIL, "");
	page_send(page, 404);
}

static void
send_messages(const void *messages)
{
	const struct req *req = reply_begin(&page_kind);
	struct buf *page = page_open(req, NULL, "Messages");

	page_timeline(page, messages, MESSAGES_NEWEST, "Write one.", "");
	page_send(page, 200);
}

/* One that links to it have a preview of. */
static void
send_described_page(const void *given)
{
	const struct req *req = reply_begin(&page_kind);

	(void)given;
	page_send(page_open_as(req, NULL,
		      &(struct page_head){
			  .title = EVIL,
			  .description = EVIL,
			  .path = "/" ENCODED,
			  .feed = "/" ENCODED "/feed",
		      }),
	    200);
}

static void
send_error(const void *status)
{
	reply_begin(&page_kind);
	reply_error(*(const int *)status, EVIL);
}

static void
do_die_in_the_midst(const void *given)
{
	const struct req *req = reply_begin(&page_kind);
	struct buf *page = page_open(req, &evil, "Title");

	(void)given;
	html(page, "half of it");
	die("broken");
}

/* What is right about every page. */
static void
assert_page(const struct child *child, const char *status, const char *title)
{
	const char *body = child_body(child);

	assert_memory_equal(child->out, mem_format("Status: %s\r\n", status),
	    strlen("Status: \r\n") + strlen(status));
	assert_contains(
	    child->out, "Content-Type: text/html; charset=utf-8\r\n");
	assert_contains(
	    child->out, mem_format("Content-Length: %zu\r\n", strlen(body)));
	assert_memory_equal(body, "<!DOCTYPE html>\n", 16);
	assert_contains(
	    body, mem_format("<title>%s | MiniTwit</title>", title));
	assert_contains(body, mem_format("<h1>%s</h1>", title));
	assert_string_equal(body + strlen(body) - 8, "</html>\n");
	assert_contains(body, "<script src=\"/-/asset/script.");
	assert_null(strstr(strstr(body, "<script") + 1, "<script"));
	assert_lacks(body, " style=");
	assert_lacks(body, EVIL);
}

static void
test_visitor(void **state)
{
	struct child child = { .env = { "HTTP_COOKIE" } };

	(void)state;
	child_run(&child, send_page, NULL);
	assert_page(&child, "200 OK", "Title");
	assert_contains(child.out, "Vary: Cookie\r\n");
	assert_contains(child.out, "<a href=\"/register\">sign up</a>");
	assert_contains(child.out, "<a href=\"/login\">sign in</a>");
	assert_lacks(child.out, "/logout");
	assert_lacks(child.out, "flashes");
}

static void
test_evil_names_and_texts(void **state)
{
	static const char *const parts[] = {
		/* navigation */
		"<a href=\"/" ENCODED "\">" ESCAPED "</a>",
		"<a href=\"/logout\">sign out</a>",
		/* the error, the box */
		"<div class=\"error\" role=\"alert\">" ESCAPED "</div>",
		"<div class=\"twitbox\">",
		"on your mind, " ESCAPED "?",
		"\n" ESCAPED "</textarea>",
		/* a message */
		"<input type=\"hidden\" name=\"once\" value=\"",
		"<ul class=\"messages\">\n<li data-id=\"9\">",
		"aria-hidden=\"true\">&#34;</span>",
		"<a href=\"/" ENCODED "\">" ESCAPED "</a>\n<a class=\"when\""
		" href=\"/" ENCODED "/status/9\"><time",
		"datetime=\"2019-12-01T12:00:00Z\""
		" title=\"2019-12-01 @ 12:00 UTC\">1 December 2019</time>",
		"<p class=\"text\">" ESCAPED "\nb</p>",
		"href=\"?before=9\"",
		"href=\"?after=9\"",
	};
	struct child child = { .env = { "HTTP_COOKIE" } };

	(void)state;
	child_run(&child, send_evil_page, NULL);
	assert_page(&child, "404 Not Found", ESCAPED);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_contains(child.out, parts[i]);
	assert_lacks(child.out, "<a href=\"/login\">");
}

static void
test_preview(void **state)
{
	static const char *const always[] = {
		"<meta name=\"description\" content=\"" ESCAPED "\">",
		"<meta property=\"og:title\" content=\"" ESCAPED "\">",
		"<link rel=\"alternate\" type=\"application/atom+xml\""
		" title=\"" ESCAPED "\" href=\"/" ENCODED "/feed\">",
	};
	struct child child = {
		.env = { "HTTP_COOKIE", "HTTP_HOST=example.org:8443",
		    "HTTPS=on" },
	};

	(void)state;
	child_run(&child, send_described_page, NULL);
	assert_page(&child, "200 OK", ESCAPED);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		assert_contains(child.out, always[i]);
	assert_contains(child.out,
	    "<meta property=\"og:url\""
	    " content=\"https://example.org:8443/" ENCODED "\">");

	child.env[1] = "HTTP_HOST=" EVIL;
	child_run(&child, send_described_page, NULL);
	assert_page(&child, "200 OK", ESCAPED);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		assert_contains(child.out, always[i]);
	assert_lacks(child.out, "og:url");
}

/* --- flashes --- */

static const struct flash_row {
	const char *name, *cookie;
	const char *text; /* NULL: none */
} flashes[] = {
	{ "registered", "registered.",
	    "You were successfully registered and can login now" },
	{ "logged in", "logged-in.", "You were logged in" },
	{ "logged out", "logged-out.", "You were logged out" },
	{ "recorded", "recorded.", "Your message was recorded" },
	{ "following", "following.Roger%20Histand",
	    "You are now following &#34;Roger Histand&#34;" },
	{ "not following", "not-following.Roger%20Histand",
	    "You are no longer following &#34;Roger Histand&#34;" },
	{ "an evil name", "following." ENCODED,
	    "You are now following &#34;" ESCAPED "&#34;" },
	{ "an evil cookie", "following.<script>",
	    "You are now following &#34;&lt;script&gt;&#34;" },
	{ "rubbish", "rubbish", NULL },
};

static void
test_flash(void **state)
{
	const struct flash_row *row = row_of(state);
	struct child child = {
		.env = { mem_format("HTTP_COOKIE=flash=%s", row->cookie) },
	};

	child_run(&child, send_page, NULL);
	assert_page(&child, "200 OK", "Title");
	assert_contains(child.out, "Set-Cookie: flash=; ");
	if (row->text == NULL)
		assert_lacks(child.out, "flashes");
	else
		assert_contains(child.out,
		    mem_format("<div role=\"status\"><ul class=\"flashes\"><li>"
			       "%s</li></ul></div>\n",
			row->text));
}

/* --- lists --- */

static void
test_no_messages(void **state)
{
	static const struct messages none = { .count = 0 };
	struct child child = { .env = { "HTTP_COOKIE" } };

	(void)state;
	child_run(&child, send_messages, &none);
	assert_page(&child, "200 OK", "Messages");
	assert_contains(
	    child.out, "There's no message so far.<p>Write one.</p></li>");
	assert_lacks(child.out, "before=");
}

static void
test_last_page(void **state)
{
	static struct message list[] = {
		{ .id = 9, .author = "Ann", .text = "first one" },
		{ .id = 5, .author = "Bob", .text = "second one" },
	};
	struct messages messages = { .count = 2, .list = list };
	struct child child = { .env = { "HTTP_COOKIE" } };

	(void)state;
	child_run(&child, send_messages, &messages);
	assert_page(&child, "200 OK", "Messages");
	assert_lacks(child.out, "There's no message so far.");
	assert_lacks(child.out, "before=");
	assert_contains(
	    child.out, "first one</p></div></li>\n<li data-id=\"5\">");
	assert_contains(child.out, "second one</p></div></li>\n</ul>");

	messages.more = true;
	child_run(&child, send_messages, &messages);
	assert_contains(child.out, "href=\"?before=5\"");
}

static void
send_timeline(const void *messages)
{
	const struct req *req = reply_begin(&page_kind);
	struct buf *page = page_open(req, NULL, "Timeline");

	page_timeline(
	    page, messages, page_before(req), "Write one.", "of=" ENCODED "&");
	page_send(page, 200);
}

/* What the script is told: on the first page where the list begins and which it
 * is, on the others nothing. */
static void
test_timeline(void **state)
{
	static struct message list[] = {
		{ .id = 9, .author = "Ann", .text = "first one" },
		{ .id = 5, .author = "Bob", .text = "second one" },
	};
	static const char news[] =
	    " data-news=\"/-/news?of=" ENCODED "&amp;after=\">\n<li";
	struct messages messages = { .count = 2, .list = list };
	struct child first = { .env = { "REQUEST_URI=/Ann" } };
	struct child next = { .env = { "REQUEST_URI=/Ann?before=10" } };

	(void)state;
	child_run(&first, send_timeline, &messages);
	assert_contains(first.out,
	    mem_format("<ul class=\"messages\" data-newest=\"9\"%s", news));
	child_run(&next, send_timeline, &messages);
	assert_contains(next.out, "<ul class=\"messages\">\n<li");

	messages.count = 0;
	child_run(&first, send_timeline, &messages);
	assert_contains(first.out,
	    mem_format("<ul class=\"messages\" data-newest=\"0\"%s", news));
}

static void
send_box(const void *given)
{
	const struct req *req = reply_begin(&page_kind);
	struct buf *page = page_open(req, &evil, "Title");

	(void)given;
	page_compose(page, &evil, "");
	page_send(page, 200);
}

static const char *
number_of_box(void)
{
	static const char before[] = "name=\"once\" value=\"";
	struct child child = { .env = { "HTTP_COOKIE" } };
	const char *number;

	child_run(&child, send_box, NULL);
	number = strstr(child.out, before);
	assert_non_null(number);
	number += strlen(before);
	return mem_copy(number, strspn(number, "0123456789abcdef"));
}

static void
test_box_has_a_number_of_its_own(void **state)
{
	const char *number = number_of_box();

	(void)state;
	assert_int_equal(strlen(number), 32);
	assert_string_not_equal(number, number_of_box());
}

static const struct before {
	const char *name, *target;
	int64_t before;
} befores[] = {
	{ "absent", "/", MESSAGES_NEWEST },
	{ "a message", "/?before=42", 42 },
	{ "the least", "/?before=1", 1 },
	{ "the greatest", "/?before=9223372036854775807", MESSAGES_NEWEST },
	{ "0", "/?before=0", MESSAGES_NEWEST },
	{ "negative", "/?before=-5", MESSAGES_NEWEST },
	{ "empty", "/?before=", MESSAGES_NEWEST },
	{ "a word", "/?before=x", MESSAGES_NEWEST },
	{ "huge", "/?before=99999999999999999999", MESSAGES_NEWEST },
	{ "twice", "/?before=1&before=2", MESSAGES_NEWEST },
};

static void
give_before(const void *given)
{
	(void)given;
	printf("%lld", (long long)page_before(reply_begin(&page_kind)));
}

static void
test_before(void **state)
{
	const struct before *row = row_of(state);
	struct child child = {
		.env = { mem_format("REQUEST_URI=%s", row->target) },
	};

	child_run(&child, give_before, NULL);
	assert_string_equal(
	    child.out, mem_format("%lld", (long long)row->before));
}

/* --- people --- */

static struct person some_people[] = {
	{ .id = 1, .name = EVIL },
	{ .id = 2, .name = "Bob", .followed = true },
	{ .id = 3, .name = "Cid" },
};

static void
send_people(const void *count)
{
	const struct people people = { .count = *(const size_t *)count,
		.list = some_people };
	const struct req *req = reply_begin(&page_kind);
	struct buf *page = page_open(req, &evil, "People");

	page_people(page, &evil, &people, EVIL);
	page_rest(page, "q=" ENCODED "&after=", 7, EVIL);
	page_send(page, 200);
}

static void
test_people(void **state)
{
	static const size_t all = 3;
	struct child child = { .env = { "HTTP_COOKIE" } };

	(void)state;
	child_run(&child, send_people, &all);
	assert_page(&child, "200 OK", "People");
	assert_contains(child.out,
	    "<a href=\"/" ENCODED "\">" ESCAPED "</a>"
	    " <span class=\"note\">This is you!</span></li>\n");
	assert_contains(child.out,
	    "<a href=\"/Bob\">Bob</a>"
	    " <span class=\"note\">You follow them.</span></li>\n");
	assert_contains(child.out, "<a href=\"/Cid\">Cid</a></li>\n</ul>\n");
	assert_contains(child.out,
	    "rel=\"next\" href=\"?q=" ENCODED "&amp;after=7\">" ESCAPED "</a>");
	assert_lacks(child.out, "<p>" ESCAPED);
}

static void
test_no_people(void **state)
{
	static const size_t none = 0;
	struct child child = { .env = { "HTTP_COOKIE" } };

	(void)state;
	child_run(&child, send_people, &none);
	assert_page(&child, "200 OK", "People");
	assert_contains(child.out, "<p>" ESCAPED "</p>");
	assert_lacks(child.out, "<ul");
}

/* --- errors --- */

static const struct error {
	const char *name;
	int status;
	const char *line, *title;
} errors[] = {
	{ "the visitor's", 400, "400 Bad Request", "Bad Request" },
	{ "nobody there", 404, "404 Not Found", "Not Found" },
	{ "not logged in", 401, "401 Unauthorized", "Unauthorized" },
	{ "busy", 503, "503 Service Unavailable", "Service Unavailable" },
};

static void
test_error(void **state)
{
	const struct error *row = row_of(state);
	struct child child = { .env = { "HTTP_COOKIE" } };

	child_run(&child, send_error, &row->status);
	assert_page(&child, row->line, row->title);
	assert_contains(
	    child.out, "<div class=\"error\" role=\"alert\">" ESCAPED "</div>");
	assert_int_equal(
	    strstr(child.out, "href=\"/login\"") != NULL, row->status == 401);
}

static void
test_death_in_the_midst(void **state)
{
	struct child child = { .env = { "HTTP_COOKIE=flash=logged-in." } };

	(void)state;
	child_run(&child, do_die_in_the_midst, NULL);
	assert_page(
	    &child, "500 Internal Server Error", "Internal Server Error");
	assert_lacks(child.out, "half of it");
	assert_lacks(child.out, "broken");
	/* the flash is for a page that arrives */
	assert_lacks(child.out, "Set-Cookie");
	assert_lacks(child.out, "Vary");
	assert_logged(&child, "error", "broken");
}

int
main(void)
{
	UNIT_TEST(test_visitor);
	UNIT_TEST(test_evil_names_and_texts);
	UNIT_TEST(test_preview);
	UNIT_ROWS(test_flash, flashes);
	UNIT_TEST(test_no_messages);
	UNIT_TEST(test_last_page);
	UNIT_TEST(test_timeline);
	UNIT_TEST(test_box_has_a_number_of_its_own);
	UNIT_ROWS(test_before, befores);
	UNIT_TEST(test_people);
	UNIT_TEST(test_no_people);
	UNIT_ROWS(test_error, errors);
	UNIT_TEST(test_death_in_the_midst);
	return unit_run();
}
