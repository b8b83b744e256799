/* Reading WebDataset shards: see webdataset.h. */
#include "label/webdataset.h"

#include <ctype.h>
#include <stdlib.h>

#include "archive/shards.h"
#include "archive/tree.h"
#include "base/base64.h"
#include "base/num.h"
#include "base/path.h"
#include "base/utf8.h"
#include "label/usage.h"
#include "record/files.h"

/* A member by the parts of its name. */
struct member_of {
	const struct node *node;
	struct span key, kind;
};

struct reader {
	struct importer *im;
	const struct tree *tree; /* the shard */
	struct dataset classes;  /* of the header */
	struct buf header;       /* the one that was given last */
	const char *usage;       /* by the shard's name */
	struct member_of *m;     /* of the shard, in its order */
	size_t n, cap;
	struct record rec;
	struct sample sample;
	struct named_files named; /* of the record: its masks */
	struct buf line, text, kept, source, scratch;
	uint64_t nameless;
};

/* ---- names ---- */

static bool
split_name(const struct node *node, struct member_of *m)
{
	const char *base = path_base(node->path), *dot = strchr(base, '.');

	if (!dot || dot == base || dot[1] == '\0')
		return false;
	*m = (struct member_of){ node, span_of(node->path, dot), span_str(dot + 1) };
	return true;
}

/* Kinds are compared in lower case. */
static bool
is_kind(const struct member_of *m, const char *kind)
{
	size_t i = 0;

	while (i < m->kind.n && tolower((unsigned char)m->kind.p[i]) == kind[i])
		i++;
	return i == m->kind.n && kind[i] == '\0';
}

/* "__x__" is nobody's sample. */
static bool
is_meta(const struct node *node)
{
	struct span base = path_base_span(span_str(node->path));

	return base.n > 4 && span_starts(base, SPAN("__")) && span_ends(base, SPAN("__"));
}

static int
by_order(const void *a, const void *b)
{
	const struct member_of *x = a, *y = b;

	return (x->node->order > y->node->order) - (x->node->order < y->node->order);
}

/* The members of the shard, in its order. Those without a key are counted. */
static void
list_members(struct reader *r)
{
	r->n = 0;
	for (size_t i = 0; i < r->tree->n; i++) {
		const struct node *node = &r->tree->node[i];

		if (is_meta(node))
			continue;
		r->m = grow(r->m, &r->cap, r->n + 1, sizeof(*r->m));
		if (split_name(node, &r->m[r->n]))
			r->n++;
		else if (r->nameless++ == 0)
			warning_at(pos_file(tree_name(r->tree, node)), "webdataset",
			    "a member needs a name with a dot, KEY.KIND: left out");
	}
	if (r->tree->archive && r->n > 1)
		qsort(r->m, r->n, sizeof(*r->m), by_order);
}

/* ---- detection ---- */

/* The base name before ".tar" or, compressed, ".tar.gz" or ".tgz"; SPAN_NONE: it is no shard's. */
static struct span
shard_stem(const struct node *node)
{
	struct span base = path_base_span(span_str(node->path)), stem = path_stem(base);

	if (path_has_ext(base, "tar|tgz"))
		return stem;
	if (path_has_ext(base, "gz|xz|zst|bz2") && path_has_ext(stem, "tar"))
		return path_stem(stem);
	return SPAN_NONE;
}

static bool
is_shard(const struct node *node)
{
	return shard_stem(node).p != NULL;
}

/* "train-000012.tar" */
static bool
is_shard_name(const struct node *node)
{
	struct span stem = shard_stem(node);
	size_t digits = 0;

	while (digits < stem.n && isdigit((unsigned char)stem.p[stem.n - 1 - digits]))
		digits++;
	return digits >= 4;
}

/* The number of shards, when the tree is nothing else. */
static size_t
count_shards(const struct tree *t)
{
	size_t shards = 0;

	for (size_t i = 0; i < t->n && !t->single; i++)
		if (is_shard_name(&t->node[i]))
			shards++;
		else if (!path_has_ext(span_str(t->node[i].path), "json|txt|md|idx"))
			return 0;
	return shards;
}

static bool
holds_record(const struct tree *t, const struct node *node)
{
	struct buf head = BUF_INIT;
	bool found;

	found =
	    tree_head(t, node, 4096, &head) && span_starts(buf_span(&head), SPAN("{\"source\":"));
	buf_release(&head);
	return found;
}

