/* JSON that comes in: what is an object to the library is one to the reference,
 * and back; and a member that a route needs. */

#include <string.h>

#include "api.h"
#include "json.h"
#include "lib/fuzz.h"
#include "lib/reference.h"

#define MAX_VALUES 256

static void
need_content(const void *given)
{
	reply_begin(&api_kind);
	need_string(given, "content");
}

static void
check_members(
    const struct json_object *object, const struct reference_value *expected)
{
	const char *content = reference_member(expected, "content");
	bool named = false;

	for (const struct reference_value *member = expected->first;
	     member != NULL; member = member->next) {
		property(json_has(object, member->name));
		property(fuzz_same(
		    json_string(object, member->name), member->string));
		named = named || strcmp(member->name, "follow") == 0;
	}
	property(json_has(object, "follow") == named);
	if (fuzz_answers(need_content, object))
		property(content == NULL && fuzz_status() == 400);
	else
		property(content != NULL &&
		    reference_is_utf8(content, strlen(content)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_begin(data, size);
	size_t count = 0;
	const struct reference_value *expected =
	    reference_json(input.at, input.left, &count);
	const char *problem = NULL;
	const struct json_object *object =
	    json_read(input.at, input.left, &problem);

	if (expected == NULL || expected->type != 'o' || count > MAX_VALUES) {
		property(object == NULL);
		property(problem != NULL && problem[0] != '\0');
	} else {
		property(object != NULL);
		check_members(object, expected);
	}
	return fuzz_end();
}
