/* mod_turns -- so many programs at work at once, the others in order of
 * arrival, and a quick 503 for whoever would have to wait too long.
 *
 * Left to the scheduler, sixteen requests on two cores all progress at an
 * eighth of their speed, and one that hashes a password, 40 ms of work, takes
 * 0.3 s. One after the other none takes longer than those before it.  It has to
 * be here, before mod_cgid, because a program that waits, or is there only to
 * say that there is no time, has cost its start already.
 *
 * A turn lasts from the moment when the whole request has been read (by
 * mod_clients) until the answer begins to be sent: a slow client holds nobody
 * up.  Nor does one that has given up while it waited: such requests are served
 * beside the queue, one at a time, because what they want to change may be
 * needed next (a user who is to write).
 *
 * Some requests together have at most half of the turns (TurnsHalf): those
 * that only compute, and that any stranger can send, so that a flood of them
 * leaves half of the processors to everybody else.  Who would exceed that keeps
 * the place in the queue, and others pass.
 *
 * Turns are one process's, so they are gone with it, whatever its end; a server
 * that means to have so many in all has one process (ServerLimit 1). */

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include <apr_portable.h>
#include <apr_strings.h>

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "program.h"

#define FILTER "TURNS"

extern module AP_MODULE_DECLARE_DATA turns_module;
APLOG_USE_MODULE(turns);

/* Settings for the whole server. */
static int turns, longest_wait_ms;

/* What a request takes, by directory. */
struct dir_config {
	int weight;
	bool half;
};

/* --- turns --- */

/* What a request waits for, has, or has given back; lives in its pool. */
struct turn {
	struct turn *next; /* in its queue */
	pthread_cond_t called;
	int weight;
	int client; /* the socket */
	bool half, taken, beside;
};

/* In order of arrival. */
struct queue {
	struct turn *first, **end;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue waiting = { .end = &waiting.first };
static struct queue abandoned = { .end = &abandoned.first };
static int free_turns;
static int half_taken; /* by those who share one half */
static bool beside;    /* one of the abandoned is at work */

static void
enqueue(struct queue *queue, struct turn *turn)
{
	turn->next = NULL;
	*queue->end = turn;
	queue->end = &turn->next;
}

/* Does nothing when it is not there. */
static void
dequeue(struct queue *queue, const struct turn *turn)
{
	struct turn **at = &queue->first;

	while (*at != NULL && *at != turn)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	if ((*at = turn->next) == NULL)
		queue->end = at;
}

/* A client that only has nothing more to send looks the same. */
static bool
client_is_gone(const struct turn *turn)
{
	struct pollfd client = { .fd = turn->client, .events = POLLRDHUP };

	return poll(&client, 1, 0) > 0;
}

static bool
is_within_half(const struct turn *turn)
{
	return !turn->half || half_taken + turn->weight <= (turns + 1) / 2;
}

/* The first in the queue whom the half lets, when there are turns enough for
 * it: whoever comes later does not take them away.  NULL when nobody may. */
static struct turn *
next_of(const struct queue *queue, int enough)
{
	struct turn *turn = queue->first;

	while (turn != NULL && !is_within_half(turn))
		turn = turn->next;
	return turn != NULL && turn->weight <= enough ? turn : NULL;
}

static void
take(struct queue *queue, struct turn *turn)
{
	dequeue(queue, turn);
	turn->taken = true;
	if (turn->half)
		half_taken += turn->weight;
	if (queue == &abandoned)
		beside = turn->beside = true;
	else
		free_turns -= turn->weight;
	pthread_cond_signal(&turn->called);
}

static void
call_next(void)
{
	struct turn *turn;

	while ((turn = next_of(&waiting, free_turns)) != NULL) {
		if (client_is_gone(turn)) {
			dequeue(&waiting, turn);
			enqueue(&abandoned, turn);
			continue;
		}
		take(&waiting, turn);
	}
	if (!beside && (turn = next_of(&abandoned, turns)) != NULL)
		take(&abandoned, turn);
}

static struct timespec
deadline(void)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += longest_wait_ms / 1000;
	when.tv_nsec += longest_wait_ms % 1000 * 1000000L;
	if (when.tv_nsec >= 1000000000L) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000L;
	}
	return when;
}

/* Holds the lock, but not while it waits. */
static void
wait_to_be_called(struct turn *turn)
{
	struct timespec until = deadline();
	int timed_out = 0;

	while (!turn->taken && timed_out == 0)
		timed_out =
		    pthread_cond_timedwait(&turn->called, &lock, &until);
}

/* False when it was not to be had within the longest wait. */
static bool
take_turn(struct turn *turn)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&turn->called, &attributes);
	pthread_mutex_lock(&lock);
	enqueue(&waiting, turn);
	if (next_of(&waiting, free_turns) == turn)
		take(&waiting, turn);
	else
		wait_to_be_called(turn);
	if (!turn->taken) {
		dequeue(&waiting, turn);
		dequeue(&abandoned, turn);
		call_next(); /* a lighter one may have stood behind it */
	}
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&turn->called);
	return turn->taken;
}

