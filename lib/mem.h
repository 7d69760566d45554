/* mem -- the memory of one request.
 *
 * Everything is allocated here, nothing is ever freed: the process ends a few
 * milliseconds later, and exit is the collector.  No function returns NULL;
 * out of memory dies. */

#ifndef MEM_H
#define MEM_H

#include <stddef.h>

/* size bytes of zeroes, aligned for any type.  Lives as long as the process. */
void *mem_alloc(size_t size);

/* Copies len bytes; to and from do not overlap.  Most strings are short, and
 * musl's memcpy() takes longer to begin than a loop takes for them. */
void mem_put(char *to, const char *from, size_t len);

/* A NUL-terminated copy of len bytes. */
char *mem_copy(const char *bytes, size_t len);

/* What printf would print, NUL-terminated. */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory for a library that takes back what it needs no longer, with free():
 * size bytes of anything.  2 MB and more come in huge pages, if the system has
 * any: each saves 511 page faults. */
void *mem_lend(size_t size);

/* The same for what was lent, or NULL, and has to be of another size. */
void *mem_lend_again(void *memory, size_t size);

#endif
