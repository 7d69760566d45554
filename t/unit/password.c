#include "password.h"

#include <string.h>

#include "unit.h"
#include "child.h"

/* --- known answers, by Python's hashlib where no RFC has them --- */

static const struct known {
	const char *name, *password, *hash;
	bool outdated;
} known[] = {
	/* RFC 7914 12 */
	{ "scrypt, RFC 7914's first", "",
	    "scrypt:16:1:1$$77d6576238657b203b19ca42c18a0497f16b4844e3074ae8"
	    "dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628"
	    "cf35e20c38d18906",
	    true },
	{ "scrypt, RFC 7914's second", "password",
	    "scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc"
	    "8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94"
	    "a83ee6d8360cbdfa2cc0640",
	    true },
	{ "scrypt, RFC 7914's third", "pleaseletmein",
	    "scrypt:16384:8:1$SodiumChloride$7023bdcb3afd7348461c06cd81fd38eb"
	    "fda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9"
	    "e61e85dc0d651e40dfcf017b45575887",
	    false },
	{ "scrypt of a predecessor", "hunter2",
	    "scrypt:32768:8:1$kZ1yEKnfAG7eT0Dw$6d8293bf973f5b00cb66bc61940eab"
	    "60a0f8f3f62fd097c418bbca610f7faff09e882ac3ea20e2f10fcca8a94d3d20"
	    "18348df56bc88b811e39205197112cb77c",
	    false },
	{ "scrypt of UTF-8, a salt that looks like hexadecimal",
	    "p\u00e4ssw\u00f6rd \u20ac\U0001f600",
	    "scrypt:1024:8:1$0011aaff$bace78dba619d2dcd9c8f79b74c7db063d210e4"
	    "58c2d900cbcfda8d466f06940d38111cafe51da355de728eccb70978a59bb8e7"
	    "5ac62e51d7bb502ab96fb6e7e",
	    true },
	/* RFC 6070's inputs */
	{ "PBKDF2, one round", "password",
	    "pbkdf2:sha256:1$salt$120fb6cffcf8b32c43e7225256c4f837a86548c92cc"
	    "c35480805987cb70be17b",
	    true },
	{ "PBKDF2, 4,096 rounds", "password",
	    "pbkdf2:sha256:4096$salt$c5e478d59288c841aa530db6845c4c8d962893a0"
	    "01ce4e11a4963873aa98134a",
	    true },
	{ "PBKDF2 of a predecessor", "hunter2",
	    "pbkdf2:sha256:50000$9ZrMLUZQ$970c6dc15b0875e4ed0d90a2b2635870ac6"
	    "1f4c98dde053c51f11c9f3bf8a66e",
	    true },
	{ "PBKDF2, 150,000 rounds", "hunter2",
	    "pbkdf2:sha256:150000$q5dSjlCq$69f8193acb32b8bd59a115a238905f21e4"
	    "9c2d944e50e880c8334ba84f65308c",
	    true },
	{ "PBKDF2 of UTF-8, a salt that looks like hexadecimal",
	    "p\u00e4ssw\u00f6rd \u20ac\U0001f600",
	    "pbkdf2:sha256:1000$0011aaff$61d988a90590097a8dd9b622486a0820e268"
	    "5f39e7f2384cb1058cf18b4c5156",
	    true },
	{ "PBKDF2 of nothing", "",
	    "pbkdf2:sha256:1000$x$f51cfcf687851827d5c8e0d4865f147b7a71f512a7f"
	    "8bd50ada82fe5a3214c8f",
	    true },
};

static void
test_known(void **state)
{
	const struct known *row = row_of(state);
	char *other = mem_copy(row->hash, strlen(row->hash));
	char *last = &other[strlen(other) - 1];

	*last = *last == '0' ? '1' : '0';
	assert_true(password_matches(row->password, row->hash));
	assert_false(password_matches(row->password, other));
	assert_false(
	    password_matches(mem_format("%s.", row->password), row->hash));
	assert_int_equal(password_is_outdated(row->hash), row->outdated);
}

/* --- hashes of no known form --- */

#define DIGEST \
	"120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"

