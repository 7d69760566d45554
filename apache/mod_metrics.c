/* mod_metrics -- counts the requests that no program has counted: those that
 * were answered from what is kept (mod_cache) or with a file, that got no turn,
 * that were no request at all, and those whose program ended without an answer.
 * So every request is counted once, in the file of lib/metrics.h (Metrics).
 *
 * Programs count for themselves, because only they know what a request was
 * about; this is about what they can't know. */

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include <apr_strings.h>

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metrics.h"
#include "program.h"

#define FILTER "METRICS"

extern module AP_MODULE_DECLARE_DATA metrics_module;
APLOG_USE_MODULE(metrics);

/* --- the file --- */

static const char *metrics_file; /* as it is set */
static int opened = -1;
static off_t size_at_start;

/* Programs map the file anew each time; here it stays mapped, and if somebody
 * has cut it off meanwhile, to touch it would end the whole server. */
static bool
is_whole(void)
{
	struct stat now;

	return opened >= 0 && fstat(opened, &now) == 0 &&
	    now.st_size == size_at_start;
}

static void
begin_process(apr_pool_t *pool, server_rec *server)
{
	struct stat now;

	(void)pool;
	metrics_open(metrics_file);
	if (metrics_slots() == 0) {
		if (metrics_file != NULL)
			ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
			    "metrics: %s is not there, or no file of metrics",
			    metrics_file);
		return;
	}
	opened = open(metrics_file, O_RDONLY | O_CLOEXEC);
	if (opened >= 0 && fstat(opened, &now) == 0)
		size_at_start = now.st_size;
}

/* --- requests --- */

/* The program has begun to answer: it has counted. */
static apr_status_t
note_answer(ap_filter_t *filter, apr_bucket_brigade *answer)
{
	ap_filter_t *next = filter->next;

	ap_set_module_config(
	    filter->r->request_config, &metrics_module, filter->r);
	ap_remove_output_filter(filter);
	return ap_pass_brigade(next, answer);
}

static int
await_answer(request_rec *r)
{
	if (is_for_program(r))
		ap_add_output_filter(FILTER, NULL, r, r->connection);
	return DECLINED;
}

/* By any of its programs: the one that was asked for, or that of an error. */
static bool
is_counted(const request_rec *r)
{
	for (; r != NULL; r = r->next)
		if (ap_get_module_config(r->request_config, &metrics_module) !=
		    NULL)
			return true;
	return false;
}

static const char *
route_of(const request_rec *r, int status)
{
	if (is_for_program(r))
		return metrics_route(r->filename);
	if (r->handler != NULL)
		return r->handler; /* server-status */
	if (r->filename != NULL && strstr(r->filename, "/htdocs/") != NULL)
		return "file";
	return status < 400 ? "cache" : "none";
}

/* An error's page is got by GET, which puts the method aside. */
static const char *
method_of(const request_rec *r)
{
	const char *sent = apr_table_get(r->subprocess_env, "REQUEST_METHOD");

	return sent != NULL ? sent : r->method;
}

static int
count_request(request_rec *r)
{
	const request_rec *last = r;

	while (last->next != NULL)
		last = last->next;
	if (!is_whole() || is_counted(r))
		return OK;
	metrics_count_request(route_of(r, last->status), method_of(r),
	    last->status, apr_time_now() - r->request_time);
	if (apr_table_get(r->notes, "rate-limited") != NULL)
		metrics_count(METRICS_RATE_LIMITED);
	return OK;
}

/* --- settings --- */

static const char *
set_file(cmd_parms *command, void *dir, const char *file)
{
	(void)dir;
	metrics_file = file;
	return ap_check_cmd_context(command, GLOBAL_ONLY);
}

/* clang-format off: one directive a line */
static const command_rec commands[] = {
	AP_INIT_TAKE1("Metrics", set_file, NULL, RSRC_CONF,
	    "the file in which requests are counted; unset: they are not"),
	{ .name = NULL },
};
/* clang-format on */

/* The settings are read again at each restart. */
static int
forget_settings(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary)
{
	(void)pool;
	(void)log;
	(void)temporary;
	metrics_file = NULL;
	return OK;
}

static void
register_hooks(apr_pool_t *pool)
{
	static const char *const after[] = { "mod_clients.c", "mod_turns.c",
		"mod_cgid.c", NULL };

	(void)pool;
	ap_hook_pre_config(forget_settings, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_child_init(begin_process, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_handler(await_answer, NULL, after, APR_HOOK_MIDDLE);
	ap_hook_log_transaction(count_request, NULL, NULL, APR_HOOK_MIDDLE);
	ap_register_output_filter(FILTER, note_answer, NULL, AP_FTYPE_RESOURCE);
}

module AP_MODULE_DECLARE_DATA metrics_module = {
	STANDARD20_MODULE_STUFF,
	NULL,
	NULL,
	NULL,
	NULL,
	commands,
	register_hooks,
	0,
};
