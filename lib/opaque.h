/* opaque -- a password as it is compared, however a keyboard has written it:
 * RFC 8265's profile OpaqueString.
 *
 * Apart from lib/password.h, because lib/users.h compares two fields by it.
 * The tables are those of libunistring, which only programs that hash a
 * password link. */

#ifndef OPAQUE_H
#define OPAQUE_H

/* typed, which is valid UTF-8, in NFC and with SPACE for every other blank of
 * Unicode's category Zs.  Nothing else is changed or refused. */
const char *opaque_string(const char *typed);

#endif