static const struct malformed {
	const char *name, *hash;
} malformed[] = {
	{ "nothing", "" },
	{ "the password itself", "password" },
	{ "dollars alone", "$$" },
	{ "one dollar", "pbkdf2:sha256:1$salt" },
	{ "no method", "$salt$" DIGEST },
	{ "another method", "md5:1$salt$" DIGEST },
	{ "another digest", "pbkdf2:sha1:1$salt$" DIGEST },
	{ "a longer digest's name", "pbkdf2:sha2567:1$salt$" DIGEST },
	{ "a longer method's name", "scrypts:16:1:1$salt$" DIGEST },
	{ "upper case", "PBKDF2:SHA256:1$salt$" DIGEST },
	{ "no rounds", "pbkdf2:sha256$salt$" DIGEST },
	{ "empty rounds", "pbkdf2:sha256:$salt$" DIGEST },
	{ "0 rounds", "pbkdf2:sha256:0$salt$" DIGEST },
	{ "-1 rounds", "pbkdf2:sha256:-1$salt$" DIGEST },
	{ "+1 rounds", "pbkdf2:sha256:+1$salt$" DIGEST },
	{ "a blank", "pbkdf2:sha256: 1$salt$" DIGEST },
	{ "two costs", "pbkdf2:sha256:1:1$salt$" DIGEST },
	{ "three costs", "pbkdf2:sha256:1:1:1$salt$" DIGEST },
	{ "days of rounds", "pbkdf2:sha256:2000000000$salt$" DIGEST },
	{ "rounds beyond 32 bits", "pbkdf2:sha256:4294967297$salt$" DIGEST },
	{ "a colon too many", "pbkdf2:sha256:1:$salt$" DIGEST },
	{ "scrypt without costs", "scrypt$salt$" DIGEST },
	{ "scrypt with one cost", "scrypt:16$salt$" DIGEST },
	{ "scrypt with two costs", "scrypt:16:1$salt$" DIGEST },
	{ "scrypt with four costs", "scrypt:16:1:1:1$salt$" DIGEST },
	{ "scrypt with N no power of 2", "scrypt:15:1:1$salt$" DIGEST },
	{ "scrypt with N = 1", "scrypt:1:1:1$salt$" DIGEST },
	{ "scrypt with r = 0", "scrypt:16:0:1$salt$" DIGEST },
	{ "scrypt with p = 0", "scrypt:16:1:0$salt$" DIGEST },
	{ "scrypt in 128 GB", "scrypt:1073741824:1:1$salt$" DIGEST },
	{ "scrypt with all too large",
	    "scrypt:1073741824:2147483647:2147483647$salt$" DIGEST },
	{ "another product's form", "$2b$12$abcdefghijklmnopqrstuv" },
};

static void
match(const void *hash)
{
	exit(password_matches("password", hash) ? 7 : 0);
}

static void
test_malformed(void **state)
{
	const struct malformed *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, match, row->hash);
	assert_int_equal(child.status, 0);
	assert_logged(&child, "error", "password: ");
	assert_lacks(child.err, "password\"");
	assert_lacks(child.err, DIGEST);
}

static const struct other {
	const char *name, *hash;
} others[] = {
	{ "no digest", "pbkdf2:sha256:1$salt$" },
	{ "half a digest", "pbkdf2:sha256:1$salt$120fb6cffcf8b32c" },
	{ "a longer one", "pbkdf2:sha256:1$salt$" DIGEST "0" },
	{ "a dollar after it", "pbkdf2:sha256:1$salt$" DIGEST "$" },
	{ "another salt", "pbkdf2:sha256:1$SALT$" DIGEST },
	{ "another cost", "pbkdf2:sha256:2$salt$" DIGEST },
};

static void
test_other_digest(void **state)
{
	const struct other *row = row_of(state);

	assert_false(password_matches("password", row->hash));
}

/* --- new hashes --- */

static const struct outdated {
	const char *name, *hash;
	bool outdated;
} outdated[] = {
	{ "less N", "scrypt:8192:8:1$salt$0", true },
	{ "less r", "scrypt:16384:7:1$salt$0", true },
	{ "as much", "scrypt:16384:8:1$salt$0", false },
	{ "more of all", "scrypt:32768:16:2$salt$0", false },
	{ "many rounds of another method", "pbkdf2:sha256:9999999$salt$0",
	    true },
	{ "no known form", "rubbish", true },
	{ "nothing", "", true },
};

static void
test_is_outdated(void **state)
{
	const struct outdated *row = row_of(state);

	assert_int_equal(password_is_outdated(row->hash), row->outdated);
}

static void
test_new_hash(void **state)
{
	static const char password[] = "p\u00e4ss $word:%s";
	const char *hash = password_hash(password);

	(void)state;
	assert_memory_equal(hash, "scrypt:", strlen("scrypt:"));
	assert_false(password_is_outdated(hash));
	assert_true(password_matches(password, hash));
	assert_false(password_matches("p\u00e4ss $word:%S", hash));
	assert_false(password_matches("", hash));
	assert_string_not_equal(hash, password_hash(password));
}

int
main(void)
{
	UNIT_ROWS(test_known, known);
	UNIT_ROWS(test_malformed, malformed);
	UNIT_ROWS(test_other_digest, others);
	UNIT_ROWS(test_is_outdated, outdated);
	UNIT_TEST(test_new_hash);
	return unit_run();
}
