/* secret -- passwords, tokens and digests, by OpenSSL's libcrypto.
 *
 * A password hash is text in Werkzeug's form, which the predecessors of this
 * system wrote: METHOD$SALT$HEXDIGEST, the salt taken as its literal
 * characters.  Understood are
 *
 *	scrypt:N:r:p            64 bytes (RFC 7914); new hashes are these
 *	pbkdf2:sha256:ROUNDS    32 bytes (RFC 8018)
 *
 * so a hash carries its cost, and the cost can be raised at any time. */

#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>

/* A hash of password with a salt of its own.  Takes some 50 ms. */
const char *secret_password_hash(const char *password);

/* True when password is the one that hash was made of.  A hash of another
 * form matches nothing and is logged. */
bool secret_password_matches(const char *password, const char *hash);

/* True when hash was made in another way or at less cost than new ones are,
 * so that it should be replaced while the password is at hand. */
bool secret_password_is_outdated(const char *hash);

/* 256 bits of the system's random source, in 64 hexadecimal digits. */
const char *secret_token(void);

/* SHA-256 (FIPS 180-4) of a token, in 64 hexadecimal digits: what is stored
 * of it.  A random token needs neither salt nor stretching. */
const char *secret_digest(const char *token);

/* Compares in a time that depends on the lengths alone. */
bool secret_equal(const char *a, const char *b);

#endif
