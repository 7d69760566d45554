#include "latest.h"

#include "unit.h"

static void
test_set_and_get(void **state)
{
	static const int64_t numbers[] = { 5, 4, 0, -1, -5, INT64_MIN,
		INT64_MAX, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		latest_set(numbers[i]);
		assert_int_equal(latest_get(), numbers[i]);
		assert_int_equal(latest_get(), numbers[i]);
	}
}

int
main(void)
{
	UNIT_TEST(test_set_and_get);
	return unit_run();
}
