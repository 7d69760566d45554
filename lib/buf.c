#include "buf.h"

#include <string.h>

#include "mem.h"

#define FIRST_SIZE 512

static void
grow(struct buf *buf, size_t size)
{
	char *grown = mem_alloc(size);

	if (buf->len > 0)
		memcpy(grown, buf->data, buf->len);
	buf->data = grown;
	buf->size = size;
}

void
buf_reserve(struct buf *buf, size_t size)
{
	if (size > buf->size)
		grow(buf, size);
}

void
buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (buf->size - buf->len <= len) {
		size_t size = buf->size * 2 + len + 1;

		grow(buf, size < FIRST_SIZE ? FIRST_SIZE : size);
	}
	mem_put(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}
