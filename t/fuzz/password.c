/* Password hashes, of any form.  The input is the password as a line, and the
 * hash.  Costs are real in form and small in size (lib/seams.h). */

#include <string.h>

#include "lib/fuzz.h"
#include "mem.h"
#include "password.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *password = fuzz_line(&input), *hash = fuzz_rest(&input);
	const char *made;

	fuzz_expect_errors(); /* that is what a damaged hash is */
	if (password_matches(password, hash)) {
		/* only by its own digest, and to the letter */
		property(strrchr(hash, '$') != NULL);
		property(strlen(strrchr(hash, '$') + 1) ==
		    (strncmp(hash, "scrypt:", 7) == 0 ? 128 : 64));
		property(!password_matches(mem_format("%sx", password), hash));
		property(!password_matches(password, mem_format("%s0", hash)));
	}
	if (!password_is_outdated(hash))
		property(strncmp(hash, "scrypt:", 7) == 0);

	made = password_hash(password);
	property(!password_is_outdated(made));
	property(password_matches(password, made));
	property(!password_matches(mem_format("%sx", password), made));
	return fuzz_end();
}
