/* resize -- arrays that grow: realloc(3) that checks its product and never
 * returns NULL.  What lib/mem.h gives can't be given back, which is right for
 * a request, and wrong for what doubles ten times. */

#ifndef RESIZE_H
#define RESIZE_H

#include <stddef.h>

/* Room for count values of that size at array, which may be NULL; ends the
 * program when there is none.  Free with free(3). */
void *resize(void *array, size_t count, size_t size);

#endif
