#include "resize.h"

#include <err.h>
#include <stdlib.h>
#include <sysexits.h>

void *
resize(void *array, size_t count, size_t size)
{
	void *moved = reallocarray(array, count > 0 ? count : 1, size);

	if (moved == NULL)
		err(EX_OSERR, "no memory for %zu times %zu bytes", count, size);
	return moved;
}
