/*
 * A version as a package: see pack.h.
 *
 * Some samples at a time are a job of base/ordered.h: files are read ahead and looked at in parallel, and go into the
 * package in order. What cannot be read ahead (it is large, inside an archive, or not as it should be) is left to the
 * writer of the package, which reads one after the other; so it says the same for any number of threads.
 */
#include "store/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/shards.h"
#include "archive/source.h"
#include "base/ordered.h"
#include "base/path.h"
#include "record/files.h"
#include "store/keyed.h"

enum {
	/* Files up to this size are read once, larger ones to hash and again to copy them. (Members of shards are always read.) */
	IN_MEMORY = 64 << 20,
	/* A file up to this size is read ahead, while those of its batch are not more before it. */
	AHEAD = 4 << 20,
	/* Samples that are taken at once: so many, but only of about so many bytes. Single ones are too little work. */
	BATCH = 64,
	BATCH_BYTES = 1 << 20,
};

/* Reading of files, by one thread at a time. */
struct reading {
	const struct store *store;
	struct source_reader *files, *members; /* members of archives; NULL: they are left */
	struct buf source, scratch;            /* what was read last */
};

/* A file that was read ahead: the places of its content and of its path in the bufs of the batch. */
struct ahead {
	bool read;
	size_t at, n, source;
};

struct sample {
	struct buf head, line, key; /* what stands before its record in the package; its record */
	struct pos pos;
	struct named_files named;
	char *
	    *member; /* what each of its sources is called in the package; NULL: it is not there */
	size_t members;
	struct ahead *ahead;   /* of each of its files */
	struct diag_sink said; /* when its record was read */
	struct batch *batch;
};

/* Samples under way. */
struct batch {
	struct sample sample[BATCH];
	size_t n;
	struct buf content, sources;
	struct reading reading;
};

struct pack {
	const struct store *store;
	const struct pack_options *o;
	struct pack_counts *counts;
	struct version_info v;
	char *records; /* path of the version's records */
	struct packed_files files;
	struct reading now; /* what was not read ahead */
	struct buf path, scratch, line, content;
	uint64_t given, bytes; /* samples, and what was read ahead of them */
};

static const char *
temporary_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

/* Is it a file at all? */
static bool
is_file(const struct named_file *file, struct buf *scratch)
{
	struct span s = json_value_text(file->source, scratch);

	return s.n && !path_is_uri(s);
}

/* ---- the files of one sample, in the package ---- */

static void
put_mask(void *ctx, struct buf *out, size_t i)
{
	const struct sample *s = ctx;
	const struct named_file *file = &s->named.v[i];

	files_put_object(out, file, s->member[file->number]);
}

static void
missing(struct pack *k, struct pos at, const char *what)
{
	k->counts->missing++;
	if (errno == EBADMSG)
		error_at(
		    at, "content", "the file '%s' of the sample is not what was released", what);
	else if (errno == ENOENT || errno == ENOTDIR || errno == EILSEQ)
		error_at(at, "source", "the file '%s' of the sample cannot be had", what);
	else
		trouble("cannot pack '%s':", what);
}

/* ---- what a file holds ---- */

/*
 * Append what rd->source holds; what is too large for memory is only hashed, and *large tells that it was left. 0, or -1
 * with errno.
 */
static int
read_source(struct reading *rd, struct buf *out, unsigned char digest[SHA256_SIZE], bool *large)
{
	struct span archive, member;
	bool inside = source_is_member(rd->source.p, &archive, &member);
	size_t before = out->n;

	errno = EFBIG;
	if (inside && !rd->members)
		return -1;
	if (source_read(inside ? rd->members : rd->files, rd->source.p, out) == 0) {
		sha256_bytes(out->p + before, out->n - before, digest);
		return 0;
	}
	*large = errno == EFBIG && !inside && rd->members;
	return *large ? sha256_file(AT_FDCWD, rd->source.p, digest, NULL) : -1;
}

