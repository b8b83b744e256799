/* What version.json says: see describe.h. */
#include "store/describe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/input.h"
#include "base/num.h"
#include "json/json.h"
#include "json/write.h"

/* ---- reading ---- */

static char *
text_member(struct span object, const char *key)
{
	struct buf scratch = BUF_INIT;
	struct span v = json_member(object, key);
	char *s = NULL;

	if (json_type_of(v) == JSON_STRING) {
		v = json_value_text(v, &scratch);
		s = xstrndup(v.p, v.n);
	}
	buf_release(&scratch);
	return s;
}

bool
version_load(struct version_info *v, const struct store *s, const char *name)
{
	char *dir = store_path(s, "versions/%s", name);
	bool good = version_load_dir(v, dir);

	free(dir);
	return good;
}

bool
version_load_dir(struct version_info *v, const char *dir)
{
	char *path = xasprintf("%s/version.json", dir);
	struct buf text = BUF_INIT;
	struct span object;

	*v = (struct version_info){ .name = NULL };
	if (file_read(AT_FDCWD, path, (size_t)1 << 30, &text) != 0) {
		trouble("cannot read '%s':", path);
	} else if (object = span_trim(buf_span(&text)), json_valid(object)) {
		v->name = text_member(object, "name");
		v->id_hex = text_member(object, "version_id");
		v->key = text_member(object, "key");
		v->seed = text_member(object, "seed");
		v->semver = text_member(object, "semver");
		num_parse_u64(json_member(object, "kfold"), &v->folds);
		v->text = xstrndup(object.p, object.n);
	}
	if (text.p && !(v->name && v->id_hex && v->key && v->seed && v->semver))
		trouble("'%s' does not describe a version; ds-verify tells what is damaged", path);
	buf_release(&text);
	free(path);
	return v->name && v->id_hex && v->key && v->seed && v->semver;
}

char *
version_text(const struct version_info *v, const char *key)
{
	return text_member(span_str(v->text), key);
}

bool
version_flag(const struct version_info *v, const char *key)
{
	return json_type_of(json_member(span_str(v->text), key)) == JSON_TRUE;
}

int
version_near(const struct version_info *v)
{
	uint64_t bits;

	if (v->text && num_parse_u64(json_member(span_str(v->text), "group_near"), &bits) &&
	    bits < 64)
		return (int)bits + 1;
	return 0;
}

void
version_release(struct version_info *v)
{
	free(v->name);
	free(v->key);
	free(v->seed);
	free(v->semver);
	free(v->id_hex);
	free(v->text);
	free(v->class);
	*v = (struct version_info){ .name = NULL };
}

bool
version_intact(const struct version_info *v, const char *dir)
{
	char *path = xasprintf("%s/records.jsonl", dir);
	unsigned char digest[SHA256_SIZE];
	struct buf hex = BUF_INIT;
	bool good = false;

	if (sha256_file(AT_FDCWD, path, digest, NULL) != 0) {
		trouble("cannot read '%s':", path);
	} else {
		sha256_hex(&hex, digest);
		good = strcmp(hex.p, v->id_hex) == 0;
		if (!good)
			error_at(pos_file(path), "damaged",
			    "these are not the records that were published (their SHA-256 is not "
			    "the version_id)");
	}
	buf_release(&hex);
	free(path);
	return good;
}

/* ---- counting ---- */

static inline int
usage_slot(const struct pooled *s)
{
	return s->usage >= 0 ? s->usage : USAGES;
}

void
version_count(struct version_info *v, const struct pool *p, const struct pooled *s)
{
	int u = usage_slot(s);

	v->names = &p->names;
	if (v->classes < p->names.n) {
		v->class = grow(v->class, &v->cap, p->names.n, sizeof(*v->class));
		memset(v->class + v->classes, 0, (p->names.n - v->classes) * sizeof(*v->class));
		v->classes = p->names.n;
	}
	v->total++;
	v->labelled += s->label < s[1].label;
	v->hard += s->hard && !v->clear_hard;
	v->usage.n[u]++;
	for (uint64_t k = s->label; k < s[1].label; k++) {
		struct class_count *c = &v->class[p->label[k].name];

		c->samples.n[u]++;
		c->boxes.n[u] += p->label[k].boxes;
	}
}

static uint64_t
sum(const struct by_usage *b)
{
	uint64_t n = 0;

	for (int u = 0; u <= USAGES; u++)
		n += b->n[u];
	return n;
}

