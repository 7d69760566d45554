#include "sessions.h"

#include "secret.h"
#include "unit.h"
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
	session_add(ann->id, token, NULL, NULL);
	found = session_find(token);
	assert_int_equal(found->id, ann->id);
	assert_string_equal(found->name, ann->name);
	assert_null(session_find(new_token()));
	for (int twice = 0; twice < 2; twice++) {
		session_remove(token);
		assert_null(session_find(token));
		assert_int_equal(count_sessions(token), 0);
	}
}

/* FIPS 180-4's example. */
static void
test_digest(void **state)
{
	(void)state;
	session_add(person("sessions Ann")->id, "abc", NULL, NULL);
	assert_int_equal(
	    db_count(db_query("SELECT FROM sessions WHERE token_digest = $1",
		"ba7816bf8f01cfea414140de5dae2223"
		"b00361a396177a9cb410ff61f20015ad")),
	    1);
	session_remove("abc");
}

/* A user has as many sessions as browsers. */
static void
test_two_browsers(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *one = new_token(), *two = new_token();

	(void)state;
	session_add(ann->id, one, NULL, NULL);
	session_add(ann->id, two, NULL, NULL);
	session_remove(one);
	assert_null(session_find(one));
	assert_int_equal(session_find(two)->id, ann->id);
}

static void
test_lifetime(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *token = new_token();

	(void)state;
	session_add(ann->id, token, NULL, NULL);
	assert_in_range(
	    db_number(
		db_query("SELECT extract(epoch FROM expires_at - now())"
			 "::bigint FROM sessions WHERE token_digest = " DIGEST,
		    token),
		0, 0),
	    SESSIONS_LIFETIME - 60, SESSIONS_LIFETIME);
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
	assert_null(session_login(ann->name, expired).session_user);

	session_add(ann->id, new_token(), NULL, NULL);
	assert_int_equal(count_sessions(expired), 0);
	assert_int_equal(count_sessions(lasting), 1);
}

/* --- login --- */

#define NOBODY "sessions: nobody's name"

static void
test_login(void **state)
{
	const struct user *ann = person("sessions Ann");
	const struct user *bob = person("sessions Bob");
	const char *token = new_token();
	struct session_login login;

	(void)state;
	session_add(bob->id, token, NULL, NULL);

	login = session_login(ann->name, NULL);
	assert_null(login.session_user);
	assert_int_equal(login.user->id, ann->id);
	assert_string_equal(login.user->name, ann->name);
	assert_string_equal(login.password_hash, "none");

	login = session_login(ann->name, token);
	assert_int_equal(login.session_user->id, bob->id);
	assert_string_equal(login.session_user->name, bob->name);
	assert_int_equal(login.user->id, ann->id);

	login = session_login(NOBODY, token);
	assert_int_equal(login.session_user->id, bob->id);
	assert_null(login.user);
	assert_null(login.password_hash);

	login = session_login(NOBODY, new_token());
	assert_null(login.session_user);
	assert_null(login.user);
}

static const char *
hash_of(const struct user *user)
{
	return session_login(user->name, NULL).password_hash;
}

static void
test_rehash(void **state)
{
	const struct user *ann = person("sessions Ann");
	const struct user *bob = person("sessions Bob");

	(void)state;
	session_add(ann->id, new_token(), NULL, NULL);
	assert_string_equal(hash_of(ann), "none");
	/* somebody else was faster */
	session_add(ann->id, new_token(), "another", "new");
	assert_string_equal(hash_of(ann), "none");
	session_add(ann->id, new_token(), "none", "new");
	assert_string_equal(hash_of(ann), "new");
	assert_string_equal(hash_of(bob), "none");
}

int
main(void)
{
	UNIT_TEST(test_add_and_remove);
	UNIT_TEST(test_digest);
	UNIT_TEST(test_two_browsers);
	UNIT_TEST(test_lifetime);
	UNIT_TEST(test_expired);
	UNIT_TEST(test_login);
	UNIT_TEST(test_rehash);
	return unit_run();
}
