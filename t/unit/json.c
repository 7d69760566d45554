#include "json.h"

#include <stdbool.h>
#include <string.h>

#include "buf.h"
#include "unit.h"
#include "child.h"

/* --- what the reader accepts --- */

static const struct accepted {
	const char *name, *text;
	const char *a; /* the member "a", NULL: none, or no string */
} accepted[] = {
	{ "empty object", "{}", NULL },
	{ "one member", "{\"a\":\"b\"}", "b" },
	{ "empty string", "{\"a\":\"\"}", "" },
	{ "another name", "{\"b\":\"x\"}", NULL },
	{ "a longer name", "{\"aa\":\"x\"}", NULL },
	{ "an empty name", "{\"\":\"x\",\"a\":\"y\"}", "y" },
	{ "the last of many", "{\"x\":\"1\",\"y\":2,\"a\":\"z\"}", "z" },
	{ "white space", " \t\r\n{ \"a\"\t:\n\"b\"\r, \"c\" : [ 1 , 2 ] } \n",
	    "b" },
	{ "white space in {}", "{ \n}", NULL },
	{ "white space is kept", "{\"a\":\" b \"}", " b " },
	{ "all escapes", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
	    "\"\\/\b\f\n\r\t" },
	{ "escapes and others", "{\"a\":\"x\\ny\\\\\"}", "x\ny\\" },
	{ "\\u of one byte", "{\"a\":\"\\u0041\\u007f\\u0001\"}", "A\x7f\001" },
	{ "\\u of two bytes", "{\"a\":\"\\u0080\\u07ff\"}",
	    "\xc2\x80\xdf\xbf" },
	{ "\\u of three bytes", "{\"a\":\"\\u0800\\uFfFf\"}",
	    "\xe0\xa0\x80\xef\xbf\xbf" },
	{ "\\u in either case", "{\"a\":\"\\u00eF\\uAbCd\"}", "\u00ef\uabcd" },
	{ "\\u beside surrogates", "{\"a\":\"\\ud7ff\\ue000\"}",
	    "\ud7ff\ue000" },
	{ "surrogate pairs", "{\"a\":\"\\ud83d\\ude00\\uDBFF\\uDFFF\"}",
	    "\U0001f600\U0010ffff" },
	{ "the first pair", "{\"a\":\"\\ud800\\udc00\"}", "\U00010000" },
	{ "\\u after a backslash", "{\"a\":\"\\\\u0000\"}", "\\u0000" },
	{ "an escaped name", "{\"\\u0061\":\"b\"}", "b" },
	{ "UTF-8 as it is", "{\"a\":\"\u00e4\u20ac\U0001f600\x7f\"}",
	    "\u00e4\u20ac\U0001f600\x7f" },
	{ "punctuation in a string", "{\"a\":\"{}[],:\"}", "{}[],:" },
	{ "a byte order mark", "\ufeff{\"a\":\"b\"}", "b" },
	{ "a byte order mark and a blank", "\ufeff\n{\"a\":\"b\"}", "b" },
	{ "a byte order mark in a string", "{\"a\":\"\ufeffb\"}", "\ufeffb" },
	{ "a number", "{\"a\":1}", NULL },
	{ "numbers",
	    "{\"b\":[0,-0,10,-12,0.5,-0.0,1e5,1E+05,1e-5,1.25e10,"
	    "123456789012345678901234567890,1e999]}",
	    NULL },
	{ "literals", "{\"a\":true,\"b\":[true,false,null]}", NULL },
	{ "null", "{\"a\":null}", NULL },
	{ "an object", "{\"a\":{\"a\":\"inner\"}}", NULL },
	{ "an array", "{\"a\":[\"b\"]}", NULL },
	{ "empty ones inside", "{\"b\":{},\"c\":[],\"d\":[[],{}],\"a\":\"e\"}",
	    "e" },
	{ "the same name deeper", "{\"b\":{\"a\":\"1\"},\"a\":\"2\"}", "2" },
	{ "names that differ in case", "{\"A\":\"1\",\"a\":\"2\"}", "2" },
};

