/* unicode -- what a code point is: a letter, of which script, or something
 * else. */

#ifndef UNICODE_H
#define UNICODE_H

#include <stdint.h>

/* What a word consists of has the kinds from UNICODE_MARK on. */
enum unicode_kind {
	UNICODE_SPACE, /* white space, and what is not seen */
	UNICODE_PUNCTUATION,
	UNICODE_OPENING, /* brackets, and quotation marks that are in pairs */
	UNICODE_CLOSING,
	UNICODE_STOP, /* a comma or the like that has no space behind it */
	UNICODE_SYMBOL,
	UNICODE_EMOJI,
	UNICODE_MARK,     /* belongs to the character before it */
	UNICODE_NUMBER,   /* an ASCII digit, or _ */
	UNICODE_LATIN,    /* a letter */
	UNICODE_UNSPACED, /* a letter of a script without spaces */
	UNICODE_SCRIPTS,  /* from here on one kind for each other script */
};

/* Returns the kind of a code point.  Letters of one script have one kind. */
int unicode_kind(uint32_t code_point);

#endif
