/* Percent-encoding and base64: lib/text.h, there and back. */

#include <string.h>

#include "lib/fuzz.h"
#include "lib/reference.h"
#include "mem.h"
#include "text.h"

static void
check_decoding(const char *text, size_t len)
{
	const char *decoded = text_percent_decode(text, len);
	const char *expected = reference_decode(text, len);

	/* the reference wants UTF-8, too */
	property(expected == NULL || fuzz_same(decoded, expected));
	property(expected != NULL || decoded == NULL ||
	    !reference_is_utf8(decoded, strlen(decoded)) ||
	    memchr(text, '\0', len) != NULL);
}

static void
check_form_decoding(const char *text, size_t len)
{
	const char *decoded = text_form_decode(text, len);

	property(fuzz_same(decoded, reference_form_decode(text, len)));
	property(
	    decoded == NULL || reference_is_utf8(decoded, strlen(decoded)));
}

static void
check_encoding(const char *text)
{
	const char *encoded = text_percent_encode(text);
	size_t len = strlen(encoded);

	property(strspn(encoded,
		     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		     "0123456789-._~%") == len);
	property(fuzz_same(text_percent_decode(encoded, len), text));
	property(fuzz_same(
	    text_form_decode(encoded, len), text_to_utf8(text, strlen(text))));
}

static void
check_base64(const char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *encoded = text_base64(bytes, len);
	size_t count = strspn(encoded, digits), at = 0;
	unsigned bits = 0;

	property(strlen(encoded) == (len + 2) / 3 * 4);
	property(strspn(encoded + count, "=") == strlen(encoded + count));
	property(count == (len * 8 + 5) / 6);
	for (size_t i = 0; i < count; i++) {
		bits =
		    bits << 6 | (unsigned)(strchr(digits, encoded[i]) - digits);
		if (i % 4 == 0)
			continue;
		property((char)(bits >> (6 - 2 * (i % 4))) == bytes[at++]);
	}
	property(at == len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);

	check_decoding(input.at, input.left);
	check_form_decoding(input.at, input.left);
	check_base64(input.at, input.left);
	check_encoding(fuzz_rest(&input));
	return fuzz_end();
}
