/* The samples of a release: see pool.h. */
#include "store/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/sha256.h"
#include "store/split.h"

/* A small spool never reaches the disk; a large one is read through a window. */
enum { IN_MEMORY = 64 << 20, WINDOW = 256 << 10 };

struct pool_window {
	struct buf b;
	uint64_t at;   /* place of b in the spool */
	uint64_t next; /* where the line after the last one begins */
};

static bool
spool_open(struct pool *p, const char *dir)
{
	char *name = xasprintf("%s/spool.XXXXXX", dir);

	p->fd = mkostemp(name, O_CLOEXEC);
	if (p->fd >= 0)
		unlink(name);
	else
		trouble("cannot make a spool file in '%s':", dir);
	free(name);
	out_init(&p->spool, p->fd, "the spool file");
	return p->fd >= 0;
}

bool
pool_open(struct pool *p, const char *dir, const struct pool_rules *rules)
{
	*p = (struct pool){ .rules = *rules, .fd = -1 };
	if (dir && !spool_open(p, dir))
		return false;
	p->s = grow(NULL, &p->cap, 2, sizeof(*p->s));
	p->s[0] = (struct pooled){ .label = 0 };
	p->window = xcalloc(1, sizeof(*p->window));
	dataset_init(&p->dataset);
	return true;
}

void
pool_release(struct pool *p)
{
	if (p->s == NULL)
		return;
	if (p->fd >= 0)
		close(p->fd);
	buf_release(&p->window->b);
	free(p->window);
	buf_release(&p->spool.b);
	buf_release(&p->keys);
	strmap_release(&p->names);
	dataset_release(&p->dataset);
	free(p->s);
	free(p->phash);
	free(p->label);
	free(p->tie);
	free(p->header);
	free(p->order);
	*p = (struct pool){ .fd = -1 };
}

/* "a.b.c" in the record; SPAN_NONE when it is not there, or null. */
static struct span
field_value(const struct record *r, const char *path)
{
	struct span rest = span_str(path), part, v = rec_member(r, path);
	struct buf name = BUF_INIT;

	if (v.p || !strchr(path, '.'))
		return v;
	span_cut(&rest, '.', &part);
	buf_addspan(&name, part);
	v = rec_member(r, name.p);
	while (v.p && span_cut(&rest, '.', &part)) {
		buf_reset(&name);
		buf_addspan(&name, part);
		v = json_type_of(v) == JSON_OBJECT ? json_member(v, buf_str(&name)) : SPAN_NONE;
	}
	buf_release(&name);
	return v;
}

/* A string decoded, a number or anything else as its text. */
static struct span
value_text(struct span v, struct buf *scratch)
{
	if (json_type_of(v) == JSON_STRING)
		return json_value_text(v, scratch);
	return json_type_of(v) == JSON_NULL ? SPAN_NONE : v;
}

struct span
record_key(const struct record *r, const char *key, struct buf *scratch)
{
	struct span k = value_text(field_value(r, key), scratch);

	if ((!k.p || k.n == 0) && strcmp(key, "id") == 0)
		k = value_text(r->v[REC_SOURCE], scratch);
	return k.n ? k : SPAN_NONE;
}

int
record_fold(const struct record *r)
{
	struct span v = rec_member(r, "fold");
	uint64_t n;

	return v.p && num_parse_u64(v, &n) && n < SIDES_MAX ? (int)n : -1;
}

/* ---- what binds samples ---- */

static struct span
group_of(const struct pool *p, const struct record *r, struct buf *scratch)
{
	struct buf source = BUF_INIT;
	struct span s, g = SPAN_NONE;
	regmatch_t m[2];

	if (p->rules.group)
		return value_text(field_value(r, p->rules.group), scratch);
	if (!p->rules.group_match)
		return SPAN_NONE;
	s = rec_string(r, REC_SOURCE, scratch);
	buf_addspan(&source, s);
	if (regexec(p->rules.group_match, buf_str(&source), 2, m, 0) == 0) {
		const regmatch_t *use = m[1].rm_so >= 0 ? &m[1] : &m[0];
		size_t n = (size_t)(use->rm_eo - use->rm_so);

		buf_reset(scratch);
		buf_add(scratch, source.p + use->rm_so, n);
		g = buf_span(scratch);
	}
	buf_release(&source);
	return g;
}

static void
bind(struct pool *p, size_t sample, unsigned what, struct span value)
{
	unsigned char digest[SHA256_SIZE];
	struct pool_tie *t;

	p->tie = grow(p->tie, &p->tie_cap, p->nties + 1, sizeof(*p->tie));
	t = &p->tie[p->nties++];
	*t = (struct pool_tie){ .sample = (uint32_t)sample, .what = what };
	sha256_bytes(value.p, value.n, digest);
	memcpy(t->value, digest, sizeof(t->value));
}

