/* A release, from the first record to the published version: see release.h. */
#include "store/release.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "store/describe.h"
#include "store/diff.h"
#include "store/folder.h"
#include "store/history.h"
#include "store/released.h"
#include "store/store.h"

struct release {
	const struct release_options *o;
	struct plan_options plan;
	struct plan_result result;
	struct pool pool;
	struct split_stream *stream;
	bool direct; /* print as it comes */
	bool has_store;
	struct store store;
	struct work work;
	struct folder folder;
	struct version_info info, parent;
	bool has_parent;
	char *group,
	    *group_match; /* what binds samples, as asked for or as in the parent; NULL: nothing */
	regex_t pattern;  /* of group_match, when it is the parent's */
	bool has_pattern;
	struct content *content; /* of each sample; NULL: no snapshot */
	struct side_contents sides;
	struct staged staged;
	struct snapshot_counts files;
	uint64_t dropped; /* unlabelled samples left out */
	char *name;       /* when it is published */
};

/* ---- beginning ---- */

static bool
find_parent(struct release *r)
{
	const struct release_options *o = r->o;
	char *name;
	bool good;

	if (o->parent && strcmp(o->parent, "none") == 0)
		return true;
	name = store_find(&r->store, o->parent);
	if (name == NULL && o->parent)
		trouble("there is no version '%s' in '%s'", o->parent, o->store);
	if (name == NULL)
		return o->parent == NULL;
	good = version_load(&r->parent, &r->store, name);
	r->has_parent = good;
	free(name);
	return good;
}

/* What belonged together in the parent does so here, unless something else is asked for ("" for nothing). */
static bool
choose_groups(struct release *r, struct pool_rules *rules)
{
	const struct release_options *o = r->o;
	bool asked = o->rules.group || o->rules.group_match;

	if (asked || !r->has_parent) {
		r->group = o->rules.group && *o->rules.group ? xstrdup(o->rules.group) : NULL;
		r->group_match = o->group_text ? xstrdup(o->group_text) : NULL;
	} else {
		r->group = version_text(&r->parent, "group");
		r->group_match = version_text(&r->parent, "group_match");
		r->has_pattern =
		    r->group_match && regcomp(&r->pattern, r->group_match, REG_EXTENDED) == 0;
		if (r->has_pattern)
			rules->group_match = &r->pattern;
	}
	rules->group = r->group;
	if (!rules->near && !o->no_near)
		rules->near = version_near(&r->parent);
	if (o->plan.rule == SPLIT_STREAM && (r->group || r->group_match)) {
		trouble(
		    "version %s keeps groups of samples together, which --stream cannot (--group '' "
		    "gives that up)",
		    r->parent.name);
		return false;
	}
	return true;
}

/* The parent's way of telling samples apart goes on; with another key nothing of its split could be kept. */
static bool
choose_rules(struct release *r, struct pool_rules *rules)
{
	const struct release_options *o = r->o;
	const char *key = r->has_parent ? r->parent.key : "id";

	*rules = o->rules;
	if (rules->key == NULL)
		rules->key = key;
	if (r->has_parent && strcmp(rules->key, key) != 0) {
		trouble(
		    "version %s knows its samples by \"%s\"; with --key %s none of them would keep "
		    "its usage (--parent none begins anew)",
		    r->parent.name, key, rules->key);
		return false;
	}
	r->info.seed = xstrdup(o->seed ? o->seed : r->has_parent ? r->parent.seed : "");
	r->info.key = xstrdup(rules->key);
	rules->seed = span_str(r->info.seed);
	return choose_groups(r, rules);
}

static bool
open_store(struct release *r)
{
	char *ver;
	bool good;

	if (!store_open(&r->store, r->o->store, STORE_CREATE))
		return false;
	r->has_store = true;
	work_sweep(&r->store);
	if (!find_parent(r) || !work_open(&r->work, &r->store))
		return false;
	ver = xasprintf("%s/ver", r->work.dir);
	good = folder_open(&r->folder, ver);
	free(ver);
	return good;
}

static const char *
temporary_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

