/* tf.train.Example: see tfexample.h. */
#include "archive/tfexample.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/utf8.h"
#include "record/picsize.h"

/* ---- the wire ---- */

#define TF_FEATURES_MAX 1000 /* they are looked for one by one */

enum wire { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

struct field {
	uint64_t number;
	unsigned wire;
	struct span bytes; /* LENGTH, FIXED32 */
	uint64_t value;    /* VARINT */
};

static bool
take_varint(struct span *s, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; s->n > 0 && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*s->p;

		s->p++, s->n--;
		*v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
	}
	return false;
}

static bool
take_bytes(struct span *s, uint64_t n, struct span *bytes)
{
	if (n > s->n)
		return false;
	*bytes = (struct span){ s->p, (size_t)n };
	s->p += n, s->n -= (size_t)n;
	return true;
}

/* The next field of a message. False: the end (s->n is 0 and *bad is as it was), or damaged. */
static bool
take_field(struct span *s, struct field *f, bool *bad)
{
	uint64_t tag, n;
	bool good;

	if (s->n == 0)
		return false;
	good = take_varint(s, &tag);
	f->number = tag >> 3;
	f->wire = tag & 7;
	if (good && f->wire == VARINT)
		good = take_varint(s, &f->value);
	else if (good && f->wire == LENGTH)
		good = take_varint(s, &n) && take_bytes(s, n, &f->bytes);
	else if (good && f->wire == FIXED32)
		good = take_bytes(s, 4, &f->bytes);
	else if (good && f->wire == FIXED64)
		good = take_bytes(s, 8, &f->bytes);
	else
		good = false;
	if (!good || f->number == 0)
		*bad = true;
	return !*bad;
}

