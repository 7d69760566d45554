#include "password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "opaque.h"
#include "secret.h"
#include "text.h"

#define SALT_BYTES 16
#define SALT_MARK "nfc."

/* 2^14 x 8 x 128 bytes = 16 MB for some 50 ms of one core. */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_BYTES 64

/* Each takes 2 to 4 s (lib/sandbox.c allows 10). */
#define SCRYPT_MAX_WORK ((int64_t)64 * SCRYPT_N * SCRYPT_R * SCRYPT_P)
#define SCRYPT_MAX_MEMORY ((uint64_t)256 * 1024 * 1024)
#define PBKDF2_MAX_ROUNDS 10000000 /* of blocks of 64 bytes */
#define BCRYPT_MAX_COST 15

#define PBKDF2_ROUNDS 1000 /* where a hash names none */

/* bcrypt ignores further bytes, and libxcrypt refuses 513. */
#define BCRYPT_BYTES 72

/* A:B:C:D$SALT$HEXDIGEST, taken apart. */
struct parts {
	const char *words[4];
	size_t count;
	const char *salt;
	size_t before_digest; /* bytes */
};

static bool
take_apart(const char *hash, struct parts *parts)
{
	char *word = mem_copy(hash, strlen(hash));
	char *salt = strchr(word, '$');
	char *digest = salt != NULL ? strchr(salt + 1, '$') : NULL;

	if (digest == NULL)
		return false;
	*parts = (struct parts){
		.salt = salt + 1,
		.before_digest = (size_t)(digest + 1 - word),
	};
	*salt = *digest = '\0';
	for (char *next = word; next != NULL; word = next) {
		if (parts->count == 4)
			return false;
		parts->words[parts->count++] = word;
		if ((next = strchr(word, ':')) != NULL)
			*next++ = '\0';
	}
	return true;
}

static bool
is_scrypt(const struct parts *parts, int64_t costs[3])
{
	if (parts->count != 4 || strcmp(parts->words[0], "scrypt") != 0)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!text_integer(parts->words[1 + i], 1, INT32_MAX, &costs[i]))
			return false;
	}
	return true;
}

/* The digest of Python's hashlib that has this name; NULL for another one. */
static const EVP_MD *
digest_named(const char *name)
{
	static const struct {
		const char *name;
		const EVP_MD *(*digest)(void);
	} digests[] = {
		{ "md5", EVP_md5 },
		{ "sha1", EVP_sha1 },
		{ "sha224", EVP_sha224 },
		{ "sha256", EVP_sha256 },
		{ "sha384", EVP_sha384 },
		{ "sha512", EVP_sha512 },
	};

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (strcmp(digests[i].name, name) == 0)
			return digests[i].digest();
	}
	return NULL;
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

/* --- one digest for each form: in hexadecimal digits, or NULL for costs beyond
 * bounds or that the library does not accept --- */

static const char *
scrypt(const char *password, const char *salt, const int64_t costs[3])
{
	unsigned char key[SCRYPT_BYTES];

	if (costs[0] > SCRYPT_MAX_WORK / costs[1] / costs[2])
		return NULL;
	prepare_libcrypto();
	if (EVP_PBE_scrypt(password, strlen(password),
		(const unsigned char *)salt, strlen(salt), (uint64_t)costs[0],
		(uint64_t)costs[1], (uint64_t)costs[2], SCRYPT_MAX_MEMORY, key,
		sizeof(key)) != 1)
		return NULL;
	return secret_hex(key, sizeof(key));
}

static const char *
pbkdf2(const char *password, const struct parts *parts)
{
	unsigned char key[EVP_MAX_MD_SIZE];
	const EVP_MD *digest = digest_named(parts->words[1]);
	int64_t rounds = PBKDF2_ROUNDS;

	if (digest == NULL ||
	    (parts->count == 3 &&
		!text_integer(parts->words[2], 1,
		    PBKDF2_MAX_ROUNDS / (EVP_MD_get_block_size(digest) / 64),
		    &rounds)))
		return NULL;
	prepare_libcrypto();
	if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password),
		(const unsigned char *)parts->salt, (int)strlen(parts->salt),
		(int)rounds, digest, EVP_MD_get_size(digest), key) != 1)
		return NULL;
	return secret_hex(key, (size_t)EVP_MD_get_size(digest));
}