static int
detect_archive(const struct tree *t, struct buf *why)
{
	const struct node *cls = NULL, *record = NULL;
	size_t json = 0;

	if (tree_find(t, SPAN(SHARD_HEADER))) {
		buf_adds(why, "a member " SHARD_HEADER);
		return 95;
	}
	for (size_t i = 0; i < t->n && !cls && !record; i++) {
		struct member_of m;

		if (!split_name(&t->node[i], &m) || path_base_span(m.key).n != m.key.n)
			continue;
		if (is_kind(&m, "cls"))
			cls = &t->node[i];
		if (is_kind(&m, "json") && json++ < 4 && holds_record(t, &t->node[i]))
			record = &t->node[i];
	}
	if (!cls && !record)
		return 0;
	buf_addf(why, "%s beside others of its name", (cls ? cls : record)->path);
	return 92;
}

int
webdataset_detect(const struct tree *t, struct buf *why)
{
	size_t shards = count_shards(t);

	if (t->archive && shards == 0)
		return detect_archive(t, why);
	if (shards == 0)
		return 0;
	buf_addf(why, "%llu numbered %s", COUNTED(shards, ".tar file", ".tar files"));
	return 60;
}

/* ---- contents ---- */

/* The whole content of a member: r->text. False: left out, said so. */
static bool
read_text(struct reader *r, const struct member_of *m)
{
	buf_reset(&r->text);
	return tree_read_text(r->tree, m->node, r->im->opt->max_text, &r->text);
}

static bool
is_text(struct span s)
{
	return utf8_valid(s) && (s.n == 0 || !memchr(s.p, '\0', s.n));
}

/* The member as it rides: "KIND":value. */
static void
keep_member(struct reader *r, const struct member_of *m)
{
	struct span bytes;

	if (tree_is_media(span_str(m->node->path))) {
		buf_reset(&r->source);
		tree_source(r->tree, m->node, &r->source);
	} else if (!read_text(r, m)) {
		r->im->bad_annotations++;
		return;
	}
	buf_reset(&r->scratch);
	for (size_t i = 0; i < m->kind.n; i++)
		buf_addc(&r->scratch, (char)tolower((unsigned char)m->kind.p[i]));
	jw_key_span(&r->kept, buf_span(&r->scratch));
	bytes = buf_span(&r->text);
	if (tree_is_media(span_str(m->node->path))) {
		jw_open(&r->kept, '{');
		jw_member_string(&r->kept, "source", buf_span(&r->source));
		jw_close(&r->kept, '}');
	} else if (is_kind(m, "json") && json_valid(bytes)) {
		jw_raw(&r->kept, SPAN(""));
		jw_compact(&r->kept, bytes);
	} else if (is_text(bytes)) {
		jw_string(&r->kept, bytes);
	} else {
		jw_open(&r->kept, '{');
		jw_key(&r->kept, "base64");
		buf_addc(&r->kept, '"');
		base64_encode(&r->kept, bytes);
		buf_addc(&r->kept, '"');
		jw_close(&r->kept, '}');
	}
}

/* ---- samples ---- */

/* What a sample consists of. */
struct parts {
	const struct member_of *m;
	size_t n;
	const struct member_of *media, *json, *cls, *txt;
};

static struct parts
find_parts(const struct member_of *m, size_t n)
{
	struct parts p = { .m = m, .n = n };

	for (size_t i = 0; i < n; i++) {
		bool plain = !memchr(m[i].kind.p, '.', m[i].kind.n);

		if (tree_is_media(span_str(m[i].node->path)) &&
		    !span_starts(m[i].kind, SPAN("mask-")) &&
		    (!p.media || (plain && memchr(p.media->kind.p, '.', p.media->kind.n))))
			p.media = &m[i];
		if (is_kind(&m[i], "json"))
			p.json = &m[i];
		if (is_kind(&m[i], "cls"))
			p.cls = &m[i];
		if (is_kind(&m[i], "txt"))
			p.txt = &m[i];
	}
	return p;
}

