#include "names.h"

#include <stdbool.h>
#include <string.h>

#include "person.h"
#include "unit.h"

static bool
has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->list[i], name) == 0)
			return true;
	}
	return false;
}

static void
test_existing(void **state)
{
	const char *first = person("names First")->name;
	const char *second = person("names O'Brien\"\\ <b>")->name;
	const char *list[] = { first, "names: a free name", second, first };
	const struct names *existing =
	    names_existing(&(struct names){ 4, list });

	(void)state;
	assert_true(has(existing, first));
	assert_true(has(existing, second));
	assert_false(has(existing, "names: a free name"));
}

static void
test_none(void **state)
{
	const char *list[] = { "names: a free name" };

	(void)state;
	assert_int_equal(names_existing(&(struct names){ 0, NULL })->count, 0);
	assert_int_equal(names_existing(&(struct names){ 1, list })->count, 0);
}

/* Another case or a part is another name. */
static void
test_similar(void **state)
{
	const char *name = person("names Case")->name;
	char *other = mem_copy(name, strlen(name));
	const char *list[] = { other, mem_copy(name, strlen(name) - 1) };

	(void)state;
	other[0] = 'N';
	assert_int_equal(names_existing(&(struct names){ 2, list })->count, 0);
}

/* The first of the names that begins so, found without a bisection. */
static const char *
first_beginning(const struct names *names, const char *text, size_t len)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strncmp(names->list[i], text, len) == 0)
			return names->list[i];
	}
	return NULL;
}

static void
test_beginning(void **state)
{
	static const char *list[] = { "a", "aa", "aab", "aab", "ab", "abc",
		"abd", "b", "ba", "\u00e9", "\u00e9a" };
	static const char *const texts[] = { "a", "aabb", "aabab", "aac",
		"abcd", "abe", "ac", "baa", "c", "A", "\u00e9aa", "\u00e8",
		"\U0001f600" };

	(void)state;
	for (size_t count = 0; count <= sizeof(list) / sizeof(list[0]);
	     count++) {
		struct names names = { count, list };

		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			for (size_t len = 1; len <= strlen(texts[i]); len++)
				assert_ptr_equal(
				    names_beginning(&names, texts[i], len),
				    first_beginning(&names, texts[i], len));
		}
	}
}

int
main(void)
{
	UNIT_TEST(test_existing);
	UNIT_TEST(test_none);
	UNIT_TEST(test_similar);
	UNIT_TEST(test_beginning);
	return unit_run();
}
