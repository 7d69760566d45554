/* secret -- random tokens, and comparing what is secret. */

#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* So many bytes of the system's random source, 256 at the most, in hexadecimal
 * digits. */
const char *secret_random(size_t bytes);

/* The bytes in hexadecimal digits. */
const char *secret_hex(const unsigned char *bytes, size_t len);

/* Compares in a time that depends on the lengths alone. */
bool secret_equal(const char *a, const char *b);

#endif