static void
test_accepted(void **state)
{
	const struct accepted *row = row_of(state);
	const char *problem = "";
	const struct json_object *object =
	    json_read(row->text, strlen(row->text), &problem);

	if (object == NULL)
		fail_msg("%s", problem);
	if (row->a == NULL)
		assert_null(json_string(object, "a"));
	else
		assert_string_equal(json_string(object, "a"), row->a);
}

static void
test_has(void **state)
{
	static const char text[] =
	    "{\"a\":\"\",\"b\":null,\"c\":[{\"d\":1}],\"\\u0065\":2}";
	const char *problem;
	const struct json_object *object =
	    json_read(text, strlen(text), &problem);

	(void)state;
	assert_non_null(object);
	assert_true(json_has(object, "a"));
	assert_true(json_has(object, "b"));
	assert_true(json_has(object, "c"));
	assert_true(json_has(object, "e"));
	assert_false(json_has(object, "d"));
	assert_false(json_has(object, "aa"));
	assert_false(json_has(object, ""));
}

/* --- what it refuses --- */

static const char *
problem_of(const char *text, size_t len)
{
	const char *problem = NULL;
	/* a copy of just this length: a sanitizer sees who reads on */
	char *copy = malloc(len > 0 ? len : 1);
	const struct json_object *object;

	memcpy(copy, text, len);
	object = json_read(copy, len, &problem);
	free(copy);
	if (object != NULL)
		return NULL;
	assert_non_null(problem);
	return problem;
}

#define MALFORMED "The JSON is malformed"
#define NO_OBJECT "The JSON is not an object"
#define NOT_UTF8 "The JSON is not UTF-8 text"
#define CONTROL "The JSON has a control character in a string"
#define NO_CHARACTER "The JSON has a \\u escape that is no character"
#define TWICE "The JSON has two members of one name"
#define TOO_MANY "The JSON has more than 256 values"

