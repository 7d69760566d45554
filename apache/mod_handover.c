/* mod_handover -- a graceful restart that no request notices.
 *
 * Apache's parent then reads its settings anew and starts another process, and
 * the old one ends what it has begun.  But mod_cgid's daemon, which starts the
 * programs for both, is replaced in between: who asks it meanwhile gets a 503,
 * and who has just asked may get nothing.  So the parent first lets those
 * requests end that wait for a program or have begun to, and those that come
 * later in the old process wait until the new daemon listens.  New connections
 * are the kernel's until the new process accepts them.
 *
 * It takes as long as a program runs, for who waits longest, and some tenths of
 * a second for Apache's own part. */

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include <apr_strings.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "program.h"

#define FILTER "HANDOVER"

/* Processes of Apache's at a time, old and new: ServerLimit is lower. */
#define PROCESSES 32

/* /proc/net/unix has it so: __SO_ACCEPTCON of linux/net.h. */
#define LISTENING "00010000"

/* A request waits for its turn and then for the database; see mod_turns and
 * lib/db.c. */
#define LONGEST_REQUEST_MS 3000

/* Those that come meanwhile wait for such requests, too, and then for Apache to
 * read its settings, also on a machine that is busy otherwise. */
#define LONGEST_HANDOVER_MS 10000

extern module AP_MODULE_DECLARE_DATA handover_module;
APLOG_USE_MODULE(handover);

/* mod_cgid's socket, without the process id that it adds. */
static const char *socket_prefix;

/* What all processes see, those of an older release, too: whoever changes it
 * gives it another key. */
struct handover {
	atomic_bool begun; /* and the new daemon does not listen yet */
	struct process {
		atomic_int pid; /* 0: nobody's */
		atomic_int requests;
	} processes[PROCESSES];
};
static const char key[] = "MiniTwit's handover";

static struct handover *handover;
static struct process *self; /* NULL in the parent */

static void
nap(void)
{
	apr_sleep(1000);
}

/* --- a request --- */

/* Lives in the pool of the request. */
struct passage {
	bool ended;
};

static apr_status_t
end_passage(void *given)
{
	struct passage *passage = given;

	if (!passage->ended)
		self->requests--;
	passage->ended = true;
	return APR_SUCCESS;
}

/* The answer begins: whatever becomes of the daemon, the program runs. */
static apr_status_t
end_passage_at_answer(ap_filter_t *filter, apr_bucket_brigade *answer)
{
	ap_filter_t *next = filter->next;

	end_passage(filter->ctx);
	ap_remove_output_filter(filter);
	return ap_pass_brigade(next, answer);
}

/* Counts a request, unless it has to wait. */
static bool
may_pass(void)
{
	if (handover->begun)
		return false;
	self->requests++;
	if (!handover->begun)
		return true;
	self->requests--;
	return false;
}

/* That of the request whose error is to be shown, if it has not ended. */
static struct passage *
passage_before(const request_rec *r)
{
	struct passage *passage = NULL;

	while (passage == NULL && (r = r->prev) != NULL)
		passage =
		    ap_get_module_config(r->request_config, &handover_module);
	return passage != NULL && !passage->ended ? passage : NULL;
}

static int
pass(request_rec *r)
{
	struct passage *passage = passage_before(r);

	if (self == NULL || !is_for_program(r))
		return DECLINED;
	if (passage == NULL) {
		for (int i = 0; !may_pass(); i++) {
			if (i == LONGEST_HANDOVER_MS) {
				ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
				    "handover: no daemon within %d ms",
				    LONGEST_HANDOVER_MS);
				return HTTP_SERVICE_UNAVAILABLE;
			}
			nap();
		}
		passage = apr_pcalloc(r->pool, sizeof(*passage));
		apr_pool_cleanup_register(
		    r->pool, passage, end_passage, apr_pool_cleanup_null);
	}
	ap_set_module_config(r->request_config, &handover_module, passage);
	ap_add_output_filter(FILTER, passage, r, r->connection);
	return DECLINED;
}

/* --- the parent, before and after it replaces the daemon --- */

static bool
is_alive(const struct process *process)
{
	return process->pid != 0 && kill(process->pid, 0) == 0;
}

static bool
is_busy(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		const struct process *process = &handover->processes[i];

		if (process->requests > 0 && is_alive(process))
			return true;
	}
	return false;
}

static void
set_alarm(suseconds_t every_us)
{
	struct timeval every = { .tv_usec = every_us };

	setitimer(ITIMER_REAL,
	    &(struct itimerval){ .it_value = every, .it_interval = every },
	    NULL);
}

