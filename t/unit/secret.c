#include "secret.h"

#include <string.h>

#include "unit.h"

static void
test_random(void **state)
{
	const char *tokens[100];

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		tokens[i] = secret_random(32);
		assert_int_equal(strlen(tokens[i]), 64);
		assert_int_equal(strspn(tokens[i], "0123456789abcdef"), 64);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(tokens[i], tokens[j]);
	}
}

static void
test_hex(void **state)
{
	(void)state;
	assert_string_equal(
	    secret_hex((const unsigned char *)"\x00\x0f\xa9\xff", 4),
	    "000fa9ff");
	assert_string_equal(secret_hex(NULL, 0), "");
}

static void
test_equal(void **state)
{
	(void)state;
	assert_true(secret_equal("", ""));
	assert_true(secret_equal("a\xff", "a\xff"));
	assert_false(secret_equal("abc", "abd"));
	assert_false(secret_equal("abc", "bbc"));
	assert_false(secret_equal("abc", "ABC"));
	assert_false(secret_equal("abc", "ab"));
	assert_false(secret_equal("ab", "abc"));
	assert_false(secret_equal("", "a"));
}

int
main(void)
{
	UNIT_TEST(test_random);
	UNIT_TEST(test_hex);
	UNIT_TEST(test_equal);
	return unit_run();
}