struct release *
release_begin(const struct release_options *o)
{
	struct release *r = xcalloc(1, sizeof(*r));
	struct pool_rules rules;

	r->o = o;
	r->plan = o->plan;
	r->pool.fd = r->work.fd = r->store.lock = -1;
	r->direct = !o->store && o->plan.ratio.sides && o->plan.rule != SPLIT_EXACT;
	if ((o->store && !open_store(r)) || !choose_rules(r, &rules) ||
	    !pool_open(&r->pool, o->store ? r->work.dir : temporary_folder(), &rules)) {
		release_end(r);
		return NULL;
	}
	r->plan.parent = r->has_parent;
	r->plan.apart = o->unlabelled == UNLABELLED_APART;
	r->plan.past_folds = o->plan.folds && r->parent.folds == (uint64_t)o->plan.ratio.sides;
	if (r->direct && o->plan.rule == SPLIT_STREAM)
		r->stream = split_stream_new(&o->plan.ratio);
	return r;
}

void
release_end(struct release *r)
{
	if (r == NULL)
		return;
	pool_release(&r->pool);
	split_stream_free(r->stream);
	snapshot_drop(&r->store, &r->work, &r->o->files, &r->staged);
	folder_release(&r->folder);
	work_close(&r->work);
	version_release(&r->info);
	version_release(&r->parent);
	if (r->has_pattern)
		regfree(&r->pattern);
	free(r->group);
	free(r->group_match);
	if (r->has_store)
		store_close(&r->store);
	free(r->content);
	free(r->sides.v);
	free(r->name);
	free(r);
}

/* ---- taking records in ---- */

static struct released
released_of(const struct release *r)
{
	return (struct released){ .p = &r->pool,
		.content = r->content,
		.sides = &r->sides,
		.folds = r->plan.folds,
		.clear_hard = r->o->clear_hard };
}

static void
print_sample(struct released *x, const struct pooled *s, struct span line, struct out *out)
{
	released_add(x, s, line, &out->b);
	buf_addc(&out->b, '\n');
	out_tick(out);
}

/* Print what was just taken in and forget it: memory stays the same however long the input is. */
static void
print_now(struct release *r, const struct record *rec)
{
	struct pooled *s = &r->pool.s[0];
	struct released x = released_of(r);

	if (rec->header) {
		rec_write(out_stdout(), rec, NULL, 0);
		return;
	}
	plan_each(&r->pool, &r->plan, r->stream, &r->result);
	print_sample(&x, s, rec->line, out_stdout());
	released_release(&x);
	pool_forget(&r->pool);
}

void
release_add(struct release *r, const struct record *rec)
{
	if (!rec->header && r->o->unlabelled == UNLABELLED_OUT && !rec_annotated(rec)) {
		r->dropped++;
		return;
	}
	if (!pool_add(&r->pool, rec))
		return;
	if (r->direct)
		print_now(r, rec);
}

/* ---- the files of the version ---- */

static void
write_ledger(struct release *r, bool *good)
{
	struct history *h;
	struct out out;
	char *dir;

	if (!r->has_parent)
		return;
	dir = store_path(&r->store, "versions/%s", r->parent.name);
	if (!version_intact(&r->parent, dir)) {
		*good = false;
		free(dir);
		return;
	}
	h = history_open(dir, r->parent.name, r->info.key);
	folder_begin(&r->folder, "ledger.jsonl", &out);
	*good = h && history_apply(h, &r->pool, &out);
	folder_end(&r->folder, "ledger.jsonl", &out, NULL);
	history_close(h);
	free(dir);
}

struct writing {
	struct release *r;
	struct out records, manifest;
	struct buf line, final, form, side_name, side;
	struct released changes;
	struct record rec;
};

static void
write_manifest_line(struct writing *w, const struct pooled *s)
{
	const struct manifest_form *form = &w->r->o->manifest;

	buf_reset(&w->form);
	buf_reset(&w->side_name);
	buf_reset(&w->side);
	if (!rec_parse(&w->rec, buf_span(&w->final), POS_NONE))
		return;
	form->line(form->ctx, &w->rec, &w->form, &w->side_name, &w->side);
	buf_addspan(&w->manifest.b, buf_span(&w->form));
	buf_addc(&w->manifest.b, '\n');
	out_tick(&w->manifest);
	if (w->side_name.n && folder_name_ok(buf_span(&w->side_name)))
		folder_put(&w->r->folder, w->side_name.p, buf_span(&w->side));
	(void)s;
}

