/* mod_clients -- what a client may hold of the server, and of the others' time.
 *
 * A thread that reads a request, or writes an answer, waits for the client.
 * mod_reqtimeout ends that after some seconds, and in these seconds a few
 * thousand half requests hold every thread.  So threads wait for so many
 * clients at once (ClientsAwaited): for one more, the one that has been waited
 * for longest is dropped.  Whoever has sent what is to be read, and only finds
 * the processors busy, is not that one; and it does not matter from how many
 * addresses the slow ones come.
 *
 * One address has so many requests at work, or waiting for their turn, at a
 * time (ClientsRequestsPerAddress); more are answered 503 at once.  It is the
 * client's address as mod_remoteip knows it; of IPv6 its /64, which is what one
 * customer gets.
 *
 * Both need to know when a request has been read: programs have the whole body
 * read for them before they have a turn (mod_turns).  A request whose end could
 * be seen in two ways gets a 400. */

#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include <apr_portable.h>
#include <apr_strings.h>

#include <endian.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* What the programs accept; of a longer body they need to see no more than that
 * it is longer. */
#define LONGEST_BODY 65536

#define BODY "CLIENTS_BODY"
#define ANSWER "CLIENTS_ANSWER"

extern module AP_MODULE_DECLARE_DATA clients_module;
APLOG_USE_MODULE(clients);

/* Settings for the whole server; 0 is no limit. */
static int most_awaited, most_requests;
static apr_array_header_t *exempt; /* of apr_ipsubnet_t * */

/* Held for so short that who waits for it need not sleep. */
static pthread_mutex_t lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;

/* --- clients that a thread waits for --- */

/* A connection, and its place in the list while it is awaited; lives in the
 * connection's pool. */
struct client {
	struct client *before, *after;
	conn_rec *connection;
	/* in the list; only its own thread puts it there */
	atomic_bool awaited;
	short event; /* POLLIN or POLLOUT, by which it ends the wait */
};

/* In the order in which they began to be awaited: first is the ring's after. */
static struct client ring = { .before = &ring, .after = &ring };
static int awaited;

static void
leave(struct client *client)
{
	if (!client->awaited)
		return;
	client->before->after = client->after;
	client->after->before = client->before;
	client->awaited = false;
	awaited--;
}

static void
join_end(struct client *client)
{
	client->before = ring.before;
	client->after = &ring;
	client->before->after = client->after->before = client;
	client->awaited = true;
	awaited++;
}

/* Its thread has only to be given a processor. */
static bool
is_ready(const struct client *client)
{
	struct pollfd socket = { .events = client->event };

	apr_os_sock_get(&socket.fd, ap_get_conn_socket(client->connection));
	return poll(&socket, 1, 0) != 0;
}

/* The slow one that has been waited for longest; NULL when the first ones are
 * ready, as they are when thousands send at the same instant. */
static struct client *
first_slow(void)
{
	struct client *client = ring.after;

	for (int i = 0; i < 32 && client != &ring; i++) {
		if (!is_ready(client))
			return client;
		client = client->after;
	}
	return NULL;
}

/* Whatever its thread waits for ends now, as if the client had gone. */
static void
drop(struct client *client)
{
	ap_log_cerror(APLOG_MARK, APLOG_INFO, 0, client->connection,
	    "clients: dropped, because %d are waited for and this one longest",
	    awaited);
	leave(client);
	apr_socket_shutdown(
	    ap_get_conn_socket(client->connection), APR_SHUTDOWN_READWRITE);
}

static struct client *
client_of(conn_rec *connection)
{
	return ap_get_module_config(connection->conn_config, &clients_module);
}

static void
begin_to_await(struct client *client, short event)
{
	struct client *slow = NULL;

	pthread_mutex_lock(&lock);
	leave(client);
	if (most_awaited > 0 && awaited >= most_awaited)
		slow = first_slow();
	if (slow != NULL)
		drop(slow);
	client->event = event;
	join_end(client);
	pthread_mutex_unlock(&lock);
}

