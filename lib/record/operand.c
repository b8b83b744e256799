/* Versions of a store as file operands: see operand.h. */
#include "record/operand.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

static char *
if_there(char *path)
{
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *
version_of_store(const char *store, size_t n, const char *name)
{
	static const char *const places[] = { "versions", "tags" };
	char *path = NULL;

	if (*name == '\0' || strchr(name, '/'))
		return NULL;
	if (strcmp(name, "current") == 0)
		return if_there(xasprintf("%.*s/current/records.jsonl", (int)n, store));
	for (size_t i = 0; !path && i < ARRAY_LEN(places); i++)
		path =
		    if_there(xasprintf("%.*s/%s/%s/records.jsonl", (int)n, store, places[i], name));
	return path;
}

char *
rec_operand(const char *operand)
{
	const char *at = strrchr(operand, '@');
	char *path = NULL;
	struct stat st;

	if (stat(operand, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			path = if_there(xasprintf("%s/records.jsonl", operand));
		if (S_ISDIR(st.st_mode) && !path)
			path = if_there(xasprintf("%s/current/records.jsonl", operand));
	} else if (at && at > operand) {
		path = version_of_store(operand, (size_t)(at - operand), at + 1);
	}
	return path ? path : xstrdup(operand);
}
