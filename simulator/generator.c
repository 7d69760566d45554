#include "generator.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "resize.h"

/* The course's weeks: 200 users made so many messages, follows, and unfollows,
 * some of them of somebody whom they did not follow. */
#define MESSAGES 11306
#define FOLLOWS 9751
#define UNFOLLOWS 4665
#define IDLE_UNFOLLOWS 1179
#define OTHERS ((uint64_t)MESSAGES + FOLLOWS + UNFOLLOWS)

/* The pauses between two actions, in units of 1/100,000 ms, at the beginning
 * and at the end: from 25 to 200 actions a second. */
#define FIRST_DELAY INT64_C(4000000)
#define LAST_DELAY INT64_C(500000)
#define UNITS_PER_MILLISECOND 100000
#define FIRST_MOMENT INT64_C(1577836800000) /* 2020-01-01 */

#define MAX_NAME 128
#define MAX_TEXT 160 /* of a text and the word that goes beyond its length */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Quotes, markup, and four bytes for a character: what goes wrong first. */
static const char *const first_names[] = { "Roger", "Wendell", "Søren",
	"Quintin", "Zoë", "Malcolm", "Łucja", "Octavio", "Renée", "Georgie",
	"Anne-Marie", "Jürgen", "Αθηνά", "Lowell", "Björk", "Дмитрий", "小龙",
	"Mellie", "🐦Robin", "Dwayne \"D\"" };
static const char *const last_names[] = { "Histand", "O'Brien", "Müller",
	"van den Berg", "D’Arcy", "Yost", "Nuñez", "& Sons", "100% Ware",
	"<Smith>" };
static const char *const words[] = { "the", "a", "of", "to", "and", "in",
	"that", "he", "it", "was", "you", "I", "with", "had", "for", "but",
	"which", "not", "be", "Holmes", "whale", "upon", "there", "said",
	"will", "very", "naïve", "“Surely", "café", "harpooneers", "voice’s",
	"window;", "versâ", "three—perhaps", "Charles’s", "“Watson”",
	"seventy-seventh", "telegram", "moonlight", "door-way.", "vertebræ",
	"100%", "<b>bold</b>", "C:\\new", "\"quoted\"", "it's", "&", "🐳", "🎉",
	"👩‍🚀", "λόγος", "€20", "line\u2028break" };
static const char *const ends[] = { ".", ".", ".", ".", ".", ".", ".", ".", "?",
	"!", ".”", "…", "--", "🙂" };

struct pair {
	uint32_t user, whom;
};

struct generator {
	const struct generator_settings *settings;
	FILE *out;
	uint64_t state;
	uint64_t id;
	int64_t time; /* since the first moment, in units of delay */
	uint32_t registered;
	uint64_t real_left, idle_left; /* unfollows */
	/* Who follows whom: in any order, and by hash, with linear probing. */
	struct pair *pairs;
	uint32_t pair_count;
	uint32_t *places; /* in pairs, or EMPTY */
	size_t size;      /* a power of two, twice the pairs or more */
};

/* --- chance --- */

/* SplitMix64: any seed will do. */
static uint64_t
random_number(struct generator *generator)
{
	uint64_t number = generator->state += 0x9e3779b97f4a7c15;

	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
	number = (number ^ number >> 27) * 0x94d049bb133111eb;
	return number ^ number >> 31;
}

/* From 0 to below limit. */
static uint32_t
draw(struct generator *generator, uint64_t limit)
{
	assert(limit > 0);
	return (uint32_t)(random_number(generator) % limit);
}

