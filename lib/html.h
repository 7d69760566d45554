/* html -- markup from literals, values escaped.
 *
 * There is no way to write a value unescaped, and no way to write markup that
 * is not a string literal: html(out, text) with a variable does not compile.
 * A fragment is therefore a function that takes out, not a string. */

#ifndef HTML_H
#define HTML_H

#include "buf.h"

/* Appends markup.  Understands %s, %d, %zu and %%; dies on anything else.  A
 * value for %s must be UTF-8; it is right in text and in double-quoted
 * attributes: & < > " ' become character references, and ASCII's control
 * characters, but for tab and line ends, become U+FFFD. */
#define html(out, ...) html_emit((out), "" __VA_ARGS__)

void html_emit(struct buf *out, const char *markup, ...)
    __attribute__((format(printf, 2, 3)));

#endif