static const struct refused {
	const char *name, *text;
	size_t len;
	const char *problem; /* NULL: any */
} refused[] = {
	{ "nothing", BYTES(""), MALFORMED },
	{ "white space alone", BYTES(" \n\t"), MALFORMED },
	{ "an array", BYTES("[]"), NO_OBJECT },
	{ "an object in an array", BYTES("[{\"a\":\"b\"}]"), NO_OBJECT },
	{ "a string", BYTES("\"a\""), NO_OBJECT },
	{ "a number", BYTES("1 "), NULL },
	{ "true", BYTES("true"), NULL },
	{ "null and a blank", BYTES("null "), NULL },

	{ "a comma alone", BYTES("{,}"), MALFORMED },
	{ "a comma at the end", BYTES("{\"a\":1,}"), MALFORMED },
	{ "a comma at the start", BYTES("{,\"a\":1}"), MALFORMED },
	{ "two commas", BYTES("{\"a\":1,,\"b\":2}"), MALFORMED },
	{ "a comma for a colon", BYTES("{\"a\",1}"), MALFORMED },
	{ "a colon for a comma", BYTES("{\"a\":1:\"b\":2}"), MALFORMED },
	{ "no colon", BYTES("{\"a\" 1}"), MALFORMED },
	{ "no colon, a string", BYTES("{\"a\" \"b\"}"), MALFORMED },
	{ "two colons", BYTES("{\"a\"::1}"), MALFORMED },
	{ "a chain of colons", BYTES("{\"a\":\"b\":\"c\"}"), MALFORMED },
	{ "no comma", BYTES("{\"a\":1 \"b\":2}"), MALFORMED },
	{ "no comma after a string", BYTES("{\"a\":\"1\"\"b\":2}"), MALFORMED },
	{ "no comma after an object", BYTES("{\"a\":{}\"b\":2}"), MALFORMED },
	{ "no value", BYTES("{\"a\":}"), MALFORMED },
	{ "no value, another member", BYTES("{\"a\":,\"b\":1}"), MALFORMED },
	{ "a name alone", BYTES("{\"a\"}"), MALFORMED },
	{ "a name alone at the end", BYTES("{\"a\":1,\"b\"}"), MALFORMED },
	{ "two values", BYTES("{\"a\":1 2}"), MALFORMED },
	{ "no name", BYTES("{:1}"), MALFORMED },
	{ "a value alone", BYTES("{1}"), MALFORMED },
	{ "a number for a name", BYTES("{1:2}"), MALFORMED },
	{ "a literal for a name", BYTES("{null:2}"), MALFORMED },
	{ "an object for a name", BYTES("{{}:1}"), MALFORMED },
	{ "an array for a name", BYTES("{[]:1}"), MALFORMED },
	{ "a bare word for a name", BYTES("{a:1}"), MALFORMED },
	{ "single quotes", BYTES("{'a':'b'}"), MALFORMED },

	{ "[,]", BYTES("{\"a\":[,]}"), MALFORMED },
	{ "[1,]", BYTES("{\"a\":[1,]}"), MALFORMED },
	{ "[,1]", BYTES("{\"a\":[,1]}"), MALFORMED },
	{ "[,\"b\"]", BYTES("{\"a\":[,\"b\"]}"), MALFORMED },
	{ "[1,,2]", BYTES("{\"a\":[1,,2]}"), MALFORMED },
	{ "[1 2]", BYTES("{\"a\":[1 2]}"), MALFORMED },
	{ "[1:2]", BYTES("{\"a\":[1:2]}"), MALFORMED },
	{ "[\"b\":2]", BYTES("{\"a\":[\"b\":2]}"), MALFORMED },
	{ "[[]1]", BYTES("{\"a\":[[]1]}"), MALFORMED },
	{ "brackets crossed", BYTES("{\"a\":[}]"), MALFORMED },
	{ "a bracket for a brace", BYTES("{\"a\":1]"), MALFORMED },
	{ "a brace for a bracket", BYTES("{\"a\":[1}}"), MALFORMED },
	{ "a brace too many", BYTES("{\"a\":1}}"), MALFORMED },
	{ "a bracket too many", BYTES("{\"a\":[]]}"), MALFORMED },
	{ "a brace before", BYTES("}{}"), MALFORMED },

	{ "two documents", BYTES("{}{}"), NULL },
	{ "two documents, a blank", BYTES("{} {}"), NULL },
	{ "two documents, a comma", BYTES("{},{}"), NULL },
	{ "a word after", BYTES("{} x "), NULL },
	{ "a string after", BYTES("{}\"a\""), NULL },
	{ "a comma after", BYTES("{},"), NULL },
	{ "a colon after", BYTES("{}:"), NULL },
	{ "a word before", BYTES("x {}"), NULL },
	{ "a comma before", BYTES(",{}"), NULL },
	{ "a comment", BYTES("{/**/}"), NULL },
	{ "a comment after", BYTES("{} // x\n"), NULL },

	{ "tru", BYTES("{\"a\":tru}"), MALFORMED },
	{ "truee", BYTES("{\"a\":truee}"), MALFORMED },
	{ "True", BYTES("{\"a\":True}"), MALFORMED },
	{ "a bare word", BYTES("{\"a\":b}"), MALFORMED },
	{ "undefined", BYTES("{\"a\":undefined}"), MALFORMED },
	{ "NaN", BYTES("{\"a\":NaN}"), MALFORMED },
	{ "-Infinity", BYTES("{\"a\":-Infinity}"), MALFORMED },
	{ "01", BYTES("{\"a\":01}"), MALFORMED },
	{ "-01", BYTES("{\"a\":-01}"), MALFORMED },
	{ "00", BYTES("{\"a\":00}"), MALFORMED },
	{ "+1", BYTES("{\"a\":+1}"), MALFORMED },
	{ "-", BYTES("{\"a\":-}"), MALFORMED },
	{ "--1", BYTES("{\"a\":--1}"), MALFORMED },
	{ "1.", BYTES("{\"a\":1.}"), MALFORMED },
	{ ".5", BYTES("{\"a\":.5}"), MALFORMED },
	{ "-.5", BYTES("{\"a\":-.5}"), MALFORMED },
	{ "1.e5", BYTES("{\"a\":1.e5}"), MALFORMED },
	{ "1e", BYTES("{\"a\":1e}"), MALFORMED },
	{ "1e+", BYTES("{\"a\":1e+}"), MALFORMED },
	{ "1e5.5", BYTES("{\"a\":1e5.5}"), MALFORMED },
	{ "1.2.3", BYTES("{\"a\":1.2.3}"), MALFORMED },
	{ "0x10", BYTES("{\"a\":0x10}"), MALFORMED },
	{ "1_000", BYTES("{\"a\":1_000}"), MALFORMED },
	{ "a number and a word", BYTES("{\"a\":1b}"), MALFORMED },
	{ "a number and a string", BYTES("{\"a\":1\"b\"}"), MALFORMED },
	{ "a word and an array", BYTES("{\"a\":true[]}"), MALFORMED },

	{ "a line feed in a string", BYTES("{\"a\":\"b\nc\"}"), CONTROL },
	{ "a tab in a string", BYTES("{\"a\":\"\t\"}"), CONTROL },
	{ "U+0001 in a string", BYTES("{\"a\":\"\001\"}"), CONTROL },
	{ "U+001F in a string", BYTES("{\"a\":\"\037\"}"), CONTROL },
	{ "a control character in a name", BYTES("{\"\r\":1}"), CONTROL },
	{ "one deeper", BYTES("{\"a\":[{\"b\":\"\n\"}]}"), CONTROL },
	{ "a form feed as white space", BYTES("{\f}"), MALFORMED },
	{ "a vertical tab as white space", BYTES("{}\v"), NULL },
	{ "a no-break space as white space", BYTES("{\xc2\xa0}"), MALFORMED },
	{ "a string without an end", BYTES("{\"a\":\"b}"), MALFORMED },
	{ "a backslash before its end", BYTES("{\"a\":\"b\\\"}"), MALFORMED },
	{ "\\x", BYTES("{\"a\":\"\\x41\"}"), MALFORMED },
	{ "\\'", BYTES("{\"a\":\"\\'\"}"), MALFORMED },
	{ "\\U", BYTES("{\"a\":\"\\U0041\"}"), MALFORMED },
	{ "an escaped line end", BYTES("{\"a\":\"\\\n\"}"), MALFORMED },
	{ "\\u alone", BYTES("{\"a\":\"\\u\"}"), NULL },
	{ "three digits", BYTES("{\"a\":\"\\u004\"}"), NULL },
	{ "no digits", BYTES("{\"a\":\"\\u00g1\"}"), NULL },
	{ "a sign as a digit", BYTES("{\"a\":\"\\u+041\"}"), NULL },
	{ "\\u0000", BYTES("{\"a\":\"\\u0000\"}"), NO_CHARACTER },
	{ "\\u0000 inside", BYTES("{\"a\":\"b\\u0000c\"}"), NO_CHARACTER },
	{ "\\u0000 in a name", BYTES("{\"a\\u0000\":1}"), NO_CHARACTER },
	{ "a high surrogate", BYTES("{\"a\":\"\\ud800\"}"), NO_CHARACTER },
	{ "the last high one", BYTES("{\"a\":\"\\udbff.\"}"), NO_CHARACTER },
	{ "a low surrogate", BYTES("{\"a\":\"\\udc00\"}"), NO_CHARACTER },
	{ "the last low one", BYTES("{\"a\":\"\\udfff\"}"), NO_CHARACTER },
	{ "two high ones", BYTES("{\"a\":\"\\ud83d\\ud83d\"}"), NO_CHARACTER },
	{ "a pair turned round", BYTES("{\"a\":\"\\ude00\\ud83d\"}"),
	    NO_CHARACTER },
	{ "a high one, a letter", BYTES("{\"a\":\"\\ud83d\\u0041\"}"),
	    NO_CHARACTER },
	{ "a high one, letters", BYTES("{\"a\":\"\\ud83dude00\"}"),
	    NO_CHARACTER },
	{ "a high one, an escape", BYTES("{\"a\":\"\\ud83d\\nude00\"}"),
	    NO_CHARACTER },
	{ "a surrogate in a name", BYTES("{\"\\ud800\":1}"), NO_CHARACTER },

	{ "twice the same name", BYTES("{\"a\":1,\"a\":2}"), TWICE },
	{ "twice, once escaped", BYTES("{\"a\":1,\"\\u0061\":2}"), TWICE },
	{ "twice, deeper", BYTES("{\"b\":[{\"a\":1,\"a\":1}]}"), TWICE },
	{ "twice the empty name", BYTES("{\"\":1,\"b\":2,\"\":3}"), TWICE },

	{ "Latin-1", BYTES("{\"a\":\"caf\xe9\"}"), NOT_UTF8 },
	{ "an overlong quote", BYTES("{\"a\":\"\xc0\xa2}"), NOT_UTF8 },
	{ "a surrogate in UTF-8", BYTES("{\"a\":\"\xed\xa0\x80\"}"), NOT_UTF8 },
	{ "beyond U+10FFFF", BYTES("{\"a\":\"\xf4\x90\x80\x80\"}"), NOT_UTF8 },
	{ "UTF-8 cut by a quote", BYTES("{\"a\":\"\xe2\x82\"}"), NOT_UTF8 },
	{ "UTF-16", BYTES("\xff\xfe{\0}\0"), NOT_UTF8 },
	{ "UTF-16 without a mark", BYTES("{\0}\0"), NOT_UTF8 },
	{ "a byte order mark alone", BYTES("\ufeff"), NULL },
	{ "half a byte order mark", BYTES("\xef\xbb{}"), NOT_UTF8 },
	{ "two byte order marks", BYTES("\ufeff\ufeff{}"), NULL },
	{ "a blank, a byte order mark", BYTES(" \ufeff{}"), NULL },
	{ "a byte order mark at the end", BYTES("{}\ufeff"), NULL },
	{ "NUL after", BYTES("{}\0"), NOT_UTF8 },
	{ "NUL, then a document", BYTES("{}\0{}"), NOT_UTF8 },
	{ "NUL in a string", BYTES("{\"a\":\"b\0c\"}"), NOT_UTF8 },
	{ "NUL as white space", BYTES("{\0}"), NOT_UTF8 },
};

