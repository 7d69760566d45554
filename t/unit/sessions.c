#include "sessions.h"

#include <string.h>

#include "messages.h"
#include "secret.h"
#include "unit.h"
#include "patient.h"
#include "person.h"

#define DIGEST "encode(sha256($1::bytea), 'hex')"

static const char *
new_token(void)
{
	return secret_random(32);
}

/* A session that ends in so many seconds. */
static void
insert_session(const struct user *user, const char *token, int64_t seconds)
{
	db_query("INSERT INTO sessions (user_id, token_digest, expires_at)"
		 " VALUES ($2, " DIGEST ", now() + $3 * interval '1 second')",
	    token, db_integer(user->id), db_integer(seconds));
}

static int64_t
count_sessions(const char *token)
{
	return db_number(db_query("SELECT count(*) FROM sessions"
				  " WHERE token_digest = " DIGEST,
			     token),
	    0, 0);
}

static void
test_add_and_remove(void **state)
{
	const struct user *ann = person("sessions Ann"), *found;
	const char *token = new_token();

	(void)state;
	assert_null(session_find(token));
	session_begin(ann->id, token, NULL, NULL, "none", NULL);
	found = session_find(token);
	assert_int_equal(found->id, ann->id);
	assert_string_equal(found->name, ann->name);
	assert_null(session_find(new_token()));
	for (int twice = 0; twice < 2; twice++) {
		session_end(token);
		assert_null(session_find(token));
		assert_int_equal(count_sessions(token), 0);
	}
}

/* FIPS 180-4's example. */
static void
test_digest(void **state)
{
	(void)state;
	session_begin(
	    person("sessions Ann")->id, "abc", NULL, NULL, "none", NULL);
	assert_int_equal(
	    db_count(db_query("SELECT FROM sessions WHERE token_digest = $1",
		"ba7816bf8f01cfea414140de5dae2223"
		"b00361a396177a9cb410ff61f20015ad")),
	    1);
	session_end("abc");
}

/* A user has as many sessions as browsers. */
static void
test_two_browsers(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *one = new_token(), *two = new_token();

	(void)state;
	session_begin(ann->id, one, NULL, NULL, "none", NULL);
	session_begin(ann->id, two, NULL, NULL, "none", NULL);
	session_end(one);
	assert_null(session_find(one));
	assert_int_equal(session_find(two)->id, ann->id);
}

static void
test_lifetime(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *token = new_token();

	(void)state;
	session_begin(ann->id, token, NULL, NULL, "none", NULL);
	assert_in_range(
	    db_number(
		db_query("SELECT extract(epoch FROM expires_at - now())"
			 "::bigint FROM sessions WHERE token_digest = " DIGEST,
		    token),
		0, 0),
	    SESSIONS_LIFETIME - 60, SESSIONS_LIFETIME);
}

static void
set_age(const char *token, const char *interval)
{
	db_query("UPDATE sessions SET used_at = now() - $2::interval"
		 " WHERE token_digest = " DIGEST,
	    token, interval);
}

static int64_t
age_of(const char *token)
{
	return db_number(db_query("SELECT extract(epoch FROM now() - used_at)"
				  "::bigint FROM sessions"
				  " WHERE token_digest = " DIGEST,
			     token),
	    0, 0);
}

static void
test_idle(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *token = new_token();

	(void)state;
	session_begin(ann->id, token, NULL, NULL, "none", NULL);
	/* a row that was used within the hour is left alone */
	set_age(token, "59 minutes");
	assert_non_null(session_find(token));
	assert_in_range(age_of(token), 3540, 3599);
	set_age(token, "167 hours");
	assert_non_null(session_find(token));
	assert_in_range(age_of(token), 0, 60);
	set_age(token, "168 hours");
	assert_null(session_find(token));
	assert_null(login_begin(ann->name, token, NULL).session_user);
	assert_false(my_message_add(token, "Hello", NULL, &(int64_t){ 0 }));
}

static void
test_password_change(void **state)
{
	const struct user *ann = person("sessions Ann");
	const struct user *bob = person("sessions Bob");
	const char *anns = new_token(), *bobs = new_token();

	(void)state;
	session_begin(ann->id, anns, NULL, NULL, "none", NULL);
	session_begin(bob->id, bobs, NULL, NULL, "none", NULL);
	db_query("UPDATE users SET pw_hash = 'none' WHERE user_id = $1",
	    db_integer(ann->id));
	assert_non_null(session_find(anns));
	db_query("UPDATE users SET pw_hash = 'other' WHERE user_id = $1",
	    db_integer(ann->id));
	assert_null(session_find(anns));
	assert_non_null(session_find(bobs));
}

