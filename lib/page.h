/* page -- the site's chrome, and what two of its pages have in common.
 *
 * Pages are HTML5 (WHATWG) that needs no JavaScript. */

#ifndef PAGE_H
#define PAGE_H

#include <stdint.h>

#include "messages.h"
#include "reply.h"
#include "users.h"

/* Messages on a page. */
#define PAGE_MESSAGES 30

/* Programs of the site: forms come in, errors go out as pages. */
extern const struct reply_kind page_kind;

/* The same for those that ask the database about members only: an anonymous
 * request gets a form or is sent elsewhere, without a connection. */
extern const struct reply_kind member_kind;

/* The same for those that say the same to everybody: they have no database. */
extern const struct reply_kind signpost_kind;

/* Begins a page: head, navigation for me (NULL: a visitor), the heading, and
 * the flash that waits for the reader. */
struct buf *page_open(
    const struct req *req, const struct user *me, const char *title);

/* The same for a page that says the same to all visitors: the answer to a
 * request without cookies may be kept by the web server for a second (RFC 9111
 * 5.2.2.10), and by nobody else. */
struct buf *page_open_shared(
    const struct req *req, const struct user *me, const char *title);

/* Ends the page and sends it. */
_Noreturn void page_send(struct buf *page, int status);

/* What was wrong with a form. */
void page_error(struct buf *page, const char *sentence);

/* The box to write a message in, holding text. */
void page_compose(struct buf *page, const struct user *me, const char *text);

/* The list of messages, and the link to the older ones. */
void page_messages(struct buf *page, const struct messages *messages);

/* Where the reader wants the list to go on: the message in ?before=, or
 * MESSAGES_NEWEST. */
int64_t page_before(const struct req *req);

#endif
