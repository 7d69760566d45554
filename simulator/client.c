#include "client.h"

#include <curl/curl.h>
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sysexits.h>
#include <time.h>

#include "mem.h"
#include "text.h"

#define MAX_ANSWER ((size_t)64 * 1024 * 1024)
#define EVENTS 256

/* A request, one after the other: its handle and memory are used again. */
struct slot {
	struct slot *next_free;
	CURL *easy;
	struct buf url, body, answer;
	int64_t start;
	size_t tag;
	char problem[CURL_ERROR_SIZE];
};

struct client {
	const struct client_settings *settings;
	struct curl_slist *headers; /* all requests share them */
	CURLM *multi;
	int epoll;
	int64_t timer; /* when libcurl wants to be called, INT64_MAX: never */
	struct slot *free;
	size_t slots, busy;
};

int64_t
client_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const char *
client_url_problem(char *url)
{
	static const struct {
		CURLUPart part;
		const char *problem;
	} unwanted[] = {
		{ CURLUPART_USER,
		    "has a user's name in it, where everybody on the machine "
		    "can see it: use --credentials" },
		{ CURLUPART_PASSWORD,
		    "has a password in it, where everybody on the machine can "
		    "see it: use --credentials" },
		{ CURLUPART_QUERY, "has a query; give the part before it" },
		{ CURLUPART_FRAGMENT, "has a '#'; give the part before it" },
	};
	CURLU *parts = curl_url();
	const char *problem = NULL;
	char *part = NULL;

	if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_SCHEME, &part, 0) != CURLUE_OK ||
	    (strcmp(part, "http") != 0 && strcmp(part, "https") != 0))
		problem = "is not one like http://127.0.0.1:5000";
	curl_free(part);
	for (size_t i = 0;
	     problem == NULL && i < sizeof(unwanted) / sizeof(*unwanted); i++) {
		if (curl_url_get(parts, unwanted[i].part, &part, 0) ==
		    CURLUE_OK) {
			problem = unwanted[i].problem;
			curl_free(part);
		}
	}
	curl_url_cleanup(parts);
	for (size_t len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
		url[len - 1] = '\0';
	return problem;
}

/* --- what libcurl calls --- */

static size_t
receive(char *bytes, size_t size, size_t count, void *context)
{
	struct slot *slot = context;

	if (slot->answer.len + size * count > MAX_ANSWER)
		return 0;
	buf_add(&slot->answer, bytes, size * count);
	return size * count;
}

