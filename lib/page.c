#include "page.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "assets.h"
#include "db.h"
#include "html.h"
#include "mem.h"
#include "names.h"
#include "prose.h"
#include "secret.h"
#include "session.h"
#include "text.h"

static const char motto[] = "MiniTwit is a small place for short messages.";

/* As many as the style sheet has. */
#define AVATAR_COLOURS 12

/* So that no two forms have the same number. */
#define ONCE_BYTES 16

/* What link previews (the Open Graph protocol) and search engines show. */
static void
preview(struct buf *page, const struct req *req, const struct page_head *about)
{
	const char *origin = req_origin(req);

	html(page,
	    "<meta property=\"og:site_name\" content=\"MiniTwit\">\n"
	    "<meta property=\"og:type\" content=\"website\">\n"
	    "<meta property=\"og:title\" content=\"%s\">\n"
	    "<meta property=\"og:description\" content=\"%s\">\n",
	    about->title, about->description);
	if (origin != NULL)
		html(page,
		    "<meta property=\"og:url\" content=\"%s%s\">\n"
		    "<meta property=\"og:image\" content=\"%s" ASSET_ICON_512
		    "\">\n"
		    "<link rel=\"canonical\" href=\"%s%s\">\n",
		    origin, about->path, origin, origin, about->path);
}

static void
head(struct buf *page, const struct req *req, const struct page_head *about)
{
	html(page,
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\">\n"
	    "<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<title>%s | MiniTwit</title>\n"
	    "<meta name=\"viewport\" content=\"width=device-width,"
	    " initial-scale=1\">\n"
	    "<meta name=\"description\" content=\"%s\">\n"
	    "<meta name=\"theme-color\" content=\"#f5f7fa\""
	    " media=\"(prefers-color-scheme: light)\">\n"
	    "<meta name=\"theme-color\" content=\"#10151b\""
	    " media=\"(prefers-color-scheme: dark)\">\n"
	    "<link rel=\"stylesheet\" href=\"" ASSET_STYLE "\">\n"
	    "<link rel=\"icon\" href=\"/-/icon.svg\" type=\"image/svg+xml\">\n"
	    "<link rel=\"apple-touch-icon\" href=\"" ASSET_ICON_192 "\">\n"
	    "<link rel=\"manifest\" href=\"/-/manifest.webmanifest\">\n"
	    "<script src=\"" ASSET_SCRIPT "\" defer></script>\n",
	    about->title,
	    about->description != NULL ? about->description : motto);
	if (about->path != NULL)
		preview(page, req, about);
	if (about->feed != NULL)
		html(page,
		    "<link rel=\"alternate\" type=\"application/atom+xml\""
		    " title=\"%s\" href=\"%s\">\n",
		    about->feed_title != NULL ? about->feed_title
					      : about->title,
		    about->feed);
	html(page,
	    "</head>\n"
	    "<body>\n"
	    "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
	    "<header>\n"
	    "<a class=\"brand\" href=\"/\">MiniTwit</a>\n"
	    "<nav class=\"navigation\" aria-label=\"Site\">\n");
}

static void
navigation(struct buf *page, const struct user *me)
{
	if (me == NULL) {
		html(page,
		    "<a href=\"/public\">public timeline</a>\n"
		    "<a href=\"/-/search\">search</a>\n"
		    "<a href=\"/register\">sign up</a>\n"
		    "<a href=\"/login\">sign in</a>\n");
		return;
	}
	html(page,
	    "<a href=\"/\">my timeline</a>\n"
	    "<a href=\"/public\">public timeline</a>\n"
	    "<a href=\"/-/search\">search</a>\n"
	    "<a href=\"/%s\">%s</a>\n"
	    "<a href=\"/-/account\">account</a>\n"
	    "<a href=\"/logout\">sign out</a>\n",
	    text_percent_encode(me->name), text_isolate(me->name));
}

static void
heading(struct buf *page, const char *title)
{
	html(page,
	    "</nav>\n"
	    "</header>\n"
	    "<main id=\"main\" tabindex=\"-1\">\n"
	    "<h1>%s</h1>\n",
	    title);
}

