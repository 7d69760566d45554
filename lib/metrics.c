#include "metrics.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_WORDS 15
#define NAME_SIZE (NAME_WORDS * sizeof(uint64_t))

/* A table full of names, most of them in each other's way, is no table. */
#define MOST_PROBES 64

/* One thing that is counted, in four cache lines: so a request touches one page
 * beside the first.  Who finds the hash in place writes the name, whoever put
 * the hash there: it is the same, and so it can't stay half written. */
struct slot {
	_Atomic uint64_t hash;         /* of the name; 0: nobody's yet */
	_Atomic uint64_t microseconds; /* those of the buckets together */
	_Atomic uint64_t buckets[METRICS_BOUNDS + 1];
	_Atomic uint64_t count; /* what is in no bucket */
	_Atomic uint64_t name[NAME_WORDS];
};
_Static_assert(sizeof(struct slot) == METRICS_SLOT_SIZE, "the file's format");

const int64_t metrics_bounds[METRICS_BOUNDS] = { 1000, 2500, 5000, 10000, 25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };

static const char *const event_names[METRICS_EVENTS] = {
	[METRICS_REGISTRATION] = "registration",
	[METRICS_MESSAGE] = "message",
	[METRICS_FOLLOW] = "follow",
	[METRICS_UNFOLLOW] = "unfollow",
	[METRICS_LOGIN] = "login",
	[METRICS_FAILED_LOGIN] = "failed login",
	[METRICS_RATE_LIMITED] = "rate limited",
	[METRICS_SANDBOX_KILL] = "sandbox kill",
	[METRICS_DATABASE_ERROR] = "database error",
	[METRICS_LOST_LINE] = "lost log line",
};

/* The file's first slot holds its magic; these come after it. */
static struct slot *slots;
static size_t slot_count;