void
pool_bind(struct pool *p, size_t sample, struct span sha256)
{
	if (!p->rules.ignore_content)
		bind(p, sample, 0, sha256);
}

static void
add_ties(struct pool *p, struct pooled *s, const struct record *r)
{
	struct buf scratch = BUF_INIT;
	struct span v = rec_string(r, REC_SHA256, &scratch);

	if (v.n && !p->rules.ignore_content)
		bind(p, p->n, 0, v);
	v = group_of(p, r, &scratch);
	if (v.n) {
		bind(p, p->n, 1, v);
		s->hash = split_hash(p->rules.seed, v);
		s->grouped = true;
	}
	buf_release(&scratch);
}

/* ---- classes ---- */

static void
add_label(struct pool *p, const struct pooled *s, struct span name)
{
	uint32_t index = (uint32_t)strmap_put(&p->names, name, p->names.n, NULL)->value;

	for (size_t i = s->label; i < p->nlabel; i++)
		if (p->label[i].name == index) {
			p->label[i].boxes++;
			return;
		}
	p->label = grow(p->label, &p->label_cap, p->nlabel + 1, sizeof(*p->label));
	p->label[p->nlabel++] = (struct pool_label){ index, 1 };
}

static void
add_labels(struct pool *p, struct pooled *s, const struct record *r)
{
	struct annotation a = { .m = NULL };
	struct buf scratch = BUF_INIT;
	struct ann_iter it;

	s->label = p->nlabel;
	s->labelled = rec_annotated(r);
	ann_begin(&it, r);
	while (ann_next(&it, &a)) {
		struct span name = ann_string(&a, ANN_NAME, &scratch);

		if (name.p)
			add_label(p, s, name);
	}
	ann_release(&a);
	buf_release(&scratch);
}

/* ---- taking in ---- */

/* "phash": 16 hex digits. */
static void
add_phash(struct pool *p, struct pooled *s, const struct record *r)
{
	struct span text = json_unquote(rec_member(r, "phash"));
	uint64_t hash = 0;

	if (text.n != 16)
		return;
	for (size_t i = 0; i < 16; i++) {
		char c = text.p[i];
		int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (v < 0)
			return;
		hash = hash << 4 | (uint64_t)v;
	}
	p->phash = grow(p->phash, &p->phash_cap, p->n + 1, sizeof(*p->phash));
	p->phash[p->n] = hash;
	s->pictured = true;
}

static void
spool_line(struct pool *p, struct span line, struct pooled *s)
{
	s->line = p->spool.written + p->spool.b.n;
	s->length = (uint32_t)line.n;
	if (p->fd < 0)
		return;
	buf_addspan(&p->spool.b, line);
	buf_addc(&p->spool.b, '\n');
	if (p->spool.written > 0 || p->spool.b.n >= IN_MEMORY)
		out_tick(&p->spool);
}

static void
add_header(struct pool *p, const struct record *r)
{
	dataset_merge(&p->dataset, r);
	p->header = grow(p->header, &p->header_cap, p->nheader + 1, sizeof(*p->header));
	p->header[p->nheader] = (struct pooled){ .usage = USAGE_NONE };
	spool_line(p, r->line, &p->header[p->nheader++]);
}

static struct pooled *
new_sample(struct pool *p)
{
	if (p->n == UINT32_MAX)
		die("more than %u samples in one release; split the stream", UINT32_MAX);
	p->s = grow(p->s, &p->cap, p->n + 2, sizeof(*p->s));
	p->s[p->n] = (struct pooled){ .given = USAGE_NONE,
		.past = USAGE_NONE,
		.usage = USAGE_NONE,
		.fold = -1,
		.given_fold = -1,
		.past_fold = -1 };
	return &p->s[p->n];
}

bool
pool_add(struct pool *p, const struct record *r)
{
	struct buf scratch = BUF_INIT;
	struct pooled *s;
	struct span key;

	if (r->header) {
		add_header(p, r);
		return true;
	}
	key = record_key(r, p->rules.key, &scratch);
	if (!key.p) {
		error_at(r->pos, "key", "the record has no \"%s\" to be known by; it is left out",
		    p->rules.key);
		buf_release(&scratch);
		return false;
	}
	s = new_sample(p);
	s->key = p->keys.n;
	s->key_length = (uint32_t)key.n;
	s->hash = split_hash(p->rules.seed, key);
	buf_addspan(&p->keys, key);
	s->given = (int8_t)usage_parse(rec_string(r, REC_USAGE, &scratch));
	s->given_fold = (int8_t)record_fold(r);
	s->hard = json_flag(r->v[REC_HARD]) == 1;
	add_labels(p, s, r);
	add_ties(p, s, r);
	add_phash(p, s, r);
	spool_line(p, r->line, s);
	p->s[++p->n] = (struct pooled){ .label = p->nlabel };
	buf_release(&scratch);
	return true;
}