static apr_status_t
end_to_await(void *given)
{
	struct client *client = given;

	if (!client->awaited)
		return APR_SUCCESS;
	pthread_mutex_lock(&lock);
	leave(client);
	pthread_mutex_unlock(&lock);
	return APR_SUCCESS;
}

/* A thread has taken the connection: a new one, or one that sends again. */
static int
await_request(conn_rec *connection)
{
	struct client *client = client_of(connection);

	if (client == NULL) {
		client = apr_pcalloc(connection->pool, sizeof(*client));
		client->connection = connection;
		ap_set_module_config(
		    connection->conn_config, &clients_module, client);
		apr_pool_cleanup_register(connection->pool, client,
		    end_to_await, apr_pool_cleanup_null);
	}
	begin_to_await(client, POLLIN);
	return DECLINED;
}

static int
end_of_connection(conn_rec *connection)
{
	if (client_of(connection) != NULL)
		end_to_await(client_of(connection));
	return OK;
}

/* A body is still to come. */
static int
end_of_head(request_rec *r)
{
	if (!ap_request_has_body(r))
		end_of_connection(r->connection);
	return DECLINED;
}

static int
end_of_request(request_rec *r)
{
	end_of_connection(r->connection);
	return DECLINED;
}

/* The answer begins: from here on it is for the client to read. */
static apr_status_t
await_reader(ap_filter_t *filter, apr_bucket_brigade *answer)
{
	ap_filter_t *next = filter->next;

	begin_to_await(filter->ctx, POLLOUT);
	ap_remove_output_filter(filter);
	return ap_pass_brigade(next, answer);
}

/* --- requests at a time --- */

/* A request that waits or is at work; lives in its pool. */
struct visit {
	struct visit *next;
	uint64_t address;
};

static struct visit *visits[1024];

static struct visit **
visits_of(uint64_t address)
{
	uint64_t mixed = address * 0x9e3779b97f4a7c15; /* Fibonacci hashing */

	return &visits[mixed >> 54];
}

/* An IPv4 address, or an IPv6 one's /64. */
static uint64_t
address_of(const apr_sockaddr_t *client)
{
	const struct in6_addr *six = &client->sa.sin6.sin6_addr;
	uint64_t prefix;
	uint32_t four;

	if (client->family == AF_INET)
		return be32toh(client->sa.sin.sin_addr.s_addr);
	if (IN6_IS_ADDR_V4MAPPED(six)) {
		memcpy(&four, &six->s6_addr[12], sizeof(four));
		return be32toh(four);
	}
	memcpy(&prefix, six->s6_addr, sizeof(prefix));
	return be64toh(prefix);
}

static bool
is_exempt(apr_sockaddr_t *client)
{
	for (int i = 0; i < exempt->nelts; i++) {
		if (apr_ipsubnet_test(
			APR_ARRAY_IDX(exempt, i, apr_ipsubnet_t *), client))
			return true;
	}
	return false;
}

static apr_status_t
end_visit(void *given)
{
	const struct visit *visit = given;
	struct visit **at = visits_of(visit->address);

	pthread_mutex_lock(&lock);
	while (*at != visit)
		at = &(*at)->next;
	*at = visit->next;
	pthread_mutex_unlock(&lock);
	return APR_SUCCESS;
}

/* False when its address has as many as it may. */
static bool
begin_visit(request_rec *r)
{
	struct visit *visit = apr_pcalloc(r->pool, sizeof(*visit));
	struct visit **first;
	int others = 0;

	visit->address = address_of(r->useragent_addr);
	first = visits_of(visit->address);
	pthread_mutex_lock(&lock);
	for (const struct visit *other = *first; other != NULL;
	     other = other->next)
		others += other->address == visit->address;
	if (others < most_requests) {
		visit->next = *first;
		*first = visit;
	}
	pthread_mutex_unlock(&lock);
	if (others >= most_requests)
		return false;
	apr_pool_cleanup_register(
	    r->pool, visit, end_visit, apr_pool_cleanup_null);
	return true;
}

/* --- the request's body --- */