/* More than once does no harm. */
static apr_status_t
end_turn(void *given)
{
	struct turn *turn = given;

	pthread_mutex_lock(&lock);
	if (turn->taken) {
		turn->taken = false;
		if (turn->half)
			half_taken -= turn->weight;
		if (turn->beside)
			beside = false;
		else
			free_turns += turn->weight;
		call_next();
	}
	pthread_mutex_unlock(&lock);
	return APR_SUCCESS;
}

/* --- the request --- */

/* The answer begins: the program has done its work. */
static apr_status_t
end_turn_at_answer(ap_filter_t *filter, apr_bucket_brigade *answer)
{
	ap_filter_t *next = filter->next;

	end_turn(filter->ctx);
	ap_remove_output_filter(filter);
	return ap_pass_brigade(next, answer);
}

/* A program that failed has not answered: Apache does, by an internal redirect
 * to an error's page, which drops the old request's filters. */
static void
end_turns_before(const request_rec *r)
{
	while ((r = r->prev) != NULL) {
		struct turn *turn =
		    ap_get_module_config(r->request_config, &turns_module);

		if (turn != NULL)
			end_turn(turn);
	}
}

static int
wait_for_turn(request_rec *r)
{
	const struct dir_config *dir =
	    ap_get_module_config(r->per_dir_config, &turns_module);
	struct turn *turn;
	int most;

	end_turns_before(r);
	if (turns == 0 || !is_for_program(r))
		return DECLINED;
	turn = apr_pcalloc(r->pool, sizeof(*turn));
	turn->weight = dir->weight == 0 ? 1 : dir->weight;
	turn->half = dir->half;
	most = turn->half ? (turns + 1) / 2 : turns;
	if (turn->weight > most)
		turn->weight = most;
	apr_os_sock_get(&turn->client, ap_get_conn_socket(r->connection));
	if (!take_turn(turn)) {
		ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
		    "turns: none within %d ms", longest_wait_ms);
		return HTTP_SERVICE_UNAVAILABLE;
	}
	apr_pool_cleanup_register(
	    r->pool, turn, end_turn, apr_pool_cleanup_null);
	ap_set_module_config(r->request_config, &turns_module, turn);
	ap_add_output_filter(FILTER, turn, r, r->connection);
	return DECLINED;
}

/* --- settings --- */

static void *
create_dir_config(apr_pool_t *pool, char *path)
{
	struct dir_config *dir = apr_pcalloc(pool, sizeof(*dir));

	(void)path;
	return dir;
}

static void *
merge_dir_config(apr_pool_t *pool, void *outer, void *inner)
{
	const struct dir_config *general = outer, *special = inner;
	struct dir_config *dir = apr_pmemdup(pool, special, sizeof(*dir));

	if (dir->weight == 0)
		dir->weight = general->weight;
	dir->half |= general->half;
	return dir;
}

static const char *
read_number(const char *text, int *number)
{
	char *after;
	long value = strtol(text, &after, 10);

	if (*text == '\0' || *after != '\0' || value < 1 || value > 100000)
		return "needs a number from 1 to 100000";
	*number = (int)value;
	return NULL;
}

static const char *
set_number(cmd_parms *command, void *dir, const char *text)
{
	const char *misplaced = ap_check_cmd_context(command, GLOBAL_ONLY);

	(void)dir;
	return misplaced != NULL ? misplaced : read_number(text, command->info);
}

static const char *
set_weight(cmd_parms *command, void *dir, const char *text)
{
	(void)command;
	return read_number(text, &((struct dir_config *)dir)->weight);
}

static const char *
set_half(cmd_parms *command, void *dir)
{
	(void)command;
	((struct dir_config *)dir)->half = true;
	return NULL;
}

/* clang-format off: one directive a line */
static const command_rec commands[] = {
	AP_INIT_TAKE1("Turns", set_number, &turns, RSRC_CONF,
	    "how many turns there are at once; unset: no limit"),
	AP_INIT_TAKE1("TurnsLongestWait", set_number, &longest_wait_ms,
	    RSRC_CONF,
	    "milliseconds after which a request that waits is answered 503"),
	AP_INIT_TAKE1("TurnsWeight", set_weight, NULL, ACCESS_CONF,
	    "how many turns a request takes (1)"),
	AP_INIT_NO_ARGS("TurnsHalf", set_half, NULL, ACCESS_CONF,
	    "these requests together have at most half of the turns"),
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
	turns = 0;
	longest_wait_ms = 1500;
	return OK;
}

static void
begin_process(apr_pool_t *pool, server_rec *server)
{
	(void)pool;
	(void)server;
	free_turns = turns;
}

static void
register_hooks(apr_pool_t *pool)
{
	static const char *const after[] = { "mod_cgid.c", NULL };

	(void)pool;
	ap_hook_pre_config(forget_settings, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_child_init(begin_process, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_handler(wait_for_turn, NULL, after, APR_HOOK_MIDDLE);
	ap_register_output_filter(
	    FILTER, end_turn_at_answer, NULL, AP_FTYPE_RESOURCE);
}

module AP_MODULE_DECLARE_DATA turns_module = {
	STANDARD20_MODULE_STUFF,
	create_dir_config,
	merge_dir_config,
	NULL,
	NULL,
	commands,
	register_hooks,
	0,
};
