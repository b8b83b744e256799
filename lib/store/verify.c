/* Is a version what was published: see verify.h. */
#include "store/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/ordered.h"
#include "base/path.h"
#include "base/sha256.h"
#include "store/describe.h"
#include "record/files.h"
#include "store/folder.h"
#include "store/history.h"
#include "store/keyed.h"

struct verify {
	const char *store, *dir;
	const struct verify_options *o;
	struct verify_result *result;
	struct version_info info; /* as described */
	struct version_info seen; /* as counted */
	struct strmap files;      /* named in SHA256SUMS */
};

static char *
file_in(const struct verify *v, const char *name)
{
	return xasprintf("%s/%s", v->dir, name);
}

/* ---- checksums, in parallel ---- */

/* One file and what it should be. */
struct check {
	struct buf path, name;
	char hex[SHA256_HEX + 1];
	uint64_t bytes; /* UINT64_MAX: any */
	uint64_t read;
	bool hash;
};

/* Where the next one to check comes from. */
struct checks {
	struct verify *v;
	bool (*next)(struct checks *c, struct check *job);
	const char *rule;
	struct input sums;        /* of SHA256SUMS */
	struct keyed *keyed;      /* of the records */
	struct named_files files; /* of the sample last read */
	size_t at;                /* the next of them */
};

static bool
take_check(void *ctx, void *job)
{
	struct checks *c = ctx;
	struct check *k = job;

	buf_reset(&k->path);
	buf_reset(&k->name);
	k->bytes = UINT64_MAX;
	k->read = 0;
	k->hash = true;
	return c->next(c, k);
}

static void
do_check(void *ctx, void *job)
{
	const struct checks *c = ctx;
	unsigned char digest[SHA256_SIZE];
	struct check *k = job;
	struct buf hex = BUF_INIT;
	struct stat st;

	if (stat(k->path.p, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			error_at(pos_file(k->path.p), "missing", "the file is not there");
		else
			trouble("cannot look at '%s':", k->path.p);
		return;
	}
	if (k->bytes != UINT64_MAX && (uint64_t)st.st_size != k->bytes) {
		error_at(pos_file(k->path.p), c->rule, "%llu bytes, not %llu",
		    (unsigned long long)st.st_size, (unsigned long long)k->bytes);
		return;
	}
	if (!k->hash)
		return;
	if (sha256_file(AT_FDCWD, k->path.p, digest, &k->read) != 0) {
		trouble("cannot read '%s':", k->path.p);
		return;
	}
	sha256_hex(&hex, digest);
	if (strcmp(hex.p, k->hex) != 0)
		error_at(pos_file(k->path.p), c->rule, "its SHA-256 is not the one it should have");
	buf_release(&hex);
}

static void
count_check(void *ctx, void *job)
{
	struct checks *c = ctx;
	struct check *k = job;

	c->v->result->files++;
	c->v->result->bytes += k->read;
}

static void
release_check(void *job)
{
	struct check *k = job;

	buf_release(&k->path);
	buf_release(&k->name);
}

static void
run_checks(struct checks *c)
{
	struct ordered o = { .size = sizeof(struct check),
		.ctx = c,
		.take = take_check,
		.work = do_check,
		.give = count_check,
		.release = release_check };

	ordered_run(&o, c->v->o->jobs);
}

/* ---- the files of the version ---- */

static bool
is_hex(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == SHA256_HEX;
}

/* A line of SHA256SUMS: 64 digits, two blanks, a name. */
static bool
next_sum(struct checks *c, struct check *k)
{
	struct span line, hex, name;

	while (input_line(&c->sums, &line)) {
		hex = (struct span){ line.p, line.n < SHA256_HEX ? line.n : SHA256_HEX };
		name = line.n > SHA256_HEX + 2 ? span_of(line.p + SHA256_HEX + 2, line.p + line.n)
					       : SPAN_NONE;
		if (!is_hex(hex) || !folder_name_ok(name)) {
			error_at(input_pos(&c->sums, 0), "checksum",
			    "not a line of checksum and file name");
			continue;
		}
		memcpy(k->hex, hex.p, SHA256_HEX);
		k->hex[SHA256_HEX] = '\0';
		buf_addf(&k->path, "%s/%.*s", c->v->dir, SPAN_ARG(name));
		strmap_put(&c->v->files, name, 1, NULL);
		return true;
	}
	return false;
}

static void
check_present(struct verify *v)
{
	static const char *const needed[] = { "records.jsonl", "version.json", "stats.json" };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!strmap_find(&v->files, span_str(needed[i])))
			error_at(
			    pos_file(v->dir), "missing", "SHA256SUMS does not name %s", needed[i]);
}

