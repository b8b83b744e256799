/* A version as a package: see pack.h. */
#include "store/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/sink.h"
#include "archive/source.h"
#include "base/file.h"
#include "base/path.h"
#include "base/tmpfiles.h"
#include "store/files.h"
#include "store/keyed.h"

struct pack {
	const struct store *store;
	const struct pack_options *o;
	struct pack_counts *counts;
	struct version_info v;
	char *records; /* path of the version's records */
	struct croissant_files files;
	struct named_files named; /* of the sample under way */
	char *
	    *member; /* what each of its sources is called in the package; NULL: it is not there */
	size_t members;
	struct buf path, source, scratch, line;
};

static const char *
temporary_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

/* Where the content of a file is: its object if there is one, else its source. */
static const char *
content_of(struct pack *k, const struct named_file *file)
{
	struct span hex = json_unquote(file->sha256);

	buf_reset(&k->source);
	if (hex.n == SHA256_HEX) {
		buf_addf(&k->source, "%s/objects/%.2s/%.*s", k->store->path, hex.p, SHA256_HEX - 2,
		    hex.p + 2);
		if (access(k->source.p, R_OK) == 0)
			return k->source.p;
		buf_reset(&k->source);
	}
	buf_addspan(&k->source, json_value_text(file->source, &k->scratch));
	return buf_str(&k->source);
}

/* Is it a file at all? */
static bool
is_file(struct pack *k, const struct named_file *file)
{
	struct span s = json_value_text(file->source, &k->scratch);

	return s.n && !path_is_uri(s);
}

/* ---- the files of one sample ---- */

static void
begin_files(struct pack *k, struct span line)
{
	for (size_t i = 0; i < k->members; i++)
		free(k->member[i]);
	files_find(&k->named, line);
	k->member = xreallocarray(k->member, k->named.sources + 1, sizeof(*k->member));
	memset(k->member, 0, (k->named.sources + 1) * sizeof(*k->member));
	k->members = k->named.sources;
}

static void
put_mask(void *ctx, struct buf *out, size_t i)
{
	const struct pack *k = ctx;
	const struct named_file *file = &k->named.v[i];
	struct buf quoted = BUF_INIT;

	if (k->member[file->number]) {
		jw_string(&quoted, span_str(k->member[file->number]));
		json_edit(
		    out, file->object, &(struct json_change){ "source", buf_span(&quoted) }, 1);
	} else {
		buf_addspan(out, file->object);
	}
	buf_release(&quoted);
}

