#include "browser.h"

#include <stddef.h>
#include <string.h>

#include "mem.h"

struct mark {
	const char *mark, *name;
};

/* In this order: most also say that they are those below them. */
static const struct mark browsers[] = {
	{ "Edg", "Edge" },
	{ "OPR/", "Opera" },
	{ "SamsungBrowser/", "Samsung Internet" },
	{ "Firefox/", "Firefox" },
	{ "FxiOS/", "Firefox" },
	{ "CriOS/", "Chrome" },
	{ "Chrome/", "Chrome" },
	{ "Safari/", "Safari" },
	{ "w3m/", "w3m" },
	{ "Lynx/", "Lynx" },
	{ "curl/", "curl" },
	{ NULL, NULL },
};

static const struct mark systems[] = {
	{ "iPhone", "an iPhone" },
	{ "iPad", "an iPad" },
	{ "Android", "Android" },
	{ "CrOS", "ChromeOS" },
	{ "Windows", "Windows" },
	{ "Mac OS X", "macOS" },
	{ "Linux", "Linux" },
	{ NULL, NULL },
};

static const char *
find(const struct mark *marks, const char *text)
{
	while (marks->mark != NULL && strstr(text, marks->mark) == NULL)
		marks++;
	return marks->name;
}

const char *
browser_name(const char *user_agent)
{
	const char *browser, *system;

	if (user_agent == NULL)
		return NULL;
	browser = find(browsers, user_agent);
	system = find(systems, user_agent);
	if (system == NULL)
		return browser;
	return mem_format(
	    "%s on %s", browser != NULL ? browser : "A browser", system);
}
