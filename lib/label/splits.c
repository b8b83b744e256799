/* Splits as folders: see splits.h. */
#include "label/splits.h"

#include <strings.h>

#include "archive/sink.h"
#include "base/diag.h"
#include "base/path.h"
#include "label/jsonl.h"
#include "label/usage.h"

static bool
is_word(struct span s, const char *words)
{
	struct span rest = span_str(words), word;

	while (span_cut(&rest, '|', &word))
		if (word.n == s.n && strncasecmp(word.p, s.p, s.n) == 0)
			return true;
	return false;
}

const char *
split_of_path(struct span path)
{
	const char *found = NULL, *slash;
	struct span folder;

	while (path.n && (slash = memchr(path.p, '/', path.n)) != NULL) {
		folder = span_of(path.p, slash);
		path = span_of(slash + 1, path.p + path.n);
		if (is_word(folder, "train|training"))
			found = "TRAIN";
		else if (is_word(folder, "val|valid|validation|eval"))
			found = "EVAL";
		else if (is_word(folder, "test|testing"))
			found = "TEST";
	}
	return found;
}

void
split_write_usage(struct buf *b, struct span path)
{
	const char *usage = split_of_path(path);

	if (usage)
		jw_member_str(b, "usage", usage);
}

int
split_of(struct exporter *ex, const struct sample *s)
{
	struct span usage = json_unquote(s->rec->v[REC_USAGE]);

	if (is_word(usage, "TRAIN"))
		return SPLIT_TRAIN;
	if (is_word(usage, "EVAL"))
		return SPLIT_EVAL;
	if (is_word(usage, "TEST"))
		return SPLIT_TEST;
	if (usage.n)
		export_loss(ex, s, "sample.usage", 1);
	return SPLIT_NONE;
}

bool
split_in_name(const struct exporter *ex, struct span usage)
{
	const char *named = usage_of_path(path_base_span(span_str(sink_target(ex->sink))));

	return sink_is_one(ex->sink) && named && span_is(usage, named);
}

int
split_of_file(struct exporter *ex, const struct sample *s)
{
	int split = split_of(ex, s);

	if (split == SPLIT_NONE || !sink_is_one(ex->sink))
		return split;
	if (!split_in_name(ex, json_unquote(s->rec->v[REC_USAGE])))
		export_loss(ex, s, "sample.usage", 1);
	return SPLIT_NONE;
}

const char *
split_dir(int split)
{
	static const char *const dir[SPLITS] = { "", "train", "valid", "test" };

	return dir[split];
}

struct out *
split_out(struct exporter *ex, struct split_files *f, int split, bool *is_new)
{
	struct buf path = BUF_INIT;

	*is_new = !f->file[split];
	if (*is_new) {
		if (split)
			buf_addf(&path, "%s/", split_dir(split));
		buf_adds(&path, f->name);
		f->file[split] = sink_file_new(ex->sink, buf_str(&path));
		if (!f->file[split])
			die("cannot write %s:", buf_str(&path));
		buf_release(&path);
	}
	return sink_file_out(f->file[split]);
}

struct out *
split_out_named(
    struct exporter *ex, struct split_files *f, int split, const char *extension, struct buf *name)
{
	bool is_new;

	if (!f->name) {
		jsonl_name(ex, extension, name);
		f->name = buf_str(name);
	}
	return split_out(ex, f, split, &is_new);
}

void
split_close(struct exporter *ex, struct split_files *f, const char *tail)
{
	(void)ex;
	for (int i = 0; i < SPLITS; i++) {
		if (!f->file[i])
			continue;
		buf_adds(&sink_file_out(f->file[i])->b, tail);
		if (sink_file_close(f->file[i]) != 0)
			die("cannot write %s:", f->name);
		f->file[i] = NULL;
	}
}
