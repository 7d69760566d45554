#include "mem.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "child.h"

/* Sizes around what fits into a chunk, and around the alignment. */
static const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 65520, 65535, 65536,
	65537, 1000000, 1, 0, 8, 8192 };

#define COUNT (sizeof(sizes) / sizeof(sizes[0]))

static void
test_zeroes_and_alignment(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		const char *bytes = mem_alloc(sizes[i]);

		assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
		for (size_t j = 0; j < sizes[i]; j++) {
			if (bytes[j] != 0)
				fail_msg("byte %zu of %zu", j, sizes[i]);
		}
	}
}

static void
test_no_two_overlap(void **state)
{
	unsigned char *bytes[20 * COUNT];

	(void)state;
	for (size_t i = 0; i < 20 * COUNT; i++) {
		bytes[i] = mem_alloc(sizes[i % COUNT]);
		memset(bytes[i], (int)i, sizes[i % COUNT]);
	}
	for (size_t i = 0; i < 20 * COUNT; i++) {
		for (size_t j = 0; j < sizes[i % COUNT]; j++) {
			if (bytes[i][j] != (unsigned char)i)
				fail_msg("byte %zu of block %zu", j, i);
		}
	}
}

static void
test_copy(void **state)
{
	static const char original[] = "a\0b\xff";
	char *copy = mem_copy(original, 4);

	(void)state;
	assert_memory_equal(copy, original, sizeof(original));
	copy[0] = 'x';
	assert_int_equal(original[0], 'a');
	assert_string_equal(mem_copy("abc", 2), "ab");
	assert_string_equal(mem_copy("", 0), "");
}

static void
test_format(void **state)
{
	char *text = mem_format("%70000s|%d", "wide", -1);

	(void)state;
	assert_int_equal(strlen(text), 70003);
	assert_string_equal(text + 69996, "wide|-1");
	assert_string_equal(mem_format("%s", ""), "");
	assert_string_equal(mem_format("100%%"), "100%");
}

static void
ask_for(const void *size)
{
	mem_alloc(*(const size_t *)size);
}

static void
ask_for_a_loan(const void *size)
{
	mem_lend(*(const size_t *)size);
}

static void
ask_for_a_longer_loan(const void *size)
{
	mem_lend_again(mem_lend(1), *(const size_t *)size);
}

static void
test_too_much_dies(void **state)
{
	static const size_t too_much[] = { SIZE_MAX, SIZE_MAX / 2 + 1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct child child = { 0 };

		child_run(&child, ask_for, &too_much[i]);
		assert_died(&child, "mem: ");
		child_run(&child, ask_for_a_loan, &too_much[i]);
		assert_died(&child, "mem: ");
		child_run(&child, ask_for_a_longer_loan, &too_much[i]);
		assert_died(&child, "mem: ");
	}
}

static void
test_lent_memory_can_be_freed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = sizes[i] * 40; /* up to 40 MB */
		unsigned char *bytes = mem_lend(size);

		assert_non_null(bytes);
		memset(bytes, 0xff, size);
		bytes = mem_lend_again(bytes, size + 1);
		bytes[size] = 0;
		free(bytes);
	}
}

int
main(void)
{
	UNIT_TEST(test_lent_memory_can_be_freed);
	UNIT_TEST(test_zeroes_and_alignment);
	UNIT_TEST(test_no_two_overlap);
	UNIT_TEST(test_copy);
	UNIT_TEST(test_format);
	UNIT_TEST(test_too_much_dies);
	return unit_run();
}