static uint32_t
lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
greater(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Those who came first do most. */
static uint32_t
somebody(struct generator *generator)
{
	return lesser(draw(generator, generator->registered),
	    draw(generator, generator->registered));
}

/* --- who follows whom --- */

#define EMPTY UINT32_MAX

static size_t
home(const struct generator *generator, struct pair pair)
{
	uint64_t key = (uint64_t)pair.user << 32 | pair.whom;

	return (size_t)(key * 0x9e3779b97f4a7c15 >> 32) & (generator->size - 1);
}

/* Where in the table the pair is, or would be. */
static size_t
find(const struct generator *generator, struct pair pair)
{
	size_t at = home(generator, pair);

	for (; generator->places[at] != EMPTY;
	     at = (at + 1) & (generator->size - 1)) {
		const struct pair *other =
		    &generator->pairs[generator->places[at]];

		if (other->user == pair.user && other->whom == pair.whom)
			break;
	}
	return at;
}

static bool
follows(const struct generator *generator, struct pair pair)
{
	return generator->places[find(generator, pair)] != EMPTY;
}

static void
add_pair(struct generator *generator, struct pair pair)
{
	generator->places[find(generator, pair)] = generator->pair_count;
	generator->pairs[generator->pair_count++] = pair;
}

/* Takes one out of the table, and moves those up that had to make room. */
static void
empty_place(struct generator *generator, size_t hole)
{
	size_t mask = generator->size - 1, at = hole;

	for (;;) {
		size_t wanted;

		at = (at + 1) & mask;
		if (generator->places[at] == EMPTY)
			break;
		wanted =
		    home(generator, generator->pairs[generator->places[at]]);
		if (((at - wanted) & mask) < ((at - hole) & mask))
			continue;
		generator->places[hole] = generator->places[at];
		hole = at;
	}
	generator->places[hole] = EMPTY;
}

static struct pair
remove_pair(struct generator *generator)
{
	uint32_t number = draw(generator, generator->pair_count);
	struct pair pair = generator->pairs[number];
	uint32_t last = generator->pair_count - 1;

	empty_place(generator, find(generator, pair));
	if (number != last) {
		struct pair moved = generator->pairs[last];

		generator->places[find(generator, moved)] = number;
		generator->pairs[number] = moved;
	}
	generator->pair_count = last;
	return pair;
}

/* Two who are not the same, of whom the first does not follow the second;
 * unless that is hard to find, because everybody follows everybody. */
static struct pair
strangers(struct generator *generator)
{
	struct pair pair;
	int tries = 0;

	do {
		pair.user = somebody(generator);
		pair.whom = somebody(generator);
	} while (pair.user == pair.whom ||
	    (tries++ < 100 && follows(generator, pair)));
	return pair;
}

/* --- names and texts --- */

/* After the first 200 the names come again, with a number. */
static void
write_name(char name[MAX_NAME], uint32_t number)
{
	size_t combinations = LENGTH(first_names) * LENGTH(last_names);
	int len = snprintf(name, MAX_NAME, "%s %s",
	    first_names[number % LENGTH(first_names)],
	    last_names[number / LENGTH(first_names) % LENGTH(last_names)]);

	if (number >= combinations)
		snprintf(name + len, MAX_NAME - (size_t)len, " %zu",
		    number / combinations + 1);
}

/* The bytes of the first length characters. */
static size_t
prefix(const char *text, size_t length)
{
	size_t bytes = 0, left = strlen(text);
	uint32_t code_point;

	while (length-- > 0) {
		size_t step = text_code_point(text + bytes, left, &code_point);

		bytes += step;
		left -= step;
	}
	return bytes;
}

/* 13 to 140 characters, of up to four bytes. */
static void
write_text(struct generator *generator, char text[4 * MAX_TEXT])
{
	size_t length = 13 + draw(generator, 128), bytes = 0;
	const char *end = ends[draw(generator, LENGTH(ends))];
	size_t so_far = 0;

	while (so_far < length) {
		const char *word = words[draw(generator, LENGTH(words))];

		if (bytes > 0) {
			text[bytes++] = ' ';
			so_far++;
		}
		memcpy(text + bytes, word, strlen(word) + 1);
		bytes += strlen(word);
		so_far += text_length(word);
	}
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	bytes = prefix(text, length - text_length(end));
	if (text[bytes - 1] == ' ')
		text[bytes - 1] = ',';
	memcpy(text + bytes, end, strlen(end) + 1);
}

/* --- actions --- */

static void
begin_line(struct generator *generator, const char *kind, uint32_t user)
{
	char name[MAX_NAME];
	int64_t delay = FIRST_DELAY -
	    (FIRST_DELAY - LAST_DELAY) * (int64_t)generator->id /
		generator->settings->actions;

	write_name(name, user);
	generator->time += delay;
	fprintf(generator->out, "%" PRIu64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%s",
	    ++generator->id, delay,
	    FIRST_MOMENT + generator->time / UNITS_PER_MILLISECOND, kind, name);
}

static void
write_registration(struct generator *generator)
{
	uint32_t number = generator->registered++;
	uint32_t length = 5 + draw(generator, 6);

	begin_line(generator, "register", number);
	fprintf(generator->out, "\tuser+%" PRIu32 "@itu.dk\t", number);
	while (length-- > 0) /* any visible ASCII character */
		putc((int)(33 + draw(generator, 94)), generator->out);
	putc('\n', generator->out);
}

static void
write_message(struct generator *generator)
{
	char text[4 * MAX_TEXT];

	begin_line(generator, "tweet", somebody(generator));
	write_text(generator, text);
	fprintf(generator->out, "\t%s\n", text);
}

static void
write_pair(struct generator *generator, const char *kind, struct pair pair)
{
	char name[MAX_NAME];

	write_name(name, pair.whom);
	begin_line(generator, kind, pair.user);
	fprintf(generator->out, "\t%s\n", name);
}

static void
write_follow(struct generator *generator)
{
	struct pair pair = strangers(generator);

	if (!follows(generator, pair))
		add_pair(generator, pair);
	write_pair(generator, "follow", pair);
}

static void
write_unfollow(struct generator *generator)
{
	bool idle =
	    draw(generator, generator->real_left + generator->idle_left) <
	    generator->idle_left;

	if (idle)
		generator->idle_left--;
	else
		generator->real_left--;
	write_pair(generator, "unfollow",
	    idle || generator->pair_count == 0 ? strangers(generator)
					       : remove_pair(generator));
}

/* --- the whole --- */

#define END (UINT32_C(1) << 30)
#define NUMBER_BITS 34

/* Up to which number, in moments' keys, actions are of each kind. */
struct shares {
	uint64_t registrations, messages, follows, unfollows;
};

static struct shares
share(const struct generator_settings *settings)
{
	uint64_t users = settings->users, others = settings->actions - users;
	uint64_t followed = others * FOLLOWS / OTHERS;
	uint64_t unfollowed = others * UNFOLLOWS / OTHERS;

	return (struct shares){
		.registrations = users,
		.messages = users + others - followed - unfollowed,
		.follows = users + others - unfollowed,
		.unfollows = users + others,
	};
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* All actions' numbers in the order of their moments.  People write from the
 * start, follow when there are some to follow, and unfollow later.  The last
 * registration comes when two fifths are over, half of them before a seventh
 * is; not more at the very beginning, because one takes a server as long as
 * twenty messages. */
static uint64_t *
order(struct generator *generator, struct shares shares)
{
	uint64_t *keys = resize(NULL, (size_t)shares.unfollows, sizeof(*keys));

	for (uint64_t i = 0; i < shares.unfollows; i++) {
		uint64_t moment;

		if (i < shares.registrations) {
			double part = (double)i / (double)shares.registrations;

			moment = (uint64_t)(END * 0.4 * part * sqrt(part));
		} else {
			moment = draw(generator, END);
		}
		if (i >= shares.messages)
			moment =
			    greater((uint32_t)moment, draw(generator, END));
		if (i >= shares.follows)
			moment =
			    greater((uint32_t)moment, draw(generator, END));
		keys[i] = moment << NUMBER_BITS | i;
	}
	qsort(keys, (size_t)shares.unfollows, sizeof(*keys), compare);
	return keys;
}

static void
prepare_pairs(struct generator *generator, struct shares shares)
{
	uint64_t most = shares.follows - shares.messages;

	for (generator->size = 2; generator->size < 2 * (most + 1);)
		generator->size *= 2;
	generator->pairs =
	    resize(NULL, (size_t)most, sizeof(*generator->pairs));
	generator->places =
	    resize(NULL, generator->size, sizeof(*generator->places));
	for (size_t i = 0; i < generator->size; i++)
		generator->places[i] = EMPTY;
}

void
generator_write(FILE *out, const struct generator_settings *settings)
{
	struct generator generator = {
		.settings = settings,
		.out = out,
		.state = settings->seed,
	};
	struct shares shares = share(settings);
	uint64_t *keys = order(&generator, shares);
	uint64_t unfollows = shares.unfollows - shares.follows;

	generator.idle_left = unfollows * IDLE_UNFOLLOWS / UNFOLLOWS;
	generator.real_left = unfollows - generator.idle_left;
	prepare_pairs(&generator, shares);
	for (uint64_t i = 0; i < shares.unfollows; i++) {
		uint64_t number = keys[i] & ((UINT64_C(1) << NUMBER_BITS) - 1);

		if (number < shares.registrations)
			write_registration(&generator);
		else if (number < shares.messages || generator.registered < 2)
			write_message(&generator);
		else if (number < shares.follows)
			write_follow(&generator);
		else
			write_unfollow(&generator);
	}
	free(keys);
	free(generator.pairs);
	free(generator.places);
}
