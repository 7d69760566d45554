/* no_sandbox -- in the place of lib/sandbox.c where a tool works inside the
 * program and needs files of its own: fuzzing, valgrind, failing_malloc. */

#include "sandbox.h"

#include <stdlib.h>
#include <unistd.h>

void
sandbox_begin(void)
{
}

void
sandbox_close(void)
{
}

void
sandbox_close_tightly(void)
{
}

_Noreturn void
sandbox_exit(int status, bool at_once)
{
	if (at_once)
		_exit(status);
	exit(status);
}
