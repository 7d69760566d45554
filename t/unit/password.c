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
	    true },
	{ "scrypt of a predecessor", "hunter2",
	    "scrypt:32768:8:1$kZ1yEKnfAG7eT0Dw$6d8293bf973f5b00cb66bc61940eab"
	    "60a0f8f3f62fd097c418bbca610f7faff09e882ac3ea20e2f10fcca8a94d3d20"
	    "18348df56bc88b811e39205197112cb77c",
	    true },
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
	{ "HMAC-MD5", "hunter2",
	    "md5$oQzXt3pL$5c208adee7e4239b4d27989f160895a6", true },
	{ "HMAC-SHA1", "hunter2",
	    "sha1$oQzXt3pL$421d60f6ae48dc2e868ef0cec6ea5c9dee1ec711", true },
	{ "HMAC-SHA224", "hunter2",
	    "sha224$oQzXt3pL$c8f2693fb23566b6d2816a021cbb7cf0f659ec70b85b4b0ae699fa90",
	    true },
	{ "HMAC-SHA256", "hunter2",
	    "sha256$oQzXt3pL$82ca72c46c8af42b85e94fca820b7993d06d180a869155fcc567d1a3566ff164",
	    true },
	{ "HMAC-SHA384", "hunter2",
	    "sha384$oQzXt3pL$d3c557ce5b3c909d7dca9fce17ccbc0be196e594d21b0bc002c6622a9e9824a4b05b3a2509ff661c51db234d14bae5be",
	    true },
	{ "HMAC-SHA512", "hunter2",
	    "sha512$oQzXt3pL$6a7309206e4bbf9f171cd326fb10c28815c214e3986bb25129be70d4c9aea2ec8f54903f7145125fb2b7b7f3c3c469183263ddc5e42873ed338e4c44fc4c7f51",
	    true },
	{ "PBKDF2 of MD5, no rounds given", "hunter2",
	    "pbkdf2:md5$s4lT.5Al$c9cd30413c104ebcec1348d12e9ef56c", true },
	{ "PBKDF2 of SHA1, no rounds given", "hunter2",
	    "pbkdf2:sha1$s4lT.5Al$81ad457c2759e7d31da3689e5a08226e40565435",
	    true },
	{ "PBKDF2 of SHA224, no rounds given", "hunter2",
	    "pbkdf2:sha224$s4lT.5Al$388818b32a28ac3b3fad86246cf9045a65b24715b1b7227838bb8698",
	    true },
	{ "PBKDF2 of SHA256, no rounds given", "hunter2",
	    "pbkdf2:sha256$s4lT.5Al$5de915a540ebd3d508731cf784c1d5791bfb1f22a3c7f0d479dc1d03337973ae",
	    true },
	{ "PBKDF2 of SHA384, no rounds given", "hunter2",
	    "pbkdf2:sha384$s4lT.5Al$30b898c46b228d0fccc5c2341c3cfb4a8ddd42582e297ff5fd9e229783328a5eab18c31cb813bcd45048ec790f115542",
	    true },
	{ "PBKDF2 of SHA512, no rounds given", "hunter2",
	    "pbkdf2:sha512$s4lT.5Al$c918c1ff967ecd2cfad779a6c1dd0775f18cbc02bc04b0db99882b0ebd95971536a5d1938b9e8fed35c30ad121b6dac0f15f6ebd34c48c709cef68ada3db92fb",
	    true },
	{ "PBKDF2 of SHA1, of UTF-8", "p\u00e4ssw\u00f6rd \u20ac\U0001f600",
	    "pbkdf2:sha1:1000$G7DNwBiQ$d587dd4ee1463dc1a8a329ab6504e85f9c18f7cc",
	    true },
	{ "HMAC-SHA1 of UTF-8", "p\u00e4ssw\u00f6rd \u20ac\U0001f600",
	    "sha1$G7DNwBiQ$e975fe857db26b2ba000b97e9d7e8c76bb833c09", true },
	{ "HMAC-SHA1 of nothing", "",
	    "sha1$G7DNwBiQ$0cdd2d769714c30624253e99a6a31b818bcc5f61", true },
	{ "HMAC-SHA1, a salt longer than a block", "hunter2",
	    "sha1$kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk$8e8a1d3985e89fa8f39c011f7acb17d2d85b474f",
	    true },
	/* of other implementations: Go's, .NET's and crypt_blowfish's tests */
	{ "bcrypt of nothing", "",
	    "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
	    true },
	{ "bcrypt, 2a", "password",
	    "$2a$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe",
	    true },
	{ "bcrypt of UTF-8", "\u03c0\u03c0\u03c0\u03c0\u03c0\u03c0\u03c0\u03c0",
	    "$2a$10$.TtQJ4Jr6isd4Hp.mVfZeuh6Gws4rOQ/vdBczhDx.19NFK0Y84Dle",
	    true },
	{ "bcrypt, 2b", "hunter2",
	    "$2b$10$abcdefghijklmnopqrstuu7gIUFBKrYXdzQy8HrouzMJyZ4cijAb2",
	    true },
	{ "bcrypt, 2y", "hunter2",
	    "$2y$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.",
	    true },
};

