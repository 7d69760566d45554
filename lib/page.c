#include "page.h"

#include <stddef.h>

#include "db.h"
#include "html.h"
#include "mem.h"
#include "session.h"
#include "text.h"

/* As many as the style sheet has. */
#define AVATAR_COLOURS 12

static void
head(struct buf *page, const char *title)
{
	html(page,
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\">\n"
	    "<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<title>%s | MiniTwit</title>\n"
	    "<meta name=\"viewport\" content=\"width=device-width,"
	    " initial-scale=1\">\n"
	    "<link rel=\"stylesheet\" href=\"/-/style.css\">\n"
	    "<link rel=\"icon\" href=\"/-/icon.svg\" type=\"image/svg+xml\">\n"
	    "</head>\n"
	    "<body>\n"
	    "<header>\n"
	    "<a class=\"brand\" href=\"/\">MiniTwit</a>\n"
	    "<nav class=\"navigation\">\n",
	    title);
}

static void
navigation(struct buf *page, const struct user *me)
{
	if (me == NULL) {
		html(page,
		    "<a href=\"/public\">public timeline</a>\n"
		    "<a href=\"/register\">sign up</a>\n"
		    "<a href=\"/login\">sign in</a>\n");
		return;
	}
	html(page,
	    "<a href=\"/\">my timeline</a>\n"
	    "<a href=\"/public\">public timeline</a>\n"
	    "<a href=\"/%s\">%s</a>\n"
	    "<a href=\"/logout\">sign out</a>\n",
	    text_percent_encode(me->name), me->name);
}

static void
heading(struct buf *page, const char *title)
{
	html(page,
	    "</nav>\n"
	    "</header>\n"
	    "<main>\n"
	    "<h1>%s</h1>\n",
	    title);
}

static void
footer(struct buf *page)
{
	html(page,
	    "</main>\n"
	    "<footer>MiniTwit &mdash; a small place for short"
	    " messages</footer>\n"
	    "</body>\n"
	    "</html>\n");
}

/* A flash stands alone in its <li>. */
static void
flash(struct buf *page, const struct req *req)
{
	const char *name;
	enum flash flash;

	/* nobody sees the page that answers HEAD */
	if (req_method(req) == REQ_HEAD ||
	    (flash = flash_take(req, &name)) == FLASH_NONE)
		return;
	html(page, "<ul class=\"flashes\" role=\"status\"><li>");
	switch (flash) {
	case FLASH_REGISTERED:
		html(
		    page, "You were successfully registered and can login now");
		break;
	case FLASH_LOGGED_IN:
		html(page, "You were logged in");
		break;
	case FLASH_LOGGED_OUT:
		html(page, "You were logged out");
		break;
	case FLASH_RECORDED:
		html(page, "Your message was recorded");
		break;
	case FLASH_FOLLOWING:
		html(page, "You are now following &#34;%s&#34;", name);
		break;
	case FLASH_NOT_FOLLOWING:
		html(page, "You are no longer following &#34;%s&#34;", name);
		break;
	case FLASH_NONE:
		break;
	}
	html(page, "</li></ul>\n");
}

static struct buf *
open_for(const struct req *req, const struct user *me, const char *title,
    const char *cache_control)
{
	struct buf *page = mem_alloc(sizeof(*page));

	/* what a reader sees depends on the cookies */
	reply_header("Vary", "Cookie");
	reply_header("Cache-Control", cache_control);
	head(page, title);
	navigation(page, me);
	heading(page, title);
	flash(page, req);
	return page;
}

struct buf *
page_open(const struct req *req, const struct user *me, const char *title)
{
	return open_for(req, me, title, "private, no-store");
}

struct buf *
page_open_shared(
    const struct req *req, const struct user *me, const char *title)
{
	const char *cookies = req_variable(req, "HTTP_COOKIE");

	/* to Apache's cache an empty header is none */
	if (cookies != NULL && cookies[0] != '\0')
		return page_open(req, me, title);
	return open_for(req, me, title, "public, max-age=0, s-maxage=1");
}

_Noreturn void
page_send(struct buf *page, int status)
{
	footer(page);
	reply_html(status, page);
}

/* An error may come before it is known who asks: its navigation has only what
 * is right for everybody. */
static const char *
error_body(int status, const char *reason, const char *sentence)
{
	struct buf page = { 0 };

	reply_header("Cache-Control", "no-store");
	head(&page, reason);
	html(&page,
	    "<a href=\"/\">home</a>\n"
	    "<a href=\"/public\">public timeline</a>\n");
	if (status == 401)
		html(&page, "<a href=\"/login\">sign in</a>\n");
	heading(&page, reason);
	page_error(&page, sentence);
	footer(&page);
	return page.data;
}

#define SITE .error_type = "text/html; charset=utf-8", .error_body = error_body

const struct reply_kind page_kind = {
	.connect = db_open,
	.body = REQ_FORM,
	SITE,
};

static void
connect_members(void)
{
	if (!req_is_anonymous())
		db_open();
}

const struct reply_kind member_kind = {
	.connect = connect_members,
	.body = REQ_FORM,
	SITE,
};

const struct reply_kind signpost_kind = {
	.body = REQ_NO_BODY,
	SITE,
};

void
page_error(struct buf *page, const char *sentence)
{
	html(page, "<div class=\"error\" role=\"alert\">%s</div>\n", sentence);
}

void
page_compose(struct buf *page, const struct user *me, const char *text)
{
	/* the line feed after <textarea> is the one that HTML drops */
	html(page,
	    "<div class=\"twitbox\">\n"
	    "<form action=\"/add_message\" method=\"post\">\n"
	    "<label for=\"text\">What's on your mind, %s?</label>\n"
	    "<textarea id=\"text\" name=\"text\" rows=\"3\">\n"
	    "%s</textarea>\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"Share\"></div>\n"
	    "</form>\n"
	    "</div>\n",
	    me->name, text);
}

/* The author's initial on a colour that comes from the name. */
static void
avatar(struct buf *page, const char *name)
{
	unsigned colour = 0;

	for (const char *c = name; *c != '\0'; c++)
		colour = colour * 31 + (unsigned char)*c;
	html(page,
	    "<span class=\"avatar colour%d\" aria-hidden=\"true\">%s</span>",
	    (int)(colour % AVATAR_COLOURS), text_initial(name));
}

static void
message(struct buf *page, const struct message *message)
{
	html(page, "<li>");
	avatar(page, message->author);
	html(page,
	    "<div><p><a href=\"/%s\">%s</a>\n"
	    "<time datetime=\"%s\">%s</time></p>\n"
	    "<p class=\"text\">%s</p></div></li>\n",
	    text_percent_encode(message->author), message->author,
	    text_time_rfc3339(message->time), text_time_friendly(message->time),
	    message->text);
}

void
page_messages(struct buf *page, const struct messages *messages)
{
	html(page, "<ul class=\"messages\">\n");
	for (size_t i = 0; i < messages->count; i++)
		message(page, &messages->list[i]);
	if (messages->count == 0)
		html(page,
		    "<li class=\"empty\">There's no message so far."
		    "</li>\n");
	html(page, "</ul>\n");
	if (messages->more)
		html(page,
		    "<p class=\"older\"><a rel=\"next\" href=\"?before=%s\">"
		    "Older messages</a></p>\n",
		    mem_format("%lld",
			(long long)messages->list[messages->count - 1].id));
}

int64_t
page_before(const struct req *req)
{
	const char *before = req_query(req, "before");
	int64_t id = MESSAGES_NEWEST;

	if (before != NULL)
		text_integer(before, 1, MESSAGES_NEWEST, &id);
	return id;
}
