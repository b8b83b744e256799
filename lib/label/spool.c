/* Records kept until all class names are known: see spool.h. */
#include "label/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/out.h"
#include "label/classmap.h"

void
spool_init(struct spool *sp, struct rec_reader *in, struct class_map *map)
{
	*sp = (struct spool){ .in = in, .map = map };
}

/* The next record of the input, with its classes renamed. */
static bool
take(struct spool *sp, struct record *r)
{
	uint64_t dropped;

	if (!sp->map || !classmap_any(sp->map))
		return rec_next(sp->in, r);
	do {
		if (!rec_next(sp->in, &sp->raw))
			return false;
		buf_reset(&sp->line);
		classmap_apply(sp->map, &sp->raw, &sp->line, &dropped);
		sp->dropped += dropped;
	} while (!rec_parse(r, buf_span(&sp->line), sp->raw.pos));
	return true;
}

void
spool_release(struct spool *sp)
{
	rec_release(&sp->first);
	rec_release(&sp->raw);
	buf_release(&sp->line);
	if (sp->replay)
		input_close(&sp->file);
	strmap_release(&sp->names);
	strmap_release(&sp->files);
}

/* The first record stays in the reader's window until the next one is asked for. */
bool
spool_begins_with_classes(struct spool *sp)
{
	struct span classes;

	sp->has_first = take(sp, &sp->first);
	if (!sp->has_first || !sp->first.header)
		return false;
	classes = json_member(sp->first.v[REC_DATASET], "classes");
	return json_type_of(classes) == JSON_ARRAY && memchr(classes.p, '"', classes.n);
}

static int
nameless_file(void)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/ds-export.XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkstemp(path);

	if (fd < 0)
		die("cannot make a temporary file in %s:", dir && *dir ? dir : "/tmp");
	unlink(path);
	free(path);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static void
collect_names(struct spool *sp, const struct record *r, struct annotation *a, struct buf *text)
{
	struct ann_iter it;

	ann_begin(&it, r);
	while (ann_next(&it, a)) {
		struct span name = ann_string(a, ANN_NAME, text);

		if (name.p)
			strmap_put(&sp->names, name, 0, NULL);
	}
}

static void
keep(struct spool *sp, struct out *out, const struct record *r)
{
	uint64_t file =
	    strmap_put(&sp->files, span_str(r->pos.file ? r->pos.file : ""), sp->files.n, NULL)
		->value;

	num_add_u64(&out->b, r->pos.line);
	buf_addc(&out->b, ' ');
	num_add_u64(&out->b, file);
	buf_addc(&out->b, '\t');
	buf_addspan(&out->b, r->line);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

static void
keep_all(struct spool *sp, struct out *out, struct dataset *d)
{
	struct record r = { .m = NULL };
	struct annotation a = { .m = NULL };
	struct buf text = BUF_INIT;

	while (sp->has_first || take(sp, &r)) {
		const struct record *use = sp->has_first ? &sp->first : &r;

		sp->has_first = false;
		keep(sp, out, use);
		if (use->header)
			dataset_merge(d, use);
		else
			collect_names(sp, use, &a, &text);
	}
	rec_release(&r);
	ann_release(&a);
	buf_release(&text);
}

void
spool_all(struct spool *sp, struct dataset *d)
{
	int fd = nameless_file();
	struct out out;
	int again = dup(fd);

	if (again < 0)
		die("dup:");
	out_init(&out, fd, "temporary file");
	keep_all(sp, &out, d);
	out_close(&out);
	if (lseek(again, 0, SEEK_SET) < 0)
		die("temporary file:");
	input_fd(&sp->file, again, "temporary file");
	sp->replay = true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
spool_names(struct spool *sp, size_t *n)
{
	char **name = xcalloc(sp->names.n + 1, sizeof(*name));

	*n = 0;
	for (size_t i = 0; i < sp->names.n; i++) {
		struct span key = sp->names.e[i].key;

		name[(*n)++] = xstrndup(key.p, key.n);
	}
	if (*n > 1)
		qsort(name, *n, sizeof(*name), by_name);
	return name;
}

void
spool_names_free(char **name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
}

/* Take "LINE FILE-NUMBER\t" off a kept line. */
static struct pos
place_of(const struct spool *sp, struct span *line)
{
	struct span number, file;
	uint64_t at = 0, index = 0;

	span_cut(line, ' ', &number);
	span_cut(line, '\t', &file);
	num_parse_u64(number, &at);
	num_parse_u64(file, &index);
	return pos_at(sp->files.e[index].key.p, at, 0);
}

bool
spool_next(struct spool *sp, struct record *r)
{
	struct span line;
	struct pos at;

	if (sp->has_first) {
		struct record swap = *r;

		*r = sp->first;
		sp->first = swap;
		sp->has_first = false;
		return true;
	}
	if (!sp->replay)
		return take(sp, r);
	while (input_line(&sp->file, &line)) {
		at = place_of(sp, &line);
		if (rec_parse(r, line, at))
			return true;
	}
	return false;
}