/*
 * Append the content of a file: of its object if there is one, else of its source (rd->source tells which). 0, or -1 with
 * errno; EBADMSG: it is not what the record says.
 */
static int
read_content(struct reading *rd, const struct named_file *file, struct buf *out, bool *large)
{
	struct span want = json_unquote(file->sha256);
	unsigned char digest[SHA256_SIZE];
	struct buf hex = BUF_INIT;
	int r = -1;

	*large = false;
	errno = ENOENT;
	buf_reset(&rd->source);
	if (want.n == SHA256_HEX) {
		buf_addf(&rd->source, "%s/objects/%.2s/%.*s", rd->store->path, want.p,
		    SHA256_HEX - 2, want.p + 2);
		r = read_source(rd, out, digest, large);
	}
	if (r != 0 && (errno == ENOENT || errno == ENOTDIR)) {
		buf_reset(&rd->source);
		buf_addspan(&rd->source, json_value_text(file->source, &rd->scratch));
		r = read_source(rd, out, digest, large);
	}
	if (r == 0 && want.n == SHA256_HEX) {
		sha256_hex(&hex, digest);
		if (!span_eq(want, buf_span(&hex))) {
			errno = EBADMSG;
			r = -1;
		}
	}
	buf_release(&hex);
	return r;
}

struct content {
	struct span bytes;
	const char *source; /* where it is; set also when it cannot be had */
	bool large; /* too large for memory: it is what the record says, but bytes are not set */
};

/* The content of file `i` of a sample, which lasts until the next one: as it was read ahead, else from now. 0, or -1 with errno. */
static int
get_content(struct pack *k, const struct sample *s, size_t i, struct content *c)
{
	const struct ahead *a = &s->ahead[i];
	const struct batch *b = s->batch;
	int r;

	if (a->read) {
		*c = (struct content){ { b->content.p + a->at, a->n }, b->sources.p + a->source,
			false };
		return 0;
	}
	buf_reset(&k->content);
	r = read_content(&k->now, &s->named.v[i], &k->content, &c->large);
	c->bytes = buf_span(&k->content);
	c->source = k->now.source.p;
	return r;
}

/* ---- samples under way ---- */

/* Where samples come from and go to. */
struct flow {
	struct pack *k;
	void *ctx;
	bool (*take)(void *ctx, struct sample *s); /* false: there is no more */
	void (*give)(void *ctx, struct sample *s);
	bool ended;
};

static void
clear_sample(struct sample *s)
{
	for (size_t i = 0; i < s->members; i++)
		free(s->member[i]);
	s->members = 0;
	buf_reset(&s->head);
	buf_reset(&s->line);
	buf_reset(&s->key);
}

/* How many samples to take at once, by what the ones before had. */
static size_t
batch_size(const struct pack *k)
{
	uint64_t n = k->given ? BATCH_BYTES / (k->bytes / k->given + 1) : 1;

	return n < 1 ? 1 : n > BATCH ? BATCH : (size_t)n;
}

static bool
take_batch(void *ctx, void *job)
{
	struct flow *f = ctx;
	struct batch *b = job;
	size_t most = batch_size(f->k);

	if (!b->reading.files) {
		b->reading.store = f->k->store;
		b->reading.files = source_reader_new(AHEAD);
	}
	for (b->n = 0; b->n < most && !f->ended;) {
		struct sample *s = &b->sample[b->n];
		struct diag_sink *before = diag_sink(&s->said);

		clear_sample(s);
		s->batch = b;
		f->ended = !f->take(f->ctx, s);
		diag_sink(before);
		b->n += !f->ended;
	}
	return b->n > 0;
}

static void
read_ahead(struct batch *b, const struct named_file *file, struct ahead *a)
{
	bool large;

	a->at = b->content.n;
	a->source = b->sources.n;
	a->read = read_content(&b->reading, file, &b->content, &large) == 0;
	if (a->read)
		buf_add(&b->sources, b->reading.source.p, b->reading.source.n + 1);
	else
		buf_cut(&b->content, a->at);
	a->n = b->content.n - a->at;
}

