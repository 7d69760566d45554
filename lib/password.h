/* password -- password hashes, by OpenSSL's libcrypto and Debian's libxcrypt.
 *
 * Apart from lib/secret.h, because whatever links libcrypto starts slower.
 *
 * A new hash is text in Werkzeug's form, which the predecessors of this system
 * wrote: METHOD$SALT$HEXDIGEST, the salt taken as its literal characters.  So a
 * hash carries its cost, and the cost can be raised at any time.  The forms are
 *
 *	scrypt:N:r:p            64 bytes (RFC 7914); new hashes are these
 *	pbkdf2:DIGEST[:ROUNDS]  of the digest's size (RFC 8018); 1,000 rounds
 *	DIGEST                  HMAC of the password with the salt as its key
 *
 * with a DIGEST of md5, sha1, sha224, sha256, sha384 or sha512; and bcrypt,
 * $2a$, $2b$ or $2y$, which is of the first 72 bytes of a password.
 *
 * A hash is of what opaque_string() makes of a password, and says so: its salt
 * begins with "nfc.".  An older one may be of the password as it was typed.
 *
 * A hash may come from a file of somebody else's (bin/import-sqlite), and
 * its cost with it.  One that would take more than some 4 s of a processor, or
 * 256 MiB, counts as a hash of no known form. */

#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>

/* A hash of password with a salt of its own.  Takes some 50 ms. */
const char *password_hash(const char *password);

/* True when password is the one that hash was made of.  A hash of no known form
 * matches nothing and is logged. */
bool password_matches(const char *password, const char *hash);

/* True when hash was made in another way or at less cost than new ones are,
 * so that it should be replaced while the password is at hand. */
bool password_is_outdated(const char *hash);

#endif
