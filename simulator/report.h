/* report -- what came of a run, as a table for people and as JSON for machines.
 */

#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "generator.h"
#include "run.h"
#include "verify.h"

/* What was asked for, to be told again. */
struct report_settings {
	const char *url;
	const char *file; /* NULL when the scenario was made up */
	const struct generator_settings *generator;
	const struct run_settings *run;
	double rate; /* 0: none */
	bool keep_alive;
};

/* verify is NULL when nobody asked for it. */
void report_table(
    FILE *out, const struct run *run, const struct verify_findings *verify);
void report_json(FILE *out, const struct report_settings *settings,
    const struct run *run, const struct verify_findings *verify);

#endif