/* The json is a record: r->rec is it. *bad: it was meant to be one, and is not; said so. */
static bool
read_record(struct reader *r, const struct member_of *m, bool *bad)
{
	struct span text;
	struct json j;

	*bad = !read_text(r, m);
	if (*bad)
		return false;
	text = buf_span(&r->text);
	if (span_starts(text, SPAN("\xef\xbb\xbf")))
		text = span_of(text.p + 3, text.p + text.n);
	text = span_trim(text);
	json_begin(&j, text);
	if (!json_skip(&j) || !json_end(&j)) {
		json_error(&j, tree_name(r->tree, m->node));
		*bad = true;
		return false;
	}
	if (json_type_of(json_member(text, "source")) != JSON_STRING)
		return false;
	buf_reset(&r->line);
	if (memchr(text.p, '\n', text.n) || memchr(text.p, '\r', text.n))
		jw_compact(&r->line, text);
	else
		buf_addspan(&r->line, text);
	if (rec_parse(&r->rec, buf_span(&r->line), pos_at(tree_name(r->tree, m->node), 1, 1)) &&
	    !r->rec.header)
		return true;
	*bad = true;
	return false;
}

/* Does the member say what `want` says, but for white space at its ends? */
static bool
says(struct reader *r, const struct member_of *m, const struct buf *want)
{
	return read_text(r, m) && span_eq(span_trim(buf_span(&r->text)), span_trim(buf_span(want)));
}

/* What txt says of the record: its text, or the source when that is one. */
static void
text_of(struct reader *r, struct buf *want)
{
	struct span source = rec_string(&r->rec, REC_SOURCE, &r->scratch);

	webdataset_txt(want, &r->sample);
	if (want->n == 0 && span_starts(source, SPAN(WDS_CONTENT)))
		buf_add(want, source.p + strlen(WDS_CONTENT), source.n - strlen(WDS_CONTENT));
}

/* The member that a mask of the record names; NULL: it is elsewhere. */
static const struct node *
mask_node(struct reader *r, size_t i)
{
	return tree_find(r->tree, json_value_text(r->named.v[i].source, &r->scratch));
}

static bool
is_mask(struct reader *r, const struct member_of *m)
{
	for (size_t i = 1; i < r->named.n; i++)
		if (mask_node(r, i) == m->node)
			return true;
	return false;
}

/* A mask, with where it lies now. */
static void
put_mask(void *ctx, struct buf *out, size_t i)
{
	struct reader *r = ctx;
	const struct node *node = mask_node(r, i);

	buf_reset(&r->source);
	if (node)
		tree_source(r->tree, node, &r->source);
	files_put_object(out, &r->named.v[i], node ? buf_str(&r->source) : NULL);
}

/* Members that the record does not say already, into r->kept. */
static void
keep_rest(struct reader *r, const struct parts *p, bool record)
{
	struct buf want = BUF_INIT;

	for (size_t i = 0; i < p->n; i++) {
		const struct member_of *m = &p->m[i];

		if (m == p->media || (record && (m == p->json || is_mask(r, m))) ||
		    (!record && (m == p->cls || m == p->txt)))
			continue;
		if (m == p->cls)
			webdataset_cls(&want, &r->sample, &r->classes);
		if (m == p->txt)
			text_of(r, &want);
		if ((m == p->cls || m == p->txt) && want.n && says(r, m, &want))
			continue;
		keep_member(r, m);
	}
	buf_release(&want);
}

