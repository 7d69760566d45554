#include "verify.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "progress.h"
#include "resize.h"
#include "wire.h"

#define LIST_LIMIT 1000 /* the API lists no more, and has no second page */
#define ASK_TIMEOUT_MS 10000
#define TRIES 4
#define PAUSE INT64_C(500000) /* between two of them, in microseconds */
#define FINDINGS_SHOWN 20

/* What the API has of a user. */
struct person {
	bool known; /* whether it could be asked before the run */
	bool existed;
	struct strings messages; /* the newest first */
	struct strings follows;
};

/* What is known of who follows whom. */
enum state { STATE_NO, STATE_YES, STATE_OPEN };

/* What a server may still have done to a pair after all that it has
 * acknowledged: requests without an answer that says so. */
enum late { LATE_FOLLOW = 1, LATE_UNFOLLOW = 2 };

struct verify {
	struct scenario *scenario;
	struct client *client;
	struct person *people; /* the scenario's users */
	size_t person_count;
	const struct run *run; /* NULL before it */
	struct verify_findings findings;
	struct progress *progress;

	/* Questions.  Whom somebody follows is asked when it is known that they
	 * exist; what is not answered is asked again after a pause. */
	size_t next_person;
	bool ask_latest, hopeless;
	size_t *follow_ups, follow_up_count;
	struct retry {
		int64_t due;
		size_t question;
	} * retries; /* a ring, in the order in which they are due */
	size_t retry_first, retry_count, retry_room;
	uint8_t *tries; /* of each question */
	struct buf target;

	/* Lists that are used again for each user. */
	struct strings answer, certain, maybe;
	/* Of each user, when one user is looked at. */
	uint8_t *states, *late, *seen;
	uint32_t *touched;
	size_t touched_count;
};

/* --- findings --- */

static void
finding(struct verify *verify, size_t *counter, const char *user,
    const char *sentence, const char *what)
{
	const struct verify_findings *findings = &verify->findings;
	size_t shown;

	++*counter;
	shown = findings->missing + findings->extra + findings->unasked;
	if (shown <= FINDINGS_SHOWN)
		progress_say(
		    verify->progress, "verify: %s: %s%s", user, sentence, what);
	if (shown == FINDINGS_SHOWN)
		progress_say(verify->progress,
		    "verify: further findings are only counted");
}

/* --- what was there before --- */

/* Whether somebody was registered by the run: the best of the answers. */
static enum done
is_registered(const struct verify *verify, size_t user)
{
	const struct scenario *scenario = verify->scenario;
	enum done done = DONE_NO;

	for (uint32_t i = scenario->users[user].registration; i != NO_ACTION;
	     i = scenario->actions[i].next) {
		if (scenario->actions[i].kind != KIND_REGISTER)
			continue;
		if (verify->run->results[i].done == DONE_YES)
			return DONE_YES;
		if (verify->run->results[i].done == DONE_MAYBE)
			done = DONE_MAYBE;
	}
	return done;
}

/* What the API had of a user before the run, of which nothing may be missing.
 * Somebody new has nothing, whatever the API said before they registered. */
static const struct person *
before(const struct verify *verify, size_t user)
{
	static const struct person nobody;

	return is_registered(verify, user) == DONE_YES ? &nobody
						       : &verify->people[user];
}

/* --- messages --- */

/* Which messages have to be there, in their order, and which may be. */
static void
expect_messages(struct verify *verify, size_t user)
{
	const struct scenario *scenario = verify->scenario;
	const struct strings *had = &before(verify, user)->messages;

	verify->certain.count = verify->maybe.count = 0;
	for (size_t i = had->count; i-- > 0;)
		strings_add(&verify->certain, had->list[i]);
	for (uint32_t i = scenario->users[user].first; i != NO_ACTION;
	     i = scenario->actions[i].next) {
		const struct action *action = &scenario->actions[i];

		if (action->kind != KIND_TWEET)
			continue;
		if (verify->run->results[i].done == DONE_YES)
			strings_add(&verify->certain, (char *)action->text);
		if (verify->run->results[i].done == DONE_MAYBE)
			strings_add(&verify->maybe, (char *)action->text);
	}
}

