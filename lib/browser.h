/* browser -- what to call somebody's browser, so that they know it again. */

#ifndef BROWSER_H
#define BROWSER_H

/* A few words such as "Firefox on Linux", whatever User-Agent says (RFC 9110
 * 10.1.5): they are words of ours, and few.  NULL when it says nothing that is
 * known here, or is NULL. */
const char *browser_name(const char *user_agent);

#endif
