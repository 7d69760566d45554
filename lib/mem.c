#include "mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "log.h"

#define PAGE 4096
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)
#define SHORT 200

/* A whole request usually fits into the first chunk, which is there from the
 * start; its pages cost nothing until they are written to.  Under the address
 * sanitizer every allocation is a chunk of its own, so that a write past its
 * end is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define CHUNK_SIZE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNK_SIZE 0
#endif
#endif
#ifndef CHUNK_SIZE
#define CHUNK_SIZE ((size_t)256 * 1024)
#endif

struct chunk {
	struct chunk *older;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

#define FIRST_SIZE (sizeof(struct chunk) + CHUNK_SIZE)

/* Common, so that the linker puts it behind all small variables, which then
 * share pages. */
extern char mem_first_bytes[FIRST_SIZE];
char mem_first_bytes[FIRST_SIZE] __attribute__((common, aligned(PAGE)));
static struct chunk *newest;

/* A chunk that has room for so many bytes. */
static struct chunk *
chunk_with(size_t size)
{
	size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	struct chunk *chunk;

	if (newest != NULL && newest->size - newest->used >= size)
		return newest;
	if (newest == NULL && size <= CHUNK_SIZE)
		chunk = (struct chunk *)mem_first_bytes;
	else if ((chunk = calloc(1, sizeof(*chunk) + room)) == NULL)
		die("mem: no %zu bytes left", room);
	chunk->older = newest;
	chunk->size = room;
	return newest = chunk;
}

/* No object is that large, and malloc need not be asked. */
static void
refuse_too_much(size_t size)
{
	if (size > SIZE_MAX / 2)
		die("mem: %zu bytes asked for", size);
}

void *
mem_alloc(size_t size)
{
	const size_t alignment = alignof(max_align_t);
	struct chunk *chunk;
	char *start;

	refuse_too_much(size);
	if (size == 0)
		size = 1; /* the rest of a chunk may be none, and not aligned */
	chunk = chunk_with(size);
	start = chunk->bytes + chunk->used;
	size = (size + alignment - 1) / alignment * alignment;
	chunk->used += size;
	if (chunk->used > chunk->size)
		chunk->used = chunk->size;
	return start;
}

void
mem_put(char *to, const char *from, size_t len)
{
	if (len > SHORT) {
		memcpy(to, from, len);
		return;
	}
	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
		memcpy(to, from, sizeof(uint64_t));
		to += sizeof(uint64_t);
		from += sizeof(uint64_t);
	}
	if (len & 4) {
		memcpy(to, from, 4);
		to += 4;
		from += 4;
	}
	if (len & 2) {
		memcpy(to, from, 2);
		to += 2;
		from += 2;
	}
	if (len & 1)
		*to = *from;
}

char *
mem_copy(const char *bytes, size_t len)
{
	char *copy = mem_alloc(len + 1);

	mem_put(copy, bytes, len);
	return copy;
}

char *
mem_format(const char *format, ...)
{
	char guess[256], *text;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(guess, sizeof(guess), format, args);
	va_end(args);
	if (len < 0)
		die("mem: format refused: %s", format);
	if ((size_t)len < sizeof(guess))
		return mem_copy(guess, (size_t)len);
	text = mem_alloc((size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

static void *
need(void *memory, size_t size)
{
	if (memory == NULL && size > 0)
		die("mem: no %zu bytes left to lend", size);
	return memory;
}

void *
mem_lend(size_t size)
{
	void *memory;

	refuse_too_much(size);
	if (size < HUGE_PAGE)
		return need(malloc(size), size);
	size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	memory = need(aligned_alloc(HUGE_PAGE, size), size);
	madvise(memory, size, MADV_HUGEPAGE); /* no loss if it can't */
	return memory;
}

void *
mem_lend_again(void *memory, size_t size)
{
	refuse_too_much(size);
	return need(realloc(memory, size), size);
}
