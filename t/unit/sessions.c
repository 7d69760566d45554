#include "sessions.h"

#include "secret.h"
#include "unit.h"
#include "person.h"

static const char *
new_digest(void)
{
	return secret_digest(secret_token());
}

/* A session that ends in so many seconds. */
static void
insert_session(const struct user *user, const char *digest, int64_t seconds)
{
	db_query("INSERT INTO sessions (user_id, token_digest, expires_at)"
		 " VALUES ($1, $2, now() + $3 * interval '1 second')",
	    db_integer(user->id), digest, db_integer(seconds));
}

static int64_t
count_sessions(const char *digest)
{
	return db_number(db_query("SELECT count(*) FROM sessions"
				  " WHERE token_digest = $1",
			     digest),
	    0, 0);
}

static void
test_add_and_remove(void **state)
{
	const struct user *ann = person("sessions Ann"), *found;
	const char *digest = new_digest();

	(void)state;
	assert_null(session_find(digest));
	session_add(ann->id, digest, NULL, NULL);
	found = session_find(digest);
	assert_int_equal(found->id, ann->id);
	assert_string_equal(found->name, ann->name);
	assert_null(session_find(new_digest()));
	for (int twice = 0; twice < 2; twice++) {
		session_remove(digest);
		assert_null(session_find(digest));
		assert_int_equal(count_sessions(digest), 0);
	}
}

/* A user has as many sessions as browsers. */
static void
test_two_browsers(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *one = new_digest(), *two = new_digest();

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
	const char *digest = new_digest();

	(void)state;
	session_add(ann->id, digest, NULL, NULL);
	assert_in_range(
	    db_number(db_query("SELECT extract(epoch FROM expires_at - now())"
			       "::bigint FROM sessions WHERE token_digest = $1",
			  digest),
		0, 0),
	    SESSIONS_LIFETIME - 60, SESSIONS_LIFETIME);
}

static void
test_expired(void **state)
{
	const struct user *ann = person("sessions Ann");
	const char *expired = new_digest(), *lasting = new_digest();

	(void)state;
	insert_session(ann, expired, -1);
	insert_session(ann, lasting, 60);
	assert_null(session_find(expired));
	assert_non_null(session_find(lasting));
	assert_null(session_login(ann->name, expired).session_user);

	session_add(ann->id, new_digest(), NULL, NULL);
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
	const char *digest = new_digest();
	struct session_login login;

	(void)state;
	session_add(bob->id, digest, NULL, NULL);

	login = session_login(ann->name, NULL);
	assert_null(login.session_user);
	assert_int_equal(login.user->id, ann->id);
	assert_string_equal(login.user->name, ann->name);
	assert_string_equal(login.password_hash, "none");

	login = session_login(ann->name, digest);
	assert_int_equal(login.session_user->id, bob->id);
	assert_string_equal(login.session_user->name, bob->name);
	assert_int_equal(login.user->id, ann->id);

	login = session_login(NOBODY, digest);
	assert_int_equal(login.session_user->id, bob->id);
	assert_null(login.user);
	assert_null(login.password_hash);

	login = session_login(NOBODY, new_digest());
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
	session_add(ann->id, new_digest(), NULL, NULL);
	assert_string_equal(hash_of(ann), "none");
	/* somebody else was faster */
	session_add(ann->id, new_digest(), "another", "new");
	assert_string_equal(hash_of(ann), "none");
	session_add(ann->id, new_digest(), "none", "new");
	assert_string_equal(hash_of(ann), "new");
	assert_string_equal(hash_of(bob), "none");
}

int
main(void)
{
	UNIT_TEST(test_add_and_remove);
	UNIT_TEST(test_two_browsers);
	UNIT_TEST(test_lifetime);
	UNIT_TEST(test_expired);
	UNIT_TEST(test_login);
	UNIT_TEST(test_rehash);
	return unit_run();
}
