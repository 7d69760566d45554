/* no_sandbox -- in the place of lib/sandbox.c where a tool works inside the
 * program and needs files of its own: fuzzing, valgrind, failing_malloc. */

#include "sandbox.h"

void
sandbox_begin(void)
{
}

void
sandbox_close(void)
{
}
