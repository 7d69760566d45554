#include "fuzz.h"

#include <crypt.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "again.h"
#include "buf.h"
#include "db.h"
#include "log.h"
#include "mem.h"
#include "reference.h"

_Noreturn void
fuzz_broken(const char *property, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
	abort();
}

bool
fuzz_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* --- the input --- */

#define VARIABLES 32
#define ARRAYS 16

extern char **environ;

static struct {
	char *environment[VARIABLES + 1];
	size_t variables;
	const char *in;
	size_t in_left, reads;
} request;

static struct {
	struct buf out;
	size_t writes;
} answer;

static struct {
	bool calling, errors_expected;
	size_t lines; /* on stderr */
	size_t rows;
	struct fuzz_input *says;
	void *arrays[ARRAYS];
} run;

static jmp_buf end_of_call;

struct fuzz_input
fuzz_begin(const uint8_t *data, size_t size)
{
	/* the copy ends where the input does, so that reading on is seen */
	char *copy = mem_alloc(size);

	memset(&run, 0, sizeof(run));
	fuzz_request();
	if (size > 0)
		memcpy(copy, data, size);
	return (struct fuzz_input){ copy, size };
}

int
fuzz_end(void)
{
	for (size_t i = 0; i < ARRAYS; i++)
		free(run.arrays[i]);
	log_context(NULL, NULL);
	reply_again();
	mem_again();
	return 0;
}

unsigned char
fuzz_byte(struct fuzz_input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return (unsigned char)*input->at++;
}

const char *
fuzz_line(struct fuzz_input *input)
{
	size_t len = 0;
	const char *line = input->at;

	while (len < input->left && line[len] != '\n')
		len++;
	input->at += len;
	input->left -= len;
	fuzz_byte(input); /* the end of the line */
	return mem_copy(line, len);
}

const char *
fuzz_rest(struct fuzz_input *input)
{
	const char *rest = mem_copy(input->at, input->left);

	input->at += input->left;
	input->left = 0;
	return rest;
}

/* --- the seams of a request --- */

