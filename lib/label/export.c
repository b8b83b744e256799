/* The frame around writers: see export.h. */
#include "label/export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "archive/source.h"
#include "base/num.h"
#include "base/path.h"
#include "label/coords.h"
#include "label/spool.h"
#include "record/picsize.h"

void
exporter_init(struct exporter *ex, const struct label_format *format, struct sink *sink,
    const struct label_options *opt)
{
	*ex = (struct exporter){ .sink = sink, .format = format, .opt = opt };
	dataset_init(&ex->dataset);
}

void
exporter_release(struct exporter *ex)
{
	struct buf *bufs[] = { &ex->stem, &ex->scope, &ex->picture, &ex->path, &ex->scratch };

	dataset_release(&ex->dataset);
	strmap_release(&ex->usages);
	losses_release(&ex->losses);
	names_release(&ex->names);
	reshaper_release(&ex->reshaper);
	if (ex->sources)
		source_reader_free(ex->sources);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}

void
export_loss(struct exporter *ex, const struct sample *s, const char *code, uint64_t n)
{
	losses_add(&ex->losses, s->rec, code, n);
}

/* ---- what the format cannot hold ---- */

/* Is `key` in the format's own list of members? */
static bool
keeps(const struct label_format *f, struct span key)
{
	struct span rest = span_str(f->keeps), word;

	while (span_cut(&rest, '|', &word))
		if (span_eq(word, key))
			return true;
	return false;
}

static void
lose_member(struct exporter *ex, const struct sample *s, const char *what, struct span key)
{
	if (keeps(ex->format, key))
		return;
	buf_reset(&ex->scratch);
	buf_adds(&ex->scratch, what);
	buf_addc(&ex->scratch, '.');
	buf_addspan(&ex->scratch, key);
	export_loss(ex, s, buf_str(&ex->scratch), 1);
}

/* The same for a field of the annotation, of which there are many: its code is looked up once. */
static void
lose_field(struct exporter *ex, const struct sample *s, unsigned f)
{
	size_t *code = &ex->field_code[f];

	if (*code == 0) {
		buf_reset(&ex->scratch);
		buf_adds(&ex->scratch, "annotation.");
		buf_adds(&ex->scratch, ann_field_name[f]);
		*code = losses_code(&ex->losses, buf_str(&ex->scratch)) + 1;
	}
	losses_add_code(&ex->losses, s->rec, *code - 1, 1);
}

/* What is held is known as soon as the headers are. */
static void
settle_holds(struct exporter *ex)
{
	const struct label_format *format = ex->format;

	ex->holds = format->holds_of ? format->holds_of(ex) : format->holds;
	ex->lost = 0;
	for (unsigned f = 0; f < ANN_FIELDS; f++)
		if (!(ex->holds & HOLDS(f)) && f != ANN_UNIT &&
		    !keeps(format, span_str(ann_field_name[f])))
			ex->lost |= HOLDS(f);
}

/* More than one ring? (Three brackets open in [[..],[..]].) */
static bool
has_parts(struct span polygon)
{
	const char *p = polygon.p, *end = polygon.p + polygon.n;
	size_t brackets = 0;

	while (brackets < 3 && (p = memchr(p, '[', (size_t)(end - p))) != NULL) {
		brackets++;
		p++;
	}
	return brackets == 3;
}

/*
 * What the annotation says already: "type":"modelarts/..." its shape, the "manifest" that is kept of a
 * shape in a line (manifest_feature.h) this and its property.
 */
static bool
is_said_twice(const struct member *m)
{
	return (span_is(m->key, "type") && span_starts(m->value, SPAN("\"modelarts/"))) ||
	       (span_is(m->key, "manifest") &&
		   memmem(m->value.p, m->value.n, "@modelarts:feature", 18));
}

void
export_lose_members(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (ann_field_of(a->m[i].key) == ANN_FIELDS && !is_said_twice(&a->m[i]) &&
		    !((ex->holds & HOLDS_MORE) && span_is(a->m[i].key, "holes"))) /* counted */
			lose_member(ex, s, "annotation", a->m[i].key);
}