/* True, once, for each message whose answer never came.  It may be anywhere,
 * because the server may have come to it after later ones. */
static bool
take_maybe(struct verify *verify, const char *text)
{
	struct strings *maybe = &verify->maybe;

	for (size_t i = 0; i < maybe->count; i++) {
		if (strcmp(maybe->list[i], text) == 0) {
			maybe->list[i] = maybe->list[--maybe->count];
			return true;
		}
	}
	return false;
}

/* Two lists differ: at the start of found, which has the newest first, and at
 * the end of expected, which has it last.  Either the one that was found is
 * extra, or the one that was expected is missing: true for the first, if what
 * was expected is in found sooner than the other way round. */
static bool
is_extra(char *const *found, size_t found_count, char *const *expected,
    size_t expected_count)
{
	const char *last = expected[expected_count - 1];

	for (size_t i = 1; i < found_count; i++) {
		if (strcmp(found[i], last) == 0)
			return true;
		if (i < expected_count &&
		    strcmp(expected[expected_count - 1 - i], found[0]) == 0)
			return false;
	}
	return false;
}

/* Lays verify->answer, the newest first, against what is expected. */
static void
check_messages(struct verify *verify, size_t user)
{
	const struct strings *answer = &verify->answer;
	const char *name = verify->scenario->users[user].name;
	struct verify_findings *findings = &verify->findings;
	size_t i = 0, left;
	char *const *certain;

	expect_messages(verify, user);
	certain = verify->certain.list;
	left = verify->certain.count;
	while (i < answer->count) {
		const char *text = answer->list[i];
		size_t near;

		if (left > 0 && strcmp(certain[left - 1], text) == 0) {
			findings->messages++;
			left--;
			i++;
			continue;
		}
		if (take_maybe(verify, text)) {
			findings->unacknowledged++;
			i++;
			continue;
		}
		/* Either this one is extra or that one is missing: whichever
		 * lets the two go on together sooner. */
		near = left < LIST_LIMIT ? left : LIST_LIMIT;
		if (left == 0 ||
		    is_extra(answer->list + i, answer->count - i,
			certain + left - near, near)) {
			finding(verify, &findings->extra, name,
			    "nobody sent the message ", text);
			i++;
		} else {
			finding(verify, &findings->missing, name,
			    "there is no message ", certain[--left]);
		}
	}
	if (answer->count == LIST_LIMIT) {
		findings->beyond += left;
		return;
	}
	while (left > 0)
		finding(verify, &findings->missing, name,
		    "there is no message ", certain[--left]);
}

/* --- follows --- */

static void
set_state(struct verify *verify, uint32_t whom, enum state state)
{
	if (!verify->seen[whom]) {
		verify->seen[whom] = 1;
		verify->touched[verify->touched_count++] = whom;
	}
	verify->states[whom] = (uint8_t)state;
}

/* An unanswered request may have been carried out at any time since, so nothing
 * that was acknowledged later settles what it would have changed. */
static void
leave_open(struct verify *verify)
{
	for (size_t i = 0; i < verify->touched_count; i++) {
		uint32_t whom = verify->touched[i];
		unsigned against = verify->states[whom] == STATE_YES
		    ? LATE_UNFOLLOW
		    : LATE_FOLLOW;

		if (verify->late[whom] & against)
			verify->states[whom] = STATE_OPEN;
		verify->late[whom] = verify->seen[whom] = 0;
	}
}