/* ---- writing ---- */

/* Each member on its own line: the file is read by people too. */
static void
line(struct buf *b)
{
	buf_adds(b, b->p[b->n - 1] == '{' || b->p[b->n - 1] == '[' ? "\n" : ",\n");
}

static void
member_usage(struct buf *b, const char *key, const struct by_usage *n)
{
	jw_key(b, key);
	jw_open(b, '{');
	for (int u = 0; u < USAGES; u++)
		if (n->n[u])
			jw_member_u64(b, usage_name[u], n->n[u]);
	if (n->n[USAGES])
		jw_member_u64(b, "none", n->n[USAGES]);
	jw_close(b, '}');
}

static const struct strmap *sort_names;

static int
class_cmp(const void *a, const void *b)
{
	return span_cmp(
	    sort_names->e[*(const size_t *)a].key, sort_names->e[*(const size_t *)b].key);
}

/* Class indices in the order of their names; the caller frees them. */
static size_t *
classes_by_name(const struct version_info *v)
{
	size_t *order = xreallocarray(NULL, v->classes + 1, sizeof(*order));

	for (size_t i = 0; i < v->classes; i++)
		order[i] = i;
	sort_names = v->names;
	if (v->classes)
		qsort(order, v->classes, sizeof(*order), class_cmp);
	return order;
}

