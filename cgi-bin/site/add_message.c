/* POST /add_message -- stores a message.
 *
 * form:     text; line ends are stored as LF
 *           once, the form's own: the same form with the same text is sent
 *           twice, and one message
 * session:  401 without one; 403 when another site's page asks
 * answer:   stored, now or before: a flash, and on to /
 *           empty or only blanks: on to /, nothing is stored
 *           more than 1,000 characters: 400, the text in the form again */

#include "log.h"
#include "text.h"
#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static _Noreturn void
refuse(const struct req *req, const struct user *me, const char *text,
    const char *problem)
{
	struct buf *page = page_open(req, me, "Your Message");

	log_line(LOG_INFO, "400: %s", problem);
	page_error(page, problem);
	page_compose(page, me, text);
	page_send(page, 400);
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct user *me;
	const char *text, *problem;

	need_method(req, REQ_POST);
	need_same_origin(req);
	me = need_user(req);
	text = req_form(req, "text");
	if (text == NULL || text_is_blank(text)) {
		log_line(LOG_INFO, "nothing stored: the message is empty");
		reply_redirect("/");
	}
	text = text_unix_lines(text);
	if ((problem = message_problem(text)) != NULL)
		refuse(req, me, text, problem);

	if (!message_post(session_token(req), text, req_form(req, "once")))
		reply_error(401, "Your account is gone.");
	flash_leave(req, FLASH_RECORDED, NULL);
	reply_redirect("/");
}