static void
footer(struct buf *page)
{
	html(page,
	    "</main>\n"
	    "<footer><p>%s</p>\n"
	    "<p><a href=\"/-/api\">API</a></p></footer>\n"
	    "</body>\n"
	    "</html>\n",
	    motto);
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
	html(page, "<div role=\"status\"><ul class=\"flashes\"><li>");
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
		html(page, "You are now following &#34;%s&#34;",
		    text_isolate(name));
		break;
	case FLASH_NOT_FOLLOWING:
		html(page, "You are no longer following &#34;%s&#34;",
		    text_isolate(name));
		break;
	case FLASH_PASSWORD_CHANGED:
		html(page, "Your password was changed");
		break;
	case FLASH_SESSION_ENDED:
		html(page, "The other browser was logged out");
		break;
	case FLASH_SESSIONS_ENDED:
		html(page, "All other browsers were logged out");
		break;
	case FLASH_ACCOUNT_DELETED:
		html(page, "Your account was deleted");
		break;
	case FLASH_NONE:
		break;
	}
	html(page, "</li></ul></div>\n");
}

struct buf *
page_open_as(
    const struct req *req, const struct user *me, const struct page_head *about)
{
	struct buf *page = mem_alloc(sizeof(*page));

	buf_reserve(page, BUF_DOCUMENT);
	/* what a reader sees depends on the cookies, and what a page says of
	 * its address on how the site was asked for */
	reply_header("Vary",
	    about->shared ? "Cookie, Host, X-Forwarded-Proto" : "Cookie");
	head(page, req, about);
	navigation(page, me);
	heading(page, about->title);
	flash(page, req);
	return page;
}

struct buf *
page_open(const struct req *req, const struct user *me, const char *title)
{
	return page_open_as(req, me, &(struct page_head){ .title = title });
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

	head(&page, NULL, &(struct page_head){ .title = reason });
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
	const char *label = me != NULL
	    ? mem_format("What's on your mind, %s?", text_isolate(me->name))
	    : "What you wrote";

	/* the line feed after <textarea> is the one that HTML drops */
	html(page,
	    "<div class=\"twitbox\">\n"
	    "<form action=\"/add_message\" method=\"post\">\n"
	    "<label for=\"text\">%s</label>\n"
	    "<textarea id=\"text\" name=\"text\" rows=\"3\">\n"
	    "%s</textarea>\n"
	    "<input type=\"hidden\" name=\"once\" value=\"%s\">\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"Share\"></div>\n"
	    "</form>\n"
	    "</div>\n",
	    label, text, secret_random(ONCE_BYTES));
}

/* The author's initial on a colour that comes from the name. */
static void
avatar(struct buf *page, const char *name)
{
	unsigned colour = 0;

	for (const char *c = name; *c != '\0'; c++)
		colour = (colour ^ (unsigned char)*c) * 16777619u;
	html(page,
	    "<span class=\"avatar colour%d\" aria-hidden=\"true\">%s</span>",
	    (int)((colour >> 8) % AVATAR_COLOURS), text_initial(name));
}

const char *
page_message_path(const struct message *message)
{
	return mem_format("/%s/status/%s", text_percent_encode(message->author),
	    db_integer(message->id));
}

void
page_time(struct buf *page, int64_t seconds, int64_t now)
{
	html(page, "<time datetime=\"%s\" title=\"%s UTC\">%s</time>",
	    text_time_rfc3339(seconds), text_time_friendly(seconds),
	    text_time_ago(seconds, now));
}

static void
list_item(struct buf *page, const struct message *message,
    const struct names *mentioned, int64_t now)
{
	const char *author = text_percent_encode(message->author);
	const char *id = db_integer(message->id);

	html(page, "<li data-id=\"%s\">", id);
	avatar(page, message->author);
	html(page,
	    "<div><p><a href=\"/%s\">%s</a>\n"
	    "<a class=\"when\" href=\"/%s/status/%s\">",
	    author, text_isolate(message->author), author, id);
	page_time(page, message->time, now);
	html(page, "</a></p>\n<p class=\"text\">");
	prose_html(page, message->text, mentioned);
	html(page, "</p></div></li>\n");
}