static void
work_sample(const struct pack *k, struct batch *b, struct sample *s)
{
	files_find(&s->named, buf_span(&s->line));
	s->members = s->named.sources;
	s->member = xreallocarray(s->member, s->members + 1, sizeof(*s->member));
	memset(s->member, 0, (s->members + 1) * sizeof(*s->member));
	s->ahead = xreallocarray(s->ahead, s->named.n, sizeof(*s->ahead));
	for (size_t i = 0; i < s->named.n; i++) {
		s->ahead[i].read = false;
		if (!k->o->no_files && s->named.v[i].first && b->content.n <= AHEAD &&
		    is_file(&s->named.v[i], &b->reading.scratch))
			read_ahead(b, &s->named.v[i], &s->ahead[i]);
	}
}

/* Parallel: it touches nothing but the batch. */
static void
work_batch(void *ctx, void *job)
{
	const struct flow *f = ctx;
	struct batch *b = job;

	buf_reset(&b->content);
	buf_reset(&b->sources);
	for (size_t i = 0; i < b->n; i++)
		work_sample(f->k, b, &b->sample[i]);
}

static void
give_batch(void *ctx, void *job)
{
	struct flow *f = ctx;
	struct batch *b = job;

	for (size_t i = 0; i < b->n; i++) {
		diag_flush(&b->sample[i].said);
		f->give(f->ctx, &b->sample[i]);
	}
	f->k->given += b->n;
	f->k->bytes += b->content.n;
}

static void
release_sample(struct sample *s)
{
	diag_flush(&s->said); /* of what came after the last sample */
	diag_sink_release(&s->said);
	clear_sample(s);
	buf_release(&s->head);
	buf_release(&s->line);
	buf_release(&s->key);
	free(s->member);
	free(s->ahead);
	files_release(&s->named);
}

static void
release_batch(void *job)
{
	struct batch *b = job;

	for (size_t i = 0; i < BATCH; i++)
		release_sample(&b->sample[i]);
	source_reader_free(b->reading.files);
	buf_release(&b->reading.source);
	buf_release(&b->reading.scratch);
	buf_release(&b->content);
	buf_release(&b->sources);
}

static void
run_samples(struct flow *f)
{
	struct ordered o = { sizeof(struct batch), f, take_batch, work_batch, give_batch,
		release_batch };

	ordered_run(&o, f->k->o->jobs);
}

/* ---- a tree ---- */

/* "data/" and the source as far as it is a path inside; another one of that name gets a folder of its own. */
static void
data_path(struct pack *k, struct sink *sink, struct span source, struct span key)
{
	struct span archive, member;
	char *text = xstrndup(source.p, source.n);

	if (source_is_member(text, &archive, &member))
		source = member;
	buf_reset(&k->path);
	buf_adds(&k->path, "data/");
	if (!path_member(&k->path, source))
		buf_addspan(&k->path, path_base_span(source));
	if (sink_has(sink, k->path.p)) {
		unsigned char digest[SHA256_SIZE];
		struct sha256 *h = sha256_new();
		struct buf hex = BUF_INIT;

		sha256_add(h, key.p, key.n);
		sha256_add(h, text, strlen(text));
		sha256_end(h, digest);
		sha256_free(h);
		sha256_hex(&hex, digest);
		buf_reset(&k->path);
		buf_addf(&k->path, "data/%.16s/%.*s", hex.p, SPAN_ARG(path_base_span(source)));
		buf_release(&hex);
	}
	free(text);
}