static float
float_of(struct span four)
{
	uint32_t bits = 0;
	float v;

	for (int i = 4; i-- > 0;)
		bits = bits << 8 | (unsigned char)four.p[i];
	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* ---- reading ---- */

/* How many values a field of a list holds. False: it is none of that kind. */
static bool
count_values(enum tf_kind kind, const struct field *f, size_t *n)
{
	struct span rest = f->bytes;
	uint64_t v;

	*n = 1;
	switch (kind) {
	case TF_BYTES:
		return f->wire == LENGTH;
	case TF_FLOATS:
		if (f->wire == LENGTH)
			*n = f->bytes.n / 4;
		return f->wire == LENGTH ? f->bytes.n % 4 == 0 : f->wire == FIXED32;
	default:
		if (f->wire != LENGTH)
			return f->wire == VARINT;
		for (*n = 0; rest.n > 0; ++*n)
			if (!take_varint(&rest, &v))
				return false;
		return true;
	}
}

static bool
parse_list(struct tf_example *e, struct tf_feature *f, const char **why)
{
	struct span rest = f->list;
	struct field x;
	bool bad = false;
	size_t n;

	while (take_field(&rest, &x, &bad)) {
		if (x.number != 1) {
			e->unknown++;
			continue;
		}
		if (!count_values(f->kind, &x, &n)) {
			*why = "a list of values is damaged";
			return false;
		}
		f->n += n;
	}
	if (bad)
		*why = "a list of values is damaged";
	return !bad;
}

static bool
parse_feature(struct tf_example *e, struct tf_feature *f, struct span bytes, const char **why)
{
	struct field x;
	bool bad = false;

	while (take_field(&bytes, &x, &bad)) {
		if (x.wire != LENGTH || x.number > TF_INTS) {
			e->unknown++;
			continue;
		}
		if (f->kind != TF_NONE) {
			*why = "a feature has two lists";
			return false;
		}
		f->kind = (enum tf_kind)x.number;
		f->list = x.bytes;
	}
	if (bad)
		*why = "a feature is damaged";
	return !bad && parse_list(e, f, why);
}

/* Of features with one key the last one counts, as in any map of protocol buffers. */
static void
keep_feature(struct tf_example *e, const struct tf_feature *f)
{
	for (size_t i = 0; i < e->n; i++)
		if (span_eq(e->v[i].key, f->key)) {
			e->v[i] = *f;
			return;
		}
	e->v = grow(e->v, &e->cap, e->n + 1, sizeof(*e->v));
	e->v[e->n++] = *f;
}

/* An entry of the map: key 1, value 2. */
static bool
parse_entry(struct tf_example *e, struct span bytes, const char **why)
{
	struct tf_feature f = { .key = SPAN(""), .list = SPAN("") };
	struct span value = SPAN("");
	struct field x;
	bool bad = false;

	while (take_field(&bytes, &x, &bad))
		if (x.wire == LENGTH && x.number == 1)
			f.key = x.bytes;
		else if (x.wire == LENGTH && x.number == 2)
			value = x.bytes;
		else
			e->unknown++;
	if (bad || !utf8_valid(f.key)) {
		*why = bad ? "a feature is damaged" : "the name of a feature is not UTF-8";
		return false;
	}
	if (e->n >= TF_FEATURES_MAX) {
		*why = "it has more than 1000 features";
		return false;
	}
	if (!parse_feature(e, &f, value, why))
		return false;
	keep_feature(e, &f);
	return true;
}

bool
tf_example_parse(struct tf_example *e, struct span bytes, const char **why)
{
	struct field x, y;
	bool bad = false;

	e->n = 0;
	e->unknown = 0;
	*why = "it is no tf.train.Example";
	while (take_field(&bytes, &x, &bad)) {
		if (x.wire != LENGTH || x.number != 1) {
			e->unknown++;
			continue;
		}
		while (take_field(&x.bytes, &y, &bad))
			if (y.wire != LENGTH || y.number != 1)
				e->unknown++;
			else if (!parse_entry(e, y.bytes, why))
				return false;
	}
	return !bad;
}

void
tf_example_release(struct tf_example *e)
{
	free(e->v);
	*e = (struct tf_example){ .v = NULL };
}

const struct tf_feature *
tf_example_find(const struct tf_example *e, const char *key, enum tf_kind kind)
{
	for (size_t i = 0; i < e->n; i++)
		if (span_is(e->v[i].key, key))
			return kind == TF_NONE || e->v[i].kind == kind ? &e->v[i] : NULL;
	return NULL;
}

/* A value out of a packed list. */
static bool
take_packed(struct tf_values *it, struct tf_value *v)
{
	struct span four = SPAN("\0\0\0\0");
	uint64_t whole;

	if (it->packed.n == 0)
		return false;
	if (it->of->kind == TF_FLOATS) {
		take_bytes(&it->packed, 4, &four);
		v->number = float_of(four);
	} else {
		take_varint(&it->packed, &whole);
		v->whole = (int64_t)whole;
	}
	return true;
}

bool
tf_values_next(struct tf_values *it, struct tf_value *v)
{
	struct field x;
	bool bad = false;

	if (!it->of || it->of->kind == TF_NONE)
		return false;
	if (!it->begun)
		it->rest = it->of->list;
	it->begun = true;
	while (!take_packed(it, v)) {
		if (!take_field(&it->rest, &x, &bad))
			return false;
		if (x.number != 1)
			continue;
		if (it->of->kind == TF_BYTES) {
			v->bytes = x.bytes;
			return true;
		}
		if (x.wire == LENGTH) {
			it->packed = x.bytes;
			continue;
		}
		if (it->of->kind == TF_FLOATS)
			v->number = float_of(x.bytes);
		else
			v->whole = (int64_t)x.value;
		return true;
	}
	return true;
}

bool
tf_first(const struct tf_feature *f, struct tf_value *v)
{
	struct tf_values it = { .of = f };

	return tf_values_next(&it, v);
}

/* ---- the picture's name ---- */

static const char *
extension_of(const struct tf_example *e)
{
	static const char *const ext[] = { [PICSIZE_JPEG] = ".jpg",
		[PICSIZE_PNG] = ".png",
		[PICSIZE_BMP] = ".bmp",
		[PICSIZE_GIF] = ".gif" };
	struct tf_value v;
	struct picsize size;

	if (tf_first(tf_example_find(e, "image/encoded", TF_BYTES), &v) &&
	    picsize_bytes(v.bytes, &size) == PICSIZE_OK)
		return ext[size.kind];
	return "";
}

/* A path inside, from a text with slashes of either kind. False: nothing of it will do. */
static bool
add_path(struct buf *out, struct span text)
{
	struct buf copy = BUF_INIT;
	bool good = text.n > 0 && text.n < 1024 && utf8_valid(text);

	buf_addspan(&copy, text);
	for (size_t i = 0; i < copy.n; i++)
		if (copy.p[i] == '\\')
			copy.p[i] = '/';
	good = good && (path_member(out, buf_span(&copy)) ||
			   path_member(out, path_base_span(buf_span(&copy))));
	buf_release(&copy);
	return good;
}

void
tf_example_member(
    const struct tf_example *e, uint64_t number, struct name_set *names, struct buf *out)
{
	static const char *const keys[] = { "image/filename", "image/source_id" };
	struct buf path = BUF_INIT, scope = BUF_INIT;
	struct span dir, ext, base;
	struct tf_value v;

	for (size_t i = 0; i < ARRAY_LEN(keys) && path.n == 0; i++)
		if (tf_first(tf_example_find(e, keys[i], TF_BYTES), &v))
			add_path(&path, v.bytes);
	if (path.n == 0)
		buf_addf(&path, "%09llu", (unsigned long long)number);
	if (!path_is_picture(buf_span(&path)))
		buf_adds(&path, extension_of(e));
	base = path_base_span(buf_span(&path));
	dir = span_of(path.p, base.p);
	ext = path_ext(base);
	base.n -= ext.n ? ext.n + 1 : 0;
	buf_addspan(&scope, dir);
	buf_addspan(&scope, ext);
	buf_addspan(out, dir);
	names_take(names, buf_span(&scope), base, out);
	if (ext.n)
		buf_addf(out, ".%.*s", SPAN_ARG(ext));
	buf_release(&path);
	buf_release(&scope);
}

/* ---- writing ---- */

static void
add_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (char)(v | 0x80));
	buf_addc(b, (char)v);
}