static void
test_expired(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *expired = new_token(), *lasting = new_token();

	(void)state;
	insert_session(ann, expired, -1);
	insert_session(ann, lasting, 60);
	assert_null(session_find(expired));
	assert_non_null(session_find(lasting));
	assert_null(login_begin(ann->name, expired, NULL).session_user);

	session_begin(ann->id, new_token(), NULL, NULL, "none", NULL);
	assert_int_equal(count_sessions(expired), 0);
	assert_int_equal(count_sessions(lasting), 1);
}

/* --- login --- */

#define NOBODY "sessions: nobody's name"

/* The name in place of %s. */
static const char *
around(const char *shape, const char *name)
{
	const char *at = strstr(shape, "%s");

	return mem_format("%.*s%s%s", (int)(at - shape), shape, name, at + 2);
}

static void
test_login(void **state)
{
	const struct user *ann = person("sessions Ann");
	const struct user *bob = person("sessions Bob");
	const char *token = new_token();
	struct login login;

	(void)state;
	session_begin(bob->id, token, NULL, NULL, "none", NULL);

	login = login_begin(ann->name, NULL, "192.0.2.20");
	assert_null(login.session_user);
	assert_int_equal(login.user->id, ann->id);
	assert_string_equal(login.user->name, ann->name);
	assert_string_equal(login.password_hash, "none");

	login = login_begin(ann->name, token, "192.0.2.20");
	assert_int_equal(login.session_user->id, bob->id);
	assert_string_equal(login.session_user->name, bob->name);
	assert_string_equal(login.password_hash, "none");

	/* what is not counted shows no hash */
	login = login_begin(ann->name, NULL, NULL);
	assert_int_equal(login.user->id, ann->id);
	assert_null(login.password_hash);

	login = login_begin(NOBODY, new_token(), "192.0.2.20");
	assert_null(login.session_user);
	assert_null(login.user);
}

static void
test_login_blanks(void **state)
{
	const struct user *odd = person(" sessions Ann\u3000");
	const char *const typed[] = { " %s", "%s ", "\t %s\r\n",
		"\u00a0\u2003%s\u202f\u3000\xc2\x85\u2028" };

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		const struct user *ann = person("sessions Ann");
		struct login login = login_begin(around(typed[i], ann->name),
		    NULL, mem_format("192.0.2.%zu", 30 + i));

		assert_int_equal(login.user->id, ann->id);
		assert_string_equal(login.user->name, ann->name);
		assert_string_equal(login.password_hash, "none");
	}
	/* an imported name that has blanks is found as it is, and no other */
	assert_int_equal(
	    login_begin(odd->name, NULL, "192.0.2.35").user->id, odd->id);
	assert_null(login_begin("sessions  Ann", NULL, "192.0.2.35").user);
	assert_null(login_begin("\u3000", NULL, "192.0.2.36").user);
	assert_null(login_begin("\u200bsessions Ann", NULL, "192.0.2.36").user);
}

static const char *
hash_of(const struct user *user)
{
	return db_text(db_query("SELECT pw_hash FROM users WHERE user_id = $1",
			   db_integer(user->id)),
	    0, 0);
}

/* A hash in the form that lib/password.c writes. */
static const char *
present_hash(char digit)
{
	char digest[129] = { 0 };

	memset(digest, digit, sizeof(digest) - 1);
	return mem_format("scrypt:16384:8:1$nfc.salt$%s", digest);
}

static void
test_rehash(void **state)
{
	const struct user *ann = person("sessions Ann");
	const struct user *bob = person("sessions Bob");
	const char *before = new_token();
	const char *hash = present_hash('a');

	(void)state;
	session_begin(ann->id, before, NULL, NULL, "none", NULL);
	assert_string_equal(hash_of(ann), "none");
	/* the user has another password by now; the caller knows none */
	assert_false(
	    session_begin(ann->id, before + 1, NULL, NULL, "another", hash));
	assert_false(
	    session_begin(ann->id, before + 1, NULL, NULL, NULL, hash));
	assert_null(session_find(before + 1));
	assert_string_equal(hash_of(ann), "none");
	/* a replacement has the present form, and replaces an older one */
	assert_true(
	    session_begin(ann->id, new_token(), NULL, NULL, "none", "new"));
	assert_string_equal(hash_of(ann), "none");
	assert_true(
	    session_begin(ann->id, new_token(), NULL, NULL, "none", hash));
	assert_string_equal(hash_of(ann), hash);
	assert_true(session_begin(
	    ann->id, new_token(), NULL, NULL, hash, present_hash('b')));
	assert_string_equal(hash_of(ann), hash);
	assert_string_equal(hash_of(bob), "none");
	/* the password is the same */
	assert_non_null(session_find(before));
}

