/* opaque -- names and passwords as they are compared, however a keyboard has
 * written them.
 *
 * Apart from lib/password.h, because lib/users.h compares two fields by it.
 * The tables are those of libunistring, which only programs that hash a
 * password link. */

#ifndef OPAQUE_H
#define OPAQUE_H

/* text, which is valid UTF-8, in NFC (Unicode UAX 15). */
const char *opaque_nfc(const char *text);

/* typed, which is valid UTF-8, in NFC and with SPACE for every other blank of
 * Unicode's category Zs: RFC 8265's profile OpaqueString.  Nothing else is
 * changed or refused. */
const char *opaque_string(const char *typed);

#endif
