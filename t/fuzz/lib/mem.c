/* lib/mem.c, and what takes back all that it gave. */

#include "../../../lib/mem.c" // NOLINT(bugprone-suspicious-include)

#include "again.h"

void
mem_again(void)
{
	while (newest != NULL) {
		struct chunk *older = newest->older;

		if (newest != (struct chunk *)first_bytes)
			free(newest);
		newest = older;
	}
	memset(first_bytes, 0, sizeof(first_bytes));
}
