#include "unicode.h"

#include <stddef.h>

/* The first code point of a run above its kind: 6 kB without a pointer. */
#define RUN(first, kind) ((uint32_t)(first) << 8 | (uint32_t)(kind))
#include "unicode-runs.h"

int
unicode_kind(uint32_t code_point)
{
	size_t from = 0, to = sizeof(runs) / sizeof(runs[0]);

	if (code_point < sizeof(ascii))
		return ascii[code_point];
	while (to - from > 1) {
		size_t middle = from + (to - from) / 2;

		if (runs[middle] >> 8 > code_point)
			to = middle;
		else
			from = middle;
	}
	return (int)(runs[from] & 0xff);
}
