#include "forms.h"

#include "reply.h"
#include "page.h"
#include "unit.h"
#include "child.h"

static void
show_login(const void *given)
{
	(void)given;
	form_login(reply_begin(&member_kind), 200, "", NULL);
}

static void
show_login_again(const void *given)
{
	(void)given;
	form_login(reply_begin(&page_kind), 429, EVIL, EVIL);
}

static void
show_register(const void *given)
{
	(void)given;
	form_register(reply_begin(&member_kind), 200, NULL);
}

static void
show_register_again(const void *given)
{
	(void)given;
	form_register(reply_begin(&page_kind), 200, EVIL);
}

static const struct form {
	const char *name;
	void (*show)(const void *given);
	const char *parts[6];
} forms[] = {
	{ "login", show_login,
	    { "Status: 200", "action=\"/login\"",
		"name=\"username\" value=\"\"", "type=\"password\"" } },
	{ "login, again", show_login_again,
	    { "Status: 429", "role=\"alert\">" ESCAPED "</div>",
		"name=\"username\" value=\"" ESCAPED "\"" } },
	{ "registration", show_register,
	    { "Status: 200", "action=\"/register\"",
		"name=\"username\" value=\"\"", "name=\"email\" value=\"\"",
		"name=\"password2\"" } },
	{ "registration, again", show_register_again,
	    { "Status: 200", "role=\"alert\">" ESCAPED "</div>",
		"name=\"username\" value=\"" ESCAPED "\"",
		"name=\"email\" value=\"a@" ESCAPED "\"" } },
};

static void
test_form(void **state)
{
	const struct form *form = row_of(state);
	static const char fields[] =
	    "username=" ENCODED "&email=a%40" ENCODED "&password=secret";
	bool again = strstr(form->name, "again") != NULL;
	struct child child = {
		.env = { "HTTP_COOKIE",
		    again ? "REQUEST_METHOD=POST" : "REQUEST_METHOD=GET",
		    "CONTENT_TYPE=application/x-www-form-urlencoded",
		    mem_format("CONTENT_LENGTH=%zu", strlen(fields)) },
		.input = fields,
	};

	child_run(&child, form->show, NULL);
	for (size_t i = 0; i < 6 && form->parts[i] != NULL; i++)
		assert_contains(child.out, form->parts[i]);
	assert_lacks(child.out, EVIL);
	assert_lacks(child.out, "secret");
	if (again)
		assert_contains(child.err, "\"no ");
	else
		assert_string_equal(child.err, "");
}

int
main(void)
{
	UNIT_ROWS(test_form, forms);
	return unit_run();
}
