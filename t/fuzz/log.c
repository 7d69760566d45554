/* The log: whatever a sentence, a program's name and a request's id are, a
 * line is one line of JSON in ASCII (lib/fuzz.c looks at each), and says what
 * it was given.
 *
 * The input is a line each of the name and the id, and the sentence. */

#include "lib/fuzz.h"
#include "log.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	const char *program = fuzz_line(&input), *request = fuzz_line(&input);
	const char *sentence = fuzz_rest(&input);

	log_context(program, request);
	log_line(LOG_INFO, "%s", sentence);
	log_line(LOG_WARNING, "%s%s", sentence, program);
	property(fuzz_lines() == 2);
	return fuzz_end();
}
