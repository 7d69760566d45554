#include "db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "mem.h"
#include "metrics.h"
#include "text.h"

#define MAX_PARAMETERS 8

/* With a turn (apache/mod_turns.c) to wait for, a client gets its 503 within
 * three seconds. */
#define MAX_WAIT_MS 1250

/* Values stay where libpq has put them; like all memory they are never freed.
 */
struct db_rows {
	PGresult *result;
};

const char db_null[] = "";

static PGconn *connection;

/* What libpq waits for to complete the connection. */
static PostgresPollingStatusType want;

/* What db_along() was given. */
static const char *along[1 + MAX_PARAMETERS + 1];

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the socket is ready for what libpq wants to do next. */
static void
wait_for(short events)
{
	static int64_t waited;
	struct pollfd socket = { .fd = PQsocket(connection), .events = events };
	int64_t start = now_ms();
	int ready;

	ready = poll(&socket, 1, (int)(MAX_WAIT_MS - waited));
	if (ready < 0 && errno != EINTR)
		die("db: poll: %s", strerror(errno));
	waited += now_ms() - start;
	if (waited >= MAX_WAIT_MS && ready <= 0) {
		metrics_count(METRICS_DATABASE_ERROR);
		die_unavailable("db: no answer within %d ms", MAX_WAIT_MS);
	}
	if (waited > MAX_WAIT_MS)
		waited = MAX_WAIT_MS;
}

/* The first line of a message of libpq's. */
static const char *
one_line(const char *message)
{
	return mem_copy(message, strcspn(message, "\n"));
}

static _Noreturn void
die_disconnected(void)
{
	metrics_count(METRICS_DATABASE_ERROR);
	die_unavailable("db: %s", one_line(PQerrorMessage(connection)));
}

/* libpq would write it to stderr, with whatever it quotes. */
static void
ignore_notice(void *context, const PGresult *notice)
{
	(void)context;
	(void)notice;
}

void
db_open(void)
{
	static const char *const none[] = { NULL };

	PQfinish(connection); /* that of a test's parent process */
	connection = PQconnectStartParams(none, none, 0);
	if (connection == NULL)
		die("db: out of memory");
	PQsetNoticeReceiver(connection, ignore_notice, NULL);
	want = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED
						      : PGRES_POLLING_WRITING;
	/* until there is an answer to be read; a Unix socket never waits */
	while (want == PGRES_POLLING_WRITING) {
		wait_for(POLLOUT);
		want = PQconnectPoll(connection);
	}
}

static void
complete_connection(void)
{
	if (connection == NULL)
		db_open();
	if (want == PGRES_POLLING_OK)
		return;
	while (want != PGRES_POLLING_OK) {
		if (want == PGRES_POLLING_FAILED)
			die_disconnected();
		wait_for(want == PGRES_POLLING_READING ? POLLIN : POLLOUT);
		want = PQconnectPoll(connection);
	}
	if (PQsetnonblocking(connection, 1) != 0 ||
	    PQenterPipelineMode(connection) != 1)
		die_disconnected();
}

/* SQLSTATEs that say the server can't serve now, rather than that the
 * statement is wrong (PostgreSQL's manual, appendix A).  PgBouncer reports its
 * own troubles as 08P01. */
static bool
is_passing(const char *sqlstate)
{
	static const char *const passing[] = {
		"08",    /* connection exception */
		"23503", /* what it refers to was deleted in this moment */
		"25006", /* read-only: a standby, in the midst of a failover */
		"40",    /* two that waited for each other */
		"53",    /* insufficient resources: disk, memory, connections */
		"55P03", /* a lock is held by somebody else */
		"57",    /* operator intervention: shutdown, time-out */
	};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if (strncmp(sqlstate, passing[i], strlen(passing[i])) == 0)
			return true;
	}
	return false;
}

static _Noreturn void
die_refused(const PGresult *result, const char *sql)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *reason =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	/* the detail of a message may quote values: it stays out of the log */
	if (PQstatus(connection) == CONNECTION_BAD || sqlstate == NULL)
		die_disconnected();
	metrics_count(METRICS_DATABASE_ERROR);
	if (is_passing(sqlstate))
		die_unavailable("db: %s: %s", sqlstate, reason);
	die("db: %s: %s in: %.300s", sqlstate, reason, sql);
}