static void
add_tree_file(struct pack *k, struct sink *sink, struct sample *s, size_t i)
{
	const struct named_file *file = &s->named.v[i];
	struct content c;

	if (!file->first || !is_file(file, &k->scratch))
		return;
	data_path(k, sink, json_value_text(file->source, &k->scratch), buf_span(&s->key));
	if (get_content(k, s, i, &c) != 0 ||
	    (c.large ? sink_add_source(sink, k->path.p, c.source, SINK_COPY)
		     : sink_add(sink, k->path.p, c.bytes)) != 0) {
		missing(k, s->pos, c.source);
	} else {
		s->member[file->number] = xstrdup(k->path.p);
		k->counts->files++;
	}
}

/* The files of a sample, and in k->line its record, which names them where they are in the package. */
static void
add_tree_sample(struct pack *k, struct sink *sink, struct sample *s)
{
	struct buf line = BUF_INIT, quoted = BUF_INIT;

	for (size_t i = 0; i < s->named.n && !k->o->no_files; i++)
		add_tree_file(k, sink, s, i);
	files_replace(&line, buf_span(&s->line), &s->named, put_mask, s);
	if (s->member[0]) {
		jw_string(&quoted, span_str(s->member[0]));
		json_edit(&k->line, buf_span(&line),
		    &(struct json_change){ "source", buf_span(&quoted) }, 1);
	} else {
		buf_addspan(&k->line, buf_span(&line));
	}
	buf_release(&quoted);
	buf_release(&line);
}

/* A file of the version as it is. */
static bool
add_copy(struct pack *k, struct sink *sink, const char *name)
{
	char *path = store_path(k->store, "versions/%s/%s", k->v.name, name);
	unsigned char digest[SHA256_SIZE];
	uint64_t bytes;
	bool good = sha256_file(AT_FDCWD, path, digest, &bytes) == 0 &&
		    sink_add_source(sink, name, path, SINK_COPY) == 0;

	if (good)
		packed_add(&k->files, name, bytes, digest, "application/json");
	else
		trouble("cannot pack '%s':", path);
	free(path);
	return good;
}

/* The records of a tree under way. */
struct tree {
	struct pack *k;
	struct sink *sink;
	struct keyed in;
	struct out *out;
	struct sha256 *hash;
	uint64_t bytes;
};

static bool
take_tree(void *ctx, struct sample *s)
{
	struct tree *t = ctx;

	if (!keyed_next(&t->in))
		return false;
	if (t->in.n == 1 && t->in.dataset.seen)
		dataset_write(&t->in.dataset, &s->head);
	buf_addspan(&s->line, t->in.r.line);
	buf_addspan(&s->key, t->in.key);
	s->pos = t->in.r.pos;
	s->pos.file = t->k->records; /* which outlasts the reader's name of it */
	return true;
}

static void
give_tree(void *ctx, struct sample *s)
{
	struct tree *t = ctx;
	struct pack *k = t->k;

	buf_reset(&k->line);
	buf_addspan(&k->line, buf_span(&s->head));
	add_tree_sample(k, t->sink, s);
	buf_addc(&k->line, '\n');
	sha256_add(t->hash, k->line.p, k->line.n);
	t->bytes += k->line.n;
	buf_addspan(&t->out->b, buf_span(&k->line));
	out_tick(t->out);
	k->counts->samples++;
}

/* records.jsonl and the files of its samples. */
static bool
write_records(struct pack *k, struct sink *sink)
{
	struct sink_file *f = sink_file_new(sink, "records.jsonl");
	struct tree t = { .k = k, .sink = sink };
	struct flow flow = { k, &t, take_tree, give_tree, false };
	unsigned char digest[SHA256_SIZE];
	bool good;

	if (f == NULL)
		return false;
	t.out = sink_file_out(f);
	t.hash = sha256_new();
	keyed_open_sorted(&t.in, k->records, k->v.key);
	run_samples(&flow);
	good = !t.in.bad;
	keyed_close(&t.in);
	sha256_end(t.hash, digest);
	sha256_free(t.hash);
	good = sink_file_close(f) == 0 && good;
	packed_add(&k->files, "records.jsonl", t.bytes, digest, "application/jsonlines");
	return good;
}

