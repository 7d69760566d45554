#include "confirm.h"

#include <stddef.h>

#include "mem.h"
#include "password.h"
#include "text.h"
#include "accounts.h"
#include "reply.h"
#include "session.h"
#include "account_page.h"

static const char wrong[] = "Invalid password";

static _Noreturn void
refuse_for_now(const struct req *req, int64_t wait)
{
	reply_retry_after(wait);
	account_page(req, 429,
	    mem_format("There were too many attempts to enter your password. "
		       "Please try again in %s.",
		text_duration(wait)));
}

const char *
need_password(const struct req *req)
{
	const char *token = session_token(req);
	const char *address = req_variable(req, "REMOTE_ADDR");
	const char *password = req_field(req, "password");
	struct account_attempt attempt;

	/* nobody guesses with an empty field */
	if (token == NULL || password[0] == '\0')
		account_page(req, 200, wrong);
	if (address == NULL) /* all such clients are one to the database */
		address = "";
	attempt = account_begin(token, address);
	if (!attempt.found)
		reply_to_visitor();
	session_is_of(attempt.user_id);
	if (attempt.wait > 0)
		refuse_for_now(req, attempt.wait);
	if (!password_matches(password, attempt.password_hash))
		account_page(req, 200, wrong);
	account_confirmed(token, address);
	return attempt.password_hash;
}
