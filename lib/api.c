#include "api.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "db.h"
#include "latest.h"
#include "mem.h"
#include "messages.h"
#include "secret.h"
#include "sessions.h"
#include "text.h"

#define DEFAULT_LIMIT 100
#define MAX_LIMIT 1000

/* The course's simulator comes with these. */
#define DEFAULT_USER "simulator"
#define DEFAULT_PASSWORD "super_safe!"

static const char *
error_body(int status, const char *reason, const char *sentence)
{
	struct json_writer *json = json_writer();

	(void)reason;
	json_open_object(json);
	json_name(json, "status");
	json_add_integer(json, status);
	json_name(json, "error_msg");
	json_add_string(json, sentence);
	json_close(json);
	return json_text(json);
}

static void
note_latest(const struct req *req)
{
	const char *latest = req_query(req, "latest");
	int64_t number;

	if (latest != NULL &&
	    text_integer(latest, INT64_MIN, INT64_MAX, &number))
		latest_set(number);
}

const struct reply_kind api_kind = {
	.connect = db_open,
	.body = REQ_BYTES,
	.error_type = "application/json",
	.error_body = error_body,
	.note = note_latest,
	.finish = db_finish,
};

static const char *
setting(const struct req *req, const char *name, const char *fallback)
{
	const char *value = req_variable(req, name);

	return value != NULL && value[0] != '\0' ? value : fallback;
}

static bool
is_right(const struct req *req, const char *given)
{
	static const char scheme[] = "Basic";
	const char *expected = mem_format("%s:%s",
	    setting(req, "MINITWIT_SIMULATOR_USER", DEFAULT_USER),
	    setting(req, "MINITWIT_SIMULATOR_PASSWORD", DEFAULT_PASSWORD));

	if (strncasecmp(given, scheme, strlen(scheme)) != 0 ||
	    given[strlen(scheme)] != ' ')
		return false;
	/* RFC 9110 11.4: one or more spaces */
	given += strlen(scheme);
	return secret_equal(given + strspn(given, " "),
	    text_base64(expected, strlen(expected)));
}

bool
api_is_simulator(const struct req *req)
{
	const char *given = req_variable(req, "HTTP_AUTHORIZATION");
	const char *address = req_variable(req, "REMOTE_ADDR");
	bool right;

	if (given == NULL)
		return false;
	right = is_right(req, given);
	if (req_variable(req, "MINITWIT_ALLOWED_ADDRESS") != NULL)
		return right;
	if (address == NULL)
		address = "";
	if (!right)
		simulator_refused(address);
	return right && simulator_is_believed(address);
}

void
need_simulator(const struct req *req)
{
	if (!api_is_simulator(req))
		reply_error(
		    403, "You are not authorized to use this resource!");
	reply_user("api");
}

const struct json_object *
need_json(const struct req *req)
{
	size_t len;
	const char *body = req_body(req, &len), *problem;
	const struct json_object *object = json_read(body, len, &problem);

	if (object == NULL)
		reply_error(400, problem);
	return object;
}

const char *
need_string(const struct json_object *object, const char *name)
{
	const char *string = json_string(object, name);

	if (string == NULL)
		reply_error(
		    400, mem_format("The JSON needs a string \"%s\"", name));
	return string;
}

int64_t
api_limit(const struct req *req)
{
	const char *no = req_query(req, "no");
	int64_t limit = MAX_LIMIT; /* for a number of any length */

	if (no == NULL || no[strspn(no, "0123456789")] != '\0' ||
	    no[strspn(no, "0")] == '\0')
		return DEFAULT_LIMIT;
	text_integer(no, 1, MAX_LIMIT, &limit);
	return limit;
}

_Noreturn void
api_send_messages(const struct messages *messages)
{
	struct json_writer *json = json_writer();

	json_open_array(json);
	for (size_t i = 0; i < messages->count; i++) {
		const struct message *message = &messages->list[i];

		json_open_object(json);
		json_name(json, "content");
		json_add_string(json, message->text);
		json_name(json, "pub_date");
		json_add_string(json, text_time(message->time));
		json_name(json, "user");
		json_add_string(json, message->author);
		json_close(json);
	}
	json_close(json);
	reply_json(json);
}