/* As the headers of unistd.h and others declare them, by other names. */
_Noreturn void fuzz_exit(int status);
ssize_t fuzz_read(int file, void *bytes, size_t len);
ssize_t fuzz_write(int file, const void *bytes, size_t len);
int fuzz_fprintf(FILE *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void *fuzz_reallocarray(void *array, size_t count, size_t size);
int fuzz_scrypt(const char *password, size_t password_len,
    const unsigned char *salt, size_t salt_len, uint64_t n, uint64_t r,
    uint64_t p, uint64_t max_memory, unsigned char *key, size_t key_len);
char *fuzz_crypt_rn(
    const char *password, const char *hash, void *data, int size);
int fuzz_pbkdf2(const char *password, int password_len,
    const unsigned char *salt, int salt_len, int rounds, const EVP_MD *digest,
    int key_len, unsigned char *key);

void
fuzz_request(void)
{
	memset(&request, 0, sizeof(request));
	environ = request.environment;
}

void
fuzz_variable(const char *name, const char *value)
{
	if (value == NULL)
		return;
	property(request.variables < VARIABLES);
	request.environment[request.variables++] =
	    mem_format("%s=%s", name, value);
}

void
fuzz_stdin(const char *bytes, size_t len)
{
	request.in = bytes;
	request.in_left = len;
}

_Noreturn void
fuzz_exit(int status)
{
	(void)status;
	property(run.calling);
	longjmp(end_of_call, 1);
}

/* In pieces, and with signals between them. */
ssize_t
fuzz_read(int file, void *bytes, size_t len)
{
	static const size_t pieces[] = { 1, 7, 100, 3000, 60000 };
	size_t piece = pieces[request.reads / 2 % 5];

	property(file == STDIN_FILENO);
	if (request.reads++ % 2 == 1) {
		errno = EINTR;
		return -1;
	}
	if (piece > len)
		piece = len;
	if (piece > request.in_left)
		piece = request.in_left;
	if (piece > 0)
		memcpy(bytes, request.in, piece);
	request.in += piece;
	request.in_left -= piece;
	return (ssize_t)piece;
}

/* The same. */
static ssize_t
write_answer(const void *bytes, size_t len)
{
	size_t room = 50 + answer.writes * 997;

	if (answer.writes++ % 3 == 2) {
		errno = EINTR;
		return -1;
	}
	if (len > room)
		len = room;
	buf_add(&answer.out, bytes, len);
	return (ssize_t)len;
}

/* --- the log --- */

void
fuzz_expect_errors(void)
{
	run.errors_expected = true;
}

size_t
fuzz_lines(void)
{
	return run.lines;
}

/* lib/log.h: a line is one write, one line, and JSON in ASCII. */
static ssize_t
write_log(const void *bytes, size_t len)
{
	static const char *const members[] = { "time", "level", "program",
		"request", "message" };
	const char *line = bytes, *level;
	const struct reference_value *object;
	size_t count;

	property(len > 0 && len <= 4096 && line[len - 1] == '\n');
	for (size_t i = 0; i + 1 < len; i++)
		property(line[i] >= 0x20 && line[i] < 0x7f);
	object = reference_json(line, len, &count);
	property(object != NULL && object->type == 'o');
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		property(reference_member(object, members[i]) != NULL);
	level = reference_member(object, "level");
	if (strcmp(level, "error") == 0 && !run.errors_expected)
		fuzz_broken(
		    reference_member(object, "message"), __FILE__, __LINE__);
	run.lines++;
	return (ssize_t)len;
}

ssize_t
fuzz_write(int file, const void *bytes, size_t len)
{
	if (file == STDOUT_FILENO)
		return write_answer(bytes, len);
	property(file == STDERR_FILENO);
	return write_log(bytes, len);
}

/* The simulator's complaints: "file:number: what is wrong". */
int
fuzz_fprintf(FILE *file, const char *format, ...)
{
	(void)format;
	property(file == stderr);
	run.lines++;
	return 0;
}

void *
fuzz_reallocarray(void *array, size_t count, size_t size)
{
	size_t i = 0;

	while (run.arrays[i] != array)
		property(++i < ARRAYS);
	return run.arrays[i] = reallocarray(array, count, size);
}

/* --- the answer --- */

bool
fuzz_answers(void (*act)(const void *given), const void *given)
{
	memset(&answer, 0, sizeof(answer));
	reply_again();
	run.calling = true;
	if (setjmp(end_of_call) == 0) {
		act(given);
		run.calling = false;
		return false;
	}
	run.calling = false;
	return true;
}

/* Looks at the headers (RFC 3875 6.3) and gives what comes after them. */
static const char *
check_head(const char *head)
{
	static const char letters[] = "-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";
	const char *end = strstr(head, "\r\n\r\n");
	bool has_length = false;

	property(strncmp(head, "Status: ", 8) == 0);
	property(end != NULL);
	end += strlen("\r\n\r\n");
	while (head + strlen("\r\n") < end) {
		size_t name = strspn(head, letters);
		size_t len = strcspn(head, "\r\n");

		property(name > 0 && strncmp(head + name, ": ", 2) == 0);
		property(reference_is_utf8(head, len));
		for (size_t i = 0; i < len; i++)
			property(
			    (unsigned char)head[i] >= 0x20 && head[i] != 0x7f);
		property(strncmp(head + len, "\r\n", 2) == 0);
		if (strncmp(head, "Content-Length: ", 16) == 0) {
			property(!has_length);
			has_length = true;
			property(strtoul(head + 16, NULL, 10) == strlen(end));
		}
		head += len + strlen("\r\n");
	}
	property(has_length || *end == '\0');
	return end;
}

const char *
fuzz_body(void)
{
	property(answer.out.len > 0);
	return check_head(answer.out.data);
}

const char *
fuzz_head(void)
{
	return mem_copy(
	    answer.out.data, (size_t)(fuzz_body() - answer.out.data));
}

int
fuzz_status(void)
{
	return (int)strtol(fuzz_head() + strlen("Status: "), NULL, 10);
}

/* --- hashing, cheaply: the costs are real in their form, small in size --- */

static uint64_t
at_most(uint64_t number, uint64_t limit)
{
	return number < limit ? number : limit;
}

int
fuzz_scrypt(const char *password, size_t password_len,
    const unsigned char *salt, size_t salt_len, uint64_t n, uint64_t r,
    uint64_t p, uint64_t max_memory, unsigned char *key, size_t key_len)
{
	if ((n & (n - 1)) == 0) /* else libcrypto has to refuse it */
		n = at_most(n, 4);
	return EVP_PBE_scrypt(password, password_len, salt, salt_len, n,
	    at_most(r, 2), at_most(p, 2), max_memory, key, key_len);
}

int
fuzz_pbkdf2(const char *password, int password_len, const unsigned char *salt,
    int salt_len, int rounds, const EVP_MD *digest, int key_len,
    unsigned char *key)
{
	return PKCS5_PBKDF2_HMAC(password, password_len, salt, salt_len,
	    (int)at_most((uint64_t)rounds, 3), digest, key_len, key);
}

char *
fuzz_crypt_rn(const char *password, const char *hash, void *data, int size)
{
	char *cheap = mem_copy(hash, strlen(hash));
	char *result;

	cheap[4] = '0';
	cheap[5] = '4';
	result = crypt_rn(password, cheap, data, size);
	if (result != NULL)
		memcpy(result, hash, strlen("$2b$10"));
	return result;
}

/* --- the database, in place of lib/db.c --- */

const char db_null[] = "";

struct db_rows {
	size_t count;
};

/* What reaches the database is text that PostgreSQL takes. */
static void
check_words(const char *const words[])
{
	size_t count = 0;

	for (; words[1 + count] != NULL; count++)
		property(reference_is_utf8(
		    words[1 + count], strlen(words[1 + count])));
	property(count <= 8);
}

const struct db_rows *
db_run(const char *const words[])
{
	struct db_rows *rows = mem_alloc(sizeof(*rows));

	check_words(words);
	rows->count = run.rows;
	return rows;
}

void
db_run_along(const char *const words[])
{
	check_words(words);
}

void
db_open(void)
{
}

void
db_finish(void)
{
}

const char *
db_integer(int64_t number)
{
	return mem_format("%lld", (long long)number);
}

void
fuzz_database(size_t rows, struct fuzz_input *says)
{
	run.rows = rows;
	run.says = says;
}

size_t
db_count(const struct db_rows *rows)
{
	return rows->count;
}

/* Text of the database is UTF-8, whoever has written it. */
const char *
db_text(const struct db_rows *rows, size_t row, size_t column)
{
	const char *text;

	(void)column;
	if (row >= rows->count)
		return NULL;
	text = fuzz_line(run.says);
	return reference_is_utf8(text, strlen(text)) ? text : "\xc3\x85sa";
}

int64_t
db_number(const struct db_rows *rows, size_t row, size_t column)
{
	int64_t number = 0;

	(void)rows;
	(void)row;
	(void)column;
	/* some 16 million, or of the years 1970 to 2105 */
	for (int i = 0; i < 4; i++)
		number = number << 8 | fuzz_byte(run.says);
	return number;
}

bool
db_bool(const struct db_rows *rows, size_t row, size_t column)
{
	(void)rows;
	(void)row;
	(void)column;
	return fuzz_byte(run.says) % 2 == 1;
}