static void
test_known(void **state)
{
	const struct known *row = row_of(state);
	char *other = mem_copy(row->hash, strlen(row->hash));
	char *last = &other[strlen(other) - 1];

	/* of bcrypt's last letter the lowest two bits do not count */
	*last = *last == 'A' || *last == '0' ? '1' : '0';
	assert_true(password_matches(row->password, row->hash));
	assert_false(password_matches(row->password, other));
	assert_false(
	    password_matches(mem_format("%s.", row->password), row->hash));
	assert_int_equal(password_is_outdated(row->hash), row->outdated);
}

/* --- hashes of no known form --- */

#define DIGEST \
	"120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"

#define BCRYPT(prefix, more) \
	prefix "abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq" more

static const struct malformed {
	const char *name, *hash;
} malformed[] = {
	{ "nothing", "" },
	{ "the password itself", "password" },
	{ "dollars alone", "$$" },
	{ "one dollar", "pbkdf2:sha256:1$salt" },
	{ "no method", "$salt$" DIGEST },
	{ "another method", "md5:1$salt$" DIGEST },
	{ "another digest", "pbkdf2:sha3:1$salt$" DIGEST },
	{ "a password as it is", "plain$$password" },
	{ "a digest without a salt", "sha256$$" DIGEST },
	{ "a digest in upper case", "SHA256$salt$" DIGEST },
	{ "another digest of hashlib's", "blake2s$salt$" DIGEST },
	{ "a longer digest's name", "pbkdf2:sha2567:1$salt$" DIGEST },
	{ "a longer method's name", "scrypts:16:1:1$salt$" DIGEST },
	{ "upper case", "PBKDF2:SHA256:1$salt$" DIGEST },
	{ "no digest's name", "pbkdf2$salt$" DIGEST },
	{ "rounds beyond bounds", "pbkdf2:sha256:10000001$salt$" DIGEST },
	{ "slower rounds beyond bounds",
	    "pbkdf2:sha512:5000001$salt$" DIGEST DIGEST },
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
	{ "scrypt for minutes", "scrypt:16384:8:16384$salt$" DIGEST },
	{ "scrypt beyond bounds", "scrypt:16384:8:65$salt$" DIGEST },
	{ "five words", "scrypt:16:1:1:1:1$salt$" DIGEST },
	{ "half a bcrypt", "$2b$12$abcdefghijklmnopqrstuv" },
	{ "a bcrypt too long", BCRYPT("$2b$04$", "x") },
	{ "bcrypt of an unknown letter", BCRYPT("$2x$04$", "") },
	{ "bcrypt without a letter", BCRYPT("$2$$04$", "") },
	{ "bcrypt of no cost", BCRYPT("$2b$00$", "") },
	{ "bcrypt below its least cost", BCRYPT("$2b$03$", "") },
	{ "bcrypt beyond bounds", BCRYPT("$2b$16$", "") },
	{ "bcrypt for years", BCRYPT("$2b$31$", "") },
	{ "bcrypt with a letter for a cost", BCRYPT("$2b$1x$", "") },
	{ "bcrypt with another salt's letters",
	    "$2b$04$abc:efghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq" },
	{ "SHA-512 of crypt(3)", "$6$salt$" DIGEST },
	{ "DES of crypt(3)", "sa3tHJ3/KuYvI" },
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
	{ "less N", "scrypt:8192:8:1$nfc.salt$0", true },
	{ "less r", "scrypt:16384:7:1$nfc.salt$0", true },
	{ "as much", "scrypt:16384:8:1$nfc.salt$0", false },
	{ "more of all", "scrypt:32768:16:2$nfc.salt$0", false },
	{ "as it was typed", "scrypt:16384:8:1$salt$0", true },
	{ "the mark elsewhere", "scrypt:16384:8:1$salt.nfc.$0", true },
	{ "the mark in another form", "sha1$nfc.salt$0", true },
	{ "bcrypt", BCRYPT("$2b$12$", ""), true },
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

/* --- one password, typed in two ways --- */

#define COMPOSED "Ren\u00e9e"
#define DECOMPOSED "Rene\u0301e"

static void
test_normal_form(void **state)
{
	const char *hash = password_hash(DECOMPOSED);

	(void)state;
	assert_string_not_equal(COMPOSED, DECOMPOSED);
	assert_true(password_matches(COMPOSED, hash));
	assert_true(password_matches(DECOMPOSED, hash));
	assert_false(password_matches("Renee", hash));
	hash = password_hash(COMPOSED "\u00a0\u3000x");
	assert_true(password_matches(DECOMPOSED "  x", hash));
	assert_false(password_matches(DECOMPOSED " x", hash));
}

/* A hash of then, of what was typed, and what signs in with it. */
static const struct typed {
	const char *name, *hash;
	const char *right, *wrong;
} typed[] = {
	{ "HMAC-SHA1, decomposed",
	    "sha1$G7DNwBiQ$160abafab2b65d7348de5d6ebf59de1eb1bcdc11",
	    DECOMPOSED, "Renee" },
	{ "HMAC-SHA1, composed",
	    "sha1$G7DNwBiQ$144ce89cd75bd75f05cff1eb0945b8d6e2118c22",
	    DECOMPOSED, "Renee" },
	{ "HMAC-SHA1, composed, and typed so",
	    "sha1$G7DNwBiQ$144ce89cd75bd75f05cff1eb0945b8d6e2118c22", COMPOSED,
	    "Renee" },
	{ "HMAC-SHA1, a blank that is not SPACE",
	    "sha1$G7DNwBiQ$ca6092dbfb46fbcb24f9ad3b64e1b33b571eb288",
	    "a\u00a0b", "a b" },
	{ "scrypt, decomposed",
	    "scrypt:1024:8:1$G7DNwBiQ$b34800b7e07b3dd51ff029106252aaf89b1363f45cb82ce6149268eaea422d71a907c54f3dd325a5539f55efe65bd02ad7ccc1c0274a762d113bae71f75b7a7f",
	    DECOMPOSED, COMPOSED },
	{ "bcrypt, decomposed",
	    "$2b$04$abcdefghijklmnopqrstuuMdPOZgfL4Rfg6Rd30rOY2XcX0hEFhDK",
	    "e\u0301", "\u00e9" },
	/* a hash with the mark is not of what was typed */
	{ "marked, of the composed form",
	    "scrypt:1024:8:1$nfc.G7DN$1d0f9bc3edf84462036bbc37af3f815ae9906e8d4e66c101f4cc196361aeb494ef8305739be97ec5c5ac8758855481e9231a26f4a98a9bdcddb78c81d8b71292",
	    DECOMPOSED, "Renee" },
};

static void
test_typed(void **state)
{
	const struct typed *row = row_of(state);

	assert_true(password_matches(row->right, row->hash));
	assert_false(password_matches(row->wrong, row->hash));
}

static void
test_mark_is_believed(void **state)
{
	(void)state;
	assert_false(password_matches(DECOMPOSED,
	    "scrypt:1024:8:1$nfc.G7DN$da4ba31e7d2a98a3918b9ec47fcbdbdcf2bb105d3efd5c5b91928c352ea36f0f2d5602b740a4c7be3c82e40b9b0d47bdf3d9b11edff3e1190f606a4c6342f047"));
}

/* --- the end of a password, for bcrypt --- */

static void
test_bcrypt_length(void **state)
{
	static const char of_72[] =
	    "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";

	(void)state;
	assert_true(password_matches(times("x", 72), of_72));
	assert_true(password_matches(times("x", 1000), of_72));
	assert_false(password_matches(times("x", 71), of_72));
	/* the replacement is of all of it */
	assert_false(
	    password_matches(times("x", 72), password_hash(times("x", 73))));
}

int
main(void)
{
	UNIT_TEST(test_normal_form);
	UNIT_ROWS(test_typed, typed);
	UNIT_TEST(test_mark_is_believed);
	UNIT_TEST(test_bcrypt_length);
	UNIT_ROWS(test_known, known);
	UNIT_ROWS(test_malformed, malformed);
	UNIT_ROWS(test_other_digest, others);
	UNIT_ROWS(test_is_outdated, outdated);
	UNIT_TEST(test_new_hash);
	return unit_run();
}
