/* prose -- the text of a message as HTML: what people write as an address or as
 * @somebody becomes a link.
 *
 * An address begins with http:// or https:// and ends before white space,
 * before a bracket without its pair, or before the punctuation and emoji that
 * end its sentence.  A link covers all of a host name, or there is none.
 *
 * @ and the name of a user, the longest that there is, make a mention; names
 * may have blanks in them.  A name ends where its script does, and anywhere in
 * a script without spaces.  What belongs to an e-mail address, or to somebody
 * at another site, is no mention. */

#ifndef PROSE_H
#define PROSE_H

#include "buf.h"
#include "names.h"

/* Adds whatever name can be meant in a text: for each @ what follows, up to
 * each place where a name can end.  names starts as { 0 } and goes on with the
 * next text; it takes at most 64 of each, the shortest, and 1,920 of all. */
void prose_mentions(struct names *names, const char *text);

/* Appends the text, escaped, with its links; known are the names of users, as
 * names_existing() returns them. */
void prose_html(struct buf *out, const char *text, const struct names *known);

#endif
