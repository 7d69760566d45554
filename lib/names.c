#include "names.h"

#include <string.h>

#include "buf.h"
#include "db.h"
#include "log.h"
#include "mem.h"

/* Sorts names in the order of strcmp(3), with room for half of them.  musl's
 * qsort() compares more often, and moves each name by a call of memcpy(). */
static void
sort(const char **list, size_t count, const char **room)
{
	size_t half = count / 2, left = 0, right = half;

	if (count < 2)
		return;
	sort(list, half, room);
	sort(list + half, count - half, room);
	memcpy(room, list, half * sizeof(*list));
	for (size_t to = 0; left < half; to++) {
		if (right < count && strcmp(list[right], room[left]) < 0)
			list[to] = list[right++];
		else
			list[to] = room[left++];
	}
}

const struct names *
names_existing(const struct names *names)
{
	struct names *existing = mem_alloc(sizeof(*existing));
	struct buf lines = { 0 };
	const char *exist;

	if (names->count == 0)
		return existing;
	buf_reserve(&lines, BUF_DOCUMENT);
	for (size_t i = 0; i < names->count; i++) {
		if (i > 0)
			buf_puts(&lines, "\n");
		buf_puts(&lines, names->list[i]);
	}
	exist = db_text(db_query("SELECT names_exist($1)", lines.data), 0, 0);
	if (strlen(exist) != names->count)
		die("names: %zu asked for, %zu answered", names->count,
		    strlen(exist));
	existing->list = mem_alloc(names->count * sizeof(*existing->list));
	for (size_t i = 0; i < names->count; i++) {
		if (exist[i] == '1')
			existing->list[existing->count++] = names->list[i];
	}
	sort(existing->list, existing->count,
	    mem_alloc(existing->count / 2 * sizeof(*existing->list)));
	return existing;
}

/* Returns how many of the first len bytes two strings have in common, of which
 * they have the first common ones. */
static size_t
common_length(const char *one, const char *other, size_t common, size_t len)
{
	while (common < len && one[common] == other[common])
		common++;
	return common;
}

/* Similar names begin alike, so no comparison repeats what text has in common
 * with both ends of the range. */
const char *
names_beginning(const struct names *names, const char *text, size_t len)
{
	size_t from = 0, to = names->count;
	size_t common_from = 0, common_to = 0;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const char *name = names->list[middle];
		size_t common = common_length(text, name,
		    common_from < common_to ? common_from : common_to, len);

		if (common < len &&
		    (unsigned char)text[common] > (unsigned char)name[common]) {
			from = middle + 1;
			common_from = common;
		} else {
			to = middle;
			common_to = common;
		}
	}
	return from < names->count && common_to == len ? names->list[from]
						       : NULL;
}
