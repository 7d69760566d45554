#include "people.h"

#include <string.h>

#include "follows.h"
#include "unit.h"
#include "patient.h"
#include "person.h"

#define NOBODY "people: nobody's name"

static void
assert_names(const struct people *people, const char *const names[])
{
	size_t count = 0;

	for (; names[count] != NULL; count++) {
		assert_in_range(count, 0, people->count - 1);
		assert_string_equal(people->list[count].name, names[count]);
	}
	assert_int_equal(people->count, count);
}

#define ASSERT_NAMES(people, ...) \
	assert_names(people, (const char *const[]){ __VA_ARGS__, NULL })

/* --- who is looked for --- */

static void
test_found(void **state)
{
	const struct user *first = person("people Zebra One");
	const struct user *second = person("people zebra Two");
	const struct people *people;

	(void)state;
	people = people_search("E ZEBR", 0, 2);
	ASSERT_NAMES(people, first->name, second->name);
	assert_int_equal(people->list[0].id, first->id);
	assert_int_equal(people->rest, 0);
	assert_false(people->cut);

	people = people_search("e zebr", 0, 1);
	ASSERT_NAMES(people, first->name);
	assert_int_equal(people->rest, first->id);
	people = people_search("e zebr", first->id, 1);
	ASSERT_NAMES(people, second->name);
	assert_int_equal(people->rest, 0);
	assert_int_equal(people_search("e zebr", second->id, 1)->count, 0);
	assert_int_equal(people_search("e zebr", INT64_MAX, 1)->count, 0);
	assert_int_equal(people_search(NOBODY, 0, 1)->count, 0);
}

static const struct part {
	const char *name, *part;
} parts[] = {
	{ "any number", "people%Yak" },
	{ "any letter", "people_Yak" },
	{ "a backslash", "people\\ Yak" },
	{ "a quotation mark", "people' Yak" },
	{ "nothing of the kind", "!" NOBODY },
};

static void
test_not_found(void **state)
{
	const struct part *row = row_of(state);

	person("people Yak");
	assert_int_equal(people_search(row->part, 0, 10)->count, 0);
}

static void
test_suggested(void **state)
{
	const struct user *inside = person("people Gnu");
	const struct user *begins = person("Gnu");
	const struct people *people = people_suggest("GNU", 2);

	(void)state;
	ASSERT_NAMES(people, begins->name, inside->name);
	assert_false(people->alike);
	assert_int_equal(people->rest, 0);

	people = people_suggest("gnu", 1);
	ASSERT_NAMES(people, begins->name);
	assert_int_not_equal(people->rest, 0);
	assert_int_equal(people_suggest("\u00b6\u00b6\u00b6", 1)->count, 0);
}

static void
test_suggested_alike(void **state)
{
	const struct people *people;

	(void)state;
	person("people Hippopotamus");
	people = people_suggest("Hipopotamus", 1);
	assert_int_equal(people->count, 1);
	assert_true(people->alike);
	assert_non_null(strstr(people->list[0].name, "Hippopotamus"));
}

/* --- who follows whom --- */

static void
test_nobody(void **state)
{
	const struct user *ann = person("people Ann");

	(void)state;
	assert_null(people_followers(NOBODY, 0, 0, 10));
	assert_null(people_followed(NOBODY, 0, 0, 10));
	assert_int_equal(people_followers(ann->name, 0, 0, 10)->count, 0);
	assert_int_equal(people_followed(ann->name, 0, 0, 10)->count, 0);
	assert_string_equal(
	    people_followers(ann->name, 0, 0, 10)->name, ann->name);
}

static void
test_follows(void **state)
{
	const struct user *ann = person("people Ann");
	const struct user *bob = person("people B\u00f6b'; --");
	const struct user *cid = person("people Cid");
	const struct people *people;

	(void)state;
	follow_add(ann->name, bob->name);
	follow_add(ann->name, cid->name);
	follow_add(cid->name, bob->name);
	follow_add(bob->name, cid->name);

	people = people_followers(bob->name, 0, 0, 2);
	ASSERT_NAMES(people, ann->name, cid->name);
	assert_int_equal(people->rest, 0);
	assert_false(people->list[1].followed);

	people = people_followed(ann->name, bob->id, 0, 1);
	ASSERT_NAMES(people, bob->name);
	assert_int_equal(people->rest, bob->id);
	assert_false(people->list[0].followed);
	people = people_followed(ann->name, bob->id, bob->id, 1);
	ASSERT_NAMES(people, cid->name);
	assert_true(people->list[0].followed);
	assert_int_equal(people->rest, 0);
	people = people_followers(bob->name, ann->id, ann->id, 1);
	ASSERT_NAMES(people, cid->name);
	assert_true(people->list[0].followed);
}

/* --- how many --- */

static void
write_messages(const struct user *author, int64_t count, bool flagged)
{
	db_query("INSERT INTO messages (author_id, text, flagged)"
		 " SELECT $1, 'x', $2 FROM generate_series(1, $3::bigint)",
	    db_integer(author->id), flagged ? "t" : "f", db_integer(count));
}

static void
test_counts(void **state)
{
	const struct user *ann = person("people Ann");
	const struct user *bob = person("people Bob");
	struct people_counts counts = people_counts(ann->id);

	(void)state;
	assert_int_equal(
	    counts.messages + counts.followers + counts.following, 0);
	follow_add(ann->name, bob->name);
	write_messages(ann, 5, true);
	write_messages(ann, 1000, false);
	counts = people_counts(ann->id);
	assert_int_equal(counts.messages, 1000);
	assert_int_equal(counts.followers, 0);
	assert_int_equal(counts.following, 1);
	assert_int_equal(people_counts(bob->id).followers, 1);
	write_messages(ann, 1, false);
	assert_int_equal(people_counts(ann->id).messages, PEOPLE_MANY);
	write_messages(ann, 10, false);
	assert_int_equal(people_counts(ann->id).messages, PEOPLE_MANY);
	assert_int_equal(people_counts(0).messages, 0);
}

int
main(void)
{
	UNIT_TEST(test_found);
	UNIT_ROWS(test_not_found, parts);
	UNIT_TEST(test_suggested);
	UNIT_TEST(test_suggested_alike);
	UNIT_TEST(test_nobody);
	UNIT_TEST(test_follows);
	UNIT_TEST(test_counts);
	return unit_run();
}