/* Whom the user has to follow, and about whom nothing can be said. */
static void
expect_follows(struct verify *verify, size_t user)
{
	const struct scenario *scenario = verify->scenario;
	const struct strings *had = &before(verify, user)->follows;
	enum state unlisted = had->count == LIST_LIMIT ? STATE_OPEN : STATE_NO;

	verify->touched_count = 0;
	for (size_t i = 0; i < had->count; i++)
		set_state(
		    verify, scenario_find(scenario, had->list[i]), STATE_YES);
	for (uint32_t i = scenario->users[user].first; i != NO_ACTION;
	     i = scenario->actions[i].next) {
		const struct action *action = &scenario->actions[i];
		bool follow = action->kind == KIND_FOLLOW;
		uint32_t whom = action->whom;

		if (!follow && action->kind != KIND_UNFOLLOW)
			continue;
		if (!verify->seen[whom])
			set_state(verify, whom, unlisted);
		if (verify->run->results[i].done == DONE_YES)
			set_state(verify, whom, follow ? STATE_YES : STATE_NO);
		if (verify->run->results[i].done == DONE_MAYBE)
			verify->late[whom] |=
			    follow ? LATE_FOLLOW : LATE_UNFOLLOW;
	}
	leave_open(verify);
}

/* Lays verify->answer against what is expected. */
static void
check_follows(struct verify *verify, size_t user)
{
	const struct strings *answer = &verify->answer;
	const struct scenario *scenario = verify->scenario;
	const char *name = scenario->users[user].name;
	struct verify_findings *findings = &verify->findings;
	bool all_were_listed = before(verify, user)->follows.count < LIST_LIMIT;

	expect_follows(verify, user);
	if (answer->count == LIST_LIMIT)
		findings->unlisted_users++;
	for (size_t i = 0; i < answer->count; i++) {
		const char *other = answer->list[i];
		uint32_t whom = scenario_find(scenario, other);
		enum state state = STATE_NO;

		if (whom != NO_USER && verify->seen[whom]) {
			finding(verify, &findings->extra, name,
			    "follows somebody twice: ", other);
			continue;
		}
		if (whom != NO_USER) {
			verify->seen[whom] = 1;
			state = verify->states[whom];
		}
		if (state == STATE_YES)
			findings->follows++;
		else if (state == STATE_OPEN)
			findings->unacknowledged++;
		else if (all_were_listed)
			finding(verify, &findings->extra, name,
			    "must not follow ", other);
	}
	for (size_t i = 0; i < verify->touched_count; i++) {
		uint32_t whom = verify->touched[i];

		if (verify->states[whom] == STATE_YES && !verify->seen[whom] &&
		    answer->count != LIST_LIMIT)
			finding(verify, &findings->missing, name,
			    "does not follow ", scenario->users[whom].name);
		verify->states[whom] = STATE_NO;
	}
	for (size_t i = 0; i < answer->count; i++) {
		uint32_t whom = scenario_find(scenario, answer->list[i]);

		if (whom != NO_USER)
			verify->seen[whom] = 0;
	}
}

/* --- users --- */

static void
check_user(struct verify *verify, size_t user, bool exists)
{
	const char *name = verify->scenario->users[user].name;
	bool existed = verify->people[user].existed;
	enum done done = is_registered(verify, user);

	if (!exists && (existed || done == DONE_YES))
		finding(verify, &verify->findings.missing, name,
		    "there is no such user", "");
	if (exists && !existed && done == DONE_NO)
		finding(verify, &verify->findings.extra, name,
		    "nobody registered that user", "");
	if (exists)
		verify->findings.users++;
}

/* --- answers --- */

/* A list that outlives the answer. */
static void
keep(struct strings *list, const struct strings *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		strings_add(
		    list, mem_copy(answer->list[i], strlen(answer->list[i])));
}