static void
wake(int number)
{
	(void)number;
	if (!handover->begun)
		set_alarm(0);
}

/* Settings are about to be forgotten, and with them the daemon and this module.
 * Other processes come here, too, when they end. */
static apr_status_t
let_requests_end(void *given)
{
	const pid_t *parent = given;

	if (getpid() != *parent)
		return APR_SUCCESS;
	set_alarm(0);
	signal(SIGALRM, SIG_IGN);
	handover->begun = true;
	for (int i = 0; is_busy(); i++) {
		if (i == LONGEST_REQUEST_MS) {
			ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
			    "handover: requests at work for %d ms may fail",
			    LONGEST_REQUEST_MS);
			break;
		}
		nap();
	}
	return APR_SUCCESS;
}

static int
prepare(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary,
    server_rec *server)
{
	struct handover **shared = ap_retained_data_get(key);
	pid_t *parent = apr_palloc(pool, sizeof(*parent));

	(void)log;
	(void)temporary;
	if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG ||
	    socket_prefix == NULL)
		return OK;
	if (shared == NULL) {
		shared =
		    ap_retained_data_create(key, sizeof(struct handover *));
		*shared = mmap(NULL, sizeof(struct handover),
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	}
	if (*shared == MAP_FAILED) {
		ap_log_error(APLOG_MARK, APLOG_CRIT, errno, server,
		    "handover: no memory");
		return HTTP_INTERNAL_SERVER_ERROR;
	}
	handover = *shared;
	*parent = getpid();
	apr_pool_pre_cleanup_register(pool, parent, let_requests_end);
	if (handover->begun) {
		/* The parent sleeps for a second before it starts the new
		 * process, or until a signal comes. */
		sigaction(SIGALRM,
		    &(struct sigaction){
			.sa_handler = wake, .sa_flags = SA_RESTART },
		    NULL);
		set_alarm(10000);
	}
	return OK;
}

/* --- a new process --- */

static struct process *
take_place(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		struct process *process = &handover->processes[i];

		if (!is_alive(process)) {
			process->requests = 0;
			process->pid = getpid();
			return process;
		}
	}
	return NULL;
}

/* Asking the daemon itself would leave a line in its log. */
static bool
is_listening(const char *name)
{
	FILE *sockets = fopen("/proc/net/unix", "re");
	char line[512], flags[9], path[108];
	bool found = false;

	if (sockets == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), sockets) != NULL)
		found = sscanf(line, "%*s %*s %*s %8s %*s %*s %*s %107s", flags,
			    path) == 2 &&
		    strcmp(flags, LISTENING) == 0 && strcmp(path, name) == 0;
	fclose(sockets);
	return found;
}

/* Before it accepts the first connection. */
static void
begin_process(apr_pool_t *pool, server_rec *server)
{
	const char *name =
	    apr_psprintf(pool, "%s.%ld", socket_prefix, (long)getppid());

	if (handover == NULL)
		return;
	for (int i = 0; i < LONGEST_HANDOVER_MS && !is_listening(name); i++)
		nap();
	handover->begun = false;
	self = take_place();
	if (self == NULL)
		ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
		    "handover: more than %d processes", PROCESSES);
}

/* --- settings --- */

static const char *
set_socket(cmd_parms *command, void *dir, const char *path)
{
	(void)dir;
	socket_prefix = path;
	return ap_check_cmd_context(command, GLOBAL_ONLY);
}

static int
forget_settings(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary)
{
	(void)pool;
	(void)log;
	(void)temporary;
	socket_prefix = NULL;
	return OK;
}

/* clang-format off: one directive a line */
static const command_rec commands[] = {
	AP_INIT_TAKE1("HandoverSocket", set_socket, NULL, RSRC_CONF,
	    "what ScriptSock is, as an absolute path; unset: restarts as usual"),
	{ .name = NULL },
};
/* clang-format on */

static void
register_hooks(apr_pool_t *pool)
{
	static const char *const after[] = { "mod_turns.c", "mod_cgid.c",
		NULL };

	(void)pool;
	ap_hook_pre_config(forget_settings, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_post_config(prepare, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_child_init(begin_process, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_handler(pass, NULL, after, APR_HOOK_MIDDLE);
	ap_register_output_filter(
	    FILTER, end_passage_at_answer, NULL, AP_FTYPE_RESOURCE);
}

module AP_MODULE_DECLARE_DATA handover_module = {
	STANDARD20_MODULE_STUFF,
	NULL,
	NULL,
	NULL,
	NULL,
	commands,
	register_hooks,
	0,
};
