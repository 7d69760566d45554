/* POST /-/account/data -- all that is stored about somebody, for them.
 *
 * form:     password; before=ID: only messages older than that one
 * session:  401 without one; 403 when another site's page asks
 * answer:   a JSON file.  What a file can't hold is left out at the end of its
 *           list, and "incomplete" names the list: of messages, those older
 *           than the last one here come with before.
 *           else the account page, with the error; as a 429 after too many
 *           wrong passwords
 *
 * Bounds: a file is a list in memory four times over at the worst, and a byte
 * of a text may take six in JSON. */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "json.h"
#include "mem.h"
#include "text.h"
#include "accounts.h"
#include "messages.h"
#include "reply.h"
#include "session.h"
#include "page.h"
#include "account_page.h"
#include "confirm.h"

#define MAX_MESSAGE_BYTES (8 * 1024 * 1024)
#define MAX_NAMES 20000
#define MAX_SESSIONS 1000
#define MAX_ADDRESSES 1000

static void
add_string(struct json_writer *json, const char *name, const char *value)
{
	json_name(json, name);
	json_add_string(json, value);
}

static void
add_time(struct json_writer *json, const char *name, int64_t seconds)
{
	add_string(json, name, text_time_rfc3339(seconds));
}

static void
open_list(struct json_writer *json, const char *name)
{
	json_name(json, name);
	json_open_array(json);
}

static void
add_account(struct json_writer *json, const struct account *account)
{
	add_string(json, "username", account->user.name);
	add_string(json, "email", account->email);
	if (account->registered > 0)
		add_time(json, "registered", account->registered);
}

static void
add_messages(struct json_writer *json, const struct account_messages *messages)
{
	open_list(json, "messages");
	for (size_t i = 0; i < messages->count; i++) {
		const struct account_message *message = &messages->list[i];

		json_open_object(json);
		json_name(json, "id");
		json_add_integer(json, message->id);
		add_string(json, "text", message->text);
		add_time(json, "time", message->time);
		json_name(json, "flagged");
		json_add_boolean(json, message->flagged);
		json_close(json);
	}
	json_close(json);
}

static void
add_names(struct json_writer *json, const char *name,
    const struct account_names *names)
{
	open_list(json, name);
	for (size_t i = 0; i < names->count; i++)
		json_add_string(json, names->list[i]);
	json_close(json);
}

static void
add_sessions(struct json_writer *json, const struct account_sessions *sessions)
{
	open_list(json, "sessions");
	for (size_t i = 0; i < sessions->count; i++) {
		const struct account_session *session = &sessions->list[i];

		json_open_object(json);
		add_time(json, "begun", session->begun);
		add_time(json, "last_seen", session->used);
		if (session->address != NULL)
			add_string(json, "address", session->address);
		if (session->browser != NULL)
			add_string(json, "browser", session->browser);
		json_name(json, "this_one");
		json_add_boolean(json, session->mine);
		json_close(json);
	}
	json_close(json);
}

static void
add_addresses(
    struct json_writer *json, const struct account_addresses *addresses)
{
	open_list(json, "addresses");
	for (size_t i = 0; i < addresses->count; i++) {
		json_open_object(json);
		add_string(json, "address", addresses->list[i].address);
		add_time(json, "last_used", addresses->list[i].time);
		json_close(json);
	}
	json_close(json);
}

static void
add_if(struct json_writer *json, bool incomplete, const char *name)
{
	if (incomplete)
		json_add_string(json, name);
}

static const struct json_writer *
data_of(const char *token, int64_t before)
{
	struct json_writer *json = json_writer();
	const struct account_messages *messages =
	    account_messages(token, before, MAX_MESSAGE_BYTES);
	const struct account_names *follows = account_follows(token, MAX_NAMES);
	const struct account_names *followers =
	    account_followers(token, MAX_NAMES);
	const struct account_sessions *sessions =
	    account_sessions(token, MAX_SESSIONS);
	const struct account_addresses *addresses =
	    account_addresses(token, MAX_ADDRESSES);
	/* last: to a session that has ended meanwhile, lists are empty */
	const struct account *account = account_of(token);

	if (account == NULL)
		reply_to_visitor();
	json_open_object(json);
	add_time(json, "exported", time(NULL));
	add_account(json, account);
	add_messages(json, messages);
	add_names(json, "follows", follows);
	add_names(json, "followers", followers);
	add_sessions(json, sessions);
	add_addresses(json, addresses);
	open_list(json, "incomplete");
	add_if(json, messages->more, "messages");
	add_if(json, follows->more, "follows");
	add_if(json, followers->more, "followers");
	add_if(json, sessions->more, "sessions");
	add_if(json, addresses->more, "addresses");
	json_close(json);
	json_close(json);
	return json;
}

int
main(void)
{
	const struct req *req = reply_begin(&page_kind);
	const struct json_writer *data;
	int64_t before = MESSAGES_NEWEST;
	const char *text;

	need_method(req, REQ_POST);
	need_same_origin(req);
	text = req_field(req, "before");
	if (text[0] != '\0' && !text_integer(text, 1, MESSAGES_NEWEST, &before))
		account_page(req, 200, "The id of a message is a number");
	need_password(req);

	data = data_of(session_token(req), before);
	reply_header("Content-Disposition",
	    mem_format("attachment; filename=\"minitwit-%.10s.json\"",
		text_time(time(NULL))));
	reply_json(data);
}
