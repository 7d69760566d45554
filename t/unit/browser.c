#include "browser.h"

#include "unit.h"

static const struct browser {
	const char *name, *user_agent, *called;
} browsers[] = {
	{ "none", NULL, NULL },
	{ "empty", "", NULL },
	{ "unknown", "Mozilla/5.0 (compatible; robot)", NULL },
	{ "markup", "<script>alert(1)</script>", NULL },
	{ "Firefox",
	    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 "
	    "Firefox/115.0",
	    "Firefox on Linux" },
	{ "Firefox on a telephone",
	    "Mozilla/5.0 (Android 13; Mobile; rv:109.0) Gecko/115.0 "
	    "Firefox/115.0",
	    "Firefox on Android" },
	{ "Firefox of iOS",
	    "Mozilla/5.0 (iPhone; CPU iPhone OS 13_3 like Mac OS X) "
	    "AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/21.0 "
	    "Mobile/15E148 Safari/605.1.15",
	    "Firefox on an iPhone" },
	{ "Chrome",
	    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
	    "(KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36",
	    "Chrome on Windows" },
	{ "Chrome on Android",
	    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, "
	    "like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36",
	    "Chrome on Android" },
	{ "Chrome on ChromeOS",
	    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 "
	    "(KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36",
	    "Chrome on ChromeOS" },
	{ "Edge",
	    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
	    "(KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36 "
	    "Edg/119.0.0.0",
	    "Edge on Windows" },
	{ "Opera",
	    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
	    "Gecko) Chrome/119.0.0.0 Safari/537.36 OPR/105.0.0.0",
	    "Opera on Linux" },
	{ "Safari",
	    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "
	    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 "
	    "Safari/605.1.15",
	    "Safari on macOS" },
	{ "curl", "curl/7.88.1", "curl" },
	{ "a system alone", "Wget (Linux)", "A browser on Linux" },
};

static void
test_browser(void **state)
{
	const struct browser *row = row_of(state);
	const char *name = browser_name(row->user_agent);

	if (row->called == NULL)
		assert_null(name);
	else
		assert_string_equal(name, row->called);
}

static void
test_longest(void **state)
{
	(void)state;
	assert_string_equal(
	    browser_name(mem_format("%s Firefox/1", times("<", 100000))),
	    "Firefox");
}

int
main(void)
{
	UNIT_ROWS(test_browser, browsers);
	UNIT_TEST(test_longest);
	return unit_run();
}
