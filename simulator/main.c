/* simulator -- drives a MiniTwit as the course's simulator does.
 *
 * doc/simulator.1 says what a user has to know.  Here is how it goes: the
 * options, the scenario (read, or made up, as the text of a file), the run, the
 * report. */

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "mem.h"
#include "text.h"
#include "client.h"
#include "generator.h"
#include "report.h"
#include "resize.h"
#include "run.h"
#include "scenario.h"
#include "verify.h"

/* The course's simulator comes with these, and gives up that soon. */
#define DEFAULT_USER "simulator"
#define DEFAULT_PASSWORD "super_safe!"
#define DEFAULT_TIMEOUT_MS 300

#define MAX_CONCURRENCY 20000
#define OTHER_FILES 32 /* that are open beside the connections */

static const char usage[] =
    "usage: simulator [OPTION]... [FILE]\n"
    "Drives a MiniTwit with the scenario in FILE (- is the standard input), or\n"
    "with one that it makes up.\n"
    "\n"
    "  --url URL           the server, http://127.0.0.1:5000\n"
    "  --credentials FILE  has a line USER:PASSWORD; else they come from the\n"
    "                      environment's MINITWIT_SIMULATOR_USER and\n"
    "                      MINITWIT_SIMULATOR_PASSWORD, or are the course's\n"
    "  --concurrency N     so many requests at a time, 1\n"
    "  --timeout SECONDS   for each request, 0.3\n"
    "  --rate N            no more than N actions a second\n"
    "  --pace              wait as long as the scenario's delays say\n"
    "  --keep-alive        use connections again, not one for each request\n"
    "  --strict            do nothing when the scenario has a bad line\n"
    "  --verify            ask afterwards whether all is there that was\n"
    "                      acknowledged, and nothing else\n"
    "  --json FILE         write the results as JSON, too (- is the standard\n"
    "                      output, and the table then goes to the error output)\n"
    "\n"
    "A scenario that is made up:\n"
    "  --users N           so many register, 200\n"
    "  --actions N         so many actions, with the registrations, 25922\n"
    "  --seed N            the same seed, the same scenario, 2020\n"
    "  --print             print it as a file; send nothing\n"
    "\n"
    "The status is 0 when all went well, 1 when anything failed.  More is in\n"
    "the manual: man doc/simulator.1\n";

struct options {
	const char *file; /* of the scenario; NULL to make one up */
	const char *json, *credentials;
	char *url;
	double rate;
	bool keep_alive, pace, strict, verify, print;
	size_t concurrency;
	unsigned timeout_ms;
	bool made_up_options; /* whether any was given */
	struct generator_settings generator;
};

static volatile sig_atomic_t stop;

static void
note_signal(int number)
{
	(void)number;
	stop = 1;
}

/* --- options --- */

static _Noreturn void
misuse(const char *sentence)
{
	warnx("%s", sentence);
	fputs("simulator --help says what there is.\n", stderr);
	exit(EX_USAGE);
}

static int64_t
whole_number(const char *option, const char *text, int64_t min, int64_t max)
{
	int64_t number;

	if (!text_integer(text, min, max, &number))
		misuse(mem_format("--%s takes a whole number from %lld to %lld",
		    option, (long long)min, (long long)max));
	return number;
}

static double
decimal(const char *option, const char *text, double min, double max)
{
	char *end;
	double number;

	/* strtod() reads "inf", "0x10" and " 1", too. */
	if (text[0] != '\0' && text[strspn(text, "0123456789.")] == '\0') {
		number = strtod(text, &end);
		if (*end == '\0' && number >= min && number <= max)
			return number;
	}
	misuse(mem_format(
	    "--%s takes a number from %g to %.0f", option, min, max));
}

enum choice {
	OPTION_ACTIONS = 256,
	OPTION_CONCURRENCY,
	OPTION_CREDENTIALS,
	OPTION_HELP,
	OPTION_JSON,
	OPTION_KEEP_ALIVE,
	OPTION_PACE,
	OPTION_PRINT,
	OPTION_RATE,
	OPTION_SEED,
	OPTION_STRICT,
	OPTION_TIMEOUT,
	OPTION_URL,
	OPTION_USERS,
	OPTION_VERIFY
};

static const struct option long_options[] = {
	{ "actions", required_argument, NULL, OPTION_ACTIONS },
	{ "concurrency", required_argument, NULL, OPTION_CONCURRENCY },
	{ "credentials", required_argument, NULL, OPTION_CREDENTIALS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "json", required_argument, NULL, OPTION_JSON },
	{ "keep-alive", no_argument, NULL, OPTION_KEEP_ALIVE },
	{ "pace", no_argument, NULL, OPTION_PACE },
	{ "print", no_argument, NULL, OPTION_PRINT },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "strict", no_argument, NULL, OPTION_STRICT },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "url", required_argument, NULL, OPTION_URL },
	{ "users", required_argument, NULL, OPTION_USERS },
	{ "verify", no_argument, NULL, OPTION_VERIFY },
	{ NULL, 0, NULL, 0 },
};

