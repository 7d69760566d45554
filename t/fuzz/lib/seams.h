/* seams -- included before all else by what is compiled to be fuzzed: where the
 * library touches the world, it touches the harness instead.
 *
 * The headers of the system come after this and declare these functions with
 * their right types. */

#ifndef SEAMS_H
#define SEAMS_H

/* the process: its end is the end of one run */
#define exit fuzz_exit
#define _exit fuzz_exit

/* stdin, stdout, stderr */
#define read fuzz_read
#define write fuzz_write
#define fprintf fuzz_fprintf

/* hashing takes 50 ms by design */
#define EVP_PBE_scrypt fuzz_scrypt
#define PKCS5_PBKDF2_HMAC fuzz_pbkdf2
#define crypt_rn fuzz_crypt_rn

/* what the simulator keeps until it ends */
#define reallocarray fuzz_reallocarray

#endif
