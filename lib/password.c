#include "password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "secret.h"
#include "text.h"

#define SALT_BYTES 16

/* 2^14 x 8 x 128 bytes = 16 MB for some 50 ms of one core. */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_BYTES 64
#define SCRYPT_MAX_MEMORY ((uint64_t)256 * 1024 * 1024)

#define PBKDF2_BYTES 32
#define PBKDF2_MAX_ROUNDS 10000000

/* METHOD:a:b:c$SALT$HEXDIGEST, taken apart. */
struct parts {
	const char *method;
	int64_t costs[3];
	size_t cost_count;
	const char *salt, *digest;
};

static bool
take_apart(const char *hash, struct parts *parts)
{
	char *copy = mem_copy(hash, strlen(hash));
	char *salt = strchr(copy, '$');
	char *digest = salt != NULL ? strchr(salt + 1, '$') : NULL;
	char *cost;

	if (digest == NULL)
		return false;
	*salt++ = *digest++ = '\0';
	*parts =
	    (struct parts){ .method = copy, .salt = salt, .digest = digest };
	if (strncmp(copy, "pbkdf2:sha256:", strlen("pbkdf2:sha256:")) == 0) {
		cost = copy + strlen("pbkdf2:sha256");
	} else if (strncmp(copy, "scrypt:", strlen("scrypt:")) == 0) {
		cost = copy + strlen("scrypt");
	} else {
		return false;
	}
	while (cost != NULL) {
		char *next;

		*cost++ = '\0';
		if ((next = strchr(cost, ':')) != NULL)
			*next = '\0';
		if (parts->cost_count == 3 ||
		    !text_integer(
			cost, 1, INT32_MAX, &parts->costs[parts->cost_count++]))
			return false;
		cost = next;
	}
	return parts->cost_count ==
	    (size_t)(strcmp(parts->method, "scrypt") == 0 ? 3 : 1);
}

/* Where there is no memory left, libcrypto crashes or says that a password is
 * wrong: so it is never told.  And huge pages take a twelfth off a hash. */
static void *
allocate(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return mem_lend(size);
}

static void *
reallocate(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return mem_lend_again(memory, size);
}

static void
prepare_libcrypto(void)
{
	/* refused when libcrypto has memory already: then it has been told */
	CRYPTO_set_mem_functions(allocate, reallocate, NULL);
	/* Its settings are in a file, which the sandbox does not let it open;
	 * nor does it have to tidy up at the end. */
	OPENSSL_init_crypto(
	    OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* NULL when the costs are none that libcrypto accepts. */
static const char *
scrypt(const char *password, const char *salt, const int64_t costs[3])
{
	unsigned char key[SCRYPT_BYTES];

	prepare_libcrypto();
	if (EVP_PBE_scrypt(password, strlen(password),
		(const unsigned char *)salt, strlen(salt), (uint64_t)costs[0],
		(uint64_t)costs[1], (uint64_t)costs[2], SCRYPT_MAX_MEMORY, key,
		sizeof(key)) != 1)
		return NULL;
	return secret_hex(key, sizeof(key));
}

static const char *
pbkdf2(const char *password, const char *salt, int64_t rounds)
{
	unsigned char key[PBKDF2_BYTES];

	if (rounds > PBKDF2_MAX_ROUNDS)
		return NULL;
	prepare_libcrypto();
	if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password),
		(const unsigned char *)salt, (int)strlen(salt), (int)rounds,
		EVP_sha256(), sizeof(key), key) != 1)
		return NULL;
	return secret_hex(key, sizeof(key));
}

const char *
password_hash(const char *password)
{
	const int64_t costs[3] = { SCRYPT_N, SCRYPT_R, SCRYPT_P };
	const char *salt = secret_random(SALT_BYTES);
	const char *digest = scrypt(password, salt, costs);

	if (digest == NULL)
		die("password: libcrypto refuses scrypt");
	return mem_format("scrypt:%d:%d:%d$%s$%s", SCRYPT_N, SCRYPT_R, SCRYPT_P,
	    salt, digest);
}

bool
password_matches(const char *password, const char *hash)
{
	struct parts parts;
	const char *digest = NULL;

	if (take_apart(hash, &parts))
		digest = parts.cost_count == 3
		    ? scrypt(password, parts.salt, parts.costs)
		    : pbkdf2(password, parts.salt, parts.costs[0]);
	if (digest == NULL) {
		log_line(
		    LOG_ERROR, "password: a password hash of unknown form");
		return false;
	}
	return secret_equal(digest, parts.digest);
}

bool
password_is_outdated(const char *hash)
{
	struct parts parts;

	return !take_apart(hash, &parts) || parts.cost_count != 3 ||
	    parts.costs[0] < SCRYPT_N || parts.costs[1] < SCRYPT_R ||
	    parts.costs[2] < SCRYPT_P;
}