static bool
write_tree(struct pack *k, struct sink *sink)
{
	struct buf text = BUF_INIT;
	bool good = write_records(k, sink) && add_copy(k, sink, "stats.json") &&
		    add_copy(k, sink, "version.json");

	version_croissant(&text, &k->v, &k->o->about, &k->files, "records.jsonl");
	good = good && sink_add(sink, "croissant.json", buf_span(&text)) == 0;
	buf_release(&text);
	return good;
}

/* ---- shards ---- */

struct shuffled {
	uint64_t hash;
	uint32_t sample;
};

struct side {
	struct pack *k;
	struct shards shards;
	struct record r;
	/* its samples, in the order in which they are packed */
	const struct pool *pool;
	struct shuffled *list;
	size_t n, next;
	bool unread; /* a sample could not be taken */
	bool good;   /* so far, of what was given */
};

/* A shard is complete. */
static void
describe_shard(void *ctx, const char *path, uint64_t bytes, const unsigned char *sha256)
{
	struct pack *k = ctx;

	packed_add(&k->files, path, bytes, sha256, "application/x-tar");
	k->counts->shards++;
}

/* What a file of a sample is called behind its name: "jpg", "mask-1.png". */
static struct span
shard_kind(struct pack *k, const struct named_file *file)
{
	struct span ext = path_ext(json_value_text(file->source, &k->scratch));

	buf_reset(&k->path);
	if (file->number)
		buf_addf(&k->path, "mask-%zu.", file->number);
	buf_addspan(&k->path, ext.n ? ext : SPAN("bin"));
	return buf_span(&k->path);
}

static bool
add_shard_file(struct side *x, struct sample *s, size_t i)
{
	const struct named_file *file = &s->named.v[i];
	struct pack *k = x->k;
	struct content c;
	struct span kind;

	if (!file->first || !is_file(file, &k->scratch))
		return true;
	if (get_content(k, s, i, &c) != 0) {
		missing(k, s->pos, c.source);
		return true;
	}
	kind = shard_kind(k, file);
	s->member[file->number] = xstrdup(shards_path(&x->shards, kind));
	k->counts->files++;
	return shards_add(&x->shards, kind, c.bytes) == 0;
}

/* The file, its masks, and its record, which names the masks by their members. */
static bool
add_sample(struct side *x, struct sample *s)
{
	struct pack *k = x->k;
	bool good = shards_sample(&x->shards, buf_span(&s->key)) == 0;

	for (size_t i = 0; good && i < s->named.n && !k->o->no_files; i++)
		good = add_shard_file(x, s, i);
	buf_reset(&k->line);
	files_replace(&k->line, buf_span(&s->line), &s->named, put_mask, s);
	good = good && shards_add(&x->shards, SPAN("json"), buf_span(&k->line)) == 0;
	k->counts->samples++;
	return good;
}

static bool
take_side(void *ctx, struct sample *s)
{
	struct side *x = ctx;
	const struct pooled *next;

	if (!x->good || x->next == x->n)
		return false;
	next = &x->pool->s[x->list[x->next++].sample];
	pool_line(x->pool, next, &s->line);
	buf_addspan(&s->key, pool_key(x->pool, next));
	s->pos = pos_file(x->k->records);
	x->unread = !rec_parse(&x->r, buf_span(&s->line), s->pos);
	return !x->unread;
}

static void
give_side(void *ctx, struct sample *s)
{
	struct side *x = ctx;

	x->good = x->good && add_sample(x, s);
}

static int
shuffled_cmp(const void *a, const void *b)
{
	const struct shuffled *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->sample < y->sample ? -1 : x->sample > y->sample;
}

