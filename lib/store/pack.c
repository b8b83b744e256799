/* A version as a package: see pack.h. */
#include "store/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/shards.h"
#include "archive/source.h"
#include "base/path.h"
#include "record/files.h"
#include "store/keyed.h"

/* Files up to this size are read once, larger ones to hash and again to copy them. (Members of shards are always read.) */
enum { IN_MEMORY = 64 << 20 };

struct pack {
	const struct store *store;
	const struct pack_options *o;
	struct pack_counts *counts;
	struct version_info v;
	char *records; /* path of the version's records */
	struct packed_files files;
	struct named_files named; /* of the sample under way */
	char *
	    *member; /* what each of its sources is called in the package; NULL: it is not there */
	size_t members;
	struct source_reader *reader, *members_reader; /* of files, of members of archives */
	struct buf path, source, scratch, line, content;
};

static const char *
temporary_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
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
	if (errno == EBADMSG)
		error_at(
		    at, "content", "the file '%s' of the sample is not what was released", what);
	else if (errno == ENOENT || errno == ENOTDIR || errno == EILSEQ)
		error_at(at, "source", "the file '%s' of the sample cannot be had", what);
	else
		trouble("cannot pack '%s':", what);
}

/* ---- what a file holds ---- */

/* Read k->source; what is too large for memory is only hashed, and *large tells that it was left. 0, or -1 with errno. */
static int
read_source(struct pack *k, unsigned char digest[SHA256_SIZE], bool *large)
{
	struct span archive, member;
	bool inside = source_is_member(k->source.p, &archive, &member);

	buf_reset(&k->content);
	*large = false;
	if (source_read(inside ? k->members_reader : k->reader, k->source.p, &k->content) == 0) {
		sha256_bytes(k->content.p, k->content.n, digest);
		return 0;
	}
	*large = errno == EFBIG && !inside;
	return *large ? sha256_file(AT_FDCWD, k->source.p, digest, NULL) : -1;
}

/*
 * The content of a file in k->content: of its object if there is one, else of its source (k->source tells which). 0, or -1
 * with errno; EBADMSG: it is not what the record says.
 */
static int
read_content(struct pack *k, const struct named_file *file, bool *large)
{
	struct span want = json_unquote(file->sha256);
	unsigned char digest[SHA256_SIZE];
	struct buf hex = BUF_INIT;
	int r = -1;

	errno = ENOENT;
	buf_reset(&k->source);
	if (want.n == SHA256_HEX) {
		buf_addf(&k->source, "%s/objects/%.2s/%.*s", k->store->path, want.p, SHA256_HEX - 2,
		    want.p + 2);
		r = read_source(k, digest, large);
	}
	if (r != 0 && (errno == ENOENT || errno == ENOTDIR)) {
		buf_reset(&k->source);
		buf_addspan(&k->source, json_value_text(file->source, &k->scratch));
		r = read_source(k, digest, large);
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
	bool large;

	if (!file->first || !is_file(k, file))
		return;
	data_path(k, sink, json_value_text(file->source, &scratch), in->key);
	if (read_content(k, file, &large) != 0 ||
	    (large ? sink_add_source(sink, k->path.p, k->source.p, SINK_COPY)
		   : sink_add(sink, k->path.p, buf_span(&k->content))) != 0) {
		missing(k, in->r.pos, k->source.p);
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
		packed_add(&k->files, name, bytes, digest, "application/json");
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
	packed_add(&k->files, "records.jsonl", bytes, digest, "application/jsonlines");
	good = good && add_copy(k, sink, "stats.json") && add_copy(k, sink, "version.json");
	version_croissant(&text, &k->v, &k->o->about, &k->files, "records.jsonl");
	good = good && sink_add(sink, "croissant.json", buf_span(&text)) == 0;
	buf_release(&text);
	return good;
}

/* ---- shards ---- */

struct side {
	struct pack *k;
	struct shards shards;
	struct record r;
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
add_shard_file(struct side *x, const struct named_file *file)
{
	struct pack *k = x->k;
	struct span kind;
	bool large;

	if (!file->first || !is_file(k, file))
		return true;
	if (read_content(k, file, &large) != 0) {
		missing(k, x->r.pos, k->source.p);
		return true;
	}
	kind = shard_kind(k, file);
	k->member[file->number] = xstrdup(shards_path(&x->shards, kind));
	k->counts->files++;
	return shards_add(&x->shards, kind, buf_span(&k->content)) == 0;
}

/* The file, its masks, and its record, which names the masks by their members. */
static bool
add_sample(struct side *x, struct span key, struct span line)
{
	struct pack *k = x->k;
	bool good = shards_sample(&x->shards, key) == 0;

	begin_files(k, line);
	for (size_t i = 0; good && i < k->named.n && !k->o->no_files; i++)
		good = add_shard_file(x, &k->named.v[i]);
	buf_reset(&k->line);
	files_replace(&k->line, line, &k->named, put_mask, k);
	good = good && shards_add(&x->shards, SPAN("json"), buf_span(&k->line)) == 0;
	k->counts->samples++;
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
write_side(struct side *x, const struct pool *p, int usage)
{
	struct shuffled *list = xreallocarray(NULL, p->n + 1, sizeof(*list));
	struct buf line = BUF_INIT;
	size_t n = 0;
	bool good = true;

	for (size_t i = 0; i < p->n; i++)
		if (p->s[i].given == usage)
			list[n++] = (struct shuffled){ p->s[i].hash, (uint32_t)i };
	qsort(list, n, sizeof(*list), shuffled_cmp);
	for (size_t i = 0; good && i < n; i++) {
		const struct pooled *s = &p->s[list[i].sample];

		pool_line(p, s, &line);
		good = rec_parse(&x->r, buf_span(&line), pos_file(x->k->records)) &&
		       add_sample(x, pool_key(p, s), buf_span(&line));
	}
	buf_release(&line);
	free(list);
	return good;
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
	k.reader = source_reader_new(o->form == PACK_TREE ? IN_MEMORY : 0);
	k.members_reader = source_reader_new(0);
	k.records = store_path(s, "versions/%s/records.jsonl", name);
	good = version_load(&k.v, s, name) && pack(&k);
	version_release(&k.v);
	packed_release(&k.files);
	begin_files(&k, SPAN("{}"));
	files_release(&k.named);
	free(k.member);
	source_reader_free(k.reader);
	source_reader_free(k.members_reader);
	buf_release(&k.path);
	buf_release(&k.content);
	buf_release(&k.source);
	buf_release(&k.scratch);
	buf_release(&k.line);
	free(k.records);
	return good;
}
