/* GET /metrics -- what is measured, for Prometheus: doc/metrics.md.
 *
 * For allowed addresses only (apache/routes-api.conf).
 *
 * answer:   always 200: without the database it lacks what that knows, and says
 *           minitwit_database_up 0 */

#include <stddef.h>

#include "log.h"
#include "gauges.h"
#include "reply.h"
#include "page.h"
#include "exposition.h"

static _Noreturn void
send(const struct gauges *gauges)
{
	struct buf text = { 0 };

	exposition_add_counts(&text);
	exposition_add_gauges(&text, gauges);
	reply_document(EXPOSITION_TYPE, &text);
}

static void
send_without_database(enum log_death why)
{
	(void)why; /* the log has it */
	send(NULL);
}

int
main(void)
{
	need_method(reply_begin(&page_kind), REQ_READ);
	log_on_death(send_without_database);
	send(gauges_get());
}