static struct verify *walking; /* nftw(3) has no argument for it */

static int
check_named(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + strlen(walking->dir) + 1;

	(void)st;
	(void)ftw;
	if (type == FTW_D || type == FTW_DP || strcmp(name, "SHA256SUMS") == 0)
		return 0;
	if (!strmap_find(&walking->files, span_str(name)))
		error_at(pos_file(path), "extra", "the file is not part of the version");
	return 0;
}

static bool
verify_files(struct verify *v)
{
	struct checks c = { .v = v, .next = next_sum, .rule = "checksum" };
	char *path = file_in(v, "SHA256SUMS");
	bool there = access(path, F_OK) == 0;

	if (!there)
		error_at(pos_file(path), "missing", "the version has no checksums");
	else if (input_open(&c.sums, path)) {
		run_checks(&c);
		input_close(&c.sums);
		check_present(v);
		walking = v;
		nftw(v->dir, check_named, 16, FTW_PHYS);
	}
	free(path);
	return there;
}

/* ---- the records ---- */

/* The next line of the manifest is about the record; false: there is none. */
static bool
check_manifest(struct keyed *k, struct input *manifest, struct record *m)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct span line;

	if (!input_line(manifest, &line)) {
		error_at(pos_file(manifest->name), "manifest", "it ends before the records do");
		return false;
	}
	if (rec_parse(m, line, input_pos(manifest, 0)) &&
	    (!span_eq(rec_string(m, REC_SOURCE, &a), rec_string(&k->r, REC_SOURCE, &b)) ||
		!span_eq(m->v[REC_USAGE], k->r.v[REC_USAGE])))
		error_at(m->pos, "manifest", "source or usage is not that of line %llu of %s",
		    (unsigned long long)k->r.pos.line, k->r.pos.file);
	buf_release(&a);
	buf_release(&b);
	return true;
}

/* Take all records into a pool; order, form and the manifest are checked on the way. */
static void
read_records(struct verify *v, struct pool *p)
{
	char *path = file_in(v, "records.jsonl"), *name = xasprintf("%s.manifest", v->info.name);
	char *manifest_path = file_in(v, name);
	struct input manifest;
	struct record m = { .m = NULL };
	struct span line;
	struct keyed k;
	bool has_manifest =
	    access(manifest_path, F_OK) == 0 && input_open(&manifest, manifest_path);
	bool more = has_manifest;

	keyed_open_sorted(&k, path, v->info.key);
	while (keyed_next(&k)) {
		v->result->samples++;
		pool_add(p, &k.r);
		p->s[p->n - 1].usage = p->s[p->n - 1].given;
		more = more && check_manifest(&k, &manifest, &m);
	}
	if (more && input_line(&manifest, &line))
		error_at(input_pos(&manifest, 0), "manifest", "it goes on after the records end");
	if (has_manifest)
		input_close(&manifest);
	rec_release(&m);
	keyed_close(&k);
	free(path);
	free(name);
	free(manifest_path);
}

static void
check_counts(struct verify *v, const struct pool *p)
{
	struct buf text = BUF_INIT;
	char *path = file_in(v, "version.json");

	for (size_t i = 0; i < p->n; i++)
		version_count(&v->seen, p, &p->s[i]);
	version_describe_counts(&v->seen, &text);
	if (!strstr(v->info.text, text.p))
		error_at(pos_file(path), "counts",
		    "its counts of samples, usages and classes are not those of the records");
	buf_release(&text);
	free(path);
}

/* What the ratio asks for, against what is there. It may be out of reach by the locks, so it is only noted. */
static void
check_ratio(struct verify *v)
{
	char *ratio = version_text(&v->info, "train_evaluate_sample_ratio");
	const struct by_usage *n = &v->seen.usage;
	char *path = file_in(v, "version.json");
	const char *why;
	uint64_t all = 0;
	struct ratio r;

	if (ratio &&
	    (ratio_parse(&r, span_str(ratio)) || ratio_parse_list(&r, span_str(ratio), &why))) {
		for (int s = 0; s < r.sides; s++)
			all += n->n[s];
		for (int s = 1; s < r.sides; s++)
			if (n->n[s] != ratio_target(&r, s, all))
				note_at(pos_file(path), "ratio",
				    "%s has %llu %s; a ratio of %s asks for %llu", usage_name[s],
				    COUNTED(n->n[s], "sample", "samples"), ratio,
				    (unsigned long long)ratio_target(&r, s, all));
	}
	free(ratio);
	free(path);
}