/* A hash without the mark is of a password as it was typed, and is replaced
 * once; the previous release writes them still. */
static void
test_rehash_marked(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *marked = present_hash('c'), *other = present_hash('d');
	const char *typed = mem_format(
	    "scrypt:16384:8:1$salt$%s", strrchr(present_hash('e'), '$') + 1);
	const char *typed2 = mem_format(
	    "scrypt:16384:8:1$salt$%s", strrchr(present_hash('f'), '$') + 1);

	(void)state;
	assert_true(
	    session_begin(ann->id, new_token(), NULL, NULL, "none", typed));
	assert_string_equal(hash_of(ann), typed);
	assert_true(
	    session_begin(ann->id, new_token(), NULL, NULL, typed, typed2));
	assert_string_equal(hash_of(ann), typed);
	assert_true(
	    session_begin(ann->id, new_token(), NULL, NULL, typed, marked));
	assert_string_equal(hash_of(ann), marked);
	assert_true(
	    session_begin(ann->id, new_token(), NULL, NULL, marked, typed));
	assert_true(
	    session_begin(ann->id, new_token(), NULL, NULL, marked, other));
	assert_string_equal(hash_of(ann), marked);
}

/* An account has a hundred sessions at most. */
static void
test_most_sessions(void **state)
{
	const struct user *ann = person("sessions Ann");
	const struct user *bob = person("sessions Bob");
	const char *first = new_token(), *second, *bobs = new_token();

	(void)state;
	session_begin(bob->id, bobs, NULL, NULL, "none", NULL);
	session_begin(ann->id, first, NULL, NULL, "none", NULL);
	second = new_token();
	session_begin(ann->id, second, NULL, NULL, "none", NULL);
	for (int i = 2; i < 100; i++)
		session_begin(ann->id, new_token(), NULL, NULL, "none", NULL);
	assert_non_null(session_find(first));
	session_begin(ann->id, new_token(), NULL, NULL, "none", NULL);
	assert_null(session_find(first));
	assert_non_null(session_find(second));
	assert_non_null(session_find(bobs));
}

/* --- attempts --- */

#define FREE 3

/* As if all that was counted had been counted so much earlier. */
static void
let_pass(const char *interval)
{
	db_query(
	    "UPDATE attempts SET last_at = last_at - $1::interval", interval);
}

/* So many attempts from an address, all let through. */
static void
attempt(const char *name, const char *address, int times)
{
	for (int i = 0; i < times; i++)
		assert_int_equal(login_begin(name, NULL, address).wait, 0);
}

static int64_t
wait_of(const char *name, const char *address)
{
	struct login login = login_begin(name, NULL, address);

	if (login.wait > 0) {
		assert_null(login.user);
		assert_null(login.password_hash);
	}
	return login.wait;
}

#define UNKNOWN "sessions: an unknown name"

/* Blanks around a name make no other name of it. */
static void
test_blanks_are_counted(void **state)
{
	const struct user *ann = person("sessions Ann");

	(void)state;
	attempt(ann->name, "192.0.2.41", 1);
	attempt(mem_format(" %s", ann->name), "192.0.2.42", 1);
	attempt(mem_format("%s\u00a0", ann->name), "192.0.2.43", 1);
	assert_true(wait_of(mem_format("\t%s", ann->name), "192.0.2.44") > 0);
	assert_true(wait_of(ann->name, "192.0.2.45") > 0);
	attempt(UNKNOWN, "192.0.2.51", 1);
	attempt(UNKNOWN " ", "192.0.2.52", 1);
	attempt("\u3000" UNKNOWN, "192.0.2.53", 1);
	assert_true(wait_of(" " UNKNOWN " ", "192.0.2.54") > 0);
}

/* So many beyond those that are free, and the seconds to wait then. */
static const struct wait {
	const char *name;
	int64_t beyond, wait;
} waits[] = {
	{ "the first", 0, 1 },
	{ "the second", 1, 2 },
	{ "the tenth", 9, 512 },
	{ "the eleventh", 10, 900 },
	{ "very many", 1000000, 900 },
};