/* Adds the bytes of more to kept, and empties it.  They are copied: into few
 * pieces, however many they came in, so that a body of single bytes costs no
 * more than its length. */
static apr_status_t
keep(apr_bucket_brigade *kept, apr_bucket_brigade *more, apr_off_t *length)
{
	apr_status_t status = APR_SUCCESS;

	while (status == APR_SUCCESS && !APR_BRIGADE_EMPTY(more)) {
		apr_bucket *bucket = APR_BRIGADE_FIRST(more);
		const char *bytes;
		apr_size_t len = 0;

		if (!APR_BUCKET_IS_METADATA(bucket) && *length <= LONGEST_BODY)
			status = apr_bucket_read(
			    bucket, &bytes, &len, APR_BLOCK_READ);
		if (status == APR_SUCCESS && len > 0)
			status =
			    apr_brigade_write(kept, NULL, NULL, bytes, len);
		*length += (apr_off_t)len;
		apr_bucket_delete(bucket);
	}
	return status;
}

/* Reads all of it, because whoever still sends has no turn yet.  Keeps of a
 * long one what lets a program see that it is too long.  Gives OK or the
 * status to answer with. */
static int
read_body(request_rec *r, apr_bucket_brigade *kept)
{
	apr_bucket_brigade *more =
	    apr_brigade_create(r->pool, r->connection->bucket_alloc);
	apr_off_t length = 0;
	bool complete = false;

	while (!complete) {
		apr_status_t status = ap_get_brigade(r->input_filters, more,
		    AP_MODE_READBYTES, APR_BLOCK_READ, HUGE_STRING_LEN);

		if (status == APR_SUCCESS) {
			complete = !APR_BRIGADE_EMPTY(more) &&
			    APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(more));
			status = keep(kept, more, &length);
		}
		if (status != APR_SUCCESS) {
			ap_log_rerror(APLOG_MARK, APLOG_INFO, status, r,
			    "clients: the request's body can't be read");
			return ap_map_http_request_error(
			    status, HTTP_BAD_REQUEST);
		}
	}
	APR_BRIGADE_INSERT_TAIL(
	    kept, apr_bucket_eos_create(kept->bucket_alloc));
	return OK;
}

/* Gives first what read_body() has kept, then what is still to come. */
static apr_status_t
give_body(ap_filter_t *filter, apr_bucket_brigade *out, ap_input_mode_t mode,
    apr_read_type_e block, apr_off_t length)
{
	apr_bucket_brigade *kept = filter->ctx;
	apr_bucket *after;

	if (APR_BRIGADE_EMPTY(kept) || mode != AP_MODE_READBYTES)
		return ap_get_brigade(filter->next, out, mode, block, length);
	apr_brigade_partition(kept, length, &after);
	while (APR_BRIGADE_FIRST(kept) != after) {
		apr_bucket *bucket = APR_BRIGADE_FIRST(kept);

		APR_BUCKET_REMOVE(bucket);
		APR_BRIGADE_INSERT_TAIL(out, bucket);
	}
	return APR_SUCCESS;
}

/* --- the request --- */

/* Apache takes the length to be the chunks', closes the connection afterwards,
 * and forgets the other length; who is before it may see it differently
 * (RFC 9112 6.1, 6.3). */
static int
refuse_two_lengths(request_rec *r)
{
	const char *coding = apr_table_get(r->headers_in, "Transfer-Encoding");
	const char *why = NULL;

	/* an error's page comes here again */
	if (coding == NULL || r->prev != NULL)
		return DECLINED;
	if (strcasecmp(coding, "chunked") != 0)
		why = "Transfer-Encoding has more than chunked";
	else if (r->proto_num < HTTP_VERSION(1, 1))
		why = "Transfer-Encoding in HTTP/1.0";
	else if (r->connection->keepalive == AP_CONN_CLOSE)
		why = "Transfer-Encoding and Content-Length";
	if (why == NULL)
		return DECLINED;
	ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "clients: %s", why);
	r->connection->keepalive = AP_CONN_CLOSE;
	return HTTP_BAD_REQUEST;
}

