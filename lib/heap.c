/* heap -- malloc(3) and its family for the static programs, in place of musl's.
 *
 * musl's heap maps pages for each size of object, about a dozen times before
 * libpq has connected. A program that ends within a millisecond has no time for
 * that: with musl's heap, a list takes 15 more page faults, 13 more system
 * calls and a fifth to a quarter more processor time (doc/performance.md).
 *
 * A small object is a freed one of the same size, or the next piece of an
 * arena. A large object has a mapping of its own, which free() returns to the
 * system. There is one thread, so there are no locks.
 *
 * LINK=shared and SANITIZE=1 leave this file out. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT _Alignof(max_align_t)
#define ARENA ((size_t)256 * 1024)
#define LARGEST_SMALL ((size_t)128 * 1024)
#define SIZES 49 /* of small objects, as round_up() numbers them */

/* The header before each object. */
struct object {
	size_t size;
	union {
		char *mapping;       /* of a large object: its first byte */
		struct object *next; /* of a free one */
	};
};

/* Common, so that the linker puts it behind all small variables, which then
 * share pages. */
extern char first_arena[ARENA];
char first_arena[ARENA] __attribute__((common, aligned(ALIGNMENT)));
static char *next = first_arena, *end = first_arena + ARENA;

/* Freed small objects, by their size. */
static struct object *spare[SIZES];

static struct object *
object_of(void *memory)
{
	return (struct object *)memory - 1;
}

static bool
is_small(size_t size)
{
	return size <= LARGEST_SMALL;
}

/* Rounds a size up to one of four between two powers of two, or of eight up to
 * 128 bytes.  Returns the number of that size among all of them. */
static unsigned
round_up(size_t *size)
{
	size_t step = ALIGNMENT, steps;
	unsigned smaller = 0;

	for (; 8 * step < *size; step *= 2)
		smaller += 4;
	steps = *size > 0 ? (*size + step - 1) / step : 1;
	*size = steps * step;
	return smaller + (unsigned)steps;
}

static char *
map(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages != MAP_FAILED ? pages : NULL;
}

static void *
allocate_large(size_t alignment, size_t size)
{
	char *mapping = map(sizeof(struct object) + alignment + size), *memory;

	if (mapping == NULL)
		return NULL;
	memory = mapping + sizeof(struct object);
	memory += -(uintptr_t)memory & (alignment - 1);
	*object_of(memory) = (struct object){ size, { mapping } };
	return memory;
}

static void *
allocate_small(size_t size)
{
	unsigned number = round_up(&size);
	struct object *object = spare[number];

	if (object != NULL) {
		spare[number] = object->next;
		return object + 1;
	}
	if (sizeof(*object) + size > (size_t)(end - next)) {
		char *arena = map(ARENA);

		if (arena == NULL)
			return NULL;
		next = arena;
		end = arena + ARENA;
	}
	object = (struct object *)next;
	object->size = size;
	next += sizeof(*object) + size;
	return object + 1;
}

/* The name is none of the C library's: a compiler that saw malloc() and
 * memset() in calloc() would replace both by calloc(). */
static void *
allocate(size_t alignment, size_t size)
{
	void *memory = NULL;

	if (alignment > ALIGNMENT && is_small(size))
		size = LARGEST_SMALL + 1;
	if (is_small(size))
		memory = allocate_small(size);
	else if (size <= SIZE_MAX / 4 && alignment <= SIZE_MAX / 4)
		memory = allocate_large(alignment, size);
	if (memory == NULL)
		errno = ENOMEM;
	return memory;
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return allocate(alignment, size);
}

void *
malloc(size_t size)
{
	return allocate(ALIGNMENT, size);
}

void *
calloc(size_t count, size_t size)
{
	size_t all =
	    size == 0 || count <= SIZE_MAX / size ? count * size : SIZE_MAX;
	void *memory = allocate(ALIGNMENT, all);

	/* a new mapping is all zeroes */
	if (memory != NULL && is_small(all))
		memset(memory, 0, all);
	return memory;
}

void
free(void *memory)
{
	struct object *object;
	unsigned number;

	if (memory == NULL)
		return;
	object = object_of(memory);
	if (!is_small(object->size)) {
		munmap(object->mapping,
		    (size_t)((char *)memory - object->mapping) + object->size);
		return;
	}
	number = round_up(&object->size);
	object->next = spare[number];
	spare[number] = object;
}

void *
realloc(void *memory, size_t size)
{
	size_t old = memory != NULL ? object_of(memory)->size : 0;
	void *larger;

	if (memory != NULL && size <= old)
		return memory;
	if ((larger = allocate(ALIGNMENT, size)) != NULL && memory != NULL) {
		memcpy(larger, memory, old);
		free(memory);
	}
	return larger;
}