static void
describe_classes(const struct version_info *v, struct buf *b)
{
	size_t *order = classes_by_name(v);

	line(b);
	jw_key(b, "label_stats");
	jw_open(b, '[');
	for (size_t i = 0; i < v->classes; i++) {
		const struct class_count *c = &v->class[order[i]];

		line(b);
		jw_open(b, '{');
		jw_member_string(b, "name", v->names->e[order[i]].key);
		jw_member_u64(b, "sample_count", sum(&c->samples));
		jw_member_u64(b, "count", sum(&c->boxes));
		member_usage(b, "samples", &c->samples);
		member_usage(b, "annotations", &c->boxes);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	free(order);
}

static void
describe_parent(const struct version_info *v, struct buf *b)
{
	line(b);
	jw_key(b, "previous");
	if (v->parent == NULL) {
		jw_null(b);
		return;
	}
	jw_open(b, '{');
	jw_member_str(b, "name", v->parent->name);
	jw_member_str(b, "version_id", v->parent->id_hex);
	jw_close(b, '}');
}

static void
member_text(struct buf *b, const char *key, const char *text)
{
	jw_key(b, key);
	if (text)
		jw_str(b, text);
	else
		jw_null(b);
}

static void
describe_split(const struct version_info *v, struct buf *b)
{
	static const char *const rules[] = { "exact", "stream", "hash" };

	line(b);
	member_text(b, "train_evaluate_sample_ratio", v->ratio_text);
	if (v->plan->folds)
		jw_member_u64(b, "kfold", (uint64_t)v->plan->ratio.sides);
	line(b);
	jw_member_str(b, "rule", v->plan->ratio.sides ? rules[v->plan->rule] : "none");
	jw_member_bool(b, "stratify", v->plan->stratify);
	jw_member_str(b, "seed", v->seed);
	jw_member_str(b, "key", v->key);
	member_text(b, "group", v->group);
	member_text(b, "group_match", v->group_match);
	if (v->near)
		jw_member_u64(b, "group_near", (uint64_t)v->near - 1);
	line(b);
	jw_member_bool(b, "remove_sample_usage", plan_usage(v->plan) == USAGE_RESET);
	jw_member_bool(b, "clear_hard_property", v->clear_hard);
	jw_member_bool(b, "export_images", v->snapshot);
	jw_member_bool(b, "allow_leak", v->allow_leak);
}

void
version_describe_counts(const struct version_info *v, struct buf *b)
{
	jw_member_u64(b, "total_sample_count", v->total);
	jw_member_u64(b, "annotated_sample_count", v->labelled);
	jw_member_u64(b, "hard_sample_count", v->hard);
	line(b);
	member_usage(b, "usage", &v->usage);
	describe_classes(v, b);
}

static void
describe_changes(const struct version_info *v, struct buf *b)
{
	line(b);
	jw_member_u64(b, "add_sample_count", v->added);
	jw_member_u64(b, "modified_sample_count", v->modified);
	jw_member_u64(b, "deleted_sample_count", v->deleted);
}

void
version_describe(const struct version_info *v, struct buf *b)
{
	jw_open(b, '{');
	line(b);
	jw_member_str(b, "name", v->name);
	line(b);
	jw_key(b, "version_id");
	buf_addc(b, '"');
	sha256_hex(b, v->id);
	buf_addc(b, '"');
	describe_parent(v, b);
	line(b);
	jw_key(b, "created");
	buf_addc(b, '"');
	time_add(b, store_time());
	buf_addc(b, '"');
	line(b);
	jw_member_str(b, "description", v->description ? v->description : "");
	line(b);
	jw_member_str(b, "semver", v->semver);
	describe_split(v, b);
	describe_changes(v, b);
	line(b);
	version_describe_counts(v, b);
	line(b);
	jw_member_str(b, "tool", PACKAGE_NAME " " PACKAGE_VERSION);
	buf_adds(b, "\n}\n");
}

void
version_stats(const struct version_info *v, struct buf *b)
{
	size_t *order = classes_by_name(v);

	jw_open(b, '{');
	line(b);
	jw_key(b, "sides");
	jw_open(b, '{');
	for (int s = 0; s < v->plan->ratio.sides; s++) {
		char fold[24];

		snprintf(fold, sizeof(fold), "fold %d", s);
		jw_key(b, v->plan->folds ? fold : usage_name[s]);
		jw_open(b, '{');
		jw_member_u64(b, "target", v->result->side[s].target);
		jw_member_u64(b, "samples", v->result->side[s].got);
		jw_member_u64(b, "locked", v->result->side[s].locked);
		jw_close(b, '}');
	}
	jw_close(b, '}');
	line(b);
	jw_key(b, "classes");
	jw_open(b, '[');
	for (size_t i = 0; i < v->classes; i++) {
		const struct by_usage *n = &v->class[order[i]].samples;

		line(b);
		jw_open(b, '{');
		jw_member_string(b, "name", v->names->e[order[i]].key);
		for (int s = 0; s < v->plan->ratio.sides && !v->plan->folds; s++) {
			uint64_t all = sum(n) - n->n[USAGES] - n->n[USAGE_INFERENCE];

			jw_key(b, usage_name[s]);
			jw_open(b, '{');
			jw_member_u64(b, "target", ratio_target(&v->plan->ratio, s, all));
			jw_member_u64(b, "samples", n->n[s]);
			jw_close(b, '}');
		}
		jw_close(b, '}');
	}
	jw_close(b, ']');
	buf_adds(b, "\n}\n");
	free(order);
}

/* ---- warnings ---- */

/* "TRAIN 4, EVAL 0" */
static const char *
add_sides(struct buf *b, const struct version_info *v, const struct by_usage *n)
{
	for (int s = 0; s < v->plan->ratio.sides; s++)
		buf_addf(b, "%s%s %llu", s ? ", " : "", usage_name[s], (unsigned long long)n->n[s]);
	return buf_str(b);
}

static void
warn_class(const struct version_info *v, size_t c)
{
	const struct by_usage *n = &v->class[c].samples;
	struct span name = v->names->e[c].key;
	struct buf text = BUF_INIT;
	uint64_t all = 0;
	int sides = 0, have = 0;

	for (int s = 0; s < v->plan->ratio.sides; s++) {
		all += n->n[s];
		sides += v->plan->ratio.weight[s] > 0;
		have += n->n[s] > 0;
	}
	if (all == 0 || sides < 2)
		return;
	if (all == 1)
		warning_at(POS_NONE, "one-sided",
		    "class \"%.*s\" has one sample; it cannot be on %d sides", SPAN_ARG(name),
		    sides);
	else if (have < sides)
		warning_at(POS_NONE, "one-sided", "class \"%.*s\" is not on every side: %s%s",
		    SPAN_ARG(name), add_sides(&text, v, n),
		    v->plan->usage == USAGE_RESET || !v->parent
			? "; they belong together, or other classes hold them"
			: "; its samples are fixed by the earlier version");
	else if (all < 5)
		warning_at(POS_NONE, "few-samples",
		    "class \"%.*s\" has only %llu %s (training services ask for 5)", SPAN_ARG(name),
		    COUNTED(all, "sample", "samples"));
	buf_release(&text);
}

void
version_warn_classes(const struct version_info *v)
{
	size_t *order = classes_by_name(v);

	for (size_t i = 0; i < v->classes && !v->plan->folds; i++)
		warn_class(v, order[i]);
	free(order);
}
