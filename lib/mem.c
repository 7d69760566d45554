#include "mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* A whole request usually fits into the first chunk.  Under the address
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
#define CHUNK_SIZE ((size_t)64 * 1024)
#endif

struct chunk {
	struct chunk *older;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct chunk *newest;

void *
mem_alloc(size_t size)
{
	const size_t alignment = alignof(max_align_t);
	struct chunk *chunk = newest;
	char *start;

	if (size > SIZE_MAX / 2)
		die("mem: %zu bytes asked for", size);
	if (size == 0)
		size = 1; /* the rest of a chunk may be none, and not aligned */
	if (chunk == NULL || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		if ((chunk = calloc(1, sizeof(*chunk) + room)) == NULL)
			die("mem: no %zu bytes left", room);
		chunk->older = newest;
		chunk->size = room;
		newest = chunk;
	}
	start = chunk->bytes + chunk->used;
	size = (size + alignment - 1) / alignment * alignment;
	chunk->used += size;
	if (chunk->used > chunk->size)
		chunk->used = chunk->size;
	return start;
}

char *
mem_copy(const char *bytes, size_t len)
{
	char *copy = mem_alloc(len + 1);

	memcpy(copy, bytes, len);
	return copy;
}

char *
mem_format(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		die("mem: format refused: %s", format);
	text = mem_alloc((size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}
