#include "follows.h"

#include "unit.h"
#include "patient.h"
#include "person.h"

#define NOBODY "follows: nobody's name"

static void
test_nobody_is_followed(void **state)
{
	const struct user *ann = person("follows Ann");
	const struct follows *follows = follows_of(ann->name, 10);

	(void)state;
	assert_non_null(follows);
	assert_int_equal(follows->count, 0);
	assert_null(follows_of(NOBODY, 10));
}

static void
test_add_and_remove(void **state)
{
	const struct user *ann = person("follows Ann");
	const struct user *bob = person("follows 'B\u00f6b'; --");
	const struct follows *follows;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		assert_true(follow_add(ann->name, bob->name));
		follows = follows_of(ann->name, 10);
		assert_int_equal(follows->count, 1);
		assert_string_equal(follows->names[0], bob->name);
	}
	/* it has a direction */
	assert_int_equal(follows_of(bob->name, 10)->count, 0);
	assert_true(follow_remove(bob->name, ann->name));
	assert_int_equal(follows_of(ann->name, 10)->count, 1);

	for (int twice = 0; twice < 2; twice++) {
		assert_true(follow_remove(ann->name, bob->name));
		assert_int_equal(follows_of(ann->name, 10)->count, 0);
	}
}

static void
test_nobodys_name(void **state)
{
	const struct user *ann = person("follows Ann");

	(void)state;
	assert_false(follow_add(ann->name, NOBODY));
	assert_false(follow_add(NOBODY, ann->name));
	assert_false(follow_add(NOBODY, NOBODY));
	assert_false(follow_remove(ann->name, NOBODY));
	assert_false(follow_remove(NOBODY, ann->name));
	assert_int_equal(follows_of(ann->name, 10)->count, 0);
}

static void
test_limit(void **state)
{
	const struct user *ann = person("follows Ann");
	const struct user *others[3];
	const struct follows *follows;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		others[i] = person("follows Cid");
		follow_add(ann->name, others[i]->name);
	}
	follow_remove(ann->name, others[1]->name);

	follows = follows_of(ann->name, 3);
	assert_int_equal(follows->count, 2);
	assert_string_equal(follows->names[0], others[0]->name);
	assert_string_equal(follows->names[1], others[2]->name);
	assert_int_equal(follows_of(ann->name, 2)->count, 2);
	assert_int_equal(follows_of(ann->name, 1)->count, 1);
}

int
main(void)
{
	UNIT_TEST(test_nobody_is_followed);
	UNIT_TEST(test_add_and_remove);
	UNIT_TEST(test_nobodys_name);
	UNIT_TEST(test_limit);
	return unit_run();
}
