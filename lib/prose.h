/* prose -- the text of a message as HTML: what people write as an address or as
 * @somebody becomes a link.
 *
 * An address begins with http:// or https:// and ends before white space, or
 * before the punctuation that ends its sentence.  @ and the name of a user, the
 * longest that there is, make a mention; names may have blanks in them. */

#ifndef PROSE_H
#define PROSE_H

#include "buf.h"
#include "names.h"

/* Adds whatever name can be meant in a text: for each @ what follows, up to the
 * end of each of its words.  names starts as { 0 } and goes on with the next
 * text; it takes at most 40 of each, those of fewest words, and 1,200 of all.
 */
void prose_mentions(struct names *names, const char *text);

/* Appends the text, escaped, with its links; known are the names of users, as
 * names_existing() returns them. */
void prose_html(struct buf *out, const char *text, const struct names *known);

#endif
