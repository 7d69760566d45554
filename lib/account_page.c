#include "account_page.h"

#include <stddef.h>
#include <time.h>

#include "db.h"
#include "html.h"
#include "log.h"
#include "text.h"
#include "accounts.h"
#include "reply.h"
#include "session.h"
#include "page.h"

static void
facts(struct buf *page, const struct account *account)
{
	html(page,
	    "<dl class=\"account\">\n"
	    "<dt>Username</dt><dd><a href=\"/%s\">%s</a></dd>\n"
	    "<dt>E-mail</dt><dd>%s</dd>\n",
	    text_percent_encode(account->user.name),
	    text_isolate(account->user.name), account->email);
	if (account->registered > 0) {
		html(page, "<dt>Member since</dt><dd>");
		page_time(page, account->registered, time(NULL));
		html(page, "</dd>\n");
	}
	html(page, "</dl>\n");
}

/* form is what the ids of its fields begin with.  The username is there for
 * password managers, which else would take the password for another account's;
 * no route reads it. */
static void
password_field(
    struct buf *page, const char *form, const char *label, const char *username)
{
	html(page,
	    "<input type=\"text\" name=\"username\" value=\"%s\""
	    " autocomplete=\"username\"" PAGE_NAME_FIELD " readonly hidden>\n"
	    "<label for=\"%s-password\">%s</label>\n"
	    "<input type=\"password\" id=\"%s-password\" name=\"password\""
	    " autocomplete=\"current-password\">\n",
	    username, form, label, form);
}

static void
end_of_form(struct buf *page, const char *button)
{
	html(page,
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"%s\"></div>\n"
	    "</form>\n",
	    button);
}

static void
password_form(struct buf *page, const char *username)
{
	html(page,
	    "<h2>Change your password</h2>\n"
	    "<form class=\"account\" action=\"/-/account/password\""
	    " method=\"post\">\n"
	    "<p>All other browsers will be logged out.</p>\n");
	password_field(page, "change", "Current password", username);
	html(page,
	    "<label for=\"new-password\">New password</label>\n"
	    "<input type=\"password\" id=\"new-password\""
	    " name=\"new_password\" autocomplete=\"new-password\">\n"
	    "<label for=\"new-password2\">New password (again)</label>\n"
	    "<input type=\"password\" id=\"new-password2\""
	    " name=\"new_password2\" autocomplete=\"new-password\">\n");
	end_of_form(page, "Change password");
}

static void
describe(struct buf *page, const struct account_session *session)
{
	html(page, "%s",
	    session->browser != NULL ? session->browser : "Unknown browser");
	if (session->address != NULL)
		html(page, " at %s", session->address);
	html(page, ", logged in ");
	page_time(page, session->begun, time(NULL));
}

static void
this_session(struct buf *page, const struct account_sessions *sessions)
{
	for (size_t i = 0; i < sessions->count; i++) {
		if (!sessions->list[i].mine)
			continue;
		html(page, "<p>This browser: ");
		describe(page, &sessions->list[i]);
		html(page, ".</p>\n");
	}
}

static void
choice(struct buf *page, const struct account_session *session)
{
	html(page,
	    "<label><input type=\"radio\" name=\"session\" value=\"%s\"> ",
	    db_integer(session->id));
	describe(page, session);
	html(page, ", last seen ");
	page_time(page, session->used, time(NULL));
	html(page, "</label>\n");
}

static void
session_form(struct buf *page, const struct account_sessions *sessions,
    const char *username)
{
	html(page, "<h2>Where you are logged in</h2>\n");
	this_session(page, sessions);
	if (sessions->count <= 1 && !sessions->more) {
		html(page, "<p>You are logged in nowhere else.</p>\n");
		return;
	}
	html(page,
	    "<form class=\"account\" action=\"/-/account/sessions\""
	    " method=\"post\">\n"
	    "<fieldset>\n"
	    "<legend>Log out</legend>\n"
	    "<label><input type=\"radio\" name=\"session\" value=\"others\""
	    " checked> All other browsers</label>\n");
	for (size_t i = 0; i < sessions->count; i++) {
		if (!sessions->list[i].mine)
			choice(page, &sessions->list[i]);
	}
	if (sessions->more)
		html(page, "<p>There are more, and older ones.</p>\n");
	html(page, "</fieldset>\n");
	password_field(page, "sessions", "Your password", username);
	end_of_form(page, "Log out there");
}

static void
data_form(struct buf *page, const char *username)
{
	html(page,
	    "<h2>Download your data</h2>\n"
	    "<form class=\"account\" action=\"/-/account/data\""
	    " method=\"post\">\n"
	    "<p>Your account, your messages, whom you follow, who follows you,"
	    " and where you are and were logged in, as a JSON file.</p>\n"
	    "<details>\n"
	    "<summary>Have you written more than 40,000 messages?</summary>\n"
	    "<p>They come in several files. If one says that its messages are"
	    " incomplete, enter the last id that is in it here to get those"
	    " before.</p>\n"
	    "<label for=\"before\">Only messages older than the one with this"
	    " id</label>\n"
	    "<input type=\"text\" id=\"before\" name=\"before\""
	    " inputmode=\"numeric\">\n"
	    "</details>\n");
	password_field(page, "data", "Your password", username);
	end_of_form(page, "Download data");
}

static void
delete_form(struct buf *page, const char *username)
{
	html(page,
	    "<h2>Delete your account</h2>\n"
	    "<form class=\"account delete\" action=\"/-/account/delete\""
	    " method=\"post\">\n"
	    "<p>This deletes your account, your messages, whom you follow and"
	    " who follows you, at once and for ever. Nobody can have your name"
	    " afterwards, not even you.</p>\n");
	password_field(page, "delete", "Your password", username);
	end_of_form(page, "Delete account");
}

_Noreturn void
account_page(const struct req *req, int status, const char *problem)
{
	const char *token = session_token(req);
	const struct account *account =
	    token != NULL ? account_of(token) : NULL;
	const char *username;
	struct buf *page;

	if (account == NULL)
		reply_to_visitor();
	session_is_of(account->user.id);
	if (problem != NULL)
		log_line(LOG_INFO, "account: %s", problem);
	page = page_open(req, &account->user, "Your account");
	if (problem != NULL)
		page_error(page, problem);
	facts(page, account);
	username = account->user.name;
	password_form(page, username);
	session_form(
	    page, account_sessions(token, ACCOUNT_PAGE_SESSIONS), username);
	data_form(page, username);
	delete_form(page, username);
	page_send(page, status);
}
