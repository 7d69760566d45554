#include "buf.h"

#include <stdint.h>
#include <string.h>

#include "mem.h"

#define FIRST_SIZE 512
#define SHORT 200

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

/* Most pieces are short, and musl's memcpy() takes longer to begin than a loop
 * takes for them. */
static void
copy(char *to, const char *from, size_t len)
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

void
buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (buf->size - buf->len <= len) {
		size_t size = buf->size * 2 + len + 1;

		grow(buf, size < FIRST_SIZE ? FIRST_SIZE : size);
	}
	copy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}
