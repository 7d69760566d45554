#include "messages.h"

#include <ctype.h>
#include <string.h>

#include "follows.h"
#include "secret.h"
#include "sessions.h"
#include "unit.h"
#include "patient.h"
#include "person.h"

/* Stores a message as message_add() would; gives its id. */
static int64_t
write_message(const struct user *author, const char *text, bool flagged)
{
	return db_number(
	    db_query("INSERT INTO messages (author_id, text, flagged)"
		     " VALUES ($1, $2, $3) RETURNING message_id",
		db_integer(author->id), text, flagged ? "t" : "f"),
	    0, 0);
}

static void
assert_ids(const struct messages *messages, const int64_t *ids, size_t count)
{
	assert_int_equal(messages->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(messages->list[i].id, ids[i]);
}

#define ASSERT_IDS(messages, ...) \
	assert_ids(messages, (const int64_t[]){ __VA_ARGS__ }, \
	    sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static const struct text {
	const char *name, *text;
} texts[] = {
	{ "plain", "Hello" },
	{ "an injection", "'); DELETE FROM messages; --" },
	{ "markup", "<b>&amp;</b>" },
	{ "lines and blanks", " a\n\r\n\tb " },
	{ "UTF-8", "\u00e4\u20ac\U0001f600" },
	{ "a number", "007" },
};

static void
test_add(void **state)
{
	const struct text *row = row_of(state);
	const struct user *ann = person("messages Ann");
	const struct messages *messages;

	assert_true(message_add(ann->name, row->text));
	messages = messages_of(ann->name, 0, MESSAGES_NEWEST, 10)->messages;
	assert_int_equal(messages->count, 1);
	assert_false(messages->more);
	assert_string_equal(messages->list[0].author, ann->name);
	assert_string_equal(messages->list[0].text, row->text);
	assert_recent(messages->list[0].time);
}

static void
test_add_to_nobody(void **state)
{
	(void)state;
	assert_false(message_add("messages: nobody's name", "Hello"));
	assert_null(
	    messages_of("messages: nobody's name", 0, MESSAGES_NEWEST, 10));
}

static void
test_public(void **state)
{
	const struct user *ann = person("messages Ann");
	const struct user *bob = person("messages Bob");
	int64_t first = write_message(ann, "first", false);
	int64_t flagged = write_message(ann, "flagged", true);
	int64_t second = write_message(bob, "second", false);
	int64_t third = write_message(ann, "third", false);
	const struct messages *messages = messages_public(MESSAGES_NEWEST, 3);

	(void)state;
	ASSERT_IDS(messages, third, second, first);
	assert_string_equal(messages->list[0].text, "third");
	assert_string_equal(messages->list[1].author, bob->name);

	messages = messages_public(third, 1);
	ASSERT_IDS(messages, second);
	assert_true(messages->more);
	ASSERT_IDS(messages_public(second, 1), first);
	ASSERT_IDS(messages_public(flagged, 1), first);
	assert_int_equal(messages_public(0, 10)->count, 0);
	assert_int_equal(messages_public(-5, 10)->count, 0);
	assert_false(messages_public(0, 10)->more);
}

static void
test_of_one_author(void **state)
{
	const struct user *ann = person("messages Ann");
	const struct user *bob = person("messages Bob");
	int64_t first = write_message(ann, "first", false);
	int64_t second = write_message(ann, "second", false);
	int64_t third;
	const struct profile *profile;

	(void)state;
	write_message(bob, "another's", false);
	write_message(ann, "flagged", true);
	third = write_message(ann, "third", false);

	profile = messages_of(ann->name, 0, MESSAGES_NEWEST, 3);
	assert_int_equal(profile->user_id, ann->id);
	assert_string_equal(profile->name, ann->name);
	ASSERT_IDS(profile->messages, third, second, first);
	assert_false(profile->messages->more);

	profile = messages_of(ann->name, 0, MESSAGES_NEWEST, 2);
	ASSERT_IDS(profile->messages, third, second);
	assert_true(profile->messages->more);
	profile = messages_of(ann->name, 0, second, 2);
	ASSERT_IDS(profile->messages, first);
	assert_false(profile->messages->more);

	/* the end of the list is no reason to lose the author */
	profile = messages_of(ann->name, 0, first, 2);
	assert_non_null(profile);
	assert_int_equal(profile->messages->count, 0);
}

static void
test_profile_without_messages(void **state)
{
	const struct user *ann = person("messages Ann");
	const struct profile *profile;

	(void)state;
	write_message(ann, "flagged", true);
	profile = messages_of(ann->name, 0, MESSAGES_NEWEST, 10);
	assert_int_equal(profile->user_id, ann->id);
	assert_int_equal(profile->messages->count, 0);
	assert_false(profile->messages->more);
}

static void
test_profile_is_followed(void **state)
{
	const struct user *ann = person("messages Ann");
	const struct user *bob = person("messages Bob");

	(void)state;
	follow_add(ann->name, bob->name);
	assert_true(
	    messages_of(bob->name, ann->id, MESSAGES_NEWEST, 1)->followed);
	assert_false(
	    messages_of(ann->name, bob->id, MESSAGES_NEWEST, 1)->followed);
	assert_false(messages_of(bob->name, 0, MESSAGES_NEWEST, 1)->followed);
}

/* Names are compared byte by byte. */
static void
test_similar_names(void **state)
{
	const struct user *ann = person("messages Ann");

	(void)state;
	assert_null(messages_of(mem_format("%s ", ann->name), 0, 1, 1));
	assert_null(messages_of(mem_format("M%s", ann->name + 1), 0, 1, 1));
	assert_null(messages_of("messages %", 0, 1, 1));
	assert_null(messages_of("", 0, 1, 1));
}

/* --- a reader's timeline --- */

/* Who writes, in this order: friends, a stranger (s), myself (m).  A capital
 * is a message that is flagged.  More friends than a page has lines: every page
 * has to be the newest of what is left. */
static const char writers[] = "abcdeaaaaasmbcdebbscedaSmceABCD";

static void
test_timeline_page_by_page(void **state)
{
	const struct user *who[128] = {
		['m'] = person("messages me"),
		['s'] = person("messages stranger"),
	};
	int64_t ids[sizeof(writers)], before = MESSAGES_NEWEST;
	size_t count = 0;
	const struct messages *page;

	(void)state;
	for (int c = 'a'; c <= 'e'; c++) {
		who[c] = person("messages friend");
		follow_add(who['m']->name, who[c]->name);
	}
	for (const char *c = writers; *c != '\0'; c++) {
		bool flagged = isupper(*c);
		int64_t id = write_message(who[tolower(*c)], "hi", flagged);

		if (!flagged && *c != 's')
			ids[count++] = id;
	}
	do {
		page = messages_timeline(who['m']->id, before, 3);
		assert_in_range(page->count, 1, count);
		for (size_t i = 0; i < page->count; i++)
			assert_int_equal(page->list[i].id, ids[--count]);
		assert_int_equal(page->more, count > 0);
		before = ids[count];
	} while (page->more);
	assert_int_equal(count, 0);
}

static void
test_timeline_follows_the_follows(void **state)
{
	const struct user *me = person("messages me");
	const struct user *ann = person("messages Ann");
	int64_t hers = write_message(ann, "hers", false), mine;

	(void)state;
	assert_int_equal(
	    messages_timeline(me->id, MESSAGES_NEWEST, 10)->count, 0);
	mine = write_message(me, "mine", false);
	ASSERT_IDS(messages_timeline(me->id, MESSAGES_NEWEST, 10), mine);
	follow_add(me->name, ann->name);
	ASSERT_IDS(messages_timeline(me->id, MESSAGES_NEWEST, 10), mine, hers);
	ASSERT_IDS(messages_timeline(ann->id, MESSAGES_NEWEST, 10), hers);
	/* who follows oneself reads nothing twice */
	follow_add(me->name, me->name);
	ASSERT_IDS(messages_timeline(me->id, MESSAGES_NEWEST, 10), mine, hers);
	follow_remove(me->name, ann->name);
	ASSERT_IDS(messages_timeline(me->id, MESSAGES_NEWEST, 10), mine);
}

/* --- the same, among many --- */

/* Messages of these users, in an order that looks like chance and is the same
 * each time; one in ten is flagged.  One statement, because all waiting of a
 * process together is bounded (lib/db.h). */
static void
write_crowd(int64_t first_author, int64_t authors, int64_t count)
{
	db_query("INSERT INTO messages (author_id, text, flagged)"
		 " SELECT $1::bigint + (hashint8(n) & 65535) % $2::bigint,"
		 "  'crowd ' || n, hashint8(-n) % 10 = 0"
		 " FROM generate_series(1, $3::bigint) AS n ORDER BY n",
	    db_integer(first_author), db_integer(authors), db_integer(count));
}

static void
follow_range(int64_t who, int64_t first, int64_t last)
{
	db_query(
	    "INSERT INTO followers (who_id, whom_id)"
	    " SELECT $1, whom FROM generate_series($2::bigint, $3) AS whom",
	    db_integer(who), db_integer(first), db_integer(last));
}

/* All of a reader's timeline, in the fewest words. */
static const struct db_rows *
plain_timeline(int64_t reader)
{
	return db_query("SELECT message_id, username, text,"
			" floor(extract(epoch FROM pub_date))::bigint"
			" FROM messages JOIN users ON user_id = author_id"
			" WHERE NOT flagged AND (author_id = $1"
			"  OR author_id IN (SELECT whom_id FROM followers"
			"   WHERE who_id = $1))"
			" ORDER BY message_id DESC",
	    db_integer(reader));
}

static void
assert_page(const struct messages *page, const struct db_rows *all,
    int64_t before, size_t limit)
{
	size_t skip = 0, left;

	while (skip < db_count(all) && db_number(all, skip, 0) >= before)
		skip++;
	left = db_count(all) - skip;
	assert_int_equal(page->count, left < limit ? left : limit);
	assert_int_equal(page->more, left > limit);
	for (size_t i = 0; i < page->count; i++) {
		const struct message *message = &page->list[i];

		assert_int_equal(message->id, db_number(all, skip + i, 0));
		assert_string_equal(message->author, db_text(all, skip + i, 1));
		assert_string_equal(message->text, db_text(all, skip + i, 2));
		assert_int_equal(message->time, db_number(all, skip + i, 3));
	}
}

/* 600 authors, of whom the first 300 fall silent.  More than 250 follows are
 * where the timeline's other way begins, and there are more messages of the
 * others than that one walks over. */
static const struct crowd {
	const char *name;
	int first, last; /* whom the reader follows */
	bool self;       /* the reader, too */
} crowds[] = {
	{ "nobody", 1, 0, false },
	{ "one", 301, 301, true },
	{ "20 silent ones", 1, 20, false },
	{ "40, some silent", 281, 320, true },
	{ "249", 201, 449, false },
	{ "250", 201, 450, false },
	{ "249 and oneself", 201, 449, true },
	{ "251 silent ones", 1, 251, true },
	{ "300 silent ones", 1, 300, false },
	{ "300", 301, 600, false },
	{ "600", 1, 600, true },
};

static int64_t crowd_first, crowd_start, crowd_end;

static void
make_crowd(void)
{
	if (crowd_first != 0)
		return;
	crowd_first = db_number(
	    db_query("WITH added AS ("
		     "  INSERT INTO users (username, email, pw_hash)"
		     "  SELECT 'crowd ' || $1::text || '.' || n, 'a@b', 'none'"
		     "  FROM generate_series(1, 600) AS n ORDER BY n"
		     "  RETURNING user_id) SELECT min(user_id) FROM added",
		db_integer(getpid())),
	    0, 0);
	crowd_start = write_message(person("messages Ann"), "first", false);
	write_crowd(crowd_first, 600, 1000);
	write_crowd(crowd_first + 300, 300, 1500);
	crowd_end = write_message(person("messages Ann"), "last", false);
}

static void
test_timeline_of_many(void **state)
{
	const struct crowd *row = row_of(state);
	const struct user *me = person("messages me");
	const struct db_rows *all;
	static const int64_t limits[] = { 1, 30, 1000 };

	make_crowd();
	follow_range(
	    me->id, crowd_first + row->first - 1, crowd_first + row->last - 1);
	if (row->self) {
		follow_add(me->name, me->name);
		write_message(me, "mine", false);
		write_message(me, "mine, flagged", true);
	}
	all = plain_timeline(me->id);
	for (int part = 0; part <= 4; part++) {
		int64_t before = part == 4
		    ? MESSAGES_NEWEST
		    : crowd_start + 1 + (crowd_end - crowd_start) * part / 4;

		for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
			assert_page(
			    messages_timeline(me->id, before, limits[i]), all,
			    before, (size_t)limits[i]);
	}
}

/* An author's page is the author's alone, whoever has the ids beside. */
static void
test_neighbours(void **state)
{
	const struct user *who[3];
	int64_t ids[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		who[i] = person("messages neighbour");
	for (size_t i = 0; i < 3; i++)
		ids[2 - i] = write_message(who[2 - i], "hi", false);
	for (size_t i = 0; i < 3; i++) {
		const struct profile *profile =
		    messages_of(who[i]->name, 0, MESSAGES_NEWEST, 10);

		ASSERT_IDS(profile->messages, ids[i]);
		assert_string_equal(
		    profile->messages->list[0].author, who[i]->name);
		assert_int_equal(
		    messages_of(who[i]->name, 0, ids[i], 10)->messages->count,
		    0);
	}
}

static void
test_time_is_rounded_down(void **state)
{
	const struct user *ann = person("messages Ann");

	(void)state;
	db_query("INSERT INTO messages (author_id, text, pub_date) VALUES"
		 " ($1, 'old', '2019-12-01 12:00:00.999+00'),"
		 " ($1, 'older', '1969-12-31 23:59:59.001+00')",
	    db_integer(ann->id));
	for (size_t i = 0; i < 2; i++) {
		const struct message *message =
		    &messages_of(ann->name, 0, MESSAGES_NEWEST, 2)
			 ->messages->list[i];

		assert_int_equal(message->time,
		    strcmp(message->text, "old") == 0 ? 1575201600 : -1);
	}
}

/* --- searching --- */

static void
test_found(void **state)
{
	const struct user *ann = person("messages Ann");
	int64_t first = write_message(ann, "the gnu, ate", false);
	int64_t second = write_message(ann, "GNU and yak", false), third;
	const struct messages_found *found;

	(void)state;
	write_message(ann, "a gnu that is flagged", true);
	third = write_message(ann, "a gnu's yak", false);

	found = messages_search("gnu", MESSAGES_NEWEST, 3);
	ASSERT_IDS(found->messages, third, second, first);
	assert_string_equal(found->messages->list[1].text, "GNU and yak");
	assert_string_equal(found->messages->list[1].author, ann->name);
	assert_int_equal(found->rest, 0);
	assert_false(found->cut);

	found = messages_search("gnu", MESSAGES_NEWEST, 2);
	ASSERT_IDS(found->messages, third, second);
	assert_int_equal(found->rest, second);
	found = messages_search("gnu", second, 2);
	ASSERT_IDS(found->messages, first);
	assert_int_equal(found->rest, 0);

	ASSERT_IDS(messages_search("YAK gnu", MESSAGES_NEWEST, 3)->messages,
	    third, second);
	ASSERT_IDS(messages_search("\"gnu ate\"", MESSAGES_NEWEST, 3)->messages,
	    first);
	ASSERT_IDS(
	    messages_search("gnu -yak", MESSAGES_NEWEST, 3)->messages, first);
}

static const struct words {
	const char *name, *words;
	bool wordless;
} nothing[] = {
	{ "nothing", "", true },
	{ "a blank", " ", true },
	{ "no word", "!\"'&|<->:*()\\", true },
	{ "a stretch", "#0", false },
	{ "an injection", "messages_nothing') -- ", false },
};

static void
test_nothing_found(void **state)
{
	const struct words *row = row_of(state);
	const struct messages_found *found =
	    messages_search(row->words, MESSAGES_NEWEST, 3);

	assert_int_equal(found->messages->count, 0);
	assert_int_equal(found->rest, 0);
	assert_false(found->cut);
	assert_int_equal(found->wordless, row->wordless);
}

/* --- what is new --- */

static void
test_newest(void **state)
{
	const struct user *ann = person("messages Ann");
	int64_t newest = write_message(ann, "newest", false);

	(void)state;
	assert_int_equal(messages_newest(), newest);
	write_message(ann, "flagged", true);
	assert_int_equal(messages_newest(), newest);
}

static void
test_news(void **state)
{
	const struct user *ann = person("messages Ann");
	const struct user *bob = person("messages Bob");
	int64_t first = write_message(ann, "first", false), flagged, third;

	(void)state;
	write_message(bob, "second", false);
	flagged = write_message(ann, "flagged", true);
	third = write_message(ann, "third", false);

	assert_int_equal(messages_news_public(first - 1, 10), 3);
	assert_int_equal(messages_news_public(first, 10), 2);
	assert_int_equal(messages_news_public(flagged, 10), 1);
	assert_int_equal(messages_news_public(third, 10), 0);
	assert_int_equal(messages_news_public(0, 2), 2);

	assert_int_equal(messages_news_of(ann->name, first - 1, 10), 2);
	assert_int_equal(messages_news_of(ann->name, first, 10), 1);
	assert_int_equal(messages_news_of(ann->name, third, 10), 0);
	assert_int_equal(messages_news_of(ann->name, 0, 1), 1);
	assert_int_equal(messages_news_of(bob->name, third, 10), 0);
	assert_int_equal(messages_news_of("messages: nobody", 0, 10), -1);

	assert_int_equal(messages_news_timeline(ann->id, first, 10), 1);
	follow_add(ann->name, bob->name);
	assert_int_equal(messages_news_timeline(ann->id, first, 10), 2);
	assert_int_equal(messages_news_timeline(ann->id, first, 1), 1);
	assert_int_equal(messages_news_timeline(bob->id, first, 10), 1);
}

/* How many rows are newer than one: what is counted has to be. */
static int64_t
rows_after(const struct db_rows *all, int64_t after, int64_t limit)
{
	size_t count = 0;

	while (count < db_count(all) && db_number(all, count, 0) > after)
		count++;
	return count < (size_t)limit ? (int64_t)count : limit;
}

/* Both of its ways: few messages since, and many. */
static void
test_news_of_many(void **state)
{
	const struct crowd *row = row_of(state);
	const struct user *me = person("messages me");
	const struct db_rows *all;

	make_crowd();
	follow_range(
	    me->id, crowd_first + row->first - 1, crowd_first + row->last - 1);
	all = plain_timeline(me->id);
	for (int part = 0; part <= 4; part += 2) {
		int64_t after = crowd_end - ((crowd_end - crowd_start) >> part);

		assert_int_equal(messages_news_timeline(me->id, after, 31),
		    rows_after(all, after, 31));
	}
}

/* --- a form that comes twice --- */

static size_t
count_of(const struct user *author)
{
	return messages_of(author->name, 0, MESSAGES_NEWEST, 100)
	    ->messages->count;
}

static void
test_once(void **state)
{
	const struct user *ann = person("messages Ann");
	const char *token = secret_random(32), *other = secret_random(32);
	int64_t wait;

	(void)state;
	session_begin(ann->id, token, NULL, NULL, "none", NULL);
	session_begin(ann->id, other, NULL, NULL, "none", NULL);

	assert_true(my_message_add(token, "a", "one", &wait));
	assert_true(my_message_add(token, "a", "one", &wait));
	assert_int_equal(count_of(ann), 1);
	/* what the reader wrote is never dropped */
	assert_true(my_message_add(token, "b", "one", &wait));
	assert_int_equal(count_of(ann), 2);
	/* another form, another browser */
	assert_true(my_message_add(token, "b", "two", &wait));
	assert_true(my_message_add(other, "b", "two", &wait));
	assert_true(my_message_add(other, "b", "two", &wait));
	assert_int_equal(count_of(ann), 4);
	/* without */
	assert_true(my_message_add(token, "b", NULL, &wait));
	assert_true(my_message_add(token, "b", "", &wait));
	assert_int_equal(count_of(ann), 6);

	session_end(token);
	assert_false(my_message_add(token, "b", "two", &wait));
	assert_false(my_message_add(token, "c", "three", &wait));
	assert_int_equal(count_of(ann), 6);
}

/* A user can post so many messages at once, and then one by one. */
static void
test_limit(void **state)
{
	const struct user *ann = person("messages Ann");
	const struct user *bob = person("messages Bob");
	const char *token = secret_random(32), *bobs = secret_random(32);
	int64_t wait;

	(void)state;
	session_begin(ann->id, token, NULL, NULL, "none", NULL);
	session_begin(bob->id, bobs, NULL, NULL, "none", NULL);
	db_query("UPDATE attempt_limits SET free = 3, forgotten = '1 hour'"
		 " WHERE kind = 'message'");
	for (int i = 0; i < 3; i++) {
		assert_true(my_message_add(token, "a", NULL, &wait));
		assert_int_equal(wait, 0);
	}
	/* the same form may come again, and counts then */
	for (int twice = 0; twice < 2; twice++) {
		assert_true(my_message_add(token, "b", "once", &wait));
		assert_int_equal(wait, 1);
	}
	assert_int_equal(count_of(ann), 3);
	assert_true(my_message_add(bobs, "b", NULL, &wait));
	assert_int_equal(wait, 0);
	db_query("UPDATE attempts SET last_at = last_at - interval '1 second'");
	assert_true(my_message_add(token, "b", "once", &wait));
	assert_int_equal(wait, 0);
	assert_int_equal(count_of(ann), 4);
	db_query("UPDATE attempt_limits SET free = 300, forgotten = '1 s'"
		 " WHERE kind = 'message'");
}

/* --- texts --- */

static void
test_problem(void **state)
{
	(void)state;
	assert_string_equal(message_problem(NULL), "The message is empty");
	assert_string_equal(message_problem(""), "The message is empty");
	assert_string_equal(
	    message_problem(" \t\r\n\u00a0\u3000"), "The message is empty");
	assert_null(message_problem(" a "));
	assert_null(message_problem(times("a", 1000)));
	assert_null(message_problem(times("\U0001f600", 1000)));
	assert_string_equal(message_problem(times("a", 1001)),
	    "The message has more than 1,000 characters");
	assert_string_equal(message_problem(times("\U0001f600", 1001)),
	    "The message has more than 1,000 characters");
}

static void
test_longest(void **state)
{
	const struct user *ann = person("messages Ann");
	const char *text = times("\U0001f600", 1000);

	(void)state;
	assert_true(message_add(ann->name, text));
	assert_string_equal(messages_of(ann->name, 0, MESSAGES_NEWEST, 1)
				->messages->list[0]
				.text,
	    text);
}

int
main(void)
{
	UNIT_ROWS(test_add, texts);
	UNIT_TEST(test_add_to_nobody);
	UNIT_TEST(test_public);
	UNIT_TEST(test_of_one_author);
	UNIT_TEST(test_profile_without_messages);
	UNIT_TEST(test_profile_is_followed);
	UNIT_TEST(test_similar_names);
	UNIT_TEST(test_timeline_page_by_page);
	UNIT_TEST(test_timeline_follows_the_follows);
	UNIT_ROWS(test_timeline_of_many, crowds);
	UNIT_TEST(test_neighbours);
	UNIT_TEST(test_time_is_rounded_down);
	UNIT_TEST(test_found);
	UNIT_ROWS(test_nothing_found, nothing);
	UNIT_TEST(test_newest);
	UNIT_TEST(test_news);
	UNIT_ROWS(test_news_of_many, crowds);
	UNIT_TEST(test_once);
	UNIT_TEST(test_limit);
	UNIT_TEST(test_problem);
	UNIT_TEST(test_longest);
	return unit_run();
}