static void
write_sample(struct writing *w, const struct pooled *s)
{
	pool_line(&w->r->pool, s, &w->line);
	buf_reset(&w->final);
	released_add(&w->changes, s, buf_span(&w->line), &w->final);
	buf_addspan(&w->records.b, buf_span(&w->final));
	buf_addc(&w->records.b, '\n');
	out_tick(&w->records);
	version_count(&w->r->info, &w->r->pool, s);
	if (w->r->o->manifest.line)
		write_manifest_line(w, s);
}

/* Sorted by key, so the bytes do not depend on the order of the input. */
static void
write_records(struct release *r)
{
	struct writing w = { .r = r, .changes = released_of(r) };

	folder_begin(&r->folder, "records.jsonl", &w.records);
	folder_begin(&r->folder, "manifest", &w.manifest);
	if (r->pool.dataset.seen)
		dataset_write(&r->pool.dataset, &w.records.b);
	for (size_t k = 0; k < r->pool.n; k++)
		write_sample(&w, &r->pool.s[r->pool.order[k]]);
	folder_end(&r->folder, "records.jsonl", &w.records, r->info.id);
	folder_end(&r->folder, "manifest", &w.manifest, NULL);
	buf_release(&w.line);
	buf_release(&w.final);
	buf_release(&w.form);
	buf_release(&w.side_name);
	buf_release(&w.side);
	released_release(&w.changes);
	rec_release(&w.rec);
}

/* What changed since the parent, and so the version's number by Croissant's rule. */
static void
compare_with_parent(struct release *r)
{
	char *before = store_path(&r->store, "versions/%s/records.jsonl", r->parent.name);
	char *after = xasprintf("%s/records.jsonl", r->folder.dir);
	struct diff_counts c;
	struct keyed a, b;

	keyed_open_sorted(&a, before, r->info.key);
	keyed_open_sorted(&b, after, r->info.key);
	diff_run(&a, &b, DIFF_NONE, NULL, NULL, &c);
	if (a.bad || b.bad)
		die("nothing is published, because the versions cannot be compared");
	r->info.added = c.added;
	r->info.modified = c.changed;
	r->info.deleted = c.removed;
	r->info.semver = diff_semver(&c, r->parent.semver);
	keyed_close(&a);
	keyed_close(&b);
	free(before);
	free(after);
}

/* Called with the name that the version gets: the files that carry it. */
static bool
name_files(void *ctx, const char *name)
{
	struct release *r = ctx;
	char *manifest = xasprintf("%s.manifest", name), *before;
	struct buf text = BUF_INIT;

	before = r->info.name ? xasprintf("%s.manifest", r->info.name) : xstrdup("manifest");
	if (r->info.name) { /* somebody else took that name */
		folder_drop(&r->folder, "SHA256SUMS");
		folder_drop(&r->folder, "version.json");
		free(r->info.name);
	}
	r->info.name = xstrdup(name);
	folder_rename(&r->folder, before, manifest);
	version_describe(&r->info, &text);
	folder_put(&r->folder, "version.json", buf_span(&text));
	folder_seal(&r->folder);
	buf_release(&text);
	free(before);
	free(manifest);
	return true;
}

/* ---- publishing ---- */

/* Who asks for pictures that look alike has to know which were not looked at. */
static void
warn_unpictured(const struct release *r)
{
	uint64_t n = 0;

	if (r->o->max_leak == UINT64_MAX && !r->pool.rules.near)
		return;
	for (size_t i = 0; i < r->pool.n; i++)
		n += !r->pool.s[i].pictured;
	if (n)
		warning_at(POS_NONE, "no-phash",
		    "%llu of %zu samples %s is not known (ds-clean --signals adds it)",
		    (unsigned long long)n, r->pool.n,
		    n == 1 ? "has no phash, so what looks like it"
			   : "have no phash, so what looks like them");
}

/* Pictures that test and look like one that trains. Without a limit the search is not worth minutes. */
static void
check_near(const struct release *r)
{
	const struct release_options *o = r->o;
	uint64_t n;

	warn_unpictured(r);
	if (!r->pool.phash || (o->max_leak == UINT64_MAX && r->pool.n > 500000))
		return;
	n = plan_near_leaks(&r->pool, o->near_distance, o->near_named);
	if (n > o->max_leak)
		error_at(POS_NONE, "near-leak",
		    "%llu %s like one that trains; --max-leak allows %llu (--group-near keeps them "
		    "together)",
		    COUNTED(n, "sample that tests looks", "samples that test look"),
		    (unsigned long long)o->max_leak);
	else if (n)
		say("%llu %s like one that trains (--max-leak N makes more than N an error)",
		    COUNTED(n, "sample that tests looks", "samples that test look"));
}

