/* mod_logs -- what a line of a log may have of a request: nothing that a client
 * could have made up, and nothing that tells who it was.
 *
 * A LogFormat's own fields escape what is not printable as \xHH, which is not
 * JSON, and have the query, where searches are, and the address.  %{...}^js has
 * only what is known beforehand:
 *
 *	time    when the request came, UTC
 *	method  one that Apache knows, or "other"
 *	route   the program ("site/public"), or what Apache did without one:
 *	        cached, static, status, refused
 *	user    the id of who asks, "api", or "-": the program has said so by
 *	        X-Minitwit-User, which no client gets to see (minitwit.conf)
 *	client  their address, hashed with LogKey and the day, so that a day's
 *	        requests of one client are seen to be one's, and nothing else is
 *
 * Apache's own sentences in its error log quote requests.  %J before %M is the
 * same sentence without them, and apache/log-writer, which gets both, keeps it.
 */

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <mod_log_config.h>

#include <apr_escape.h>
#include <apr_file_io.h>
#include <apr_optional.h>
#include <apr_siphash.h>
#include <apr_strings.h>
#include <apr_time.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "metrics.h"
#include "program.h"

extern module AP_MODULE_DECLARE_DATA logs_module;

static unsigned char key[APR_SIPHASH_KSIZE];
static bool have_key;

/* --- the request --- */

static const char *
time_of(request_rec *r)
{
	apr_time_exp_t utc;

	apr_time_exp_gmt(&utc, r->request_time);
	return apr_psprintf(r->pool, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
	    utc.tm_min, utc.tm_sec, utc.tm_usec / 1000);
}

static const char *
method_of(request_rec *r)
{
	const char *name;

	if (r->the_request == NULL || r->method == NULL)
		return "-";            /* it has not come as far as that */
	if (r->method_number == M_GET) /* two have this number */
		return strcmp(r->method, "HEAD") == 0 ? "HEAD" : "GET";
	name = ap_method_name_of(r->pool, r->method_number);
	return name != NULL ? name : "other";
}

/* NULL when it was not for a program. */
static const char *
program_of(const request_rec *r)
{
	return is_for_program(r) ? metrics_route(r->filename) : NULL;
}

/* A page for an error is a request of its own, which follows the first one. */
static const char *
route_of(request_rec *r)
{
	const char *program = program_of(r);

	for (const request_rec *next = r->next; next != NULL && program == NULL;
	     next = next->next)
		program = program_of(next);
	if (program != NULL)
		return program;
	if (apr_table_get(r->subprocess_env, "cache-hit") != NULL)
		return "cached";
	if (r->handler != NULL && strcmp(r->handler, "server-status") == 0)
		return "status";
	if (r->filename != NULL && strstr(r->filename, "/htdocs/") != NULL)
		return "static";
	return "refused";
}

static const char *
user_of(request_rec *r)
{
	const char *user = apr_table_get(r->notes, "minitwit-user");

	if (user == NULL || *user == '\0' ||
	    (strcmp(user, "api") != 0 &&
		user[strspn(user, "0123456789")] != '\0'))
		return "-";
	return user;
}

/* An IPv4 address, or an IPv6 one's /64, which is what one customer gets. */
static void
write_address(const apr_sockaddr_t *client, char text[INET6_ADDRSTRLEN])
{
	struct in6_addr six = client->sa.sin6.sin6_addr;

	if (client->family == AF_INET) {
		inet_ntop(
		    AF_INET, &client->sa.sin.sin_addr, text, INET6_ADDRSTRLEN);
	} else if (IN6_IS_ADDR_V4MAPPED(&six)) {
		inet_ntop(AF_INET, &six.s6_addr[12], text, INET6_ADDRSTRLEN);
	} else {
		memset(&six.s6_addr[8], 0, 8);
		inet_ntop(AF_INET6, &six, text, INET6_ADDRSTRLEN);
	}
}

/* bin/address-hash does the same. */
static const char *
client_of(request_rec *r)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char hash[APR_SIPHASH_DSIZE];
	const char *text;

	if (!have_key)
		return "-";
	write_address(r->useragent_addr, address);
	text = apr_psprintf(r->pool, "%.10s %s", time_of(r), address);
	apr_siphash24_auth(hash, text, strlen(text), key);
	return apr_pescape_hex(r->pool, hash, sizeof(hash), 0);
}

static const struct {
	const char *name;
	const char *(*value)(request_rec *r);
} fields[] = {
	{ "time", time_of },
	{ "method", method_of },
	{ "route", route_of },
	{ "user", user_of },
	{ "client", client_of },
};

