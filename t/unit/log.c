#include "log.h"

#include <ctype.h>
#include <string.h>

#include "unit.h"
#include "child.h"

static void
write_sentence(const void *sentence)
{
	log_line(LOG_INFO, "%s", (const char *)sentence);
}

/* The line as it is but for its time. */
static const char *
after_time(const char *line)
{
	static const char form[] = "{\"time\":\"dddd-dd-ddTdd:dd:dd.dddZ\",";

	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'd' ? !isdigit((unsigned char)line[i])
				   : form[i] != line[i])
			fail_msg("no time: %s", line);
	}
	return line + strlen(form);
}

static const struct sentence {
	const char *name, *sentence, *written;
} sentences[] = {
	{ "nothing", "", "" },
	{ "plain", "404: nobody", "404: nobody" },
	{ "quotes and backslashes", "\"a\\\"", "\\\"a\\\\\\\"" },
	{ "a forged line", "a\"}\n{\"time\":\"",
	    "a\\\"}\\u000a{\\\"time\\\":\\\"" },
	{ "control characters", "\001\t\r\033[31m\x7f",
	    "\\u0001\\u0009\\u000d\\u001b[31m\\u007f" },
	{ "not ASCII", "\u00e4", "\\u00c3\\u00a4" },
	{ "not UTF-8", "\xff\xc0", "\\u00ff\\u00c0" },
	{ "directives", "%s%n", "%s%n" },
};

static void
test_sentence(void **state)
{
	const struct sentence *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, write_sentence, row->sentence);
	assert_string_equal(after_time(child.err),
	    mem_format("\"level\":\"info\",\"program\":\"-\","
		       "\"request\":\"-\",\"message\":\"%s\"}\n",
		row->written));
	assert_logged(&child, "info", "");
	assert_string_equal(child.out, "");
}

static void
write_levels(const void *given)
{
	(void)given;
	log_line(LOG_INFO, "one");
	log_line(LOG_WARNING, "two %d", 2);
	log_line(LOG_ERROR, "three");
}

static void
test_levels(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, write_levels, NULL);
	assert_contains(child.err, "\"level\":\"info\"");
	assert_contains(child.err, "\"level\":\"warning\"");
	assert_contains(child.err, "\"message\":\"two 2\"}\n{");
	assert_contains(child.err, "\"level\":\"error\"");
}

static const struct context {
	const char *name, *program, *request, *written;
} contexts[] = {
	{ "both", "site/login", "Zx1@y",
	    "\"site/login\",\"request\":\"Zx1@y\"" },
	{ "neither", NULL, NULL, "\"-\",\"request\":\"-\"" },
	{ "rubbish", "a\"b\n", "\xff",
	    "\"a\\\"b\\u000a\",\"request\":\"\\u00ff\"" },
};

static void
write_in_context(const void *given)
{
	const struct context *row = given;

	log_context(row->program, row->request);
	log_line(LOG_INFO, "x");
}

static void
test_context(void **state)
{
	const struct context *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, write_in_context, row);
	assert_contains(child.err,
	    mem_format("\"program\":%s,\"message\":\"x\"}\n", row->written));
	assert_logged(&child, "info", "x");
}

static void
write_long(const void *byte)
{
	log_context("site/add_message", "Zx1@yZx1@yZx1@yZx1@yZx1@yZ");
	log_line(LOG_INFO, "%s", times(byte, 5000));
}

static void
test_long_sentence(void **state)
{
	struct child child = { 0 };

	(void)state;
	child_run(&child, write_long, "x");
	assert_logged(&child, "info", times("x", 590));
	assert_lacks(child.err, times("x", 601));
	child_run(&child, write_long, "\xff");
	assert_logged(&child, "info", times("\xff", 0));
	assert_true(strlen(child.err) <= 4096);
	assert_true(strlen(child.err) > 590 * strlen("\\u00ff"));
}

static void
write_long_everything(const void *given)
{
	(void)given;
	log_context(times("\xff", 5000), times("\n", 5000));
	log_line(LOG_INFO, "%s", times("\"", 5000));
}

/* Whatever has no room is cut, but never into half an escape, and nothing is
 * left out. */
static void
test_long_context(void **state)
{
	struct child child = { 0 };
	const struct json_object *line;
	const char *problem;

	(void)state;
	child_run(&child, write_long_everything, NULL);
	assert_true(strlen(child.err) <= 4096);
	if ((line = json_read(child.err, strlen(child.err), &problem)) == NULL)
		fail_msg("%s: %s", problem, child.err);
	assert_string_equal(json_string(line, "program"), times("\u00ff", 30));
	assert_string_equal(json_string(line, "request"), times("\n", 30));
	assert_contains(json_string(line, "message"), times("\"", 590));
}

/* --- death --- */

static void
answer(enum log_death why)
{
	puts(why == LOG_DEATH_FAULT ? "fault" : "unavailable");
	fflush(stdout);
}

static _Noreturn void
answer_dying(enum log_death why)
{
	answer(why);
	die("again");
}

static void
do_die(const void *given)
{
	(void)given;
	die("broken: %d%s", 5, "\n");
}

static void
do_die_answered(const void *given)
{
	log_on_death(answer);
	do_die(given);
}

static void
do_die_twice(const void *given)
{
	log_on_death(answer_dying);
	do_die(given);
}

static void
do_die_unavailable(const void *given)
{
	(void)given;
	log_on_death(answer);
	die_unavailable("away: %d", 5);
}

static const struct death {
	const char *name;
	void (*act)(const void *given);
	const char *level, *message, *out;
} deaths[] = {
	{ "unanswered", do_die, "error", "broken: 5\\u000a", "" },
	{ "answered", do_die_answered, "error", "broken: 5\\u000a", "fault\n" },
	{ "away", do_die_unavailable, "warning", "away: 5", "unavailable\n" },
	{ "of the answer", do_die_twice, "error", "again", "fault\n" },
};

static void
test_death(void **state)
{
	const struct death *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, row->act, NULL);
	assert_int_equal(child.status, EXIT_FAILURE);
	assert_contains(child.err, mem_format("\"level\":\"%s\"", row->level));
	assert_contains(
	    child.err, mem_format("\"message\":\"%s\"}\n", row->message));
	assert_string_equal(child.out, row->out);
}

int
main(void)
{
	UNIT_ROWS(test_sentence, sentences);
	UNIT_TEST(test_levels);
	UNIT_ROWS(test_context, contexts);
	UNIT_TEST(test_long_sentence);
	UNIT_TEST(test_long_context);
	UNIT_ROWS(test_death, deaths);
	return unit_run();
}
