#include "follow_page.h"

#include "html.h"
#include "text.h"
#include "page.h"

_Noreturn void
follow_page(const struct req *req, const struct user *me,
    const struct people *people, const char *title, const char *nobody)
{
	struct buf *page = page_open(req, me, title);

	html(page, "<p class=\"alone\"><a href=\"/%s\">%s's timeline</a></p>\n",
	    text_percent_encode(people->name), text_isolate(people->name));
	page_people(page, me, people,
	    page_after(req) == 0 ? nobody : "There are no more people.");
	if (people->rest != 0)
		page_rest(page, "after=", people->rest, "More people");
	page_send(page, 200);
}