/* Everything that would make a version that nobody should train on. */
static bool
may_publish(const struct release *r)
{
	const struct plan_result *x = &r->result;
	enum diag_level level = r->o->allow_leak ? DIAG_WARNING : DIAG_ERROR;
	uint64_t before = diag_count(DIAG_ERROR);

	if (r->pool.n == 0)
		error_at(POS_NONE, "empty", "there is no sample; nothing is published");
	if (x->missing)
		error_at(POS_NONE, "usage-missing",
		    "%llu %s no usage, and --usage require is given",
		    COUNTED(x->missing, "sample has", "samples have"));
	if (x->conflicts)
		diag(level, POS_NONE, "leak",
		    "%llu %s of samples that belong together (same content or group) %s on two sides by "
		    "their earlier %s%s",
		    COUNTED(x->conflicts, "group", "groups"), x->conflicts == 1 ? "is" : "are",
		    r->plan.folds ? "fold" : "usage",
		    r->o->allow_leak ? "" : "; --allow-leak publishes them all the same");
	if (x->spoiled)
		diag(plan_usage(&r->plan) == USAGE_RESET ? DIAG_WARNING : level, POS_NONE, "ledger",
		    "%llu %s trained on in an earlier version",
		    COUNTED(x->spoiled, "sample that tests was", "samples that test were"));
	check_near(r);
	return diag_count(DIAG_ERROR) == before;
}

static void
journal(const struct release *r)
{
	struct buf b = BUF_INIT;

	jw_member_str(&b, "version", r->name);
	jw_key(&b, "version_id");
	buf_addc(&b, '"');
	sha256_hex(&b, r->info.id);
	buf_addc(&b, '"');
	if (r->has_parent)
		jw_member_str(&b, "previous", r->parent.name);
	jw_member_u64(&b, "samples", r->info.total);
	store_journal(&r->store, "publishDatasetVersion", buf_span(&b));
	buf_release(&b);
}

static bool
publish(struct release *r)
{
	const struct release_options *o = r->o;
	struct version_info *v = &r->info;
	struct buf stats = BUF_INIT;

	v->plan = &r->plan;
	v->result = &r->result;
	v->parent = r->has_parent ? &r->parent : NULL;
	v->ratio_text = o->ratio_text;
	v->description = o->description;
	v->group = r->group;
	v->group_match = r->group_match;
	v->near = r->pool.rules.near;
	v->clear_hard = o->clear_hard;
	v->allow_leak = o->allow_leak;
	v->snapshot = o->snapshot;
	r->folder.many = o->manifest.files;
	write_records(r);
	if (r->has_parent) {
		compare_with_parent(r);
	} else {
		v->added = v->total;
		v->semver = xstrdup("1.0.0");
	}
	version_stats(v, &stats);
	folder_put(&r->folder, "stats.json", buf_span(&stats));
	buf_release(&stats);
	version_warn_classes(v);
	if (o->snapshot)
		snapshot_publish(&r->store, &r->work, &o->files, &r->staged);
	r->name = store_publish(&r->store, &r->work, o->name, name_files, r);
	if (r->name)
		journal(r);
	return r->name != NULL;
}

/* The files go into the store, and equal contents bind their samples. */
static bool
take_snapshot(struct release *r)
{
	struct pool *p = &r->pool;
	struct buf hex = BUF_INIT;
	bool good;

	r->content = xcalloc(p->n + 1, sizeof(*r->content));
	good = snapshot_take(
	    &r->store, &r->work, p, &r->o->files, r->content, &r->sides, &r->staged, &r->files);
	for (size_t i = 0; good && i < p->n; i++) {
		if (!r->content[i].known)
			continue;
		buf_reset(&hex);
		sha256_hex(&hex, r->content[i].digest);
		pool_bind(p, i, buf_span(&hex));
	}
	buf_release(&hex);
	return good;
}

bool
release_publish(struct release *r)
{
	bool good = true;

	if (r->direct)
		return true;
	pool_sort(&r->pool);
	if (r->o->snapshot && !take_snapshot(r))
		return false;
	write_ledger(r, &good);
	plan_release(&r->pool, &r->plan, &r->result);
	if (!good || !may_publish(r))
		return false;
	return r->has_store ? publish(r) : true;
}

