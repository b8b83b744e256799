/* A picture on its way through cleaning: see picture.h. */
#include "image/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "image/turn.h"

/* ---- benches: one for each thread that is at work, kept for the next picture ---- */

struct benches {
	pthread_mutex_t lock;
	struct bench *bench[256];
	size_t n;
};

void
cleaning_begin(struct cleaning *c)
{
	c->idle = xcalloc(1, sizeof(*c->idle));
	pthread_mutex_init(&c->idle->lock, NULL);
}

void
cleaning_end(struct cleaning *c)
{
	while (c->idle->n > 0)
		bench_free(c->idle->bench[--c->idle->n]);
	pthread_mutex_destroy(&c->idle->lock);
	free(c->idle);
	c->idle = NULL;
}

static struct bench *
borrow_bench(const struct cleaning *c)
{
	struct benches *idle = c->idle;
	struct bench *b = NULL;

	pthread_mutex_lock(&idle->lock);
	if (idle->n > 0)
		b = idle->bench[--idle->n];
	pthread_mutex_unlock(&idle->lock);
	return b ? b : bench_new(&c->policy);
}

static void
return_bench(const struct cleaning *c, struct bench *b)
{
	struct benches *idle = c->idle;

	pthread_mutex_lock(&idle->lock);
	if (idle->n < ARRAY_LEN(idle->bench)) {
		idle->bench[idle->n++] = b;
		b = NULL;
	}
	pthread_mutex_unlock(&idle->lock);
	bench_free(b);
}

/* ---- the old file ---- */

void
picture_load_member(struct picture *p, struct source_reader *members)
{
	struct span archive, member;

	p->member_error = -1;
	if (!source_is_member(buf_str(&p->source), &archive, &member))
		return;
	buf_reset(&p->member);
	p->member_error = source_read(members, buf_str(&p->source), &p->member) == 0 ? 0 : errno;
}

/* A file that is not there is the record's fault; anything else that stops us from reading is not. */
static bool
reject_unread(const char *source, int err, uint64_t max_bytes, struct finding *f)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return image_reject(f, "missing", "%s", strerror(err));
	case EINVAL:
		return image_reject(f, "not-local", "only files on this machine can be read");
	case EFBIG:
		return image_reject(f, "too-large", "the file has more than --max-bytes %llu",
		    (unsigned long long)max_bytes);
	case EILSEQ:
		return image_reject(f, "damaged-archive", "the archive is damaged here");
	default:
		errno = err;
		die("cannot read %s:", source);
	}
}

static bool
load(const struct cleaning *c, struct picture *p, struct bench *b, struct span *bytes)
{
	const char *source = buf_str(&p->source);
	struct finding *f = &p->result.f;
	struct buf *in = bench_input(b);
	int err = p->member_error;

	*bytes = buf_span(&p->member);
	if (err == -1) {
		if (p->source.n == 0)
			return image_reject(f, "no-source", "the record has no source");
		if (path_is_uri(buf_span(&p->source)))
			return reject_unread(source, EINVAL, c->max_bytes, f);
		buf_reset(in);
		err = file_read(AT_FDCWD, source, c->max_bytes, in) == 0 ? 0 : errno;
		*bytes = buf_span(in);
	}
	return err == 0 || reject_unread(source, err, c->max_bytes, f);
}

/* ---- the labels ---- */

/* Does the record say another size than the file has, either way up? That is worth a warning. */
static void
compare_size(struct picture *p)
{
	struct clean_result *res = &p->result;
	double w, h;

	if (!rec_size(&p->r, &w, &h) || (w == res->w && h == res->h) ||
	    (w == res->h && h == res->w && turn_of(res->orientation).transpose))
		return;
	res->f.notes |= NOTE_SIZE;
	warning_at(pos_file(buf_str(&p->source)), "size-differs",
	    "the record says %g x %g, the file is %u x %u", w, h, res->w, res->h);
}

/* The labels as they are after the picture was turned and scaled; empty: as before. */
static bool
move_labels(const struct cleaning *c, struct picture *p, struct buf *labels)
{
	struct clean_result *res = &p->result;
	enum label_space space = c->label_space;
	struct turn turn = turn_of(res->orientation);
	struct label_map m = { .mask = mask_set_move, .ctx = &p->masks };
	struct buf why = BUF_INIT;
	bool fine = true;

	if (space == SPACE_AUTO && res->orientation > 1)
		space = labels_space(&p->r, res->w, res->h, res->orientation);
	if (space == SPACE_AUTO && res->orientation > 1)
		return image_reject(&res->f, "label-space",
		    "it is turned, and the labels do not tell whether they are; see --label-space");
	m.w = turn.transpose ? res->h : res->w;
	m.h = turn.transpose ? res->w : res->h;
	m.sx = res->new_w / m.w;
	m.sy = res->new_h / m.h;
	m.turn = space == SPACE_UPRIGHT ? turn_of(1) : turn;
	if (labels_map_is_identity(&m) || !rec_annotated(&p->r))
		return true;
	if (!labels_move(&p->r, &m, labels, &why))
		fine = image_reject(&res->f, "label-geometry", "%s", buf_str(&why));
	buf_release(&why);
	return fine;
}

