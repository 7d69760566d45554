#include "opaque.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>

#include "log.h"
#include "mem.h"
#include "text.h"

/* NFC has at most three times the bytes (Unicode UAX 15, 9.1). */
#define MOST_LONGER 3

/* RFC 8265 4.2.2, rule 2. */
static const char *
map_blanks(const char *typed)
{
	char *mapped = mem_alloc(strlen(typed) + 1), *to = mapped;
	size_t len = strlen(typed);

	while (len > 0) {
		uint32_t c;
		size_t step = text_code_point(typed, len, &c);

		if (step == 0)
			die("opaque: a password is not UTF-8");
		if (uc_is_general_category(c, UC_SPACE_SEPARATOR))
			*to++ = ' ';
		else
			to = stpncpy(to, typed, step);
		typed += step;
		len -= step;
	}
	return mapped;
}

const char *
opaque_nfc(const char *text)
{
	size_t room = MOST_LONGER * strlen(text) + 1, len = room;
	uint8_t *result = mem_alloc(room + 1);

	/* the NUL, too, so that nothing is no special case */
	if (u8_normalize(UNINORM_NFC, (const uint8_t *)text, strlen(text) + 1,
		result, &len) != result)
		die("opaque: libunistring: %s", strerror(errno));
	return (const char *)result;
}

const char *
opaque_string(const char *typed)
{
	return opaque_nfc(map_blanks(typed));
}
