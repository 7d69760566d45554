/* The heap of the static programs.  This program is linked with lib/heap.o, so
 * its malloc() is the one to be tested, and libc and cmocka use it, too.  A
 * build with sanitizers tests the sanitizer's heap. */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "unit.h"

#ifndef SANDBOX_OPEN /* by a build with sanitizers */
#define SANDBOX_OPEN false
#endif

#define PAGE 4096
#define MEGABYTE ((size_t)1024 * 1024)

/* The compiler must not know what these are, or it leaves them out. */
static void *(*volatile allocate)(size_t) = malloc;
static void *(*volatile allocate_zeroed)(size_t, size_t) = calloc;
static void *(*volatile allocate_again)(void *, size_t) = realloc;
static void *(*volatile allocate_aligned)(size_t, size_t) = aligned_alloc;
static void (*volatile release)(void *) = free;

static void
assert_filled(const unsigned char *bytes, size_t len, int with)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != with)
			fail_msg("byte %zu is %d, not %d", i, bytes[i], with);
	}
}

static void
assert_aligned(const void *memory, size_t alignment)
{
	assert_non_null(memory);
	assert_int_equal((uintptr_t)memory % alignment, 0);
}

static void
assert_given(void *memory)
{
	assert_aligned(memory, _Alignof(max_align_t));
	release(memory);
}

/* --- every size --- */

/* Where objects begin and end, and where they become large. */
static const size_t sizes[] = { 0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257,
	4095, 4096, 4097, 65536, 131071, 131072, 131073, 262144, 1048576,
	4194305 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void
test_sizes(void **state)
{
	unsigned char *memory[SIZES];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < SIZES; i++) {
			memory[i] = allocate(sizes[i]);
			assert_aligned(memory[i], _Alignof(max_align_t));
			memset(memory[i], (int)i, sizes[i]);
		}
		for (size_t i = 0; i < SIZES; i++) {
			assert_filled(memory[i], sizes[i], (int)i);
			release(memory[i]);
		}
	}
	release(NULL);
}

static void
test_zeroed(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		unsigned char *dirty = allocate(sizes[i]), *memory;

		memset(dirty, 0xa5, sizes[i]);
		release(dirty);
		memory = allocate_zeroed(1, sizes[i]);
		assert_aligned(memory, _Alignof(max_align_t));
		assert_filled(memory, sizes[i], 0);
		release(memory);
	}
	assert_given(allocate_zeroed(7, 0));
	assert_given(allocate_zeroed(0, 7));
}

static void
test_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		for (size_t j = 1; j < SIZES; j++) {
			size_t kept = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
			unsigned char *memory = allocate(sizes[i]);

			memset(memory, 0x5a, sizes[i]);
			memory = allocate_again(memory, sizes[j]);
			assert_aligned(memory, _Alignof(max_align_t));
			assert_filled(memory, kept, 0x5a);
			memset(memory, 0xa5, sizes[j]);
			release(memory);
		}
	}
	assert_given(allocate_again(NULL, 10));
}

static void
test_aligned(void **state)
{
	(void)state;
	for (size_t alignment = 16; alignment <= 2 * MEGABYTE; alignment *= 2) {
		unsigned char *memory =
		    allocate_aligned(alignment, 2 * alignment);

		assert_aligned(memory, alignment);
		memset(memory, 1, 2 * alignment);
		release(memory);
	}
}

/* --- what is too much --- */

static const struct too_much {
	const char *name;
	size_t count, size;
} too_much[] = {
	{ "all there is", 1, SIZE_MAX },
	{ "more than an object can have", 1, PTRDIFF_MAX },
	{ "a product that wraps around to 0", SIZE_MAX / 2 + 1, 2 },
	{ "a product that wraps around to 16", SIZE_MAX / 16 + 2, 16 },
};

static void
test_too_much(void **state)
{
	const struct too_much *row = row_of(state);
	void *memory = allocate(16);

	errno = 0;
	assert_null(allocate_zeroed(row->count, row->size));
	assert_int_equal(errno, ENOMEM);
	if (row->count == 1) {
		assert_null(allocate(row->size));
		assert_null(allocate_aligned(4096, row->size));
		memset(memory, 7, 16);
		assert_null(allocate_again(memory, row->size));
		assert_filled(memory, 16, 7);
	}
	release(memory);
}

/* --- what is given back --- */

/* A loop that allocates and frees, as libcrypto's for each round of PBKDF2,
 * takes no more memory. */
static void
test_reuse(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 131072; size += 1 + size / 50) {
		void *first = allocate(size);

		release(first);
		assert_ptr_equal(allocate(size), first);
		release(first);
	}
}

static void
test_large_is_returned(void **state)
{
	unsigned char in_memory;
	char *memory = allocate(MEGABYTE);
	void *page = memory + (-(uintptr_t)memory & (PAGE - 1));

	(void)state;
	assert_int_equal(mincore(page, PAGE, &in_memory), 0);
	release(memory);
	assert_int_equal(mincore(page, PAGE, &in_memory), -1);
	assert_int_equal(errno, ENOMEM);
}

/* --- all of it, in any order --- */

#define SLOTS 200

static uint32_t
next_random(void)
{
	static uint32_t random = 1;

	random = random * 1664525 + 1013904223;
	return random >> 8;
}

static size_t
random_size(void)
{
	size_t most = (size_t)1 << (next_random() % 19);

	return 1 + next_random() % most;
}

static void
test_any_order(void **state)
{
	static struct {
		unsigned char *bytes;
		size_t len;
		int with;
	} slots[SLOTS];

	(void)state;
	for (int step = 0; step < 50000; step++) {
		size_t i = next_random() % SLOTS, old = slots[i].len;
		size_t len = random_size();
		bool again = next_random() % 2 == 0;

		assert_filled(
		    slots[i].bytes, old < 64 ? old : 64, slots[i].with);
		if (old > 64)
			assert_filled(
			    slots[i].bytes + old - 64, 64, slots[i].with);
		if (again) {
			slots[i].bytes = allocate_again(slots[i].bytes, len);
			old = old < len ? old : len;
			assert_filled(
			    slots[i].bytes, old < 64 ? old : 64, slots[i].with);
		} else {
			release(slots[i].bytes);
			slots[i].bytes = allocate(len);
		}
		assert_non_null(slots[i].bytes);
		slots[i].len = len;
		slots[i].with = step % 251;
		memset(slots[i].bytes, slots[i].with, len);
	}
}

int
main(void)
{
	UNIT_TEST(test_sizes);
	UNIT_TEST(test_zeroed);
	UNIT_TEST(test_again);
	UNIT_TEST(test_aligned);
	UNIT_ROWS(test_too_much, too_much);
	if (!SANDBOX_OPEN) { /* a sanitizer keeps what is freed */
		UNIT_TEST(test_reuse);
		UNIT_TEST(test_large_is_returned);
	}
	UNIT_TEST(test_any_order);
	return unit_run();
}
