#include "html.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "text.h"

static const char *
escape(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\n':
	case '\r':
		return NULL;
	default:
		return (unsigned char)c < 0x20 || c == 0x7f ? "\xef\xbf\xbd"
							    : NULL;
	}
}

static void
add_escaped(struct buf *out, const char *value)
{
	const char *plain = value;

	for (; *value != '\0'; value++) {
		const char *reference;

		/* most of what there is, without further questions */
		if (*value > '>' && *value < 0x7f)
			continue;
		if ((reference = escape(*value)) == NULL)
			continue;
		buf_add(out, plain, (size_t)(value - plain));
		buf_puts(out, reference);
		plain = value + 1;
	}
	buf_add(out, plain, (size_t)(value - plain));
}

void
html_emit(struct buf *out, const char *markup, ...)
{
	const char *at = markup, *percent;
	va_list args;

	va_start(args, markup);
	while ((percent = strchr(at, '%')) != NULL) {
		buf_add(out, at, (size_t)(percent - at));
		at = percent + 2;
		if (percent[1] == 's') {
			add_escaped(out, va_arg(args, const char *));
		} else if (percent[1] == 'd') {
			buf_puts(out, text_decimal(va_arg(args, int)));
		} else if (strncmp(percent, "%zu", 3) == 0) {
			buf_puts(out, mem_format("%zu", va_arg(args, size_t)));
			at = percent + 3;
		} else if (percent[1] == '%') {
			buf_puts(out, "%");
		} else {
			die("html: no such directive: %s", percent);
		}
	}
	va_end(args);
	buf_puts(out, at);
}
