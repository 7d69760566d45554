/* report -- a CGI program that says what it was started with, for t/vfork.t:
 *
 *	folder PATH
 *	file NUMBER PATH     for each open descriptor
 *	variable NAME        for each environment variable
 *	body TEXT            all of stdin
 *
 * and the lines of /proc/self/status and /proc/self/limits. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static char text[8192];

static void
copy(const char *name)
{
	FILE *file = fopen(name, "r");

	while (file != NULL && fgets(text, sizeof(text), file) != NULL)
		fputs(text, stdout);
	if (file != NULL)
		fclose(file);
}

int
main(void)
{
	size_t length;

	printf("Content-Type: text/plain\r\n\r\n");
	if (getcwd(text, sizeof(text)) != NULL)
		printf("folder %s\n", text);
	for (int number = 0; number < 256; number++) {
		char path[64];
		ssize_t end;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", number);
		end = readlink(path, text, sizeof(text) - 1);
		if (end >= 0)
			printf("file %d %.*s\n", number, (int)end, text);
	}
	for (char **variable = environ; *variable != NULL; variable++)
		printf(
		    "variable %.*s\n", (int)strcspn(*variable, "="), *variable);
	copy("/proc/self/status");
	copy("/proc/self/limits");
	length = fread(text, 1, sizeof(text) - 1, stdin);
	printf("body %.*s\n", (int)length, text);
	return 0;
}