static void
test_growing_delay(void **state)
{
	const struct wait *row = row_of(state);
	const char *const names[] = { person("sessions Ann")->name,
		mem_format("%s and nobody", row->name) };

	for (size_t i = 0; i < 2; i++) {
		for (int n = 0; n < FREE; n++)
			attempt(names[i], mem_format("192.0.2.%d", n), 1);
		db_query("UPDATE attempts SET count = count + $1, last_at ="
			 " clock_timestamp() WHERE kind = 'account'",
		    db_integer(row->beyond));
		/* to have asked too early changes nothing */
		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(
			    wait_of(names[i], "198.51.100.1"), row->wait);
		let_pass(mem_format("%d seconds", (int)row->wait));
		attempt(names[i], "198.51.100.1", 1);
		db_query("DELETE FROM attempts");
	}
}

static void
test_attempts_are_forgotten(void **state)
{
	const struct user *ann = person("sessions Ann");

	(void)state;
	attempt(ann->name, "203.0.113.1", FREE);
	assert_int_equal(wait_of(ann->name, "203.0.113.1"), 1);
	let_pass("20 minutes"); /* two of them */
	attempt(ann->name, "203.0.113.1", 2);
	assert_int_equal(wait_of(ann->name, "203.0.113.1"), 1);
	let_pass("1 day");
	attempt(ann->name, "203.0.113.1", FREE);
}

static void
test_attempts_from_an_address(void **state)
{
	(void)state;
	for (int i = 0; i < FREE; i++)
		attempt(person("sessions Ann")->name, "2001:db8::1", 1);
	assert_int_equal(
	    wait_of(person("sessions Ann")->name, "2001:db8::1"), 1);
	/* a neighbour is the same client, another network is not */
	assert_int_equal(
	    wait_of(person("sessions Ann")->name, "2001:db8::2:3"), 1);
	attempt(person("sessions Ann")->name, "2001:db8:0:1::1", 1);
	/* of a link */
	attempt(person("sessions Ann")->name, "fe80::1%eth0", 1);
	/* all without an address are one client */
	for (int i = 0; i < FREE; i++)
		attempt(person("sessions Ann")->name,
		    i == 0 ? "" : mem_format("rubbish %d", i), 1);
	assert_int_equal(wait_of(person("sessions Ann")->name, "unknown"), 1);
}

static void
test_success_takes_its_attempt_back(void **state)
{
	const struct user *ann = person("sessions Ann");

	(void)state;
	for (int i = 0; i < 2 * FREE; i++) {
		attempt(ann->name, "203.0.113.2", 1);
		session_begin(
		    ann->id, new_token(), "203.0.113.2", NULL, "none", NULL);
	}
	attempt(person("sessions Bob")->name, "203.0.113.2", FREE);
}

/* The owner gets in from where they have been before, whatever others do. */
static void
test_acquaintance(void **state)
{
	const struct user *ann = person("sessions Ann");
	const struct user *bob = person("sessions Bob");

	(void)state;
	attempt(ann->name, "203.0.113.3", 1);
	session_begin(ann->id, new_token(), "203.0.113.3", NULL, "none", NULL);

	attempt(ann->name, "203.0.113.4", FREE);
	assert_int_equal(wait_of(ann->name, "203.0.113.4"), 1);
	for (int i = 0; i < FREE; i++)
		attempt(person("sessions Zoe")->name, "203.0.113.3", 1);
	assert_int_equal(wait_of(bob->name, "203.0.113.3"), 1);

	attempt(ann->name, "203.0.113.3", FREE);
	assert_int_equal(wait_of(ann->name, "203.0.113.3"), 1);
	for (int i = 0; i < FREE; i++) {
		let_pass("1 minute");
		attempt(ann->name, "203.0.113.3", 1);
	}
}

int
main(void)
{
	UNIT_TEST(test_add_and_remove);
	UNIT_TEST(test_digest);
	UNIT_TEST(test_two_browsers);
	UNIT_TEST(test_lifetime);
	UNIT_TEST(test_idle);
	UNIT_TEST(test_password_change);
	UNIT_TEST(test_expired);
	UNIT_TEST(test_login);
	UNIT_TEST(test_login_blanks);
	UNIT_TEST(test_rehash);
	UNIT_TEST(test_rehash_marked);
	UNIT_TEST(test_most_sessions);
	db_query("UPDATE attempt_limits SET free = $1"
		 " WHERE kind <> 'message'",
	    db_integer(FREE));
	UNIT_TEST(test_blanks_are_counted);
	UNIT_ROWS(test_growing_delay, waits);
	UNIT_TEST(test_attempts_are_forgotten);
	UNIT_TEST(test_attempts_from_an_address);
	UNIT_TEST(test_success_takes_its_attempt_back);
	UNIT_TEST(test_acquaintance);
	return unit_run();
}