static const char *
hmac(const char *password, const struct parts *parts)
{
	unsigned char key[EVP_MAX_MD_SIZE];
	const EVP_MD *digest = digest_named(parts->words[0]);
	unsigned len;

	if (digest == NULL || parts->salt[0] == '\0')
		return NULL;
	prepare_libcrypto();
	if (HMAC(digest, parts->salt, (int)strlen(parts->salt),
		(const unsigned char *)password, strlen(password), key,
		&len) == NULL)
		return NULL;
	return secret_hex(key, len);
}

/* The whole hash. */
static const char *
bcrypt(const char *password, const char *hash)
{
	struct crypt_data *data = mem_alloc(sizeof(*data));
	int64_t cost;

	if (strlen(hash) != strlen("$2b$10$") + 53 ||
	    strncmp(hash, "$2", 2) != 0 || strchr("aby", hash[2]) == NULL ||
	    hash[3] != '$' || hash[6] != '$' ||
	    !text_integer(mem_copy(hash + 4, 2), 4, BCRYPT_MAX_COST, &cost))
		return NULL;
	return crypt_rn(mem_copy(password, strnlen(password, BCRYPT_BYTES)),
	    hash, data, sizeof(*data));
}

/* The hash that this password has in the form of hash; NULL for no known form.
 */
static const char *
hash_like(const char *hash, const char *password)
{
	struct parts parts;
	int64_t costs[3];
	const char *digest = NULL;

	if (hash[0] == '$')
		return bcrypt(password, hash);
	if (!take_apart(hash, &parts))
		return NULL;
	if (is_scrypt(&parts, costs))
		digest = scrypt(password, parts.salt, costs);
	else if (strcmp(parts.words[0], "pbkdf2") == 0 &&
	    (parts.count == 2 || parts.count == 3))
		digest = pbkdf2(password, &parts);
	else if (parts.count == 1)
		digest = hmac(password, &parts);
	return digest != NULL
	    ? mem_format("%.*s%s", (int)parts.before_digest, hash, digest)
	    : NULL;
}

static bool
is_made_of(const char *hash, const char *password)
{
	const char *same = hash_like(hash, password);

	if (same == NULL)
		log_line(
		    LOG_ERROR, "password: a password hash of no known form");
	return same != NULL && secret_equal(same, hash);
}

static bool
is_marked(const char *salt)
{
	return strncmp(salt, SALT_MARK, strlen(SALT_MARK)) == 0;
}

const char *
password_hash(const char *password)
{
	const int64_t costs[3] = { SCRYPT_N, SCRYPT_R, SCRYPT_P };
	const char *salt =
	    mem_format("%s%s", SALT_MARK, secret_random(SALT_BYTES));
	const char *digest = scrypt(opaque_string(password), salt, costs);

	if (digest == NULL)
		die("password: libcrypto refuses scrypt");
	return mem_format("scrypt:%d:%d:%d$%s$%s", SCRYPT_N, SCRYPT_R, SCRYPT_P,
	    salt, digest);
}

bool
password_matches(const char *password, const char *hash)
{
	const char *opaque = opaque_string(password);
	const char *salt = strchr(hash, '$');

	if (is_made_of(hash, opaque))
		return true;
	/* an older hash may be of the password as it was typed */
	return strcmp(password, opaque) != 0 &&
	    !(salt != NULL && is_marked(salt + 1)) &&
	    is_made_of(hash, password);
}

bool
password_is_outdated(const char *hash)
{
	struct parts parts;
	int64_t costs[3];

	return !take_apart(hash, &parts) || !is_scrypt(&parts, costs) ||
	    costs[0] < SCRYPT_N || costs[1] < SCRYPT_R || costs[2] < SCRYPT_P ||
	    !is_marked(parts.salt);
}