/* All of one side, in the order of their hashes: shuffled already, and the same on every machine. */
static bool
write_side(struct side *x, const struct pool *p, int usage)
{
	struct flow flow = { x->k, x, take_side, give_side, false };

	x->pool = p;
	x->list = xreallocarray(NULL, p->n + 1, sizeof(*x->list));
	x->n = x->next = 0;
	x->good = true;
	for (size_t i = 0; i < p->n; i++)
		if (p->s[i].given == usage)
			x->list[x->n++] = (struct shuffled){ p->s[i].hash, (uint32_t)i };
	qsort(x->list, x->n, sizeof(*x->list), shuffled_cmp);
	run_samples(&flow);
	free(x->list);
	return x->good && !x->unread;
}

static bool
write_shards(struct side *x, struct pool *p)
{
	static const char *const side[USAGES + 1] = { "train", "eval", "test", "inference",
		"none" };
	struct record r = { .m = NULL };
	char *prefix = NULL;
	struct rec_reader in;
	bool good = true;

	rec_open(&in, &x->k->records, 1);
	while (rec_next(&in, &r))
		good = pool_add(p, &r) && good;
	good = good && in.bad == 0 && in.unopened == 0;
	rec_close(&in);
	rec_release(&r);
	pool_sort(p);
	for (int u = 0; good && u <= USAGES; u++) {
		free(prefix);
		prefix = xasprintf("%s-%s", x->k->o->about.name, side[u]);
		good = shards_begin(&x->shards, prefix, 0) == 0 &&
		       write_side(x, p, u == USAGES ? USAGE_NONE : u);
	}
	good = good && shards_end(&x->shards) == 0;
	free(prefix);
	return good;
}

static bool
write_all_sides(struct pack *k, struct sink *sink)
{
	struct pool_rules rules = { .key = k->v.key, .ignore_content = true };
	struct strmap names = STRMAP_INIT;
	struct side x = { .k = k, .shards = { .into = sink, .names = &names } };
	struct buf text = BUF_INIT;
	struct pool p;
	bool good;

	x.shards.max_samples = k->o->shard_samples;
	x.shards.max_bytes = k->o->shard_bytes;
	rules.seed = span_str(k->v.seed);
	sink_watch(sink, describe_shard, k);
	good = pool_open(&p, temporary_folder(), &rules) && write_shards(&x, &p);
	pool_release(&p);
	sink_watch(sink, NULL, NULL);
	version_croissant(&text, &k->v, &k->o->about, &k->files, NULL);
	good = good && sink_add(sink, "croissant.json", buf_span(&text)) == 0;
	buf_release(&text);
	shards_release(&x.shards);
	strmap_release(&names);
	rec_release(&x.r);
	return good;
}

static bool
pack(struct pack *k)
{
	struct sink *sink = sink_open(k->o->target, k->o->force ? SINK_FORCE : 0);

	if (sink == NULL) {
		trouble("cannot make '%s':", k->o->target);
		return false;
	}
	if (!(k->o->form == PACK_WEBDATASET ? write_all_sides(k, sink) : write_tree(k, sink))) {
		trouble("cannot write '%s'", k->o->target);
		sink_abort(sink);
		return false;
	}
	if (sink_commit(sink) == 0)
		return true;
	trouble("cannot finish '%s':", k->o->target);
	return false;
}

bool
pack_version(const struct store *s, const char *name, const struct pack_options *o,
    struct pack_counts *counts)
{
	struct pack k = { .store = s, .o = o, .counts = counts };
	bool good;

	*counts = (struct pack_counts){ .samples = 0 };
	k.now.store = s;
	k.now.files = source_reader_new(o->form == PACK_TREE ? IN_MEMORY : 0);
	k.now.members = source_reader_new(0);
	k.records = store_path(s, "versions/%s/records.jsonl", name);
	good = version_load(&k.v, s, name) && pack(&k);
	version_release(&k.v);
	packed_release(&k.files);
	source_reader_free(k.now.files);
	source_reader_free(k.now.members);
	buf_release(&k.now.source);
	buf_release(&k.now.scratch);
	buf_release(&k.path);
	buf_release(&k.content);
	buf_release(&k.scratch);
	buf_release(&k.line);
	free(k.records);
	return good;
}
