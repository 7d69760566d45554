#include "users.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "db.h"
#include "mem.h"
#include "metrics.h"
#include "opaque.h"
#include "password.h"
#include "text.h"

#define MAX_NAME 64
#define MAX_EMAIL 254 /* RFC 5321 4.5.3.1.3, without < and > */
#define MAX_PASSWORD 1000

/* In a form it stands for a byte of another encoding (lib/text.h), so that many
 * passwords would be one. */
#define REPLACEMENT "\ufffd"

/* The first segments of routes, of which make has written a list. */
static const char *const occupied[] = {
#include "reserved-names.h"
};

static const char taken[] = "The username is already taken";

static bool
is_occupied(const char *name)
{
	for (size_t i = 0; i < sizeof(occupied) / sizeof(occupied[0]); i++) {
		if (strcmp(name, occupied[i]) == 0)
			return true;
	}
	return false;
}

const char *
user_password_problem(const char *password, const char *password2)
{
	if (password == NULL || password[0] == '\0')
		return "You have to enter a password";
	if (text_length(password) > MAX_PASSWORD)
		return "The password has more than 1,000 characters";
	if (strstr(password, REPLACEMENT) != NULL)
		return "The password has a character that cannot be read. "
		       "Please enter it again.";
	if (password2 == NULL ||
	    strcmp(opaque_string(password), opaque_string(password2)) != 0)
		return "The two passwords do not match";
	return NULL;
}

/* What is wrong with an application, in the order of the form. */
static const char *
problem_with(const char *name, const char *email, const char *password,
    const char *password2)
{
	const char *problem;

	if (name == NULL || text_is_blank(name))
		return "You have to enter a username";
	if (text_length(name) > MAX_NAME)
		return "The username has more than 64 characters";
	if (text_has_control(name))
		return "The username has a control character";
	if (text_has_invisible(name))
		return "The username has an invisible character";
	if (text_has_outer_blank(name))
		return "The username begins or ends with a blank";
	if (email == NULL || strchr(email, '@') == NULL)
		return "You have to enter a valid email address";
	if (text_length(email) > MAX_EMAIL)
		return "The email address has more than 254 characters";
	if ((problem = user_password_problem(password, password2)) != NULL)
		return problem;
	if (is_occupied(name))
		return taken;
	return NULL;
}

static struct registration
too_soon(int64_t wait)
{
	return (struct registration){
		.problem = mem_format("There were many registrations from your "
				      "address. Please try again in %s.",
		    text_duration(wait)),
		.wait = wait,
	};
}

struct registration
user_register(const char *name, const char *email, const char *password,
    const char *password2, const char *address)
{
	struct registration result = { 0 };
	const struct db_rows *added;

	if (name != NULL)
		name = opaque_nfc(name);
	result.problem = problem_with(name, email, password, password2);
	if (result.problem != NULL)
		return result;
	if (address != NULL) {
		int64_t wait = db_number(
		    db_query("SELECT registration_begin($1)", address), 0, 0);

		if (wait > 0)
			return too_soon(wait);
	}
	added = db_query("INSERT INTO users (username, email, pw_hash)"
			 " VALUES ($1, $2, $3)"
			 " ON CONFLICT (username) DO NOTHING RETURNING user_id",
	    name, email, password_hash(password));
	if (db_count(added) == 0)
		result.problem = taken;
	else
		metrics_count(METRICS_REGISTRATION);
	return result;
}