/* A record gets where its picture is, an id and a usage when it has none, and what rides. */
static void
give_record(struct reader *r, const struct parts *p)
{
	struct json_change c[4];
	struct buf value[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct buf *b = import_record(r->im);
	struct span old = rec_member(&r->rec, "webdataset");
	size_t n = 0;

	sample_take(&r->sample, &r->rec);
	files_find(&r->named, r->rec.line);
	keep_rest(r, p, true);
	if (p->media) {
		buf_reset(&r->source);
		tree_source(r->tree, p->media->node, &r->source);
		jw_string(&value[0], buf_span(&r->source));
		c[n++] = (struct json_change){ "source", buf_span(&value[0]) };
	}
	if (!r->rec.v[REC_ID].p) {
		jw_string(&value[1], p->m->key);
		c[n++] = (struct json_change){ "id", buf_span(&value[1]) };
	}
	if (!r->rec.v[REC_USAGE].p && r->usage) {
		buf_addf(&value[2], "\"%s\"", r->usage);
		c[n++] = (struct json_change){ "usage", buf_span(&value[2]) };
	}
	if (r->kept.n) {
		buf_reset(&r->scratch);
		jw_open(&r->scratch, '{');
		if (json_type_of(old) == JSON_OBJECT && old.n > 2)
			jw_raw(&r->scratch, span_of(old.p + 1, old.p + old.n - 1));
		jw_raw(&r->scratch, buf_span(&r->kept));
		jw_close(&r->scratch, '}');
		c[n++] = (struct json_change){ "webdataset", buf_span(&r->scratch) };
	}
	json_edit(b, r->rec.line, c, n);
	if (r->named.n > 1) {
		struct buf line = BUF_INIT;

		buf_addspan(&line, buf_span(b));
		buf_reset(b);
		files_find(&r->named, buf_span(&line));
		files_replace(b, buf_span(&line), &r->named, put_mask, r);
		buf_release(&line);
	}
	if (import_give(r->im, buf_span(b), r->sample.n) &&
	    !import_name(r->im, p->media ? buf_span(&value[0]) : r->rec.v[REC_SOURCE],
		r->rec.v[REC_ID].p ? r->rec.v[REC_ID] : buf_span(&value[1])))
		twice_say(&r->im->twice, pos_file(tree_name(r->tree, p->m->node)));
	for (size_t i = 0; i < ARRAY_LEN(value); i++)
		buf_release(&value[i]);
}

/* The name of a class by its number in the list. */
static struct span
class_name(struct reader *r, struct span text)
{
	uint64_t number;

	text = span_trim(text);
	if (num_parse_u64(text, &number) && number < r->classes.n)
		return span_str(r->classes.classes[number].name);
	return text;
}

/* An annotation of a member that is text. */
static uint64_t
give_text(struct reader *r, struct buf *b, const struct member_of *m, bool class)
{
	struct span text;

	if (!read_text(r, m)) {
		r->im->bad_annotations++;
		return 0;
	}
	text = class ? class_name(r, buf_span(&r->text)) : buf_span(&r->text);
	if (!is_text(text) || (class && text.n == 0)) {
		error_at(pos_file(tree_name(r->tree, m->node)), "webdataset",
		    class ? "a class should be a number or a name"
			  : "the text is not UTF-8: left out");
		r->im->bad_annotations++;
		return 0;
	}
	jw_open(b, '{');
	jw_member_string(b, class ? "name" : "text", text);
	jw_close(b, '}');
	return 1;
}

/* The source of a sample without a picture: its text, else its first member. */
static bool
other_source(struct reader *r, const struct parts *p)
{
	buf_reset(&r->source);
	if (!p->txt) {
		tree_source(r->tree, p->m->node, &r->source);
		return true;
	}
	if (!read_text(r, p->txt))
		return false;
	buf_adds(&r->source, WDS_CONTENT);
	buf_addspan(&r->source, buf_span(&r->text));
	if (is_text(buf_span(&r->source)))
		return true;
	error_at(pos_file(tree_name(r->tree, p->txt->node)), "webdataset",
	    "the text is not UTF-8: left out");
	return false;
}

static void
give_plain(struct reader *r, const struct parts *p)
{
	struct buf *b = import_record(r->im);
	struct picsize size = { .width = 0 };
	uint32_t w = 0, h = 0;
	uint64_t n = 0;

	if (p->media) {
		buf_reset(&r->source);
		tree_source(r->tree, p->media->node, &r->source);
		if (tree_picture(r->tree, p->media->node, &size))
			picsize_shown(&size, &w, &h);
	} else if (!other_source(r, p)) {
		r->im->bad_samples++;
		return;
	}
	import_begin_sample(b, buf_span(&r->source), p->m->key, w, h);
	if (r->usage)
		jw_member_str(b, "usage", r->usage);
	if (p->cls || (p->txt && p->media)) {
		jw_key(b, "annotation");
		jw_open(b, '[');
		if (p->cls)
			n += give_text(r, b, p->cls, true);
		if (p->txt && p->media)
			n += give_text(r, b, p->txt, false);
		jw_close(b, ']');
	}
	keep_rest(r, p, false);
	if (r->kept.n) {
		jw_key(b, "webdataset");
		jw_open(b, '{');
		buf_addspan(b, buf_span(&r->kept));
		jw_close(b, '}');
	}
	jw_close(b, '}');
	import_sample(r->im, pos_file(tree_name(r->tree, p->m->node)), buf_span(b), n);
}

static void
give_sample(struct reader *r, const struct member_of *m, size_t n)
{
	struct parts p = find_parts(m, n);
	bool bad = false;

	buf_reset(&r->kept);
	if (p.json && read_record(r, p.json, &bad))
		give_record(r, &p);
	else if (bad)
		r->im->bad_samples++;
	else
		give_plain(r, &p);
}

/* ---- shards ---- */

/* The header that a shard brings, when it is another than the last one. */
static void
give_header(struct reader *r, const struct node *node)
{
	struct record rec = { .m = NULL };
	struct buf text = BUF_INIT;
	struct buf *b;

	if (node && tree_read(r->tree, node, &text))
		while (text.n && strchr("\r\n", text.p[text.n - 1]))
			buf_cut(&text, text.n - 1);
	if (text.n && !rec_parse(&rec, buf_span(&text), pos_at(tree_name(r->tree, node), 1, 1)))
		buf_reset(&text);
	if (rec.header)
		dataset_merge(&r->classes, &rec);
	if (r->header.n == 0 || (rec.header && !span_eq(buf_span(&text), buf_span(&r->header)))) {
		struct span list = rec.header ? rec.v[REC_DATASET] : SPAN("{}"), key, value;
		struct json j;

		b = import_header(r->im);
		json_begin(&j, list);
		json_object(&j);
		while (json_key(&j, &key) && json_value(&j, &value))
			if (!json_key_is(key, "name") && !json_key_is(key, "format")) {
				jw_key_raw(b, key);
				jw_raw(b, value);
			}
		import_header_end(r->im);
		buf_reset(&r->header);
		buf_adds(&r->header, rec.header ? buf_str(&text) : "-");
	}
	rec_release(&rec);
	buf_release(&text);
}

static void
read_shard(struct reader *r, const struct tree *t, struct span name)
{
	size_t i, end;

	r->im->files++;
	r->tree = t;
	r->usage = usage_of_path(name);
	give_header(r, tree_find(t, SPAN(SHARD_HEADER)));
	list_members(r);
	for (i = 0; i < r->n; i = end) {
		for (end = i + 1; end < r->n && span_eq(r->m[end].key, r->m[i].key); end++)
			continue;
		give_sample(r, r->m + i, end - i);
	}
}

/* Shards inside of an archive: they would have to be unpacked to be read. Were there any? */
static bool
refuse_packed(struct reader *r, const struct tree *t)
{
	size_t shards = t->archive ? count_shards(t) : 0;

	if (shards == 0)
		return false;
	error_at(pos_file(t->name), "webdataset",
	    "%llu %s packed in this archive and not read: unpack it, and read the folder",
	    COUNTED(shards, "shard is", "shards are"));
	r->im->bad_files += shards;
	return true;
}

/* All shards of a folder, in the order of their names. */
static size_t
read_shards(struct reader *r, const struct tree *t)
{
	size_t shards = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct tree *shard;

		if (!is_shard(&t->node[i]))
			continue;
		shards++;
		shard = tree_open_at(t, &t->node[i]);
		if (shard)
			read_shard(r, shard, span_str(t->node[i].path));
		else
			r->im->bad_files++;
		tree_close(shard);
	}
	return shards;
}

