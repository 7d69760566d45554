#include "secret.h"

#include <string.h>
#include <sys/random.h>

#include "log.h"
#include "mem.h"

const char *
secret_hex(const unsigned char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *text = mem_alloc(2 * len + 1);

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return text;
}

const char *
secret_random(size_t bytes)
{
	unsigned char *random = mem_alloc(bytes);

	/* up to 256 bytes come whole or, before the pool is ready, not at all
	 * (getrandom(2)) */
	if (getrandom(random, bytes, 0) != (ssize_t)bytes)
		die("secret: the system gives no random bytes");
	return secret_hex(random, bytes);
}

bool
secret_equal(const char *a, const char *b)
{
	/* volatile, so that no compiler ends it at the first difference */
	volatile unsigned char differs = 0;
	size_t len = strlen(a);

	if (len != strlen(b))
		return false;
	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return differs == 0;
}
