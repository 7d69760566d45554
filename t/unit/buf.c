#include "buf.h"

#include <string.h>

#include "unit.h"

static void
test_starts_empty(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_add(&buf, "", 0);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	buf_puts(&buf, "");
	assert_int_equal(buf.len, 0);
}

static void
test_keeps_every_byte(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		char byte = (char)i;

		buf_add(&buf, &byte, 1);
		if (buf.data[buf.len] != '\0' || buf.len >= buf.size)
			fail_msg("no NUL after byte %zu", i);
	}
	assert_int_equal(buf.len, 100000);
	for (size_t i = 0; i < buf.len; i++) {
		if (buf.data[i] != (char)i)
			fail_msg("byte %zu is another", i);
	}
}

/* Around the sizes at which it grows. */
static void
test_pieces_of_any_length(void **state)
{
	(void)state;
	for (size_t len = 8180; len < 8200; len++) {
		char *piece = mem_alloc(len + 1);
		struct buf buf = { 0 };

		memset(piece, 'x', len);
		buf_puts(&buf, piece);
		buf_puts(&buf, "y");
		buf_puts(&buf, piece);
		assert_int_equal(buf.len, 2 * len + 1);
		assert_int_equal(strlen(buf.data), buf.len);
		assert_int_equal(buf.data[len], 'y');
	}
}

static void
test_can_be_doubled(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_puts(&buf, "ab");
	for (int i = 0; i < 14; i++)
		buf_add(&buf, buf.data, buf.len);
	assert_int_equal(buf.len, 2 << 14);
	assert_string_equal(buf.data + buf.len - 4, "abab");
}

/* Bytes within the room stay where they are. */
static void
test_reserve(void **state)
{
	struct buf buf = { 0 };
	const char *data;

	(void)state;
	buf_puts(&buf, "before");
	buf_reserve(&buf, 5000);
	assert_string_equal(buf.data, "before");
	data = buf.data;
	buf_puts(&buf, times("x", 4999 - strlen("before")));
	assert_ptr_equal(buf.data, data);
	assert_int_equal(strlen(data), 4999);
	buf_reserve(&buf, 10);
	assert_ptr_equal(buf.data, data);
	buf_puts(&buf, "after");
	assert_int_equal(strlen(buf.data), 4999 + strlen("after"));
}

int
main(void)
{
	UNIT_TEST(test_starts_empty);
	UNIT_TEST(test_keeps_every_byte);
	UNIT_TEST(test_pieces_of_any_length);
	UNIT_TEST(test_can_be_doubled);
	UNIT_TEST(test_reserve);
	return unit_run();
}