static void
take_messages(struct verify *verify, size_t user, const struct answer *answer)
{
	const char *name = verify->scenario->users[user].name, *stranger;
	struct person *person = &verify->people[user];
	bool exists = answer->status == 200;

	verify->answer.count = 0;
	if (exists &&
	    !wire_messages(answer->body, name, &verify->answer, &stranger)) {
		finding(verify, &verify->findings.unasked, name,
		    "the list of messages is not what the API promises", "");
		return;
	}
	if (exists)
		verify->follow_ups[verify->follow_up_count++] = 2 * user + 1;
	if (verify->run == NULL) {
		person->existed = exists;
		person->known = !exists; /* until whom they follow is known */
		keep(&person->messages, &verify->answer);
		return;
	}
	if (exists && stranger != NULL)
		finding(verify, &verify->findings.extra, name,
		    "the list has a message of somebody else's: ", stranger);
	check_user(verify, user, exists);
	check_messages(verify, user);
	if (!exists) {
		verify->answer.count = 0;
		check_follows(verify, user);
	}
}

static void
take_follows(struct verify *verify, size_t user, const struct answer *answer)
{
	struct person *person = &verify->people[user];

	if (answer->status != 200 ||
	    !wire_follows(answer->body, &verify->answer)) {
		finding(verify, &verify->findings.unasked,
		    verify->scenario->users[user].name,
		    "the list of follows is not what the API promises", "");
		return;
	}
	if (verify->run != NULL) {
		check_follows(verify, user);
		return;
	}
	keep(&person->follows, &verify->answer);
	for (size_t i = 0; i < person->follows.count; i++)
		scenario_user(verify->scenario, person->follows.list[i]);
	person->known = true;
}

static void
take_latest(struct verify *verify, const struct answer *answer)
{
	const struct run *run = verify->run;
	int64_t expected = run->scenario->actions[run->last].id, latest;

	verify->findings.wrong_latest = answer->status != 200 ||
	    !wire_latest(answer->body, &latest) || latest != expected;
	if (verify->findings.wrong_latest)
		progress_say(verify->progress,
		    "verify: GET /latest does not answer %lld, the id of the "
		    "last action",
		    (long long)expected);
}

/* --- questions --- */

static void
retry(struct verify *verify, size_t question)
{
	size_t place =
	    (verify->retry_first + verify->retry_count++) % verify->retry_room;

	verify->retries[place] = (struct retry){
		.due = client_clock() + PAUSE,
		.question = question,
	};
}

static void
take_answer(void *context, size_t question, const struct answer *answer)
{
	struct verify *verify = context;
	size_t user = question / 2;
	bool of_latest = user == verify->person_count;
	bool answered = answer->fate == FATE_ANSWERED;
	const char *name =
	    of_latest ? "/latest" : verify->scenario->users[user].name;

	if (verify->hopeless)
		return;
	if ((!answered || answer->status >= 500 || answer->status == 429) &&
	    ++verify->tries[question] < TRIES) {
		retry(verify, question);
		return;
	}
	/* For a user who exists there is a second question. */
	if (!of_latest && (question % 2 == 1 || answer->status != 200))
		progress_step(verify->progress,
		    answer->status == 200 || answer->status == 404);
	if (!answered) {
		/* No use in asking for the others, then. */
		verify->hopeless = true;
		finding(verify, &verify->findings.unasked, name,
		    "the API does not answer: ", answer->problem);
	} else if (answer->status != 200 && answer->status != 404) {
		finding(verify, &verify->findings.unasked, name,
		    "the API answers with status ",
		    mem_format("%d", answer->status));
	} else if (of_latest) {
		take_latest(verify, answer);
	} else if (question % 2 == 0) {
		take_messages(verify, user, answer);
	} else {
		take_follows(verify, user, answer);
	}
}

/* The next question; false when there is none for now. */
static bool
next_question(struct verify *verify, size_t *question)
{
	const struct retry *oldest = &verify->retries[verify->retry_first];

	if (verify->retry_count > 0 && oldest->due <= client_clock()) {
		*question = oldest->question;
		verify->retry_first =
		    (verify->retry_first + 1) % verify->retry_room;
		verify->retry_count--;
		return true;
	}
	if (verify->follow_up_count > 0) {
		*question = verify->follow_ups[--verify->follow_up_count];
		return true;
	}
	/* After the run nothing is said of those nobody could be asked about
	 * before it. */
	while (verify->run != NULL &&
	    verify->next_person < verify->person_count &&
	    !verify->people[verify->next_person].known)
		verify->next_person++;
	if (verify->next_person <
	    verify->person_count + (verify->ask_latest ? 1 : 0)) {
		*question = 2 * verify->next_person++;
		return true;
	}
	return false;
}

