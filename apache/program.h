/* program.h -- which requests the modules here are about. */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <httpd.h>

#include <stdbool.h>
#include <string.h>

/* Whether mod_cgid is to answer it by a program. */
static inline bool
is_for_program(const request_rec *r)
{
	return r->handler != NULL && strcmp(r->handler, "cgi-script") == 0;
}

#endif