/* Where a sample is: its fold if the version has folds, else its usage; -1: nowhere that matters. */
static int
side_of(const struct verify *v, const struct pooled *s)
{
	if (v->info.folds)
		return s->given_fold;
	return s->usage == USAGE_INFERENCE ? -1 : s->usage;
}

static void
add_side(struct buf *b, const struct verify *v, int side)
{
	buf_reset(b);
	if (v->info.folds)
		buf_addf(b, "in fold %d", side);
	else
		buf_adds(b, usage_name[side]);
}

/* Samples that belong together and are on two sides. */
static void
check_leaks(struct verify *v, const struct pool *p)
{
	enum { NAMED = 10 };

	uint32_t *root = plan_bind(p);
	int8_t *side = xmalloc(p->n + 1);
	bool allowed = version_flag(&v->info, "allow_leak");
	char *path = file_in(v, "records.jsonl");
	struct buf x = BUF_INIT, y = BUF_INIT;
	uint64_t n = 0;

	memset(side, -1, p->n + 1);
	for (size_t i = 0; i < p->n; i++) {
		int8_t *s = &side[root[i]];
		int here = side_of(v, &p->s[i]);

		if (here < 0 || *s == here)
			continue;
		if (*s < 0) {
			*s = (int8_t)here;
		} else if (n++ < NAMED) {
			add_side(&x, v, here);
			add_side(&y, v, *s);
			diag(allowed ? DIAG_WARNING : DIAG_ERROR, pos_file(path), "leak",
			    "\"%.*s\" is %s, and a sample that it belongs with (same content or "
			    "group) is %s",
			    SPAN_ARG(pool_key(p, &p->s[i])), x.p, y.p);
		}
	}
	if (n > NAMED)
		note_at(pos_file(path), "leak", "%llu such samples in all", (unsigned long long)n);
	buf_release(&x);
	buf_release(&y);
	free(path);
	free(side);
	free(root);
}

/* ---- the ledger ---- */

/* No sample that tests was trained on in an ancestor. */
static void
check_ledger_usage(struct verify *v, const struct pool *p, const char *path)
{
	bool reset =
	    version_flag(&v->info, "remove_sample_usage") || version_flag(&v->info, "allow_leak");
	struct buf key = BUF_INIT;
	struct span line;
	struct input in;
	uint8_t ever;
	size_t i = 0;

	if (!input_open(&in, path))
		return;
	while (input_line(&in, &line)) {
		if (!ledger_parse(line, &key, &ever)) {
			error_at(input_pos(&in, 0), "ledger", "this is no line of a ledger");
			continue;
		}
		while (i < p->n && span_cmp(pool_key(p, &p->s[p->order[i]]), buf_span(&key)) < 0)
			i++;
		for (; i < p->n && span_eq(pool_key(p, &p->s[p->order[i]]), buf_span(&key)); i++) {
			int u = p->s[p->order[i]].usage;

			if ((u == USAGE_EVAL || u == USAGE_TEST) && ever & 1 << USAGE_TRAIN)
				diag(reset ? DIAG_WARNING : DIAG_ERROR, input_pos(&in, 0), "ledger",
				    "\"%s\" is %s, and was TRAIN in an earlier version", key.p,
				    usage_name[u]);
		}
	}
	input_close(&in);
	buf_release(&key);
}

/* The ledger is the parent's ledger and records put together, when the parent is still there. */
static void
check_ledger_origin(struct verify *v, const char *path, const char *parent)
{
	char *dir = xasprintf("%s/versions/%s", v->store, parent);
	struct past past = { .usage = USAGE_NONE };
	struct history *h;
	struct span line;
	struct input in;
	bool same = true;

	if (access(dir, F_OK) == 0 && input_open(&in, path)) {
		h = history_open(dir, parent, v->info.key);
		while (same && history_next(h, &past))
			same = input_line(&in, &line) && span_eq(line, buf_span(&past.line));
		same = same && !input_line(&in, &line);
		if (!same)
			error_at(input_pos(&in, 0), "ledger",
			    "it is not what version %s and its ledger say", parent);
		history_close(h);
		input_close(&in);
	}
	past_release(&past);
	free(dir);
}