static void
send_statement(const char *const words[])
{
	const char *parameters[MAX_PARAMETERS];
	int count = 0;

	while (words[1 + count] != NULL) {
		const char *word = words[1 + count];

		if (count == MAX_PARAMETERS)
			die("db: too many parameters: %s", words[0]);
		parameters[count++] = word == db_null ? NULL : word;
	}
	if (PQsendQueryParams(connection, words[0], count, NULL, parameters,
		NULL, NULL, 0) != 1)
		die_disconnected();
}

/* What is sent between two of these is one transaction. */
static void
send_sync(void)
{
	int unsent;

	if (PQpipelineSync(connection) != 1)
		die_disconnected();
	while ((unsent = PQflush(connection)) == 1) {
		wait_for(POLLIN | POLLOUT);
		if (PQconsumeInput(connection) != 1)
			die_disconnected();
	}
	if (unsent < 0)
		die_disconnected();
}

static PGresult *
next_result(void)
{
	while (PQisBusy(connection)) {
		wait_for(POLLIN);
		if (PQconsumeInput(connection) != 1)
			die_disconnected();
	}
	return PQgetResult(connection);
}

/* Leaves the last statement's result in rows.  Only the answer to the sync
 * says that all are committed. */
static void
take_results(struct db_rows *rows, const char *sql)
{
	for (;;) {
		PGresult *result = next_result();

		/* NULL ends each statement's results */
		if (result == NULL) {
			if (PQstatus(connection) == CONNECTION_BAD)
				die_disconnected();
			continue;
		}
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return;
		}
		PQclear(rows->result);
		rows->result = result;
		if (PQresultStatus(result) != PGRES_TUPLES_OK &&
		    PQresultStatus(result) != PGRES_COMMAND_OK)
			die_refused(result, sql);
	}
}

/* Runs what goes along, if anything, and what comes after it, if anything. */
static const struct db_rows *
run(const char *const words[])
{
	const char *first[sizeof(along) / sizeof(along[0])];
	struct db_rows *rows = mem_alloc(sizeof(*rows));

	/* taken before anything can fail, so that nobody tries it again */
	memcpy(first, along, sizeof(first));
	along[0] = NULL;
	complete_connection();
	if (first[0] != NULL)
		send_statement(first);
	if (words != NULL)
		send_statement(words);
	send_sync();
	take_results(rows, words != NULL ? words[0] : first[0]);
	return rows;
}

const struct db_rows *
db_run(const char *const words[])
{
	return run(words);
}

void
db_run_along(const char *const words[])
{
	size_t count = 0;

	if (along[0] != NULL)
		die("db: two statements to run along: %s", words[0]);
	while (words[count] != NULL)
		count++;
	if (count > 1 + MAX_PARAMETERS)
		die("db: too many parameters: %s", words[0]);
	memcpy(along, words, (count + 1) * sizeof(*words));
}

void
db_finish(void)
{
	if (along[0] != NULL)
		run(NULL);
}

const char *
db_integer(int64_t number)
{
	return text_decimal(number);
}

size_t
db_count(const struct db_rows *rows)
{
	return (size_t)PQntuples(rows->result);
}

const char *
db_text(const struct db_rows *rows, size_t row, size_t column)
{
	if (row >= db_count(rows) || column >= (size_t)PQnfields(rows->result))
		die("db: no row %zu with a column %zu", row, column);
	if (PQgetisnull(rows->result, (int)row, (int)column))
		return NULL;
	return PQgetvalue(rows->result, (int)row, (int)column);
}

int64_t
db_number(const struct db_rows *rows, size_t row, size_t column)
{
	const char *text = db_text(rows, row, column);
	int64_t number;

	if (text == NULL || !text_integer(text, INT64_MIN, INT64_MAX, &number))
		die("db: column %zu holds no integer", column);
	return number;
}

bool
db_bool(const struct db_rows *rows, size_t row, size_t column)
{
	const char *text = db_text(rows, row, column);

	return text != NULL && strcmp(text, "t") == 0;
}