static void
check_annotation(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	uint64_t lost = a->has & ex->lost;

	for (; lost; lost &= lost - 1) {
		unsigned f = (unsigned)__builtin_ctzll(lost);

		if (json_type_of(a->v[f]) != JSON_NULL)
			lose_field(ex, s, f);
	}
	/* a writer that has a place for holes tells them from parts itself */
	if (a->v[ANN_POLYGON].p && (ex->holds & HOLDS(ANN_POLYGON)) &&
	    !(ex->holds & (HOLDS_PARTS | HOLDS_HOLES)) && has_parts(a->v[ANN_POLYGON]))
		export_loss(ex, s, "annotation.polygon-parts", 1);
	/* COCO would carry the list along, but fill the holes */
	if ((ex->holds & HOLDS_MORE) && !(ex->holds & HOLDS_HOLES) && a->v[ANN_POLYGON].p &&
	    json_type_of(ann_member(a, "holes")) == JSON_ARRAY)
		export_loss(ex, s, "annotation.holes", 1);
	if (a->n > (size_t)__builtin_popcountll(a->has) && !(ex->holds & HOLDS_MORE))
		export_lose_members(ex, s, a);
}

/* Classes of the whole sample: annotations without a shape. */
static void
check_classes(struct exporter *ex, const struct sample *s)
{
	uint64_t holds = ex->holds;
	size_t classes = 0;

	if ((holds & HOLDS_CLASS) && (holds & HOLDS_CLASSES))
		return;
	for (size_t i = 0; i < s->n; i++)
		classes += s->ann[i].v[ANN_NAME].p && !ann_has_shape(&s->ann[i]);
	if (classes > 0 && !(holds & HOLDS_CLASS))
		export_loss(ex, s, "sample.class", classes);
	else if (classes > 1)
		export_loss(ex, s, "sample.more-classes", classes - 1);
}

static void
check_sample(struct exporter *ex, const struct sample *s)
{
	static const struct {
		enum rec_field field;
		uint64_t bit;
	} fields[] = { { REC_USAGE, HOLDS_USAGE }, { REC_HARD, HOLDS_HARD },
		{ REC_HARD_COEFFICIENT, HOLDS_HARD } };

	uint64_t holds = ex->holds;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (s->rec->v[fields[i].field].p && !(holds & fields[i].bit))
			lose_member(ex, s, "sample", span_str(rec_field_name[fields[i].field]));
	if (!s->annotated && !(holds & HOLDS_UNLABELLED))
		export_loss(ex, s, "sample.unlabelled", 1);
	if (s->annotated && s->n == 0 && !(holds & HOLDS_NEGATIVE))
		export_loss(ex, s, "sample.negative", 1);
	if (!(holds & HOLDS_SAMPLE_MORE))
		for (size_t i = 0; i < s->rec->n; i++)
			if (rec_field_of(s->rec->m[i].key) == REC_FIELDS)
				lose_member(ex, s, "sample", s->rec->m[i].key);
	check_classes(ex, s);
	for (size_t i = 0; i < s->n; i++)
		check_annotation(ex, s, &s->ann[i]);
}

/* ---- classes ---- */

/* Take out annotations whose class is not in the closed list. */
static void
drop_unknown(struct exporter *ex, struct sample *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct span name = ann_string(&s->ann[i], ANN_NAME, &ex->scratch);
		struct annotation a = s->ann[i];

		if (!name.p || dataset_class(&ex->dataset, name) >= 0) {
			s->ann[i] = s->ann[kept];
			s->ann[kept++] = a;
		} else {
			export_loss(ex, s, "annotation.class-not-listed", 1);
			ex->bad_annotations++;
		}
	}
	s->n = kept;
}

struct span
export_name(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	if (json_type_of(a->v[ANN_NAME]) == JSON_STRING)
		return a->v[ANN_NAME];
	export_loss(ex, s, "annotation.without-class", 1);
	return SPAN("\"\"");
}

long
export_class(struct exporter *ex, const struct sample *s, const struct annotation *a)
{
	struct span name = ann_string(a, ANN_NAME, &ex->scratch);
	long i = name.p ? dataset_class_of(&ex->dataset, name, ann_member(a, "category_id")) : -1;

	if (i >= 0)
		return i;
	if (!name.p) {
		export_loss(ex, s, "annotation.without-class", 1);
		return -1;
	}
	warning_at(rec_pos(s->rec, a->raw), "class",
	    "class \"%.*s\" is in no header before this; it gets number %zu", SPAN_ARG(name),
	    ex->dataset.n);
	return (long)dataset_add_class(&ex->dataset, name);
}

bool
export_box(struct exporter *ex, const struct sample *s, const struct annotation *a, struct box *box)
{
	if (sample_box(s, a, box))
		return true;
	if (ann_has_shape(a))
		export_loss(ex, s, "annotation.box-without-size", 1);
	return false;
}

/* ---- names and pictures ---- */

static struct span
source_of(struct exporter *ex, const struct sample *s)
{
	struct span source = rec_string(s->rec, REC_SOURCE, &ex->scratch);

	return source.p ? source : SPAN("");
}

