/* db -- PostgreSQL, by libpq: literal SQL, values as parameters, rows copied.
 *
 * A process has one connection.  Where to and as whom is libpq's environment:
 * PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSFILE.
 *
 * Waiting is bounded: all waits of a process together last 1.25 seconds at the
 * most.  When the database is away or takes longer, the process ends by
 * die_unavailable(); any other error ends it by die().  Only what a statement
 * means to say comes back.  So every statement that changes something has to
 * be right when it was run although nobody was told. */

#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_rows;

/* A parameter that is NULL in SQL. */
extern const char db_null[];

/* Connects and says who we are, but waits for no answer: the first statement
 * does, and tells of errors.  So the socket is there, and the role can't be
 * changed, before anything else is done. */
void db_open(void);

/* Runs one statement, a string literal, in one round trip; the strings after
 * it are its $1, $2, ... (numbers: by db_integer()). */
#define db_query(...) db_run((const char *const[]){ "" __VA_ARGS__, NULL })

/* Has a statement run along with the next one, in the same round trip and
 * transaction, and whether or not there is a next one by db_finish().  One
 * at a time. */
#define db_along(...) \
	db_run_along((const char *const[]){ "" __VA_ARGS__, NULL })
void db_run_along(const char *const words[]);

/* Runs what db_along() was given, unless it has been.  Without effect where
 * there is nothing; so also when that has failed. */
void db_finish(void);

/* Runs words[0] with the parameters after it, up to a NULL; use db_query(). */
const struct db_rows *db_run(const char *const words[]);

/* A number as a parameter. */
const char *db_integer(int64_t number);

size_t db_count(const struct db_rows *rows);

/* A value of a row, both counted from 0; NULL where SQL has NULL. */
const char *db_text(const struct db_rows *rows, size_t row, size_t column);

/* A value that has to be an integer, and one that has to be a boolean. */
int64_t db_number(const struct db_rows *rows, size_t row, size_t column);
bool db_bool(const struct db_rows *rows, size_t row, size_t column);

#endif
