/* password -- password hashes, by OpenSSL's libcrypto.
 *
 * Apart from lib/secret.h, because whatever links libcrypto starts slower.
 *
 * A hash is text in Werkzeug's form, which the predecessors of this
 * system wrote: METHOD$SALT$HEXDIGEST, the salt taken as its literal
 * characters.  Understood are
 *
 *	scrypt:N:r:p            64 bytes (RFC 7914); new hashes are these
 *	pbkdf2:sha256:ROUNDS    32 bytes (RFC 8018)
 *
 * so a hash carries its cost, and the cost can be raised at any time. */

#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>

/* A hash of password with a salt of its own.  Takes some 50 ms. */
const char *password_hash(const char *password);

/* True when password is the one that hash was made of.  A hash of another
 * form matches nothing and is logged. */
bool password_matches(const char *password, const char *hash);

/* True when hash was made in another way or at less cost than new ones are,
 * so that it should be replaced while the password is at hand. */
bool password_is_outdated(const char *hash);

#endif