static void
test_refused(void **state)
{
	const struct refused *row = row_of(state);
	const char *problem = problem_of(row->text, row->len);

	assert_non_null(problem);
	if (row->problem != NULL)
		assert_string_equal(problem, row->problem);
}

static void
test_refused_wherever_cut(void **state)
{
	static const char whole[] =
	    " {\"a\":\"b\\n\\u00e4\\ud83d\\ude00\u20ac\",\"c\":[-1.5e+3,true,"
	    "{\"d\":null}],\"e\":{}}";

	(void)state;
	assert_null(problem_of(whole, strlen(whole)));
	for (size_t len = 0; len < strlen(whole); len++) {
		if (problem_of(whole, len) == NULL)
			fail_msg("accepted: %.*s", (int)len, whole);
	}
}

static const struct big {
	const char *name, *start, *each;
	size_t count;
	const char *end, *each_end;
	const char *problem; /* NULL: it is accepted */
} bigs[] = {
	{ "253 numbers", "{\"a\":[0", ",1", 252, "]}", "", NULL },
	{ "254 numbers", "{\"a\":[0", ",1", 253, "]}", "", TOO_MANY },
	{ "a million numbers", "{\"a\":[0", ",1", 1000000, "]}", "", TOO_MANY },
	{ "253 arrays deep", "{\"a\":", "[", 253, "}", "]", NULL },
	{ "254 arrays deep", "{\"a\":[", "[", 254, "]}", "]", TOO_MANY },
	{ "10,000 arrays deep", "{\"a\":", "[", 10000, "}", "]", TOO_MANY },
	{ "10,000 objects deep", "{\"a\":", "{\"a\":", 10000, "1}", "}",
	    TOO_MANY },
	{ "10,000 open arrays", "{\"a\":", "[", 10000, "", "", TOO_MANY },
	{ "10,000 open braces", "", "{", 10000, "", "", NULL },
	{ "10,000 closing brackets", "{\"a\":[", "]", 10000, "}", "",
	    MALFORMED },
	{ "10,000 commas", "{\"a\":[", ",", 10000, "]}", "", MALFORMED },
	{ "10,000 colons", "{\"a\"", ":", 10000, "1}", "", MALFORMED },
};

