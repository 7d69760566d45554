#include "latest.h"

#include "db.h"

/* The number is the state of a sequence: setting it takes no row lock and
 * leaves no dead row, however many do it at once. */

int64_t
latest_get(void)
{
	return db_number(db_query("SELECT last_value FROM latest"), 0, 0);
}

void
latest_set(int64_t number)
{
	db_along("SELECT setval('latest', $1)", db_integer(number));
}