static void
list_items(struct buf *page, const struct message *list, size_t count)
{
	struct names guesses = { 0 };
	const struct names *mentioned;
	int64_t now = time(NULL);

	for (size_t i = 0; i < count; i++)
		prose_mentions(&guesses, list[i].text);
	mentioned = names_existing(&guesses);
	for (size_t i = 0; i < count; i++)
		list_item(page, &list[i], mentioned, now);
}

/* Pages have places, not numbers, so that they stay what they are while new
 * messages come. */
static void
links_to_pages(
    struct buf *page, const struct messages *messages, int64_t before)
{
	const struct message *list = messages->list;

	if (before == MESSAGES_NEWEST && !messages->more)
		return;
	html(page, "<nav class=\"pages\" aria-label=\"Pages\">\n");
	if (before != MESSAGES_NEWEST && messages->count == 0)
		html(page, "<a href=\"?\">Newest messages</a>\n");
	else if (before != MESSAGES_NEWEST)
		html(page,
		    "<a rel=\"prev\" href=\"?after=%s\">"
		    "Newer messages</a>\n",
		    db_integer(list[0].id));
	if (messages->more)
		html(page,
		    "<a class=\"older\" rel=\"next\" href=\"?before=%s\">"
		    "Older messages</a>\n",
		    db_integer(list[messages->count - 1].id));
	html(page, "</nav>\n");
}

void
page_message_list(struct buf *page, const struct messages *messages)
{
	html(page, "<ul class=\"messages\">\n");
	list_items(page, messages->list, messages->count);
	html(page, "</ul>\n");
}

void
page_timeline(struct buf *page, const struct messages *messages, int64_t before,
    const char *hint, const char *news)
{
	html(page, "<ul class=\"messages\"");
	if (before == MESSAGES_NEWEST)
		html(page, " data-newest=\"%s\" data-news=\"/-/news?%safter=\"",
		    db_integer(messages->count > 0 ? messages->list[0].id : 0),
		    news);
	html(page, ">\n");
	list_items(page, messages->list, messages->count);
	if (messages->count == 0 && before == MESSAGES_NEWEST)
		html(page,
		    "<li class=\"empty\">There's no message so far."
		    "<p>%s</p></li>\n",
		    hint);
	else if (messages->count == 0)
		html(page,
		    "<li class=\"empty\">There are no older messages."
		    "</li>\n");
	html(page, "</ul>\n");
	links_to_pages(page, messages, before);
}

void
page_message(struct buf *page, const struct message *message)
{
	html(page, "<ul class=\"messages\">\n");
	list_items(page, message, 1);
	html(page, "</ul>\n");
}

static void
person(struct buf *page, const struct user *me, const struct person *person)
{
	html(page, "<li>");
	avatar(page, person->name);
	html(page, "<a href=\"/%s\">%s</a>", text_percent_encode(person->name),
	    text_isolate(person->name));
	if (me != NULL && person->id == me->id)
		html(page, " <span class=\"note\">This is you!</span>");
	else if (person->followed)
		html(page, " <span class=\"note\">You follow them.</span>");
	html(page, "</li>\n");
}

void
page_people(struct buf *page, const struct user *me,
    const struct people *people, const char *nobody)
{
	if (people->count == 0) {
		html(page, "<p>%s</p>\n", nobody);
		return;
	}
	html(page, "<ul class=\"people\">\n");
	for (size_t i = 0; i < people->count; i++)
		person(page, me, &people->list[i]);
	html(page, "</ul>\n");
}

void
page_rest(struct buf *page, const char *query, int64_t place, const char *words)
{
	html(page,
	    "<nav class=\"pages\" aria-label=\"Pages\">\n"
	    "<a class=\"older\" rel=\"next\" href=\"?%s%s\">%s</a>\n"
	    "</nav>\n",
	    query, db_integer(place), words);
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

const char *
page_place(int64_t before)
{
	return before != MESSAGES_NEWEST
	    ? mem_format("?before=%s", db_integer(before))
	    : "";
}

bool
page_is_above(const struct req *req, int64_t *after)
{
	const char *text = req_query(req, "after");

	return text != NULL && text_integer(text, 1, MESSAGES_NEWEST, after);
}

int64_t
page_after(const struct req *req)
{
	int64_t id = 0;

	page_is_above(req, &id);
	return id;
}
