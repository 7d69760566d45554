#include "buf.h"

#include <string.h>

#include "mem.h"

/* Most pages fit; what is not written to costs nothing. */
#define FIRST_SIZE 16384

void
buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (buf->size - buf->len <= len) {
		size_t size = buf->size * 2 + len + 1;
		char *grown;

		if (size < FIRST_SIZE)
			size = FIRST_SIZE;
		grown = mem_alloc(size);
		if (buf->len > 0)
			memcpy(grown, buf->data, buf->len);
		buf->data = grown;
		buf->size = size;
	}
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}