static void
take_option(struct options *options, int option, const char *name, char *value)
{
	const char *problem;

	switch (option) {
	case OPTION_ACTIONS:
		options->generator.actions =
		    (uint32_t)whole_number(name, value, 1, 100000000);
		break;
	case OPTION_CONCURRENCY:
		options->concurrency =
		    (size_t)whole_number(name, value, 1, MAX_CONCURRENCY);
		break;
	case OPTION_CREDENTIALS:
		options->credentials = value;
		break;
	case OPTION_JSON:
		options->json = value;
		break;
	case OPTION_KEEP_ALIVE:
		options->keep_alive = true;
		break;
	case OPTION_PACE:
		options->pace = true;
		break;
	case OPTION_PRINT:
		options->print = true;
		break;
	case OPTION_RATE:
		options->rate = decimal(name, value, 0.001, 1000000);
		break;
	case OPTION_SEED:
		options->generator.seed =
		    (uint64_t)whole_number(name, value, 0, INT64_MAX);
		break;
	case OPTION_STRICT:
		options->strict = true;
		break;
	case OPTION_TIMEOUT:
		options->timeout_ms =
		    (unsigned)lround(decimal(name, value, 0.001, 3600) * 1000);
		break;
	case OPTION_URL:
		if ((problem = client_url_problem(value)) != NULL)
			misuse(mem_format("the URL %s", problem));
		options->url = value;
		break;
	case OPTION_USERS:
		options->generator.users =
		    (uint32_t)whole_number(name, value, 1, 100000000);
		break;
	default: /* OPTION_VERIFY */
		options->verify = true;
		break;
	}
	if (option == OPTION_ACTIONS || option == OPTION_SEED ||
	    option == OPTION_USERS || option == OPTION_PRINT)
		options->made_up_options = true;
}

/* Without a number of their own there are as many users, and as many actions,
 * as in the course's scenario, but ten actions for each user. */
static void
complete(struct generator_settings *generator)
{
	if (generator->actions == 0) {
		generator->actions = GENERATOR_ACTIONS;
		if (generator->users > GENERATOR_ACTIONS / 10)
			generator->actions = 10 * generator->users;
	}
	if (generator->users == 0) {
		generator->users = GENERATOR_USERS;
		if (generator->actions / 10 < GENERATOR_USERS)
			generator->users = generator->actions / 10;
		if (generator->users == 0)
			generator->users = 1;
	}
	if (generator->users > generator->actions)
		generator->users = generator->actions;
}

static struct options
read_options(int argc, char **argv)
{
	static char program_name[] = "simulator";
	static char default_url[] = "http://127.0.0.1:5000";
	struct options options = {
		.url = default_url,
		.concurrency = 1,
		.timeout_ms = DEFAULT_TIMEOUT_MS,
		.generator = { .seed = 2020 },
	};
	int option, index = 0;

	argv[0] = program_name; /* getopt complains in that name, as err does */
	while ((option = getopt_long(argc, argv, "h", long_options, &index)) !=
	    -1) {
		if (option == OPTION_HELP || option == 'h') {
			fputs(usage, stdout);
			exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EX_IOERR);
		}
		if (option == '?') {
			fputs("simulator --help says what there is.\n", stderr);
			exit(EX_USAGE);
		}
		take_option(&options, option, long_options[index].name, optarg);
	}
	if (optind < argc)
		options.file = argv[optind++];
	if (optind < argc)
		misuse("there can be one scenario only");
	if (options.file != NULL && options.made_up_options)
		misuse("--users, --actions, --seed and --print are for a "
		       "scenario that is made up: leave out either them or "
		       "the file");
	complete(&options.generator);
	return options;
}

/* --- files --- */

/* All of a file, with room for one byte more. */
static char *
read_all(const char *name, size_t *len)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
	size_t size = 65536, count;
	char *bytes = resize(NULL, size, 1);

	if (file == NULL)
		err(EX_NOINPUT, "%s", name);
	*len = 0;
	while ((count = fread(bytes + *len, 1, size - 1 - *len, file)) > 0) {
		*len += count;
		if (*len == size - 1)
			bytes = resize(bytes, size *= 2, 1);
	}
	if (ferror(file))
		err(EX_NOINPUT, "%s", name);
	if (file != stdin)
		fclose(file);
	bytes[*len] = '\0';
	return bytes;
}