/* ---- the new files ---- */

static void
write_masks(const struct output *output, const struct mask_set *masks)
{
	for (size_t i = 0; i < masks->n; i++)
		output_write(output, masks->v[i].name, buf_span(&masks->v[i].bytes));
}

/* Put the new files in output, or keep them for picture_pack(). */
static void
write_files(const struct cleaning *c, struct picture *p)
{
	const struct clean_result *res = &p->result;

	if (c->output.archive) {
		buf_reset(&p->file);
		buf_addspan(&p->file, res->bytes);
		return;
	}
	if (res->action == CLEAN_PASSED && p->member_error == -1)
		output_share(&c->output, buf_str(&p->name), buf_str(&p->source), res->bytes);
	else
		output_write(&c->output, buf_str(&p->name), res->bytes);
	write_masks(&c->output, &p->masks);
}

void
picture_pack(const struct cleaning *c, const struct picture *p)
{
	if (!c->output.archive || p->result.action == CLEAN_REJECTED)
		return;
	output_write(&c->output, p->name.p, buf_span(&p->file));
	write_masks(&c->output, &p->masks);
}

static void
remove_files(const struct output *output, const struct picture *p)
{
	output_remove(output, p->name.p);
	for (size_t i = 0; i < p->masks.n; i++)
		output_remove(output, p->masks.v[i].name);
}

/* ---- the whole way ---- */

static void
write_record(const struct cleaning *c, struct picture *p, struct span labels)
{
	struct buf path = BUF_INIT;

	output_path(&c->output, buf_span(&p->name), &path);
	rewrite_record(&p->r, &p->result, buf_span(&path), labels, &c->rewrite, &p->out);
	buf_release(&path);
}

static void
reject(struct picture *p)
{
	p->result.action = CLEAN_REJECTED;
	buf_reset(&p->out);
	rewrite_rejected(buf_span(&p->line), &p->result.f, &p->out);
	error_at(
	    pos_file(p->source.n ? p->source.p : NULL), p->result.f.code, "%s", p->result.f.reason);
}

/* Reject what signals mark, when that was asked for. */
static bool
judge_marks(const struct cleaning *c, struct clean_result *res)
{
	unsigned marks = c->drop_marked ? signals_marks(&res->signals) : 0;

	for (int i = 0; i < SIGNAL_MARKS; i++)
		if (marks >> i & 1)
			return image_reject(
			    &res->f, "marked", "it is %s; see --drop-marked", signal_mark_name(i));
	return true;
}

/* Everything that is done for one picture. False: it is rejected. */
static bool
clean(const struct cleaning *c, struct picture *p, struct bench *b)
{
	struct buf labels = BUF_INIT;
	struct span bytes;
	bool fine;

	if (!rec_parse(&p->r, buf_span(&p->line), p->pos) || !load(c, p, b, &bytes))
		return false;
	clean_picture(b, bytes, buf_span(&p->source), &p->result);
	if (p->result.action == CLEAN_REJECTED || !judge_marks(c, &p->result))
		return false;
	if (c->digests)
		sha256_bytes(bytes.p, bytes.n, p->digest);
	compare_size(p);
	fine = move_labels(c, p, &labels);
	if (fine) {
		write_files(c, p);
		write_record(c, p, buf_span(&labels));
	}
	buf_release(&labels);
	return fine;
}

void
picture_clean(const struct cleaning *c, struct picture *p)
{
	double begin = image_clock();
	struct bench *b = borrow_bench(c);

	mask_set_reset(&p->masks);
	p->masks.output = &c->output;
	p->masks.lim = &c->policy.lim;
	p->masks.max_bytes = c->max_bytes;
	p->masks.picture = buf_span(&p->name);
	p->result = (struct clean_result){ .action = CLEAN_REJECTED };
	buf_reset(&p->out);
	if (!clean(c, p, b))
		reject(p);
	p->seconds = image_clock() - begin;
	return_bench(c, b);
}

bool
picture_find_twin(const struct cleaning *c, struct picture *p, struct twins *twins, bool drop)
{
	struct buf out = BUF_INIT;
	struct twin twin;

	if (p->result.action == CLEAN_REJECTED)
		return false;
	twin = twins_ask(twins, p->digest, p->result.signals.hash, buf_str(&p->source));
	if (twin.name == NULL)
		return false;
	if (drop) {
		image_reject(&p->result.f, "duplicate", "it is %s %s",
		    twin.distance < 0 ? "the same as" : "like", twin.name);
		remove_files(&c->output, p);
		reject(p);
	} else {
		rewrite_twin(buf_span(&p->out), twin, &out);
		buf_reset(&p->out);
		buf_addspan(&p->out, buf_span(&out));
	}
	buf_release(&out);
	return true;
}

void
picture_release(struct picture *p)
{
	struct buf *all[] = { &p->line, &p->source, &p->name, &p->member, &p->file, &p->out };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		buf_release(all[i]);
	mask_set_release(&p->masks);
	rec_release(&p->r);
}