void
pool_forget(struct pool *p)
{
	p->n = p->nlabel = p->nties = p->nheader = 0;
	buf_reset(&p->keys);
	p->s[0] = (struct pooled){ .label = 0 };
}

/* ---- order ---- */

static void
read_spool(const struct pool *p, char *to, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t got = pread(p->fd, to, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			die("cannot read the spool file:");
		if (got == 0)
			die("the spool file is shorter than what was written to it");
		to += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
}

/* Who reads lines one after the other gets them from a window; others with a call each. */
void
pool_line(const struct pool *p, const struct pooled *s, struct buf *line)
{
	struct pool_window *w = p->window;
	uint64_t end = s->line + s->length;

	buf_reset(line);
	if (p->spool.written == 0) {
		buf_add(line, p->spool.b.p + s->line, s->length);
		return;
	}
	buf_reserve(line, s->length);
	if (s->line == w->next && end > w->at + w->b.n && s->length < WINDOW) {
		size_t n = p->spool.written - s->line < WINDOW
			       ? (size_t)(p->spool.written - s->line)
			       : WINDOW;

		buf_reset(&w->b);
		buf_reserve(&w->b, n);
		read_spool(p, w->b.p, n, s->line);
		w->b.n = n;
		w->at = s->line;
	}
	if (s->line >= w->at && end <= w->at + w->b.n)
		memcpy(line->p, w->b.p + (s->line - w->at), s->length);
	else
		read_spool(p, line->p, s->length, s->line);
	line->n = s->length;
	line->p[line->n] = '\0';
	w->next = end + 1;
}

struct keyed {
	uint64_t prefix; /* the first eight bytes: most comparisons end here */
	uint32_t sample;
};

static uint64_t
key_prefix(struct span key)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (i < key.n ? (unsigned char)key.p[i] : 0);
	return v;
}

static int
line_cmp(const struct pool *p, const struct pooled *a, const struct pooled *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	int c;

	pool_line(p, a, &x);
	pool_line(p, b, &y);
	c = span_cmp(buf_span(&x), buf_span(&y));
	buf_release(&x);
	buf_release(&y);
	return c;
}

static int
keyed_cmp(const void *a, const void *b, void *pool)
{
	const struct keyed *x = a, *y = b;
	const struct pool *p = pool;
	const struct pooled *s = &p->s[x->sample], *t = &p->s[y->sample];
	int c;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	c = span_cmp(pool_key(p, s), pool_key(p, t));
	if (c == 0 && p->fd >= 0)
		c = line_cmp(p, s, t);
	return c ? c : (x->sample > y->sample) - (x->sample < y->sample);
}

/* Named one by one up to a limit, then counted: a wrong --key makes thousands. */
static void
report_duplicates(const struct pool *p)
{
	enum { NAMED = 10 };

	uint64_t n = 0;

	for (size_t i = 1; i < p->n; i++) {
		struct span k = pool_key(p, &p->s[p->order[i]]);

		if (!span_eq(k, pool_key(p, &p->s[p->order[i - 1]])))
			continue;
		if (n++ < NAMED)
			warning_at(POS_NONE, "duplicate-key",
			    "two samples have the %s \"%.*s\"; they stay together", p->rules.key,
			    SPAN_ARG(k));
	}
	if (n > NAMED)
		warning_at(POS_NONE, "duplicate-key",
		    "%llu samples in all have the %s of another one; is --key right?",
		    (unsigned long long)n, p->rules.key);
}

void
pool_sort(struct pool *p)
{
	struct keyed *a = xreallocarray(NULL, p->n + 1, sizeof(*a));

	if (p->spool.written > 0)
		out_flush(&p->spool);
	for (size_t i = 0; i < p->n; i++)
		a[i] = (struct keyed){ key_prefix(pool_key(p, &p->s[i])), (uint32_t)i };
	qsort_r(a, p->n, sizeof(*a), keyed_cmp, p);
	p->order = xreallocarray(NULL, p->n + 1, sizeof(*p->order));
	for (size_t i = 0; i < p->n; i++)
		p->order[i] = a[i].sample;
	free(a);
	report_duplicates(p);
}
