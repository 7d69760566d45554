#include "gauges.h"

#include "db.h"
#include "mem.h"

const struct gauges *
gauges_get(void)
{
	const struct db_rows *rows =
	    db_query("SELECT name, index_name, value FROM gauges()");
	struct gauges *gauges = mem_alloc(sizeof(*gauges));

	gauges->list = mem_alloc(db_count(rows) * sizeof(*gauges->list));
	for (size_t i = 0; i < db_count(rows); i++) {
		struct gauge gauge = {
			.name = db_text(rows, i, 0),
			.index = db_text(rows, i, 1),
			.value = db_text(rows, i, 2),
		};

		if (gauge.name != NULL && gauge.value != NULL)
			gauges->list[gauges->count++] = gauge;
	}
	return gauges;
}
