/* GET /-/search -- finds people and messages.
 *
 * query:   q=WORDS; without any, the form alone; more than 200 characters: 400
 *          before=ID goes on with the messages older than that one
 *          in=people lists all people who are found; after=ID goes on with
 * those after that user */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "html.h"
#include "log.h"
#include "mem.h"
#include "messages.h"
#include "people.h"
#include "text.h"
#include "reply.h"
#include "session.h"
#include "page.h"

/* Code points. */
#define LONGEST 200

/* Of all people who are found. */
#define FIRST_PEOPLE 10

static void
form(struct buf *page, const char *words)
{
	html(page,
	    "<form class=\"card\" role=\"search\" action=\"/-/search\">\n"
	    "<label for=\"q\">Find people and messages</label>\n"
	    "<input type=\"search\" id=\"q\" name=\"q\" value=\"%s\""
	    " maxlength=\"%d\"" PAGE_NAME_FIELD ">\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"Search\"></div>\n"
	    "</form>\n",
	    words, LONGEST);
}

/* What finds the same again. */
static const char *
query(const char *words, const char *rest)
{
	return mem_format("q=%s&%s", text_percent_encode(words), rest);
}

static void
all_people(struct buf *page, const struct req *req, const struct user *me,
    const char *words)
{
	const struct people *people =
	    people_search(words, page_after(req), PAGE_PEOPLE);

	html(page, "<h2>People</h2>\n");
	if (people->count > 0 || !people->cut)
		page_people(page, me, people,
		    "There is nobody with that in the name. Try a part of it.");
	if (people->cut)
		html(page,
		    "<p>That takes long: some people are not searched"
		    " yet.</p>\n");
	if (people->rest != 0)
		page_rest(page, query(words, "in=people&after="), people->rest,
		    "More people");
}

static void
first_people(struct buf *page, const struct user *me, const char *words)
{
	const struct people *people = people_suggest(words, FIRST_PEOPLE);

	html(page, "<h2>People</h2>\n");
	if (people->alike)
		html(page,
		    "<p>There is nobody with that in the name."
		    " These are similar:</p>\n");
	page_people(page, me, people,
	    "There is nobody with that in the name, nor with a similar one."
	    " Try a part of it.");
	if (people->rest != 0 && !people->alike)
		html(page,
		    "<p class=\"alone\"><a href=\"?%s\">All people with that"
		    " in the name</a></p>\n",
		    query(words, "in=people"));
}

static void
messages(struct buf *page, const char *words, int64_t before)
{
	const struct messages_found *found =
	    messages_search(words, before, PAGE_MESSAGES);

	html(page, "<h2>Messages</h2>\n");
	if (found->wordless) {
		html(page,
		    "<p>There is no word in that to look for in messages."
		    " Enter a word of letters or digits, or an emoji.</p>\n");
		return;
	}
	if (found->messages->count > 0)
		page_message_list(page, found->messages);
	else if (!found->cut)
		html(page,
		    "<p>No%s message has all of these words. Try fewer words or"
		    " other ones: search finds whole words only. Words in"
		    " quotation marks must stand side by side, and a word with"
		    " a minus sign before it must be absent.</p>\n",
		    before != MESSAGES_NEWEST ? " older" : "");
	if (found->cut)
		html(page,
		    "<p>That takes long: older messages are not searched"
		    " yet.</p>\n");
	if (found->rest != 0)
		page_rest(page, query(words, "before="), found->rest,
		    "Older messages");
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const char *words = req_query(req, "q"), *in = req_query(req, "in");
	const struct user *me;
	struct buf *page;

	need_method(req, REQ_READ);
	if (words == NULL)
		words = "";
	me = session_user(req);
	page = page_open(req, me, "Search");
	if (text_length(words) > LONGEST) {
		log_line(LOG_INFO, "400: too much to search for");
		page_error(page, "That is more than 200 characters.");
		form(page, words);
		page_send(page, 400);
	}

	form(page, words);
	if (text_is_blank(words))
		page_send(page, 200);
	if (in != NULL && strcmp(in, "people") == 0) {
		all_people(page, req, me, words);
		page_send(page, 200);
	}
	if (page_before(req) == MESSAGES_NEWEST)
		first_people(page, me, words);
	messages(page, words, page_before(req));
	page_send(page, 200);
}
