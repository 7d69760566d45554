#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "browser.h"
#include "mem.h"
#include "reply.h"
#include "secret.h"
#include "sessions.h"
#include "text.h"

#define TOKEN_BYTES 32
#define FLASH_LIFETIME 60 /* seconds: a flash belongs to the next page */

/* A client with an old cookie of another path or domain sends two. */
#define MOST_COOKIES 8

/* A cookie of this prefix is set by this very host, over HTTPS, and nowhere
 * else (RFC 6265bis 4.1.3.2). */
static const char *
full_name(const struct req *req, const char *name)
{
	return req_is_https(req) ? mem_format("__Host-%s", name) : name;
}

static const char *
get_cookie(const struct req *req, const char *name, size_t nth)
{
	return req_cookie(req, full_name(req, name), nth);
}

static void
set_cookie(
    const struct req *req, const char *name, const char *value, int max_age)
{
	reply_header("Set-Cookie",
	    mem_format("%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s",
		full_name(req, name), value, max_age,
		req_is_https(req) ? "; Secure" : ""));
}

static bool
is_token(const char *text)
{
	return strlen(text) == 2 * TOKEN_BYTES &&
	    strspn(text, "0123456789abcdef") == 2 * TOKEN_BYTES;
}

const char *
session_token(const struct req *req)
{
	const char *cookie, *tokens[MOST_COOKIES];
	size_t count = 0;

	for (size_t i = 0; i < MOST_COOKIES &&
	     (cookie = get_cookie(req, "session", i)) != NULL;
	     i++) {
		if (is_token(cookie))
			tokens[count++] = cookie;
	}
	for (size_t i = 0; i + 1 < count; i++) {
		if (session_find(tokens[i]) != NULL)
			return tokens[i];
	}
	return count > 0 ? tokens[count - 1] : NULL;
}

void
session_is_of(int64_t user_id)
{
	reply_user(mem_format("%lld", (long long)user_id));
}

const struct user *
session_user(const struct req *req)
{
	const char *token = session_token(req);
	const struct user *user = token != NULL ? session_find(token) : NULL;

	if (user != NULL)
		session_is_of(user->id);
	return user;
}

const struct user *
need_user(const struct req *req)
{
	const struct user *user = session_user(req);

	if (user == NULL)
		reply_to_visitor();
	return user;
}

_Noreturn void
reply_to_visitor(void)
{
	reply_error(401, "You have to log in to do that.");
}

/* The header that tells where the request comes from, other than
 * Sec-Fetch-Site; NULL if there is none. */
static const char *
source_of(const struct req *req)
{
	const char *origin = req_variable(req, "HTTP_ORIGIN");

	return origin != NULL ? origin : req_variable(req, "HTTP_REFERER");
}

static bool
is_same_origin(const struct req *req)
{
	const char *site = req_variable(req, "HTTP_SEC_FETCH_SITE");
	const char *source = source_of(req);
	const char *theirs, *ours;

	if (site != NULL) /* none: the address bar or a bookmark */
		return strcmp(site, "same-origin") == 0 ||
		    strcmp(site, "none") == 0;
	if (source == NULL)
		return true;
	theirs = req_origin_of(source);
	ours = req_origin(req);
	return theirs != NULL && ours != NULL && strcmp(theirs, ours) == 0;
}

/* Sec-Purpose is the Fetch standard's header, the others are older browsers'.
 */
static bool
is_prefetch(const struct req *req)
{
	static const char *const names[] = { "HTTP_SEC_PURPOSE", "HTTP_PURPOSE",
		"HTTP_X_PURPOSE", "HTTP_X_MOZ" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *purpose = req_variable(req, names[i]);

		if (purpose != NULL &&
		    (strncasecmp(purpose, "prefetch", strlen("prefetch")) ==
			    0 ||
			strncasecmp(purpose, "preview", strlen("preview")) ==
			    0))
			return true;
	}
	return false;
}

void
need_same_origin(const struct req *req)
{
	if (is_prefetch(req))
		reply_error(403,
		    "Your browser asked for this in advance, and it would "
		    "change something. Nothing was changed.");
	if (!is_same_origin(req))
		reply_error(403,
		    "Another site asked for this. Please do it "
		    "from MiniTwit's own pages.");
}

bool
session_is_doubtful(const struct req *req)
{
	const char *agent = req_variable(req, "HTTP_USER_AGENT");
	const char *accept = req_variable(req, "HTTP_ACCEPT");

	return req_method(req) == REQ_GET &&
	    req_variable(req, "HTTP_SEC_FETCH_SITE") == NULL &&
	    source_of(req) == NULL && agent != NULL && accept != NULL &&
	    strncmp(agent, "Mozilla/", strlen("Mozilla/")) == 0 &&
	    strstr(accept, "text/html") != NULL;
}

const char *
session_new_token(void)
{
	return secret_random(TOKEN_BYTES);
}

void
session_keep(const struct req *req, const char *token)
{
	if (token != NULL)
		set_cookie(req, "session", token, SESSIONS_LIFETIME);
	else
		set_cookie(req, "session", "", 0);
}

bool
sign_in(const struct req *req, const struct user *user, const char *hash,
    const char *replacement)
{
	const char *before = session_token(req), *token = session_new_token();

	if (!session_begin(user->id, token, req_variable(req, "REMOTE_ADDR"),
		browser_name(req_variable(req, "HTTP_USER_AGENT")), hash,
		replacement))
		return false;
	if (before != NULL)
		session_end(before);
	session_is_of(user->id);
	session_keep(req, token);
	return true;
}

void
sign_out(const struct req *req)
{
	const char *token = session_token(req);

	if (token != NULL)
		session_end(token);
	if (get_cookie(req, "session", 0) != NULL)
		session_keep(req, NULL);
}

/* How each flash is written in its cookie. */
static const char *const flash_codes[] = {
	[FLASH_NONE] = "",
	[FLASH_REGISTERED] = "registered",
	[FLASH_LOGGED_IN] = "logged-in",
	[FLASH_LOGGED_OUT] = "logged-out",
	[FLASH_RECORDED] = "recorded",
	[FLASH_FOLLOWING] = "following",
	[FLASH_NOT_FOLLOWING] = "not-following",
	[FLASH_PASSWORD_CHANGED] = "password-changed",
	[FLASH_SESSION_ENDED] = "session-ended",
	[FLASH_SESSIONS_ENDED] = "sessions-ended",
	[FLASH_ACCOUNT_DELETED] = "account-deleted",
};

void
flash_leave(const struct req *req, enum flash flash, const char *name)
{
	set_cookie(req, "flash",
	    mem_format("%s.%s", flash_codes[flash],
		name != NULL ? text_percent_encode(name) : ""),
	    FLASH_LIFETIME);
}

enum flash
flash_take(const struct req *req, const char **name)
{
	const char *cookie = get_cookie(req, "flash", 0);
	size_t len, count = sizeof(flash_codes) / sizeof(flash_codes[0]);

	if (cookie == NULL || is_prefetch(req))
		return FLASH_NONE;
	set_cookie(req, "flash", "", 0);
	len = strcspn(cookie, ".");
	if (cookie[len] == '\0')
		return FLASH_NONE;
	*name = text_percent_decode(cookie + len + 1, strlen(cookie + len + 1));
	if (*name == NULL || !text_is_utf8(*name, strlen(*name)))
		return FLASH_NONE;
	for (size_t i = FLASH_NONE + 1; i < count; i++) {
		if (strlen(flash_codes[i]) == len &&
		    strncmp(cookie, flash_codes[i], len) == 0)
			return (enum flash)i;
	}
	return FLASH_NONE;
}