void
metrics_open(const char *file)
{
	char magic[sizeof(METRICS_MAGIC) - 1];
	struct stat status;
	void *mapping = MAP_FAILED;
	size_t size = 0;
	int opened;

	slots = NULL;
	slot_count = 0;
	if (file == NULL || (opened = open(file, O_RDWR)) < 0)
		return;
	/* Beyond the file's end the memory would kill who touches it.  The
	 * magic is read, because its page in memory would cost a page fault. */
	if (fstat(opened, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size >= (off_t)(2 * sizeof(struct slot)) &&
	    read(opened, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	    memcmp(magic, METRICS_MAGIC, sizeof(magic)) == 0) {
		size = (size_t)status.st_size;
		mapping = mmap(
		    NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
	}
	close(opened);
	if (mapping == MAP_FAILED)
		return;
	slots = (struct slot *)mapping + 1;
	slot_count = size / sizeof(struct slot) - 1;
}

static uint64_t
load(const _Atomic uint64_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static void
add(_Atomic uint64_t *value, uint64_t more)
{
	atomic_fetch_add_explicit(value, more, memory_order_relaxed);
}

/* FNV-1a; never 0. */
static uint64_t
hash_of(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return hash != 0 ? hash : 1;
}

static void
write_name(struct slot *slot, const char *name)
{
	uint64_t words[NAME_WORDS] = { 0 };

	memcpy(words, name, strlen(name));
	for (size_t i = 0; i < NAME_WORDS; i++) {
		if (load(&slot->name[i]) != words[i])
			atomic_store_explicit(
			    &slot->name[i], words[i], memory_order_relaxed);
	}
}

/* Whether the slot is that of the hash, or nobody's and now is. */
static bool
is_or_becomes(struct slot *slot, uint64_t hash)
{
	uint64_t is = 0;

	/* Not read first: a page that is read and then written to costs two
	 * page faults.  A failure leaves in is whose it was. */
	return atomic_compare_exchange_strong_explicit(&slot->hash, &is, hash,
		   memory_order_relaxed, memory_order_relaxed) ||
	    is == hash;
}

/* NULL when there is none left. */
static struct slot *
slot_of(const char *name)
{
	uint64_t hash = hash_of(name);

	if (strlen(name) >= NAME_SIZE)
		return NULL;
	for (size_t i = 0; i < MOST_PROBES && i < slot_count; i++) {
		struct slot *slot = &slots[(hash + i) % slot_count];

		if (is_or_becomes(slot, hash)) {
			write_name(slot, name);
			return slot;
		}
	}
	return NULL;
}

void
metrics_count(enum metrics_event event)
{
	struct slot *slot = slot_of(event_names[event]);

	if (slot != NULL)
		add(&slot->count, 1);
}

/* Anybody can send any method: they must not fill the table. */
static const char *
known_method(const char *method)
{
	static const char *const known[] = { "GET", "HEAD", "POST", "PUT",
		"PATCH", "DELETE", "OPTIONS" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (method != NULL && strcmp(method, known[i]) == 0)
			return known[i];
	}
	return "other";
}

static size_t
bucket_of(int64_t microseconds)
{
	size_t bucket = 0;

	while (bucket < METRICS_BOUNDS && microseconds > metrics_bounds[bucket])
		bucket++;
	return bucket;
}

void
metrics_count_request(
    const char *route, const char *method, int status, int64_t microseconds)
{
	char name[NAME_SIZE];
	struct slot *slot;
	int len;

	if (slots == NULL || route == NULL)
		return;
	len = snprintf(name, sizeof(name), "%s %s %d", route,
	    known_method(method), status);
	if (len < 0 || (size_t)len >= sizeof(name) ||
	    (slot = slot_of(name)) == NULL)
		return;
	if (microseconds < 0) {
		add(&slot->count, 1);
		return;
	}
	add(&slot->buckets[bucket_of(microseconds)], 1);
	add(&slot->microseconds, (uint64_t)microseconds);
}

const char *
metrics_route(const char *file)
{
	const char *start;

	if (file == NULL)
		return NULL;
	start = file + strlen(file);
	for (int slashes = 0; start > file; start--) {
		if (start[-1] == '/' && ++slashes == 2)
			break;
	}
	return start;
}

/* --- reading them --- */

/* False for a name that is not there, or not whole: somebody is writing it, or
 * was killed, and the next to count there will. */
static bool
read_name(const struct slot *slot, char name[NAME_SIZE + 1])
{
	uint64_t words[NAME_WORDS];

	for (size_t i = 0; i < NAME_WORDS; i++)
		words[i] = load(&slot->name[i]);
	memcpy(name, words, NAME_SIZE);
	name[NAME_SIZE] = '\0';
	return name[0] != '\0' && hash_of(name) == load(&slot->hash);
}

uint64_t
metrics_of(enum metrics_event event)
{
	uint64_t hash = hash_of(event_names[event]);

	for (size_t i = 0; i < MOST_PROBES && i < slot_count; i++) {
		const struct slot *slot = &slots[(hash + i) % slot_count];

		if (load(&slot->hash) == hash)
			return load(&slot->count);
	}
	return 0;
}

size_t
metrics_slots(void)
{
	return slot_count;
}

size_t
metrics_slots_used(void)
{
	size_t used = 0;

	for (size_t i = 0; i < slot_count; i++)
		used += load(&slots[i].hash) != 0;
	return used;
}

/* Whether there is nothing in it but these characters. */
static bool
is_all_of(const char *text, const char *characters)
{
	return text[strspn(text, characters)] == '\0';
}

/* Copies a word, up to a blank or the end.  Gives what comes after it; NULL
 * when it is too long. */
static const char *
copy_word(const char *from, char *word, size_t size)
{
	size_t len = strcspn(from, " ");

	if (len >= size)
		return NULL;
	memcpy(word, from, len);
	word[len] = '\0';
	return from + len + (from[len] == ' ');
}

/* The other way round of metrics_count_request(). */
static bool
take_apart(const char *name, struct metrics_request *request)
{
	return (name = copy_word(
		    name, request->route, sizeof(request->route))) != NULL &&
	    (name = copy_word(
		 name, request->method, sizeof(request->method))) != NULL &&
	    (name = copy_word(
		 name, request->status, sizeof(request->status))) != NULL &&
	    name[0] == '\0' &&
	    is_all_of(
		request->route, "abcdefghijklmnopqrstuvwxyz0123456789_/-") &&
	    strcmp(known_method(request->method), request->method) == 0 &&
	    strlen(request->status) == 3 &&
	    is_all_of(request->status, "0123456789");
}

bool
metrics_read_request(size_t slot, struct metrics_request *request)
{
	const struct slot *from = &slots[slot];
	char name[NAME_SIZE + 1];

	if (!read_name(from, name) || !take_apart(name, request))
		return false;
	request->count = load(&from->count);
	for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
		request->buckets[i] = load(&from->buckets[i]);
		request->count += request->buckets[i];
	}
	request->microseconds = load(&from->microseconds);
	return true;
}