static void
test_big(void **state)
{
	const struct big *row = row_of(state);
	struct buf text = { 0 };
	const char *problem;

	buf_puts(&text, row->start);
	buf_puts(&text, times(row->each, row->count));
	buf_puts(&text, times(row->each_end, row->count));
	buf_puts(&text, row->end);
	problem = problem_of(text.data, text.len);
	if (row->problem != NULL) {
		assert_non_null(problem);
		assert_string_equal(problem, row->problem);
	} else if (row->each[0] == '{') {
		assert_non_null(problem);
	} else {
		assert_null(problem);
	}
}

/* A client gets its answer within moments, whatever it sends. */
static void
test_long_string(void **state)
{
	struct buf text = { 0 };
	const struct json_object *object;
	const char *problem;

	(void)state;
	buf_puts(&text, "{\"a\":\"");
	buf_puts(&text, times("\\u20ac", 10000));
	buf_puts(&text, "\"}");
	object = json_read(text.data, text.len, &problem);
	assert_non_null(object);
	assert_int_equal(strlen(json_string(object, "a")), 30000);
}

/* --- writing --- */

static void
test_write(void **state)
{
	struct json_writer *json = json_writer();

	(void)state;
	json_open_object(json);
	json_name(json, "list");
	json_open_array(json);
	json_add_string(json, "a");
	json_add_integer(json, INT64_MIN);
	json_add_integer(json, INT64_MAX);
	json_open_object(json);
	json_close(json);
	json_open_array(json);
	json_close(json);
	json_add_boolean(json, true);
	json_add_boolean(json, false);
	json_close(json);
	json_name(json, "\"");
	json_add_integer(json, 0);
	json_name(json, "");
	json_add_string(json, "");
	json_close(json);
	assert_string_equal(json_text(json),
	    "{\"list\":[\"a\",-9223372036854775808,9223372036854775807,{},[],true,"
	    "false]"
	    ",\"\\\"\":0,\"\":\"\"}");
}