/* A tar without members is nothing but zeros; it has no mark to be known by. */
static bool
is_empty_tar(const struct tree *t)
{
	struct buf head = BUF_INIT;
	bool empty = tree_head(t, &t->node[0], 512, &head) && head.n == 512;

	for (size_t i = 0; empty && i < head.n; i++)
		empty = head.p[i] == '\0';
	buf_release(&head);
	return empty;
}

/* One file that is no archive. */
static void
read_single(struct reader *r)
{
	r->im->files++;
	give_header(r, NULL);
	if (is_empty_tar(r->im->tree))
		return;
	error_at(pos_file(r->im->tree->name), "webdataset", "is no tar archive");
	r->im->bad_files++;
}

void
webdataset_read(struct importer *im)
{
	struct reader r = { .im = im };
	struct buf *bufs[] = { &r.header, &r.line, &r.text, &r.kept, &r.source, &r.scratch };

	dataset_init(&r.classes);
	if (im->tree->single)
		read_single(&r);
	else if (!refuse_packed(&r, im->tree) &&
		 (im->tree->archive || read_shards(&r, im->tree) == 0))
		read_shard(&r, im->tree, span_str(im->tree->name));
	if (r.nameless > 1)
		warning_at(pos_file(im->tree->name), "webdataset",
		    "%llu members without a dot in their names were left out",
		    (unsigned long long)r.nameless);
	dataset_release(&r.classes);
	sample_release(&r.sample);
	rec_release(&r.rec);
	files_release(&r.named);
	free(r.m);
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_release(bufs[i]);
}
