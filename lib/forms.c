#include "forms.h"

#include <stddef.h>

#include "html.h"
#include "log.h"
#include "reply.h"
#include "page.h"

static struct buf *
open_form(const struct req *req, const char *title, const char *aim,
    const char *problem)
{
	struct buf *page;

	if (problem == NULL)
		return page_open_as(req, NULL,
		    &(struct page_head){ .title = title, .shared = true });
	log_line(LOG_INFO, "no %s: %s", aim, problem);
	page = page_open(req, NULL, title);
	page_error(page, problem);
	return page;
}

void
form_login(const struct req *req, int status, const char *username,
    const char *problem)
{
	struct buf *page = open_form(req, "Sign In", "login", problem);

	html(page,
	    "<form class=\"account\" action=\"/login\" method=\"post\">\n"
	    "<label for=\"username\">Username</label>\n"
	    "<input type=\"text\" id=\"username\" name=\"username\""
	    " value=\"%s\" autocomplete=\"username\"" PAGE_NAME_FIELD ">\n"
	    "<label for=\"password\">Password</label>\n"
	    "<input type=\"password\" id=\"password\" name=\"password\""
	    " autocomplete=\"current-password\">\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"Sign In\"></div>\n"
	    "</form>\n"
	    "<p>No account yet? <a href=\"/register\">Sign up</a>.</p>\n",
	    username);
	page_send(page, status);
}

void
form_register(const struct req *req, int status, const char *problem)
{
	struct buf *page = open_form(req, "Sign Up", "registration", problem);

	html(page,
	    "<form class=\"account\" action=\"/register\" method=\"post\">\n"
	    "<label for=\"username\">Username</label>\n"
	    "<input type=\"text\" id=\"username\" name=\"username\""
	    " value=\"%s\" autocomplete=\"username\"" PAGE_NAME_FIELD ">\n"
	    "<label for=\"email\">E-mail</label>\n"
	    "<input type=\"text\" id=\"email\" name=\"email\""
	    " value=\"%s\" inputmode=\"email\" autocomplete=\"email\"" PAGE_NAME_FIELD
	    ">\n"
	    "<label for=\"password\">Password</label>\n"
	    "<input type=\"password\" id=\"password\" name=\"password\""
	    " autocomplete=\"new-password\">\n"
	    "<label for=\"password2\">Password (again)</label>\n"
	    "<input type=\"password\" id=\"password2\" name=\"password2\""
	    " autocomplete=\"new-password\">\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"Sign Up\"></div>\n"
	    "</form>\n",
	    req_field(req, "username"), req_field(req, "email"));
	page_send(page, status);
}

void
form_button(const struct req *req, const struct user *me, const char *button,
    const char *action)
{
	struct buf *page = page_open(req, me, "Please confirm");

	html(page,
	    "<form class=\"account\" action=\"%s\" method=\"post\">\n"
	    "<p>Your browser does not say which page this request comes"
	    " from.</p>\n"
	    "<div class=\"actions\"><input type=\"submit\""
	    " value=\"%s\"></div>\n"
	    "</form>\n",
	    action, button);
	page_send(page, 200);
}
