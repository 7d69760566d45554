/* exposition -- what is measured, as Prometheus reads it (its text format
 * 0.0.4). */

#ifndef EXPOSITION_H
#define EXPOSITION_H

#include "buf.h"
#include "gauges.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Adds what is in the file of lib/metrics.h: of events all, also those that
 * never happened, of requests those that came. */
void exposition_add_counts(struct buf *out);

/* Adds what the database says; NULL: it does not answer, and that is one, too.
 */
void exposition_add_gauges(struct buf *out, const struct gauges *gauges);

#endif
