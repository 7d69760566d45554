/* again -- sets back the two modules that remember something, as the end of
 * the process does. */

#ifndef AGAIN_H
#define AGAIN_H

void mem_again(void);
void reply_again(void);

#endif
