/* failing_malloc -- linked into a program, makes one of its allocations fail,
 * or all from one on.
 *
 *	FAIL_AT=N     the Nth allocation since main() began, counted from 1
 *	FAIL_ON=1     and all after it
 *	FAIL_TELL=F   the first byte of the file F becomes 1 when one has failed
 *
 * It counts whatever the program, libpq, libcrypto and the C library itself ask
 * of malloc() and its like: they all take these here. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static long calls, fail_at;
static bool fail_on;
static char *tell; /* shared memory: no file may be open when it is needed */

/* Libraries have been initialised, main() comes next. */
__attribute__((constructor)) static void
begin(void)
{
	const char *at = getenv("FAIL_AT"), *name = getenv("FAIL_TELL");
	int file;

	if (at == NULL || name == NULL)
		return;
	file = open(name, O_RDWR);
	tell = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (tell == MAP_FAILED)
		abort();
	close(file);
	fail_on = getenv("FAIL_ON") != NULL;
	fail_at = strtol(at, NULL, 10);
}

static bool
fails(void)
{
	if (fail_at == 0 || ++calls < fail_at || (calls > fail_at && !fail_on))
		return false;
	*tell = 1;
	errno = ENOMEM;
	return true;
}

/* glibc's own, under the names that it keeps for whoever replaces them. */
void *libc_malloc(size_t size) __asm__("__libc_malloc");
void *libc_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *libc_realloc(void *memory, size_t size) __asm__("__libc_realloc");
void *libc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");

void *
malloc(size_t size)
{
	return fails() ? NULL : libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails() ? NULL : libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
	return fails() ? NULL : libc_realloc(memory, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : libc_memalign(alignment, size);
}

int
posix_memalign(void **memory, size_t alignment, size_t size)
{
	if (fails() || (*memory = libc_memalign(alignment, size)) == NULL)
		return ENOMEM;
	return 0;
}
