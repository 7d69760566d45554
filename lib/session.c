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

/* A cookie of this prefix is set by this very host, over HTTPS, and nowhere
 * else (RFC 6265bis 4.1.3.2). */
static const char *
full_name(const struct req *req, const char *name)
{
	return req_is_https(req) ? mem_format("__Host-%s", name) : name;
}

static const char *
get_cookie(const struct req *req, const char *name)
{
	return req_cookie(req, full_name(req, name));
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

const char *
session_token(const struct req *req)
{
	const char *token = get_cookie(req, "session");

	if (token == NULL || strlen(token) != 2 * TOKEN_BYTES ||
	    strspn(token, "0123456789abcdef") != 2 * TOKEN_BYTES)
		return NULL;
	return token;
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

/* True when a URL or an origin is on the host that the request was sent to. */
static bool
is_on_host(const char *url, const char *host)
{
	const char *authority = strstr(url, "://");
	size_t len;

	if (authority == NULL || host == NULL)
		return false;
	authority += strlen("://");
	len = strcspn(authority, "/?#");
	return strlen(host) == len && strncasecmp(authority, host, len) == 0;
}

static bool
is_same_origin(const struct req *req)
{
	const char *site = req_variable(req, "HTTP_SEC_FETCH_SITE");
	const char *origin = req_variable(req, "HTTP_ORIGIN");

	if (site != NULL) /* none: the address bar or a bookmark */
		return strcmp(site, "same-origin") == 0 ||
		    strcmp(site, "none") == 0;
	if (origin == NULL)
		origin = req_variable(req, "HTTP_REFERER");
	return origin == NULL ||
	    is_on_host(origin, req_variable(req, "HTTP_HOST"));
}

void
need_same_origin(const struct req *req)
{
	if (!is_same_origin(req))
		reply_error(403,
		    "Another site asked for this. Please do it "
		    "from MiniTwit's own pages.");
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
session_begin(const struct req *req, const struct user *user, const char *hash,
    const char *replacement)
{
	const char *token = session_new_token();

	if (!session_add(user->id, token, req_variable(req, "REMOTE_ADDR"),
		browser_name(req_variable(req, "HTTP_USER_AGENT")), hash,
		replacement))
		return false;
	session_is_of(user->id);
	session_keep(req, token);
	return true;
}

void
session_end(const struct req *req)
{
	const char *token = session_token(req);

	if (token != NULL)
		session_remove(token);
	if (get_cookie(req, "session") != NULL)
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
	const char *cookie = get_cookie(req, "flash");
	size_t len, count = sizeof(flash_codes) / sizeof(flash_codes[0]);

	if (cookie == NULL)
		return FLASH_NONE;
	set_cookie(req, "flash", "", 0);
	len = strcspn(cookie, ".");
	if (cookie[len] == '\0')
		return FLASH_NONE;
	*name = text_percent_decode(
	    cookie + len + 1, strlen(cookie + len + 1), false);
	if (*name == NULL || !text_is_utf8(*name, strlen(*name)))
		return FLASH_NONE;
	for (size_t i = FLASH_NONE + 1; i < count; i++) {
		if (strlen(flash_codes[i]) == len &&
		    strncmp(cookie, flash_codes[i], len) == 0)
			return (enum flash)i;
	}
	return FLASH_NONE;
}