static void
verify_ledger(struct verify *v, const struct pool *p)
{
	struct span previous = json_member(span_str(v->info.text), "previous");
	struct span name = json_type_of(previous) == JSON_OBJECT
			       ? json_unquote(json_member(previous, "name"))
			       : SPAN_NONE;
	char *path = file_in(v, "ledger.jsonl"), *parent = xstrndup(name.p ? name.p : "", name.n);

	if (!name.p)
		; /* a first version has no ancestors */
	else if (access(path, F_OK) != 0)
		error_at(pos_file(path), "missing", "a version with a parent has a ledger");
	else {
		check_ledger_usage(v, p, path);
		if (v->store && version_name_ok(name))
			check_ledger_origin(v, path, parent);
	}
	free(path);
	free(parent);
}

/* ---- objects and sources ---- */

/* The next file that a sample names. */
static const struct named_file *
next_named(struct checks *c)
{
	do {
		while (c->at < c->files.n)
			if (c->files.v[c->at++].first)
				return &c->files.v[c->at - 1];
		c->at = 0;
		if (!keyed_next(c->keyed))
			break;
		files_find(&c->files, c->keyed->r.line);
	} while (true);
	c->files.n = 0;
	return NULL;
}

static void
expect(struct check *k, const struct named_file *file)
{
	struct span hex = json_unquote(file->sha256);

	k->hash = is_hex(hex);
	if (k->hash)
		memcpy(k->hex, hex.p, SHA256_HEX);
	k->hex[SHA256_HEX] = '\0';
	if (!file->bytes.p || !num_parse_u64(file->bytes, &k->bytes))
		k->bytes = UINT64_MAX;
}

static bool
next_object(struct checks *c, struct check *k)
{
	const struct named_file *file;

	while ((file = next_named(c)) != NULL) {
		expect(k, file);
		if (!k->hash)
			continue; /* it was no file */
		buf_addf(&k->path, "%s/objects/%.2s/%s", c->v->store, k->hex, k->hex + 2);
		k->hash = !c->v->o->quick;
		return true;
	}
	return false;
}

static bool
next_source(struct checks *c, struct check *k)
{
	const struct named_file *file;
	struct buf scratch = BUF_INIT;
	bool found = false;

	while (!found && (file = next_named(c)) != NULL) {
		struct span s = json_value_text(file->source, &scratch);

		expect(k, file);
		k->hash = k->hash && !c->v->o->quick;
		found = s.p && !path_is_uri(s) && !memmem(s.p, s.n, "!/", 2);
		if (found)
			buf_addspan(&k->path, s);
	}
	buf_release(&scratch);
	return found;
}

static void
check_contents(struct verify *v, const char *rule, bool (*next)(struct checks *, struct check *))
{
	char *path = file_in(v, "records.jsonl");
	struct keyed k;
	struct checks c = { .v = v, .next = next, .rule = rule, .keyed = &k };

	keyed_open_sorted(&k, path, v->info.key);
	run_checks(&c);
	keyed_close(&k);
	files_release(&c.files);
	free(path);
}

/* ---- the whole ---- */

static void
verify_split(struct verify *v)
{
	struct pool_rules rules = { .key = v->info.key, .seed = span_str(v->info.seed) };
	char *group = version_text(&v->info, "group"),
	     *match = version_text(&v->info, "group_match");
	struct pool p;
	regex_t re;

	rules.group = group;
	if (!v->o->quick) {
		rules.near = version_near(&v->info);
		rules.jobs = v->o->jobs;
	}
	if (match && regcomp(&re, match, REG_EXTENDED) == 0)
		rules.group_match = &re;
	if (pool_open(&p, NULL, &rules)) {
		read_records(v, &p);
		pool_sort(&p);
		check_counts(v, &p);
		check_ratio(v);
		check_leaks(v, &p);
		verify_ledger(v, &p);
		version_release(&v->seen);
		pool_release(&p);
	}
	if (rules.group_match)
		regfree(&re);
	free(group);
	free(match);
}

bool
verify_version(const char *store, const char *dir, const struct verify_options *o,
    struct verify_result *result)
{
	struct verify v = { .store = store, .dir = dir, .o = o, .result = result };
	uint64_t before = diag_count(DIAG_ERROR);
	bool good;

	*result = (struct verify_result){ .files = 0 };
	verify_files(&v);
	good = version_load_dir(&v.info, dir);
	if (good) {
		version_intact(&v.info, dir);
		if (strcmp(v.info.name, path_base(dir)) != 0)
			error_at(pos_file(dir), "name", "the version calls itself %s", v.info.name);
		verify_split(&v);
		if (store && version_flag(&v.info, "export_images"))
			check_contents(&v, "object", next_object);
		if (o->sources)
			check_contents(&v, "source", next_source);
	}
	result->findings = diag_count(DIAG_ERROR) - before;
	version_release(&v.info);
	strmap_release(&v.files);
	return good;
}