static void
test_write_a_value_alone(void **state)
{
	struct json_writer *string = json_writer(), *number = json_writer();

	(void)state;
	json_add_string(string, "a");
	assert_string_equal(json_text(string), "\"a\"");
	json_add_integer(number, -1);
	assert_string_equal(json_text(number), "-1");
}

#define REPLACED "\xef\xbf\xbd"

static const struct string {
	const char *name, *string, *written;
	const char *read; /* NULL: the same as string */
} strings[] = {
	{ "nothing", "", "", NULL },
	{ "quotes and backslashes", "\"\\", "\\\"\\\\", NULL },
	{ "slashes as they are", "</script>", "</script>", NULL },
	{ "white space", "\t\n\r", "\\u0009\\u000a\\u000d", NULL },
	{ "U+0001 and U+001F", "\001\037", "\\u0001\\u001f", NULL },
	{ "beside them", " \x7f", " \x7f", NULL },
	{ "directives", "%s%n", "%s%n", NULL },
	{ "UTF-8", "\u00e4\u20ac\U0001f600\u2028",
	    "\u00e4\u20ac\U0001f600\u2028", NULL },
	{ "Latin-1", "caf\xe9!", "caf" REPLACED "!", "caf" REPLACED "!" },
	{ "an overlong quote", "\xc0\xa2", REPLACED REPLACED,
	    REPLACED REPLACED },
	{ "a surrogate", "\xed\xa0\x80", REPLACED REPLACED REPLACED,
	    REPLACED REPLACED REPLACED },
	{ "UTF-8 cut", "\"\xe2\x82", "\\\"" REPLACED REPLACED,
	    "\"" REPLACED REPLACED },
};

