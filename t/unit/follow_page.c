#include "follow_page.h"

#include "reply.h"
#include "page.h"
#include "unit.h"
#include "child.h"

static struct person somebody = { .id = 7, .name = EVIL };

static const struct people some = {
	.count = 1,
	.list = &somebody,
	.rest = 7,
	.name = EVIL,
};

static const struct people nobody = { .name = "Ann" };

static void
show(const void *people)
{
	follow_page(reply_begin(&page_kind), NULL, people, EVIL " follows",
	    "Nobody so far.");
}

static void
test_people(void **state)
{
	struct child child = { .env = { "REQUEST_URI=/Ann/following" } };

	(void)state;
	child_run(&child, show, &some);
	assert_contains(child.out, "Status: 200");
	assert_contains(child.out, "<h1>" ESCAPED " follows</h1>");
	assert_contains(child.out, ">" ESCAPED "'s timeline</a>");
	assert_contains(child.out, ">" ESCAPED "</a></li>");
	assert_contains(child.out, "href=\"?after=7\">More people");
	assert_lacks(child.out, EVIL);
	assert_lacks(child.out, "Nobody so far.");
}

static const struct end {
	const char *name, *query, *says, *lacks;
} ends[] = {
	{ "nobody", "", "Nobody so far.", "no more" },
	{ "after the last", "after=7", "no more people", "so far" },
};

static void
test_end(void **state)
{
	const struct end *row = row_of(state);
	struct child child = { .env = {
				   mem_format("REQUEST_URI=/Ann/following?%s",
				       row->query) } };

	child_run(&child, show, &nobody);
	assert_contains(child.out, row->says);
	assert_lacks(child.out, row->lacks);
	assert_lacks(child.out, "More people");
}

int
main(void)
{
	UNIT_TEST(test_people);
	UNIT_ROWS(test_end, ends);
	return unit_run();
}