static void
missing(struct pack *k, struct pos at, const char *what)
{
	k->counts->missing++;
	if (errno == ENOENT || errno == ENOTDIR || errno == EILSEQ)
		error_at(at, "source", "the file '%s' of the sample cannot be had", what);
	else
		trouble("cannot pack '%s':", what);
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
add_tree_file(struct pack *k, struct sink *sink, const struct keyed *in, size_t i)
{
	const struct named_file *file = &k->named.v[i];
	struct buf scratch = BUF_INIT;
	const char *from;

	if (!file->first || !is_file(k, file))
		return;
	data_path(k, sink, json_value_text(file->source, &scratch), in->key);
	from = content_of(k, file);
	if (sink_add_source(sink, k->path.p, from, SINK_COPY) != 0) {
		missing(k, in->r.pos, from);
	} else {
		k->member[file->number] = xstrdup(k->path.p);
		k->counts->files++;
	}
	buf_release(&scratch);
}

/* The files of a sample, and in k->line its record, which names them where they are in the package. */
static void
add_tree_sample(struct pack *k, struct sink *sink, const struct keyed *in)
{
	struct buf line = BUF_INIT, quoted = BUF_INIT;

	begin_files(k, in->r.line);
	for (size_t i = 0; i < k->named.n && !k->o->no_files; i++)
		add_tree_file(k, sink, in, i);
	files_replace(&line, in->r.line, &k->named, put_mask, k);
	if (k->member[0]) {
		jw_string(&quoted, span_str(k->member[0]));
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
		croissant_add(&k->files, name, bytes, digest, "application/json");
	else
		trouble("cannot pack '%s':", path);
	free(path);
	return good;
}

static bool
write_tree(struct pack *k, struct sink *sink)
{
	struct sink_file *f = sink_file_new(sink, "records.jsonl");
	struct out *out = f ? sink_file_out(f) : NULL;
	unsigned char digest[SHA256_SIZE];
	struct sha256 *h = sha256_new();
	struct buf text = BUF_INIT;
	uint64_t bytes = 0;
	struct keyed in;
	bool good = f != NULL;

	keyed_open_sorted(&in, k->records, k->v.key);
	while (good && keyed_next(&in)) {
		buf_reset(&k->line);
		if (in.n == 1 && in.dataset.seen)
			dataset_write(&in.dataset, &k->line);
		add_tree_sample(k, sink, &in);
		buf_addc(&k->line, '\n');
		sha256_add(h, k->line.p, k->line.n);
		bytes += k->line.n;
		buf_addspan(&out->b, buf_span(&k->line));
		out_tick(out);
		k->counts->samples++;
	}
	good = good && !in.bad;
	keyed_close(&in);
	sha256_end(h, digest);
	sha256_free(h);
	if (f && sink_file_close(f) != 0)
		good = false;
	croissant_add(&k->files, "records.jsonl", bytes, digest, "application/jsonlines");
	good = good && add_copy(k, sink, "stats.json") && add_copy(k, sink, "version.json");
	croissant_write(&text, &k->v, &k->o->about, &k->files, "records.jsonl");
	good = good && sink_add(sink, "croissant.json", buf_span(&text)) == 0;
	buf_release(&text);
	return good;
}

static bool
pack_tree(struct pack *k)
{
	struct sink *sink = sink_open(k->o->target, k->o->force ? SINK_FORCE : 0);

	if (sink == NULL) {
		trouble("cannot make '%s':", k->o->target);
		return false;
	}
	if (!write_tree(k, sink)) {
		trouble("cannot write '%s'", k->o->target);
		sink_abort(sink);
		return false;
	}
	if (sink_commit(sink) == 0)
		return true;
	trouble("cannot finish '%s':", k->o->target);
	return false;
}

/* ---- shards ---- */

struct shards {
	struct pack *k;
	char *dir; /* temporary */
	const char *side;
	struct sink *sink;
	char *name;      /* of the shard under way */
	uint64_t number; /* of the next one */
	uint64_t samples, bytes;
	struct source_reader *reader;
	struct strmap names; /* members so far: a name is one sample */
	struct record r;
};

/*
 * A member's name ends at its first dot: what is behind is its kind. A key with dots, slashes or other signs is spelled
 * without them, and then tells itself from others by a hash.
 */
static void
member_name(struct shards *x, struct span key)
{
	struct buf *b = &x->k->path, hex = BUF_INIT;
	unsigned char digest[SHA256_SIZE];
	struct strmap_entry *e;
	bool plain = true, is_new;

	buf_reset(b);
	for (size_t i = 0; i < key.n && b->n < 100; i++) {
		char c = key.p[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '_';

		buf_addc(b, good ? c : '_');
		plain = plain && good;
	}
	plain = plain && b->n == key.n;
	e = strmap_put(&x->names, buf_span(b), 1, &is_new);
	if (plain && is_new)
		return;
	sha256_bytes(key.p, key.n, digest);
	sha256_hex(&hex, digest);
	buf_addf(b, "-%.16s", hex.p);
	if (!is_new) /* even samples of one key */
		buf_addf(b, "-%llu", (unsigned long long)++e->value);
	buf_release(&hex);
}

static bool
end_shard(struct shards *x)
{
	char *path = xasprintf("%s/%s", x->dir, x->name ? x->name : "");
	unsigned char digest[SHA256_SIZE];
	uint64_t bytes = 0;
	bool good = true;

	if (x->sink) {
		good =
		    sink_commit(x->sink) == 0 && sha256_file(AT_FDCWD, path, digest, &bytes) == 0;
		if (good)
			croissant_add(&x->k->files, x->name, bytes, digest, "application/x-tar");
		else
			trouble("cannot write '%s':", path);
		x->sink = NULL;
		x->k->counts->shards++;
	}
	free(x->name);
	x->name = NULL;
	free(path);
	return good;
}

static bool
begin_shard(struct shards *x)
{
	char *path;

	x->name = xasprintf(
	    "%s-%s-%06llu.tar", x->k->o->about.name, x->side, (unsigned long long)x->number++);
	path = xasprintf("%s/%s", x->dir, x->name);
	x->sink = sink_open(path, 0);
	if (x->sink == NULL)
		trouble("cannot make '%s':", path);
	x->samples = x->bytes = 0;
	free(path);
	return x->sink != NULL;
}

/* Member number `i` of a sample in k->path: "NAME.jpg", "NAME.mask-1.png". */
static void
shard_path(struct pack *k, const struct named_file *file, size_t stem)
{
	struct span ext = path_ext(json_value_text(file->source, &k->scratch));

	buf_cut(&k->path, stem);
	if (file->number)
		buf_addf(&k->path, ".mask-%zu", file->number);
	buf_addf(&k->path, ".%.*s", SPAN_ARG(ext.n ? ext : SPAN("bin")));
}

static bool
add_shard_file(struct shards *x, const struct named_file *file, size_t stem)
{
	struct pack *k = x->k;
	const char *from;

	if (!file->first || !is_file(k, file))
		return true;
	from = content_of(k, file);
	buf_reset(&k->line);
	if (source_read(x->reader, from, &k->line) != 0) {
		missing(k, x->r.pos, from);
		return true;
	}
	shard_path(k, file, stem);
	k->member[file->number] = xstrdup(k->path.p);
	k->counts->files++;
	x->bytes += k->line.n + 1024;
	return sink_add(x->sink, k->path.p, buf_span(&k->line)) == 0;
}

/* The file, its masks, and its record, which names the masks by their members. */
static bool
add_sample(struct shards *x, struct span key, struct span line)
{
	struct pack *k = x->k;
	size_t stem;
	bool good = true;

	member_name(x, key);
	stem = k->path.n;
	begin_files(k, line);
	for (size_t i = 0; good && i < k->named.n && !k->o->no_files; i++)
		good = add_shard_file(x, &k->named.v[i], stem);
	buf_reset(&k->line);
	files_replace(&k->line, line, &k->named, put_mask, k);
	buf_cut(&k->path, stem);
	buf_adds(&k->path, ".json");
	good = good && sink_add(x->sink, k->path.p, buf_span(&k->line)) == 0;
	x->bytes += k->line.n + 1024;
	x->samples++;
	k->counts->samples++;
	if (!good)
		trouble("cannot write the shard '%s':", x->name);
	return good;
}

struct shuffled {
	uint64_t hash;
	uint32_t sample;
};

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
write_side(struct shards *x, const struct pool *p, int usage)
{
	struct shuffled *list = xreallocarray(NULL, p->n + 1, sizeof(*list));
	struct buf line = BUF_INIT;
	size_t n = 0;
	bool good = true;

	for (size_t i = 0; i < p->n; i++)
		if (p->s[i].given == usage)
			list[n++] = (struct shuffled){ p->s[i].hash, (uint32_t)i };
	qsort(list, n, sizeof(*list), shuffled_cmp);
	x->number = 0;
	for (size_t i = 0; good && i < n; i++) {
		const struct pooled *s = &p->s[list[i].sample];

		if (x->sink &&
		    (x->samples >= x->k->o->shard_samples || x->bytes >= x->k->o->shard_bytes))
			good = end_shard(x);
		pool_line(p, s, &line);
		good = good && (x->sink || begin_shard(x)) &&
		       rec_parse(&x->r, buf_span(&line), pos_file(x->k->records)) &&
		       add_sample(x, pool_key(p, s), buf_span(&line));
	}
	good = end_shard(x) && good;
	buf_release(&line);
	free(list);
	return good;
}

static bool
write_shards(struct shards *x, struct pool *p)
{
	static const char *const side[USAGES + 1] = { "train", "eval", "test", "inference",
		"none" };
	struct record r = { .m = NULL };
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
		x->side = side[u];
		good = write_side(x, p, u == USAGES ? USAGE_NONE : u);
	}
	return good;
}

static bool
finish_shards(struct shards *x)
{
	char *path = xasprintf("%s/croissant.json", x->dir);
	struct buf text = BUF_INIT;
	bool good;

	croissant_write(&text, &x->k->v, &x->k->o->about, &x->k->files, NULL);
	good = file_write(path, buf_span(&text), FILE_NOSYNC) == 0 && file_sync_all(x->dir) == 0 &&
	       rename_new(x->dir, x->k->o->target) == 0 && sync_parent(x->k->o->target) == 0;
	if (!good)
		trouble("cannot finish '%s':", x->k->o->target);
	buf_release(&text);
	free(path);
	return good;
}

static bool
pack_shards(struct pack *k)
{
	struct pool_rules rules = { .key = k->v.key, .ignore_content = true };
	struct shards x = { .k = k, .dir = tmp_beside(k->o->target) };
	struct tmpfile_entry *watch;
	struct pool p;
	bool good;

	rules.seed = span_str(k->v.seed);
	if (mkdir(x.dir, 0777) != 0) {
		trouble("cannot make '%s':", k->o->target);
		free(x.dir);
		return false;
	}
	watch = tmpfiles_add(x.dir);
	x.reader = source_reader_new(0);
	good = pool_open(&p, temporary_folder(), &rules);
	if (good)
		good = write_shards(&x, &p) && finish_shards(&x);
	pool_release(&p);
	if (!good)
		remove_tree(x.dir);
	tmpfiles_forget(watch);
	source_reader_free(x.reader);
	strmap_release(&x.names);
	rec_release(&x.r);
	free(x.dir);
	return good;
}

bool
pack_version(const struct store *s, const char *name, const struct pack_options *o,
    struct pack_counts *counts)
{
	struct pack k = { .store = s, .o = o, .counts = counts };
	bool good;

	*counts = (struct pack_counts){ .samples = 0 };
	k.records = store_path(s, "versions/%s/records.jsonl", name);
	good = version_load(&k.v, s, name) &&
	       (o->form == PACK_WEBDATASET ? pack_shards(&k) : pack_tree(&k));
	version_release(&k.v);
	croissant_release(&k.files);
	begin_files(&k, SPAN("{}"));
	files_release(&k.named);
	free(k.member);
	buf_release(&k.path);
	buf_release(&k.source);
	buf_release(&k.scratch);
	buf_release(&k.line);
	free(k.records);
	return good;
}