static struct scenario *
get_scenario(const struct options *options)
{
	struct scenario *scenario;
	char *text = NULL;
	size_t len = 0;

	if (options->file != NULL) {
		text = read_all(options->file, &len);
	} else {
		FILE *out = open_memstream(&text, &len);

		if (out == NULL)
			err(EX_OSERR, "no memory");
		generator_write(out, &options->generator);
		if (fclose(out) != 0)
			err(EX_OSERR, "no memory for the scenario");
	}
	scenario = scenario_read(text, len,
	    options->file != NULL ? options->file : "made up", options->strict);
	if (options->strict && scenario->bad_lines > 0)
		errx(EX_DATAERR, "%s: bad lines: %zu; nothing was sent",
		    options->file, scenario->bad_lines);
	if (scenario->action_count == 0)
		errx(EX_DATAERR, "%s: there is no action in it", options->file);
	return scenario;
}

static const char *
setting(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : fallback;
}

/* The name and the password.  They are on no command line, because everybody
 * on the machine can read that. */
static void
get_credentials(const char *file, struct client_settings *settings)
{
	const char *user = setting("MINITWIT_SIMULATOR_USER", DEFAULT_USER);
	const char *password =
	    setting("MINITWIT_SIMULATOR_PASSWORD", DEFAULT_PASSWORD);

	if (file != NULL) {
		size_t len;
		char *line = read_all(file, &len), *colon;

		line[strcspn(line, "\r\n")] = '\0';
		colon = strchr(line, ':');
		if (colon == NULL)
			errx(EX_DATAERR,
			    "%s: the first line is not USER:PASSWORD", file);
		*colon = '\0';
		user = mem_copy(line, strlen(line));
		password = mem_copy(colon + 1, strlen(colon + 1));
		free(line);
	}
	settings->user = user;
	settings->password = password;
	if (strchr(settings->user, ':') != NULL)
		misuse("the user's name in MINITWIT_SIMULATOR_USER must not "
		       "have a colon");
}

static FILE *
open_json(const char *name)
{
	FILE *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "w");

	if (file == NULL)
		err(EX_CANTCREAT, "%s", name);
	return file;
}

static void
close_output(FILE *file, const char *name)
{
	if (fflush(file) != 0 || ferror(file) || fclose(file) != 0)
		err(EX_IOERR, "%s", name);
}

/* --- the process --- */

static void
allow_open_files(size_t concurrency)
{
	rlim_t needed = concurrency + OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
		return;
	limit.rlim_cur = needed;
	if (limit.rlim_max < needed)
		limit.rlim_max = needed; /* root may do that */
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		err(EX_OSERR,
		    "%zu requests at a time need %zu open files, which the "
		    "system does not allow: lower --concurrency, or raise the "
		    "limit (ulimit -n)",
		    concurrency, (size_t)needed);
}

static void
watch_signals(void)
{
	/* The second one ends the program at once. */
	struct sigaction action = {
		.sa_handler = note_signal,
		.sa_flags = (int)SA_RESETHAND,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct client_settings server = {
		.url = options.url,
		.concurrency = options.concurrency,
		.keep_alive = options.keep_alive,
	};
	struct run_settings settings = {
		.timeout_ms = options.timeout_ms,
		.concurrency = options.concurrency,
		.interval_ns =
		    options.rate > 0 ? llround(1e9 / options.rate) : 0,
		.pace = options.pace,
		.stop = &stop,
	};
	struct report_settings report = {
		.url = options.url,
		.file = options.file,
		.generator = &options.generator,
		.run = &settings,
		.rate = options.rate,
		.keep_alive = options.keep_alive,
	};
	const struct verify_findings *findings = NULL;
	struct verify *verify = NULL;
	struct scenario *scenario;
	struct client *client;
	struct run *run;
	FILE *json = NULL;

	if (options.print) {
		generator_write(stdout, &options.generator);
		close_output(stdout, "standard output");
		return EXIT_SUCCESS;
	}
	get_credentials(options.credentials, &server);
	allow_open_files(options.concurrency);
	scenario = get_scenario(&options);
	if (options.json != NULL)
		json = open_json(options.json);
	watch_signals();

	client = client_open(&server);
	if (options.verify)
		verify = verify_before(scenario, client, &stop);
	run = run_actions(scenario, &settings, client);
	if (verify != NULL)
		findings = verify_after(verify, run, options.concurrency == 1);

	report_table(json == stdout ? stderr : stdout, run, findings);
	if (json != NULL)
		report_json(json, &report, run, findings);
	if (json != NULL && json != stdout)
		close_output(json, options.json);
	close_output(stdout, "standard output");
	return run->failed > 0 || run->started < scenario->action_count ||
		(findings != NULL && !findings->ok)
	    ? EXIT_FAILURE
	    : EXIT_SUCCESS;
}