static int
take_request(request_rec *r)
{
	struct client *client = client_of(r->connection);

	if (!is_for_program(r))
		return DECLINED;
	if (ap_request_has_body(r)) {
		apr_bucket_brigade *kept =
		    apr_brigade_create(r->pool, r->connection->bucket_alloc);
		int status = read_body(r, kept);

		if (status != OK)
			return status;
		ap_add_input_filter(BODY, kept, r, r->connection);
	}
	end_to_await(client);
	ap_add_output_filter(ANSWER, client, r, r->connection);
	/* an error's page belongs to the request that it answers */
	if (most_requests == 0 || r->prev != NULL ||
	    is_exempt(r->useragent_addr) || begin_visit(r))
		return DECLINED;
	ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
	    "clients: this address already has %d requests", most_requests);
	apr_table_setn(r->notes, "rate-limited", "yes"); /* for mod_metrics */
	return HTTP_SERVICE_UNAVAILABLE;
}

/* --- settings --- */

static const char *
set_number(cmd_parms *command, void *dir, const char *text)
{
	const char *misplaced = ap_check_cmd_context(command, GLOBAL_ONLY);
	char *after;
	long value = strtol(text, &after, 10);

	(void)dir;
	if (misplaced != NULL)
		return misplaced;
	if (*text == '\0' || *after != '\0' || value < 1 || value > 100000)
		return "needs a number from 1 to 100000";
	*(int *)command->info = (int)value;
	return NULL;
}

static const char *
add_exempt(cmd_parms *command, void *dir, const char *text)
{
	const char *misplaced = ap_check_cmd_context(command, GLOBAL_ONLY);
	char *address = apr_pstrdup(command->temp_pool, text);
	char *bits = strchr(address, '/');

	(void)dir;
	if (misplaced != NULL)
		return misplaced;
	if (bits != NULL)
		*bits++ = '\0';
	if (apr_ipsubnet_create(apr_array_push(exempt), address, bits,
		command->pool) != APR_SUCCESS)
		return apr_psprintf(
		    command->pool, "%s is not an address, nor a network", text);
	return NULL;
}

/* clang-format off: one directive a line */
static const command_rec commands[] = {
	AP_INIT_TAKE1("ClientsAwaited", set_number, &most_awaited, RSRC_CONF,
	    "for how many slow clients threads wait at once; unset: no limit"),
	AP_INIT_TAKE1("ClientsRequestsPerAddress", set_number, &most_requests,
	    RSRC_CONF,
	    "how many requests an address has at a time; unset: no limit"),
	AP_INIT_ITERATE("ClientsExempt", add_exempt, NULL, RSRC_CONF,
	    "addresses and networks that have as many requests as they like"),
	{ .name = NULL },
};
/* clang-format on */

/* The settings are read again at each restart. */
static int
forget_settings(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary)
{
	(void)log;
	(void)temporary;
	most_awaited = most_requests = 0;
	exempt = apr_array_make(pool, 4, sizeof(apr_ipsubnet_t *));
	return OK;
}

static void
register_hooks(apr_pool_t *pool)
{
	static const char *const after[] = { "mod_handover.c", "mod_turns.c",
		"mod_cgid.c", NULL };

	(void)pool;
	ap_hook_pre_config(forget_settings, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_process_connection(
	    await_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
	ap_hook_pre_close_connection(
	    end_of_connection, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_post_read_request(end_of_head, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_post_read_request(
	    refuse_two_lengths, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_handler(take_request, NULL, after, APR_HOOK_MIDDLE);
	ap_hook_log_transaction(end_of_request, NULL, NULL, APR_HOOK_MIDDLE);
	ap_register_input_filter(BODY, give_body, NULL, AP_FTYPE_RESOURCE);
	ap_register_output_filter(
	    ANSWER, await_reader, NULL, AP_FTYPE_RESOURCE);
}

module AP_MODULE_DECLARE_DATA clients_module = {
	STANDARD20_MODULE_STUFF,
	NULL,
	NULL,
	NULL,
	NULL,
	commands,
	register_hooks,
	0,
};
