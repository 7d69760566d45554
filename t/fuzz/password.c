/* Password hashes, of any form.  The input is a byte for a form, the password
 * as a line, the salt as a line, and a hash.  Costs are real in form and small
 * in size (lib/seams.h). */

#include <crypt.h>
#include <string.h>

#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"
#include "opaque.h"
#include "password.h"
#include "text.h"

/* A hash in an old form, by the reference. */
static const char *
old_hash(unsigned char form, const char *password, const char *salt)
{
	static const char *const digests[] = { "md5", "sha1", "sha224",
		"sha256", "sha384", "sha512" };
	const char *digest = digests[form / 4 % 6];
	const char *key;
	struct crypt_data *data;

	switch (form % 4) {
	case 0:
		return mem_format("%s$%s$%s", digest, salt,
		    reference_hmac(digest, salt, password));
	case 1:
		key = reference_pbkdf2(digest, password, salt, 3);
		return mem_format("pbkdf2:%s:50000$%s$%s", digest, salt, key);
	case 2:
		key = reference_pbkdf2(digest, password, salt, 3);
		return mem_format("pbkdf2:%s$%s$%s", digest, salt, key);
	default:
		data = mem_alloc(sizeof(*data));
		return crypt_rn(mem_copy(password, strnlen(password, 72)),
		    mem_format(
			"$2%c$04$abcdefghijklmnopqrstuu", "aby"[form / 4 % 3]),
		    data, sizeof(*data));
	}
}

/* The password signs in, however it is typed, and no other one. */
static void
check_old_hash(unsigned char form, const char *password, const char *salt)
{
	const char *hash = old_hash(form, password, salt);

	if (strchr(salt, '$') != NULL || salt[0] == '\0')
		return;
	property(password_is_outdated(hash));
	property(
	    password_matches(password, hash) || strncmp(salt, "nfc.", 4) == 0);
	property(password_matches(
	    password, old_hash(form, opaque_string(password), salt)));
	if (strlen(password) < 72)
		property(!password_matches(mem_format("%sx", password), hash));
}

/* What matches any hash does so by its own digest, and to the letter. */
static void
check_any_hash(const char *password, const char *hash)
{
	if (!password_is_outdated(hash))
		property(strncmp(hash, "scrypt:", 7) == 0 &&
		    strstr(hash, "$nfc.") != NULL);
	if (!password_matches(password, hash))
		return;
	property(strrchr(hash, '$') != NULL);
	property(!password_matches(password, mem_format("%s0", hash)));
	if (hash[0] != '$' || strlen(password) < 72)
		property(!password_matches(mem_format("%sx", password), hash));
}

static void
check_new_hash(const char *password)
{
	const char *made = password_hash(password);

	property(!password_is_outdated(made));
	property(password_matches(password, made));
	property(password_matches(opaque_string(password), made));
	property(!password_matches(mem_format("%sx", password), made));
	property(fuzz_same(
	    opaque_string(opaque_string(password)), opaque_string(password)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	unsigned char form = fuzz_byte(&input);
	const char *password = fuzz_line(&input), *salt = fuzz_line(&input);
	const char *hash = fuzz_rest(&input);

	/* as a form is read */
	password = text_to_utf8(password, strlen(password));
	fuzz_expect_errors(); /* that is what a damaged hash is */
	check_old_hash(form, password, salt);
	check_any_hash(password, hash);
	check_new_hash(password);
	return fuzz_end();
}
