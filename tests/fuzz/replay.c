/*
 * replay.c: the main() of the fuzz targets in everyday builds. It feeds each file of the corpus
 * to the target, as it is and with a few bytes changed, always in the same way, and speaks TAP. A
 * target called tests/fuzz/NAME reads $srcdir/tests/fuzz/corpus/NAME/ and
 * $DSUTILS_CORPORA/fuzz/NAME/, or the files named as operands.
 *
 * A crash ends the program in the middle of the plan, which is a failure; the last "# file" line
 * says where.
 */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

enum { MUTATIONS = 20 };

static int files, unreadable;

static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Change about one byte in a hundred, at least one. */
static void
mutate(uint8_t *data, size_t size, uint32_t *state)
{
	size_t i;

	for (i = 0; i < size / 100 + 1; i++)
		data[next_random(state) % size] = (uint8_t)next_random(state);
}

static void
run_mutations(const uint8_t *data, size_t size)
{
	uint32_t state = 2463534242u;
	uint8_t *copy = malloc(size);
	int i;

	for (i = 0; copy && i < MUTATIONS; i++) {
		memcpy(copy, data, size);
		mutate(copy, size, &state);
		/*
		 * From a block of exactly the right size, so that a sanitizer sees each byte
		 * too far.
		 */
		LLVMFuzzerTestOneInput(copy, size);
	}
	free(copy);
}

/*
 * The whole file in a block of exactly its size; the caller frees. NULL if it cannot be read or
 * is a folder.
 */
static uint8_t *
slurp(const char *name, size_t *size)
{
	FILE *fp = fopen(name, "rb");
	uint8_t *data = NULL;
	long end;

	if (fp && fseek(fp, 0, SEEK_END) == 0 && (end = ftell(fp)) >= 0 && end < 1L << 30) {
		rewind(fp);
		*size = (size_t)end;
		data = malloc(*size ? *size : 1);
		if (data && fread(data, 1, *size, fp) != *size) {
			free(data);
			data = NULL;
		}
	}
	if (fp)
		fclose(fp);
	return data;
}

static void
replay(const char *name)
{
	size_t size = 0;
	uint8_t *data = slurp(name, &size);

	printf("# file %s\n", name);
	fflush(stdout);
	if (!data) {
		unreadable++;
		printf("# cannot be read\n");
		return;
	}
	LLVMFuzzerTestOneInput(data, size);
	if (size > 0)
		run_mutations(data, size);
	free(data);
	files++;
}

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void replay_path(const char *path);

static void
replay_entry(const char *folder, const char *entry)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder, entry);
	replay_path(path);
}

/* A file, or a folder and all below it in the order of their names. */
static void
replay_path(const char *path)
{
	struct dirent **list;
	int i, n = scandir(path, &list, is_visible, alphasort);

	if (n < 0) {
		replay(path);
		return;
	}
	for (i = 0; i < n; i++) {
		replay_entry(path, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

static void
replay_corpus(const char *root, const char *below, const char *name)
{
	char path[4096];

	if (!root || !*root)
		return;
	snprintf(path, sizeof path, "%s/%s/%s", root, below, name);
	if (access(path, F_OK) == 0)
		replay_path(path);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	int i;

	for (i = 1; i < argc; i++)
		replay_path(argv[i]);
	if (argc == 1) {
		replay_corpus(getenv("srcdir"), "tests/fuzz/corpus", name);
		replay_corpus(getenv("DSUTILS_CORPORA"), "fuzz", name);
	}
	if (files == 0 && unreadable == 0) {
		printf("1..0 # SKIP no corpus for %s\n", name);
		return 0;
	}
	printf("%sok 1 - %d files of %s and %d changed copies of each\n1..1\n",
	    unreadable ? "not " : "", files, name, MUTATIONS);
	return unreadable != 0;
}