static size_t
varint_size(uint64_t v)
{
	size_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

static void
add_tag(struct buf *b, unsigned number, size_t length)
{
	buf_addc(b, (char)(number << 3 | LENGTH));
	add_varint(b, length);
}

void
tf_maker_reset(struct tf_maker *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].key);
		buf_release(&m->v[i].list);
	}
	m->n = 0;
}

void
tf_maker_release(struct tf_maker *m)
{
	tf_maker_reset(m);
	free(m->v);
	*m = (struct tf_maker){ NULL, 0, 0 };
}

const struct tf_made *
tf_maker_find(const struct tf_maker *m, struct span key)
{
	for (size_t i = 0; i < m->n; i++)
		if (span_is(key, m->v[i].key))
			return &m->v[i];
	return NULL;
}

void
tf_maker_drop(struct tf_maker *m, size_t i)
{
	free(m->v[i].key);
	buf_release(&m->v[i].list);
	m->v[i] = m->v[--m->n];
}

static struct tf_made *
made(struct tf_maker *m, struct span key, enum tf_kind kind)
{
	for (size_t i = 0; i < m->n; i++)
		if (span_is(key, m->v[i].key))
			return &m->v[i];
	m->v = grow(m->v, &m->cap, m->n + 1, sizeof(*m->v));
	m->v[m->n] = (struct tf_made){ .key = xstrndup(key.p, key.n), .kind = kind };
	return &m->v[m->n++];
}

void
tf_make_empty(struct tf_maker *m, struct span key, enum tf_kind kind)
{
	made(m, key, kind);
}

void
tf_make_bytes(struct tf_maker *m, struct span key, struct span bytes)
{
	struct tf_made *x = made(m, key, TF_BYTES);

	if (x->kind != TF_BYTES)
		return;
	x->n++;
	add_tag(&x->list, 1, bytes.n);
	buf_addspan(&x->list, bytes);
}

void
tf_make_float(struct tf_maker *m, struct span key, float number)
{
	struct tf_made *x = made(m, key, TF_FLOATS);
	uint32_t bits;

	if (x->kind != TF_FLOATS)
		return;
	x->n++;
	memcpy(&bits, &number, sizeof(bits));
	for (int i = 0; i < 4; i++, bits >>= 8)
		buf_addc(&x->list, (char)(bits & 0xff));
}

void
tf_make_int(struct tf_maker *m, struct span key, int64_t whole)
{
	struct tf_made *x = made(m, key, TF_INTS);

	if (x->kind != TF_INTS)
		return;
	x->n++;
	add_varint(&x->list, (uint64_t)whole);
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct tf_made *)a)->key, ((const struct tf_made *)b)->key);
}

/* Bytes of the list's message: of a packed list its tag and length come on top. */
static size_t
list_size(const struct tf_made *x)
{
	if (x->kind == TF_BYTES || x->list.n == 0)
		return x->list.n;
	return 1 + varint_size(x->list.n) + x->list.n;
}

static size_t
entry_size(const struct tf_made *x)
{
	size_t key = strlen(x->key), list = list_size(x), value = 1 + varint_size(list) + list;

	return 1 + varint_size(key) + key + 1 + varint_size(value) + value;
}

static void
add_entry(struct buf *out, const struct tf_made *x)
{
	size_t list = list_size(x);

	add_tag(out, 1, entry_size(x));
	add_tag(out, 1, strlen(x->key));
	buf_adds(out, x->key);
	add_tag(out, 2, 1 + varint_size(list) + list);
	add_tag(out, x->kind, list);
	if (x->kind != TF_BYTES && x->list.n > 0)
		add_tag(out, 1, x->list.n);
	buf_addspan(out, buf_span(&x->list));
}

void
tf_maker_write(struct tf_maker *m, struct buf *out)
{
	size_t all = 0;

	if (m->n > 1)
		qsort(m->v, m->n, sizeof(*m->v), by_key);
	for (size_t i = 0; i < m->n; i++) {
		size_t n = entry_size(&m->v[i]);

		all += 1 + varint_size(n) + n;
	}
	add_tag(out, 1, all);
	for (size_t i = 0; i < m->n; i++)
		add_entry(out, &m->v[i]);
}
