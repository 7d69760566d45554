#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "db.h"
#include "mem.h"

static int
compare(const void *a, const void *b)
{
	const char *const *one = a, *const *other = b;

	return strcmp(*one, *other);
}

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
	qsort(
	    existing->list, existing->count, sizeof(*existing->list), compare);
	return existing;
}

const char *
names_beginning(const struct names *names, const char *text, size_t len)
{
	size_t from = 0, to = names->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strncmp(text, names->list[middle], len) > 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == names->count || strncmp(text, names->list[from], len) != 0)
		return NULL;
	return names->list[from];
}
