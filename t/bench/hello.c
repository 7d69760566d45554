/* hello -- the floor of the model: a CGI program that does nothing. */

#include <stdio.h>

int
main(void)
{
	static const char page[] = "<!doctype html>\n"
				   "<title>Hello</title>\n"
				   "<p>Hello, world!\n";

	printf("Status: 200 OK\r\n"
	       "Content-Type: text/html; charset=utf-8\r\n"
	       "Content-Length: %zu\r\n"
	       "\r\n%s",
	    sizeof(page) - 1, page);
	return 0;
}