struct span
export_stem(struct exporter *ex, const struct sample *s, const char *scope)
{
	if (ex->has_stem && span_is(buf_span(&ex->scope), scope))
		return buf_span(&ex->stem);
	buf_reset(&ex->scope);
	buf_adds(&ex->scope, scope);
	buf_reset(&ex->stem);
	names_take(&ex->names, buf_span(&ex->scope), path_stem(path_base_span(source_of(ex, s))),
	    &ex->stem);
	ex->has_stem = true;
	return buf_span(&ex->stem);
}

/* Say why a picture could not be brought. What is the machine's fault ends the run. */
static void
picture_failed(const struct sample *s, const char *source)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case EISDIR:
	case EFBIG:
	case EILSEQ:
	case EINVAL:
	case ELOOP:
	case ENAMETOOLONG:
		error_at(rec_pos(s->rec, s->rec->v[REC_SOURCE]), "picture",
		    "cannot take the picture '%s': %s", source,
		    errno == EILSEQ ? "its archive is damaged" : strerror(errno));
		return;
	default:
		die("%s:", source);
	}
}

bool
export_picture_to(struct exporter *ex, const struct sample *s, struct sink *to, const char *path)
{
	enum sink_how how = ex->opt->images == IMAGES_LINK ? SINK_LINK : SINK_COPY;
	struct span source = source_of(ex, s);
	bool good = false;
	char *copy;

	if (ex->opt->images == IMAGES_NONE)
		return false;
	copy = xstrndup(source.p, source.n);
	if (path_is_uri(source))
		export_loss(ex, s, "picture.remote", 1);
	else if (sink_add_source(to, path, copy, how) == 0)
		good = true;
	else
		picture_failed(s, copy);
	ex->pictures += good;
	free(copy);
	return good;
}

struct span
export_picture(struct exporter *ex, const struct sample *s, const char *dir, struct span stem)
{
	struct span source = source_of(ex, s), ext = path_ext(source);
	size_t name;

	buf_reset(&ex->path);
	path_join(&ex->path, span_str(dir), SPAN(""));
	name = ex->path.n;
	buf_addspan(&ex->path, stem);
	if (ext.n > 0) {
		buf_addc(&ex->path, '.');
		buf_addspan(&ex->path, ext);
	}
	buf_reset(&ex->picture);
	buf_addspan(&ex->picture, span_of(ex->path.p + name, ex->path.p + ex->path.n));
	export_picture_to(ex, s, ex->sink, buf_str(&ex->path));
	return buf_span(&ex->picture);
}

/* What the source names, through the one reader. 0, or -1 with errno. */
static int
read_source(struct exporter *ex, const char *source, struct buf *bytes)
{
	if (!ex->sources)
		ex->sources = source_reader_new(0);
	return source_read(ex->sources, source, bytes);
}

bool
export_picture_bytes(struct exporter *ex, const struct sample *s, struct buf *bytes)
{
	char *source = xstrndup(source_of(ex, s).p, source_of(ex, s).n);
	bool good = false;

	if (ex->opt->images == IMAGES_NONE)
		good = false;
	else if (path_is_uri(span_str(source)))
		export_loss(ex, s, "picture.remote", 1);
	else if (read_source(ex, source, bytes) != 0)
		picture_failed(s, source);
	else
		good = true;
	ex->pictures += good;
	free(source);
	return good;
}

bool
export_size(struct exporter *ex, struct sample *s)
{
	struct buf bytes = BUF_INIT;
	struct picsize size;
	char *source;
	int r;

	if (s->width > 0 && s->height > 0)
		return true;
	source = xstrndup(source_of(ex, s).p, source_of(ex, s).n);
	if (source_is_member(source, &(struct span){ 0 }, &(struct span){ 0 })) {
		r = read_source(ex, source, &bytes) == 0 &&
			    picsize_bytes(buf_span(&bytes), &size) == PICSIZE_OK
			? 0
			: -1;
	} else {
		r = path_is_uri(span_str(source)) ? -1 : picsize_file(AT_FDCWD, source, &size);
	}
	if (r == 0) {
		s->width = size.width;
		s->height = size.height;
	}
	buf_release(&bytes);
	free(source);
	return r == 0;
}

void
export_unwritten(struct exporter *ex, const struct sample *s, uint64_t written)
{
	if (written >= s->n)
		return;
	export_loss(ex, s, "annotation", s->n - written);
	ex->bad_annotations += s->n - written;
	ex->annotations -= s->n - written; /* export_record() adds them all */
}

