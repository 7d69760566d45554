/* POST /add_message -- stores a message.
 *
 * form:     text; line ends are stored as LF
 *           once, the form's own: the same form with the same text is sent
 *           twice, and one message
 * session:  401 without one, the text in the form again; 403 when another
 *           site's page asks
 * answer:   stored, now or before: a flash, and on to /
 *           empty or only blanks: on to /, nothing is stored
 *           more than 1,000 characters: 400, the text in the form again
 *           too many messages in a short time: the same with 429 */

#include "html.h"
#include "log.h"
#include "mem.h"
#include "text.h"
#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static _Noreturn void
refuse(const struct req *req, const struct user *me, const char *text,
    int status, const char *problem)
{
	struct buf *page = page_open(req, me, "Your Message");

	log_line(LOG_INFO, "%d: %s", status, problem);
	page_error(page, problem);
	if (me == NULL)
		html(page,
		    "<p>What you wrote is still here."
		    " <a href=\"/login\" target=\"_blank\">Sign in in another"
		    " tab</a>, then share it from this one.</p>\n");
	page_compose(page, me, text);
	page_send(page, status);
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct user *me;
	const char *text, *problem;
	int64_t wait;

	need_method(req, REQ_POST);
	need_same_origin(req);
	text = text_unix_lines(req_field(req, "text"));
	if (text_is_blank(text)) {
		need_user(req);
		log_line(LOG_INFO, "nothing stored: the message is empty");
		reply_redirect("/");
	}
	if ((me = session_user(req)) == NULL)
		refuse(req, me, text, 401, "You have to log in to do that.");
	if ((problem = message_problem(text)) != NULL)
		refuse(req, me, text, 400, problem);

	if (!my_message_add(
		session_token(req), text, req_form(req, "once"), &wait))
		reply_error(401, "Your account is gone.");
	if (wait > 0) {
		reply_retry_after(wait);
		refuse(req, me, text, 429,
		    mem_format("You have posted too many messages in a short "
			       "time. Please try again in %s.",
			text_duration(wait)));
	}
	flash_leave(req, FLASH_RECORDED, NULL);
	reply_redirect("/");
}