static const char *
field_of(request_rec *r, char *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].value(r);
	}
	return "-";
}

/* --- Apache's own sentences --- */

/* What stands in a sentence for a value, such as %s, %.*s or %pI, becomes
 * "...". Tabs and ends of lines are for apache/log-writer. */
static void
without_values(const char *format, char *words, size_t room)
{
	size_t len = 0;

	while (*format != '\0' && len + sizeof("...") < room) {
		if (*format != '%') {
			words[len++] = *format < ' ' ? ' ' : *format;
			format++;
			continue;
		}
		format++;
		if (*format == '%') {
			words[len++] = *format++;
			continue;
		}
		format += strspn(format, "-+ #0123456789.*hlqzt");
		if (*format == 'p' && format[1] != '\0')
			format++;
		if (*format != '\0')
			format++;
		memcpy(words + len, "...", 3);
		len += 3;
	}
	words[len] = '\0';
}

/* True for a sentence that can quote a request.  mod_cgid's are about programs,
 * and their values say why one could not be started. */
static bool
is_about_client(const ap_errorlog_info *info)
{
	const char *module = ap_find_module_short_name(info->module_index);

	return (info->c != NULL || info->r != NULL) && info->format != NULL &&
	    (module == NULL || strcmp(module, "cgid") != 0);
}

/* Five words with a tab after each: that it is Apache's, its level, the
 * request's id, the sentence without its values, where it is about a client,
 * and why. */
static int
write_sentence(
    const ap_errorlog_info *info, const char *argument, char *out, int room)
{
	static const char *const levels[] = { "error", "error", "error",
		"error", "warning" };
	const char *request = NULL;
	char words[400] = "", why[120] = "";

	(void)argument;
	if (info->r != NULL)
		request = apr_table_get(info->r->subprocess_env, "UNIQUE_ID");
	if (is_about_client(info))
		without_values(info->format, words, sizeof(words));
	if (info->status != 0)
		apr_strerror(info->status, why, sizeof(why));
	return apr_snprintf(out, (apr_size_t)room, "apache\t%s\t%s\t%s\t%s\t",
	    info->level >= 0 && info->level <= APLOG_WARNING
		? levels[info->level]
		: "info",
	    request != NULL ? request : "-", words, why);
}

/* --- settings --- */

static const char *
read_key(cmd_parms *command, void *dir, const char *name)
{
	const char *misplaced = ap_check_cmd_context(command, GLOBAL_ONLY);
	char digits[2 * APR_SIPHASH_KSIZE + 1] = "";
	apr_size_t len = sizeof(digits) - 1;
	apr_file_t *file;

	(void)dir;
	if (misplaced != NULL)
		return misplaced;
	if (apr_file_open(&file, name, APR_READ, APR_OS_DEFAULT,
		command->temp_pool) != APR_SUCCESS)
		return apr_psprintf(
		    command->temp_pool, "the key in %s can't be read", name);
	apr_file_read_full(file, digits, len, &len);
	apr_file_close(file);
	if (apr_unescape_hex(key, digits, (apr_ssize_t)len, 0, &len) !=
		APR_SUCCESS ||
	    len != sizeof(key))
		return apr_psprintf(
		    command->temp_pool, "%s needs 32 hexadecimal digits", name);
	have_key = true;
	return NULL;
}

static const command_rec commands[] = {
	AP_INIT_TAKE1("LogKey", read_key, NULL, RSRC_CONF,
	    "a file with 32 hexadecimal digits, for hashing addresses"),
	{ .name = NULL },
};

static int
register_fields(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary)
{
	APR_OPTIONAL_FN_TYPE(ap_register_log_handler) *register_handler =
	    APR_RETRIEVE_OPTIONAL_FN(ap_register_log_handler);
	static char fields_tag[] = "^js", sentence_tag[] = "J";

	(void)log;
	(void)temporary;
	have_key = false;
	if (register_handler != NULL)
		register_handler(pool, fields_tag, field_of, 1);
	ap_register_errorlog_handler(pool, sentence_tag, write_sentence, 0);
	return OK;
}

static void
register_hooks(apr_pool_t *pool)
{
	(void)pool;
	ap_hook_pre_config(register_fields, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA logs_module = {
	STANDARD20_MODULE_STUFF,
	NULL,
	NULL,
	NULL,
	NULL,
	commands,
	register_hooks,
	0,
};