/* ---- the records again, in the order of the input ---- */

void
release_print(struct release *r, struct out *out)
{
	const struct pool *p = &r->pool;
	size_t h = 0, i = 0;
	struct released x = released_of(r);
	struct buf line = BUF_INIT;

	if (r->direct)
		return;
	while (h < p->nheader || i < p->n)
		if (h < p->nheader && (i == p->n || p->header[h].line < p->s[i].line)) {
			pool_line(p, &p->header[h++], &line);
			buf_addspan(&out->b, buf_span(&line));
			buf_addc(&out->b, '\n');
			out_tick(out);
		} else {
			pool_line(p, &p->s[i], &line);
			print_sample(&x, &p->s[i], buf_span(&line), out);
			i++;
		}
	released_release(&x);
	buf_release(&line);
}

static void
say_sides(const struct release *r, struct buf *b)
{
	for (int s = 0; s < r->plan.ratio.sides; s++) {
		const struct split_side *x = &r->result.side[s];

		buf_adds(b, s ? ", " : ": ");
		if (r->plan.folds)
			buf_addf(b, "fold %d ", s);
		else
			buf_addf(b, "%s ", usage_name[s]);
		num_add_u64(b, x->got);
	}
}

static void
warn_ratio(int side, const struct split_side *x)
{
	struct buf why = BUF_INIT;

	if (x->locked)
		buf_addf(&why, "%llu %s earlier usage",
		    COUNTED(x->locked, "is fixed there by its", "are fixed there by their"));
	else
		buf_adds(&why,
		    "samples that belong together, or classes that have to be on every side, do not "
		    "allow it");
	warning_at(POS_NONE, "ratio", "%s has %llu %s and not %llu: %s", usage_name[side],
	    COUNTED(x->got, "sample", "samples"), (unsigned long long)x->target, why.p);
	buf_release(&why);
}

void
release_say(const struct release *r)
{
	struct buf b = BUF_INIT;

	if (r->name)
		buf_addf(
		    &b, "version %s of %llu %s", r->name, COUNTED(r->pool.n, "sample", "samples"));
	else
		buf_adds(&b, "usage");
	say_sides(r, &b);
	say("%s", buf_str(&b));
	buf_release(&b);
	for (int s = 1; s < r->plan.ratio.sides; s++) {
		const struct split_side *x = &r->result.side[s];
		uint64_t off = x->got > x->target ? x->got - x->target : x->target - x->got;

		if (off && r->plan.rule == SPLIT_EXACT && !r->plan.folds)
			warn_ratio(s, x);
	}
	if (r->o->snapshot)
		say("%llu %s of %llu bytes; %llu new %s of %llu bytes; %llu %s not change",
		    COUNTED(r->files.files, "file", "files"), (unsigned long long)r->files.bytes,
		    COUNTED(r->files.added, "object", "objects"),
		    (unsigned long long)r->files.added_bytes,
		    COUNTED(r->files.unread, "file did", "files did"));
	if (r->files.no_file)
		say("%llu %s",
		    COUNTED(r->files.no_file, "source is no file; the snapshot does not hold it",
			"sources are no files; the snapshot does not hold them"));
	if (r->result.cleared)
		say("the usage of %llu %s was not kept (--usage keep keeps it)",
		    COUNTED(r->result.cleared, "record", "records"));
	if (r->result.refolded && r->parent.folds && !r->plan.past_folds)
		say("version %s has %llu folds and not %d, so its folds were not kept",
		    r->parent.name, (unsigned long long)r->parent.folds, r->plan.ratio.sides);
	else if (r->result.refolded)
		say("%llu %s had another fold", COUNTED(r->result.refolded, "record", "records"));
	if (r->result.reentered)
		say("%llu %s in TRAIN now",
		    COUNTED(r->result.reentered, "sample that tested in an earlier version is",
			"samples that tested in an earlier version are"));
	if (r->result.overruled)
		say("%llu %s the usage of version %s against that of the input",
		    COUNTED(r->result.overruled, "record keeps", "records keep"), r->parent.name);
	if (r->result.held)
		say("%llu new %s to samples on two sides",
		    COUNTED(r->result.held, "sample has no usage: it belongs",
			"samples have no usage: they belong"));
	if (r->dropped)
		say("%llu unlabelled %s left out (--unlabelled out)",
		    COUNTED(r->dropped, "sample was", "samples were"));
}