static int
watch_socket(
    CURL *easy, curl_socket_t socket, int what, void *context, void *is_watched)
{
	struct client *client = context;
	struct epoll_event event = { .data.fd = socket };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(client->epoll, EPOLL_CTL_DEL, socket, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
	    (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
	if (is_watched == NULL) {
		curl_multi_assign(client->multi, socket, client);
		return epoll_ctl(client->epoll, EPOLL_CTL_ADD, socket, &event);
	}
	return epoll_ctl(client->epoll, EPOLL_CTL_MOD, socket, &event);
}

static int
set_timer(CURLM *multi, long milliseconds, void *context)
{
	struct client *client = context;

	(void)multi;
	client->timer = milliseconds < 0
	    ? INT64_MAX
	    : client_clock() + (int64_t)milliseconds * 1000;
	return 0;
}

/* --- requests --- */

struct client *
client_open(const struct client_settings *settings)
{
	struct client *client = mem_alloc(sizeof(*client));
	const char *who =
	    mem_format("%s:%s", settings->user, settings->password);
	const char *const headers[] = {
		mem_format(
		    "Authorization: Basic %s", text_base64(who, strlen(who))),
		"Content-Type: application/json",
		"Accept: */*",
		"Expect:",
		settings->keep_alive ? NULL : "Connection: close",
	};

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (client->multi = curl_multi_init()) == NULL)
		errx(EX_SOFTWARE, "libcurl does not start");
	client->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (client->epoll < 0)
		err(EX_OSERR, "no epoll");
	client->settings = settings;
	client->timer = INT64_MAX;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		if (headers[i] != NULL)
			client->headers =
			    curl_slist_append(client->headers, headers[i]);
	}
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(
	    client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(
	    client->multi, CURLMOPT_MAXCONNECTS, (long)settings->concurrency);
	return client;
}

size_t
client_free(const struct client *client)
{
	return client->settings->concurrency - client->busy;
}

size_t
client_busy(const struct client *client)
{
	return client->busy;
}

static struct slot *
new_slot(struct client *client)
{
	struct slot *slot = mem_alloc(sizeof(*slot));
	CURL *easy = curl_easy_init();
	bool keep_alive = client->settings->keep_alive;

	if (easy == NULL)
		errx(EX_OSERR, "no memory for another request");
	slot->easy = easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->problem);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "minitwit-simulator");
	curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, keep_alive ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, keep_alive ? 0L : 1L);
	/* The name is looked up once, not once for each request. */
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	/* What is measured is the server, not somebody's proxy. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	client->slots++;
	return slot;
}

void
client_send(struct client *client, const char *target, const struct buf *body,
    unsigned timeout_ms, size_t tag)
{
	struct slot *slot = client->free;

	if (slot != NULL)
		client->free = slot->next_free;
	else
		slot = new_slot(client);
	slot->tag = tag;
	slot->problem[0] = '\0';
	slot->answer.len = slot->url.len = slot->body.len = 0;
	buf_add(&slot->answer, "", 0);
	buf_puts(&slot->url, client->settings->url);
	buf_puts(&slot->url, target);
	curl_easy_setopt(slot->easy, CURLOPT_URL, slot->url.data);
	curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	if (body != NULL) {
		buf_add(&slot->body, body->data, body->len);
		curl_easy_setopt(
		    slot->easy, CURLOPT_POSTFIELDS, slot->body.data);
		curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)slot->body.len);
	} else {
		curl_easy_setopt(slot->easy, CURLOPT_HTTPGET, 1L);
	}
	client->busy++;
	slot->start = client_clock();
	curl_multi_add_handle(client->multi, slot->easy);
}

static enum fate
fate_of(CURLcode result)
{
	switch (result) {
	case CURLE_OK:
		return FATE_ANSWERED;
	case CURLE_OPERATION_TIMEDOUT:
		return FATE_TIMEOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return FATE_REFUSED;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return FATE_RESET;
	default:
		return FATE_BAD;
	}
}

static void
finish(struct client *client, struct slot *slot, CURLcode result,
    client_answered *answered, void *context)
{
	int64_t took = client_clock() - slot->start;
	struct answer answer = {
		.fate = fate_of(result),
		.microseconds = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX,
		.body = slot->answer.data,
	};
	long status;

	if (result == CURLE_OK) {
		curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
		answer.status = (int)status;
	} else {
		answer.problem = slot->problem[0] != '\0'
		    ? slot->problem
		    : curl_easy_strerror(result);
	}
	curl_multi_remove_handle(client->multi, slot->easy);
	answered(context, slot->tag, &answer);
	slot->next_free = client->free;
	client->free = slot;
	client->busy--;
}

/* Milliseconds to wait, rounded up, so that nobody is called too early. */
static int
wait_time(const struct client *client, int64_t until)
{
	int64_t now = client_clock();

	if (until > client->timer)
		until = client->timer;
	if (until <= now)
		return 0;
	return until - now > 60000000 ? 60000
				      : (int)((until - now + 999) / 1000);
}

void
client_work(struct client *client, int64_t until, client_answered *answered,
    void *context)
{
	struct epoll_event events[EVENTS];
	int running, left;
	int count =
	    epoll_wait(client->epoll, events, EVENTS, wait_time(client, until));
	const CURLMsg *message;

	if (count < 0 && errno != EINTR)
		err(EX_OSERR, "epoll");
	for (int i = 0; i < count; i++) {
		int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		    (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR
							      : 0);

		curl_multi_socket_action(
		    client->multi, events[i].data.fd, what, &running);
	}
	if (client->timer <= client_clock()) {
		client->timer = INT64_MAX;
		curl_multi_socket_action(
		    client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		CURLcode result = message->data.result;
		void *slot;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
		finish(client, slot, result, answered, context);
	}
}
