/* buf -- bytes that grow.
 *
 * Starts as { 0 }.  data is NULL until the first byte is added and
 * NUL-terminated from then on; it moves when it grows, so take the pointer
 * last.  Memory comes from mem and is never given back. */

#ifndef BUF_H
#define BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t len;  /* without the terminating NUL */
	size_t size; /* bytes that data has room for */
};

/* Room for most documents.  Memory costs nothing until it is written to, and a
 * document that grows is written once more each time. */
#define BUF_DOCUMENT ((size_t)64 * 1024)

/* Makes room for size bytes in all, with the terminating NUL. */
void buf_reserve(struct buf *buf, size_t size);

void buf_add(struct buf *buf, const char *bytes, size_t len);
void buf_puts(struct buf *buf, const char *text);

#endif