static void
test_write_string(void **state)
{
	const struct string *row = row_of(state);
	struct json_writer *json = json_writer();
	const struct json_object *object;
	const char *text, *problem;

	json_open_object(json);
	json_name(json, row->string);
	json_add_string(json, row->string);
	json_close(json);
	text = json_text(json);
	assert_string_equal(
	    text, mem_format("{\"%s\":\"%s\"}", row->written, row->written));

	object = json_read(text, strlen(text), &problem);
	assert_non_null(object);
	text = row->read != NULL ? row->read : row->string;
	assert_string_equal(json_string(object, text), text);
}

static void
test_every_byte_round_trip(void **state)
{
	struct buf all = { 0 };
	struct json_writer *json = json_writer();
	const struct json_object *object;
	const char *text, *problem;

	(void)state;
	for (char c = 1; c < 127; c++)
		buf_add(&all, &c, 1);
	json_open_object(json);
	json_name(json, "a");
	json_add_string(json, all.data);
	json_close(json);
	text = json_text(json);
	object = json_read(text, strlen(text), &problem);
	assert_non_null(object);
	assert_string_equal(json_string(object, "a"), all.data);
}

/* Each letter is a call: {} [] as they are, n(ame), s(tring), i(nteger),
 * and t(ext) at the end. */
static void
write_calls(const void *calls)
{
	struct json_writer *json = json_writer();

	for (const char *call = calls; *call != '\0'; call++) {
		switch (*call) {
		case '{':
			json_open_object(json);
			break;
		case '[':
			json_open_array(json);
			break;
		case '}':
		case ']':
			json_close(json);
			break;
		case 'n':
			json_name(json, call);
			break;
		case 's':
			json_add_string(json, "s");
			break;
		case 'i':
			json_add_integer(json, 1);
			break;
		default:
			json_text(json);
		}
	}
}

static const struct calls {
	const char *name, *calls;
	bool fine;
} calls[] = {
	{ "an object", "{ns}t", true },
	{ "an array", "[si]t", true },
	{ "eight deep", "[[[[[[[[]]]]]]]]t", true },
	{ "nine deep", "[[[[[[[[[", false },
	{ "nothing", "t", false },
	{ "an open object", "{t", false },
	{ "an open array", "[st", false },
	{ "a name without a value", "{nt", false },
	{ "a name, then the end", "{n}", false },
	{ "two names", "{nn", false },
	{ "a string without a name", "{s", false },
	{ "an integer without a name", "{i", false },
	{ "an object without a name", "{{", false },
	{ "an array without a name", "{[", false },
	{ "two values for a name", "{nss", false },
	{ "a name in an array", "[n", false },
	{ "a name alone", "n", false },
	{ "a close alone", "}", false },
	{ "a close too many", "{}}", false },
	{ "a second value", "ss", false },
	{ "a second document", "[][", false },
	{ "a name after the end", "{}n", false },
};

static void
test_calls(void **state)
{
	const struct calls *row = row_of(state);
	struct child child = { 0 };

	child_run(&child, write_calls, row->calls);
	if (row->fine)
		assert_int_equal(child.status, EXIT_SUCCESS);
	else
		assert_died(&child, "json: ");
}

int
main(void)
{
	UNIT_ROWS(test_accepted, accepted);
	UNIT_TEST(test_has);
	UNIT_ROWS(test_refused, refused);
	UNIT_TEST(test_refused_wherever_cut);
	UNIT_ROWS(test_big, bigs);
	UNIT_TEST(test_long_string);
	UNIT_TEST(test_write);
	UNIT_TEST(test_write_a_value_alone);
	UNIT_ROWS(test_write_string, strings);
	UNIT_TEST(test_every_byte_round_trip);
	UNIT_ROWS(test_calls, calls);
	return unit_run();
}