static void
send_question(struct verify *verify, size_t question)
{
	size_t user = question / 2;

	verify->target.len = 0;
	if (user == verify->person_count) {
		buf_puts(&verify->target, "/latest");
	} else {
		buf_puts(
		    &verify->target, question % 2 == 0 ? "/msgs/" : "/fllws/");
		wire_path(&verify->target, verify->scenario->users[user].name);
		buf_puts(&verify->target, "?no=1000");
	}
	client_send(verify->client, verify->target.data, NULL, ASK_TIMEOUT_MS,
	    question);
}

static void
ask(struct verify *verify, const char *what, const volatile sig_atomic_t *stop)
{
	struct client *client = verify->client;

	verify->progress = progress_open(what, verify->person_count);
	verify->next_person = 0;
	memset(verify->tries, 0, 2 * verify->person_count + 1);
	for (;;) {
		int64_t until = progress_tick(verify->progress);
		size_t question;

		if (stop != NULL && *stop)
			verify->hopeless = true;
		while (!verify->hopeless && client_free(client) > 0 &&
		    next_question(verify, &question))
			send_question(verify, question);
		if (client_busy(client) == 0 &&
		    (verify->hopeless || verify->retry_count == 0))
			break;
		if (verify->retry_count > 0 && client_free(client) > 0 &&
		    verify->retries[verify->retry_first].due < until)
			until = verify->retries[verify->retry_first].due;
		client_work(client, until, take_answer, verify);
	}
	progress_close(verify->progress);
}

struct verify *
verify_before(struct scenario *scenario, struct client *client,
    const volatile sig_atomic_t *stop)
{
	struct verify *verify = mem_alloc(sizeof(*verify));
	size_t people = scenario->user_count;

	verify->scenario = scenario;
	verify->client = client;
	verify->person_count = people;
	verify->people = resize(NULL, people, sizeof(*verify->people));
	verify->retry_room = 2 * people + 1;
	verify->retries =
	    resize(NULL, verify->retry_room, sizeof(*verify->retries));
	verify->follow_ups = resize(NULL, people, sizeof(*verify->follow_ups));
	verify->tries = resize(NULL, 2 * people + 1, sizeof(*verify->tries));
	memset(verify->people, 0, people * sizeof(*verify->people));
	ask(verify, "users, before the run", stop);
	return verify;
}

const struct verify_findings *
verify_after(struct verify *verify, const struct run *run, bool one_by_one)
{
	struct verify_findings *findings = &verify->findings;
	size_t users = verify->scenario->user_count;

	verify->run = run;
	verify->ask_latest = one_by_one && run->last != NO_ACTION;
	for (size_t i = 0; i < run->scenario->action_count; i++) {
		if (run->results[i].done == DONE_MAYBE ||
		    (run->results[i].done == DONE_NO &&
			run->results[i].fate != FATE_ANSWERED))
			verify->ask_latest = false; /* nobody knows, then */
	}
	verify->states = resize(NULL, users, sizeof(*verify->states));
	verify->late = resize(NULL, users, sizeof(*verify->late));
	verify->seen = resize(NULL, users, sizeof(*verify->seen));
	verify->touched = resize(NULL, users, sizeof(*verify->touched));
	memset(verify->states, STATE_NO, users);
	memset(verify->late, 0, users);
	memset(verify->seen, 0, users);
	if (!verify->hopeless)
		ask(verify, "users, after the run", NULL);
	findings->ok = !verify->hopeless && findings->missing == 0 &&
	    findings->extra == 0 && findings->unasked == 0 &&
	    !findings->wrong_latest;
	return findings;
}
