#include "names.h"

#include "buf.h"
#include "db.h"
#include "mem.h"

const struct names *
names_existing(const struct names *names)
{
	struct names *existing = mem_alloc(sizeof(*existing));
	struct buf lines = { 0 };
	const struct db_rows *rows;

	if (names->count == 0)
		return existing;
	for (size_t i = 0; i < names->count; i++) {
		buf_puts(&lines, names->list[i]);
		buf_puts(&lines, "\n");
	}
	rows = db_query("SELECT existing_names($1)", lines.data);
	existing->count = db_count(rows);
	existing->list = mem_alloc(existing->count * sizeof(*existing->list));
	for (size_t i = 0; i < existing->count; i++)
		existing->list[i] = db_text(rows, i, 0);
	return existing;
}