void
export_left_out(struct exporter *ex, const struct sample *s)
{
	ex->bad_samples++;
	ex->bad_annotations += s->n;
	ex->samples--; /* export_record() adds it, and its annotations */
	ex->annotations -= s->n;
}

void
export_file(struct exporter *ex, struct span member, struct span content)
{
	char *path = xstrndup(member.p, member.n);

	if (sink_add(ex->sink, path, content) != 0)
		die("cannot write %s:", path);
	free(path);
}

/* ---- the run ---- */

static void
note_usage(struct exporter *ex, const struct sample *s)
{
	struct span usage = json_value_text(s->rec->v[REC_USAGE], &ex->scratch);

	if (usage.n && ex->usages.n < 16) /* the known ones, and a few of anybody's */
		strmap_put(&ex->usages, usage, 0, NULL);
}

static void
export_record(struct exporter *ex, struct sample *s, const struct record *r)
{
	if (r->header) {
		dataset_merge(&ex->dataset, r);
		settle_holds(ex);
		return;
	}
	sample_take(s, r);
	ex->has_stem = false;
	if (ex->closed_classes)
		drop_unknown(ex, s);
	reshape_sample(ex, s);
	check_sample(ex, s);
	note_usage(ex, s);
	ex->format->writer->sample(ex, s);
	ex->samples++;
	ex->annotations += s->n;
}

/* Names that no header has, in bytewise order behind those that one has. */
static void
add_collected(struct exporter *ex, struct spool *spool)
{
	size_t n;
	char **name = spool_names(spool, &n);
	size_t before = ex->dataset.n;

	for (size_t i = 0; i < n; i++)
		dataset_add_class(&ex->dataset, span_str(name[i]));
	if (ex->dataset.n > before)
		say("%llu %s",
		    COUNTED(ex->dataset.n - before,
			"class is not in a header; it gets the next number",
			"classes are not in a header; they are numbered in the order of their names"));
	spool_names_free(name, n);
}

void
export_run(struct exporter *ex, struct rec_reader *in)
{
	const struct label_writer *writer = ex->format->writer;
	struct record r = { .m = NULL };
	struct sample s = { .ann = NULL };
	struct spool spool;

	settle_holds(ex);
	spool_init(&spool, in, ex->opt->map);
	if (writer->needs_classes && !ex->closed_classes && !spool_begins_with_classes(&spool)) {
		spool_all(&spool, &ex->dataset);
		add_collected(ex, &spool);
	}
	if (writer->state)
		ex->state = xcalloc(1, writer->state);
	if (writer->begin)
		writer->begin(ex);
	while (spool_next(&spool, &r))
		export_record(ex, &s, &r);
	ex->bad_annotations += spool.dropped;
	if (writer->finish)
		writer->finish(ex);
	if (writer->state)
		free(ex->state);
	spool_release(&spool);
	sample_release(&s);
	rec_release(&r);
}

/* ---- the end ---- */

/* Pairs of classes that differ only in case; most often one was meant. */
#define CASES_NAMED 20

static void
note_case(const struct dataset *d)
{
	struct strmap folded = STRMAP_INIT;
	struct buf text = BUF_INIT;
	size_t said = 0;

	for (size_t i = 0; i < d->n && said < CASES_NAMED; i++) {
		const char *name = d->classes[i].name;
		struct strmap_entry *e;
		bool is_new;

		buf_reset(&text);
		for (const char *p = name; *p; p++)
			buf_addc(&text, (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p));
		e = strmap_put(&folded, buf_span(&text), i, &is_new);
		if (is_new || strcmp(d->classes[e->value].name, name) == 0)
			continue;
		said++;
		note_at(POS_NONE, "class-case",
		    "\"%s\" and \"%s\" differ only in case: they are two classes (--map makes them one)",
		    d->classes[e->value].name, name);
	}
	strmap_release(&folded);
	buf_release(&text);
}

void
export_report(const struct exporter *ex)
{
	note_case(&ex->dataset);
	losses_report(&ex->losses, ex->format->name);
}

void
export_losses_json(const struct exporter *ex, struct buf *out)
{
	losses_json(&ex->losses, out);
}

void
export_summary(const struct exporter *ex)
{
	say("%llu %s with %llu %s and %llu %s written", COUNTED(ex->samples, "sample", "samples"),
	    COUNTED(ex->annotations, "annotation", "annotations"),
	    COUNTED(ex->pictures, "picture", "pictures"));
	say("%llu %s and %llu %s left out", COUNTED(ex->bad_samples, "sample", "samples"),
	    COUNTED(ex->bad_annotations, "annotation", "annotations"));
}
