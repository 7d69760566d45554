/* page -- the site's chrome, and what two of its pages have in common.
 *
 * Pages are HTML5 (WHATWG) that needs no JavaScript. */

#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "messages.h"
#include "people.h"
#include "reply.h"
#include "users.h"

/* Messages on a page. */
#define PAGE_MESSAGES 30

/* People on a page. */
#define PAGE_PEOPLE 50

/* Programs of the site: forms come in, errors go out as pages. */
extern const struct reply_kind page_kind;

/* The same for those that ask the database about members only: an anonymous
 * request gets a form or is sent elsewhere, without a connection. */
extern const struct reply_kind member_kind;

/* The same for those that say the same to everybody: they have no database. */
extern const struct reply_kind signpost_kind;

/* What a page says of itself. */
struct page_head {
	const char *title;       /* also its heading */
	const char *description; /* for search engines; NULL: of the site */
	const char *path;        /* its permanent address, which makes a preview
	                            of links to it; NULL: it has none */
	const char *feed;        /* path of an Atom feed; NULL: there is none */
	const char *feed_title;  /* NULL: the same as the page's */

	/* The page is the same for all clients without cookies, so Apache may
	 * cache it (apache/minitwit.conf). */
	bool shared;
};

/* Begins a page: head, navigation for me (NULL: a visitor), the heading, and
 * the flash that waits for the reader. */
struct buf *page_open_as(const struct req *req, const struct user *me,
    const struct page_head *about);

/* The same for a page that has a title only. */
struct buf *page_open(
    const struct req *req, const struct user *me, const char *title);

/* Attributes of a field in which people type a name: the keyboard leaves it as
 * it is typed. */
#define PAGE_NAME_FIELD \
	" autocapitalize=\"none\" autocorrect=\"off\" spellcheck=\"false\""

/* Ends the page and sends it. */
_Noreturn void page_send(struct buf *page, int status);

/* What was wrong with a form. */
void page_error(struct buf *page, const char *sentence);

/* The box to write a message in, holding text, for me or for somebody whose
 * session is over (NULL).  It has a number of its own, so that it counts once.
 */
void page_compose(struct buf *page, const struct user *me, const char *text);

/* Messages, and nothing else. */
void page_message_list(struct buf *page, const struct messages *messages);

/* The messages of a timeline from a place on, and links to the pages before and
 * after; hint says what to do where there is none.  On its first page the
 * site's script (htdocs/asset/script.js) finds what it has to ask for newer
 * ones: news is what comes before "after=" in the query of /-/news. */
void page_timeline(struct buf *page, const struct messages *messages,
    int64_t before, const char *hint, const char *news);

/* One message alone. */
void page_message(struct buf *page, const struct message *message);

/* A time, as it is for readers at a moment, now; both in seconds since 1970. */
void page_time(struct buf *page, int64_t seconds, int64_t now);

/* The permanent address of a message, as a path. */
const char *page_message_path(const struct message *message);

/* The list of people, for me to see whom of them I follow; nobody is what it
 * says where there is none. */
void page_people(struct buf *page, const struct user *me,
    const struct people *people, const char *nobody);

/* The link to the rest of a list.  query is what it has before the place where
 * the list goes on: fields with their names, "q=a&before=". */
void page_rest(
    struct buf *page, const char *query, int64_t place, const char *words);

/* Where the reader wants a list to go on: the message in ?before=, or
 * MESSAGES_NEWEST. */
int64_t page_before(const struct req *req);

/* The query that has a list go on from a place; "" for its beginning. */
const char *page_place(int64_t before);

/* Whether the reader wants the page that ends right above a message: the one in
 * ?after=. */
bool page_is_above(const struct req *req, int64_t *after);

/* Where the reader wants a list of people to go on: the user in ?after=, or 0.
 */
int64_t page_after(const struct req *req);

#endif
