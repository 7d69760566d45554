#include "feed.h"

#include <string.h>

#include "reply.h"
#include "page.h"
#include "unit.h"
#include "child.h"

/* --- where the site is --- */

static void
give_origin(const void *given)
{
	(void)given;
	reply_text(need_origin(reply_begin(&page_kind)));
}

static void
test_origin(void **state)
{
	struct child child = { .env = { "HTTP_HOST=a.b:80", "HTTPS=on" } };

	(void)state;
	child_run(&child, give_origin, NULL);
	assert_string_equal(child_body(&child), "https://a.b:80");
}

static void
test_no_host(void **state)
{
	struct child child = { .env = { "HTTP_HOST", "HTTPS" } };

	(void)state;
	child_run(&child, give_origin, NULL);
	assert_memory_equal(child.out, "Status: 400", 11);
}

/* --- the feed --- */

static struct message evil_message = {
	.id = 9,
	.author = EVIL,
	.text = EVIL "\n\x01\ufffe\uffff]]>",
	.time = 1575201600,
};

static const struct messages evil_messages = {
	.count = 1,
	.list = &evil_message,
};

static const struct messages no_messages = { .count = 0 };

static void
send_feed(const void *messages)
{
	feed_send(reply_begin(&page_kind), "https://a.b:81",
	    &(struct feed){
		.title = EVIL,
		.path = "/" ENCODED "/feed",
		.page = "/" ENCODED,
		.messages = messages,
	    });
}

static void
test_evil_messages(void **state)
{
	static const char *const expected[] = {
		"Status: 200 OK\r\n",
		"Content-Type: application/atom+xml; charset=utf-8\r\n",
		"\r\n\r\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed ",
		"<id>tag:a.b,2026:" ENCODED "/feed</id>\n"
		"<title>" ESCAPED " | MiniTwit</title>\n",
		"href=\"https://a.b:81/" ENCODED "/feed\"/>\n",
		"href=\"https://a.b:81/" ENCODED "\"/>\n"
		"<updated>2019-12-01T12:00:00Z</updated>\n<entry>\n",
		"<id>tag:a.b,2026:message/9</id>\n"
		"<title>" ESCAPED " \ufffd\ufffd\ufffd]]&gt;</title>\n",
		"<author><name>" ESCAPED "</name><uri>https://a.b:81/" ENCODED
		"</uri></author>\n",
		"href=\"https://a.b:81/" ENCODED "/status/9\"/>\n",
		"<content type=\"text\">" ESCAPED
		"\n\ufffd\ufffd\ufffd]]&gt;</content>\n</entry>\n</feed>\n",
	};
	struct child child = { .env = { "HTTP_IF_NONE_MATCH" } };

	(void)state;
	child_run(&child, send_feed, &evil_messages);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_contains(child.out, expected[i]);
	assert_lacks(child.out, EVIL);
	assert_lacks(child.out, "Vary");
}

static void
test_no_messages(void **state)
{
	struct child child = { .env = { "HTTP_IF_NONE_MATCH" } };

	(void)state;
	child_run(&child, send_feed, &no_messages);
	assert_contains(
	    child.out, "<updated>1970-01-01T00:00:00Z</updated>\n</feed>\n");
}

static const struct length {
	const char *name, *text, *title;
} lengths[] = {
	{ "nothing", "", "" },
	{ "a word", "word", "word" },
	{ "lines", "a\nb\r\nc", "a b  c" },
	{ "sixty",
	    "\U0001f600aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
	    "fffffffff\U0001f600",
	    "\U0001f600aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
	    "fffffffff\U0001f600" },
	{ "more",
	    "\U0001f600aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
	    "fffffffff\U0001f600g",
	    "\U0001f600aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
	    "fffffffff\U0001f600\u2026" },
};

static void
test_title(void **state)
{
	const struct length *row = row_of(state);
	struct message message = { .id = 1, .author = "A", .text = row->text };
	struct messages messages = { .count = 1, .list = &message };
	struct child child = { .env = { "HTTP_IF_NONE_MATCH" } };

	child_run(&child, send_feed, &messages);
	assert_contains(
	    child.out, mem_format("<title>%s</title>\n<author>", row->title));
}

static const char *
tag_of(const struct child *child)
{
	const char *tag = strstr(child->out, "ETag: ");

	assert_non_null(tag);
	return mem_copy(tag + 6, strcspn(tag + 6, "\r"));
}

static void
test_tag(void **state)
{
	struct child first = { .env = { "HTTP_IF_NONE_MATCH" } };
	struct child again = first, other = first, known = { 0 };

	(void)state;
	child_run(&first, send_feed, &evil_messages);
	child_run(&again, send_feed, &evil_messages);
	child_run(&other, send_feed, &no_messages);
	assert_string_equal(tag_of(&first), tag_of(&again));
	assert_string_not_equal(tag_of(&first), tag_of(&other));
	known.env[0] = mem_format("HTTP_IF_NONE_MATCH=%s", tag_of(&first));
	child_run(&known, send_feed, &evil_messages);
	assert_string_equal(known.out,
	    mem_format("Status: 304 Not Modified\r\n"
		       "ETag: %s\r\n\r\n",
		tag_of(&first)));
}

int
main(void)
{
	UNIT_TEST(test_origin);
	UNIT_TEST(test_no_host);
	UNIT_TEST(test_evil_messages);
	UNIT_TEST(test_no_messages);
	UNIT_ROWS(test_title, lengths);
	UNIT_TEST(test_tag);
	return unit_run();
}
