/*
 * Baseline JPEG from the coefficients of another, without loss: see jpeg.h.
 *
 * Serves progressive, arithmetic and SOF1 files, grey ones (chroma is added
 * as blocks of zeros), and turns pictures whose edges lie on MCU borders.
 */
#include "image/jpeg_lib.h"

#include <stdlib.h>

#include "base/mem.h"
#include "image/turn.h"

struct copying {
	struct jpeg_decompress_struct d;
	struct jpeg_compress_struct c;
	struct jpeg_trap t;
	struct jpeg_sink sink;
	struct turn turn;
	const struct jpeg_encoding *how;
	jvirt_barray_ptr *from;
	jvirt_barray_ptr to[3];
	bool new_arrays; /* `to` is in use */
	bool encoding;   /* c was made */
};

/* Do mirrored edges lie on MCU borders? Blocks that are cut off there would come to the other side. */
static bool
edges_allow(const struct jpeg_decompress_struct *d, struct turn t)
{
	unsigned mcu_w = 8u * (unsigned)(d->num_components == 1 ? 1 : d->max_h_samp_factor);
	unsigned mcu_h = 8u * (unsigned)(d->num_components == 1 ? 1 : d->max_v_samp_factor);
	bool in_w = t.transpose ? t.mirror_y : t.mirror_x,
	     in_h = t.transpose ? t.mirror_x : t.mirror_y;

	return (!in_w || d->image_width % mcu_w == 0) && (!in_h || d->image_height % mcu_h == 0);
}

/* Baseline has 8-bit quantisation steps. */
static bool
tables_allow(const struct jpeg_decompress_struct *d)
{
	for (int i = 0; i < d->num_components; i++) {
		const JQUANT_TBL *q = d->quant_tbl_ptrs[d->comp_info[i].quant_tbl_no & 3];

		for (int k = 0; q && k < DCTSIZE2; k++)
			if (q->quantval[k] > 255)
				return false;
	}
	return true;
}

static bool
is_grey(const struct copying *c)
{
	return c->d.num_components == 1;
}

static JDIMENSION
round_up(JDIMENSION n, int to)
{
	return (n + (JDIMENSION)to - 1) / (JDIMENSION)to * (JDIMENSION)to;
}

/* Room for the blocks of the new picture, in libjpeg's memory, before the old ones are read. */
static void
request_arrays(struct copying *c)
{
	struct jpeg_decompress_struct *d = &c->d;

	for (int i = 0; i < 3; i++) {
		const jpeg_component_info *ci = &d->comp_info[is_grey(c) ? 0 : i];
		int h = is_grey(c) ? 1 : ci->h_samp_factor, v = is_grey(c) ? 1 : ci->v_samp_factor;
		JDIMENSION w = round_up(ci->width_in_blocks, h),
			   rows = round_up(ci->height_in_blocks, v);

		if (c->turn.transpose)
			c->to[i] = d->mem->request_virt_barray(
			    (j_common_ptr)d, JPOOL_IMAGE, TRUE, rows, w, (JDIMENSION)h);
		else
			c->to[i] = d->mem->request_virt_barray(
			    (j_common_ptr)d, JPOOL_IMAGE, TRUE, w, rows, (JDIMENSION)v);
	}
}

/* The greatest magnitude of the AC coefficients of a row of blocks. */
static int
greatest_ac(const JBLOCK *block, JDIMENSION n)
{
	int most = 0;

	for (JDIMENSION x = 0; x < n; x++)
		for (int k = 1; k < DCTSIZE2; k++) {
			int v = abs(block[x][k]);

			most = v > most ? v : most;
		}
	return most;
}

/*
 * What is wrong with the coefficients of a component; NULL: nothing. It is also what keeps the
 * encoder safe: libjpeg-turbo's fast one writes nonsense for values that baseline cannot hold.
 */
static const char *
judge_coefficients(struct copying *c, int i)
{
	struct jpeg_decompress_struct *d = &c->d;
	jpeg_component_info *ci = &d->comp_info[i];
	int step = ci->quant_table ? ci->quant_table->quantval[0] : 0;

	if (step == 0)
		return "a quantisation table is missing, or has a step of 0";
	for (JDIMENSION y = 0; y < ci->height_in_blocks; y++) {
		JBLOCKARRAY row =
		    d->mem->access_virt_barray((j_common_ptr)d, c->from[i], y, 1, FALSE);

		for (JDIMENSION x = 0; x < ci->width_in_blocks; x++)
			if (abs(row[0][x][0]) > 1024 / step + 2)
				return "a DC value that no picture can have";
		if (greatest_ac(row[0], ci->width_in_blocks) > 1023)
			return "a coefficient that no picture can have";
	}
	return NULL;
}

/* Damage that the entropy decoder does not see. */
static void
check_coefficients(struct copying *c)
{
	for (int i = 0; i < c->d.num_components; i++) {
		const char *why = judge_coefficients(c, i);

		if (why == NULL)
			continue;
		c->t.damage++;
		snprintf(c->t.text, sizeof(c->t.text), "%s", why);
		return;
	}
}

/* Turn one block of coefficients: odd frequencies change sign along a mirrored axis. */
static void
turn_block(const JCOEF *from, JCOEF *to, struct turn t)
{
	for (int v = 0; v < DCTSIZE; v++)
		for (int u = 0; u < DCTSIZE; u++) {
			JCOEF k = t.transpose ? from[u * DCTSIZE + v] : from[v * DCTSIZE + u];

			if ((t.mirror_x && (u & 1)) != (t.mirror_y && (v & 1)))
				k = (JCOEF)-k;
			to[v * DCTSIZE + u] = k;
		}
}

/* Row y of the new blocks. They must be written in order: libjpeg knows no other way. */
static void
turn_block_row(struct copying *c, int i, JDIMENSION y)
{
	struct jpeg_decompress_struct *d = &c->d;
	jpeg_component_info *ci = &d->comp_info[i];
	JDIMENSION w = c->turn.transpose ? ci->height_in_blocks : ci->width_in_blocks;
	JDIMENSION h = c->turn.transpose ? ci->width_in_blocks : ci->height_in_blocks;
	JDIMENSION sy = c->turn.mirror_y ? h - 1 - y : y;
	JBLOCKARRAY to = d->mem->access_virt_barray((j_common_ptr)d, c->to[i], y, 1, TRUE), from;

	for (JDIMENSION x = 0; x < w; x++) {
		JDIMENSION sx = c->turn.mirror_x ? w - 1 - x : x;

		from = d->mem->access_virt_barray(
		    (j_common_ptr)d, c->from[i], c->turn.transpose ? sx : sy, 1, FALSE);
		turn_block(from[0][c->turn.transpose ? sy : sx], to[0][x], c->turn);
	}
}

static void
turn_component(struct copying *c, int i)
{
	const jpeg_component_info *ci = &c->d.comp_info[i];
	JDIMENSION rows = c->turn.transpose ? ci->width_in_blocks : ci->height_in_blocks;

	for (JDIMENSION y = 0; y < rows; y++)
		turn_block_row(c, i, y);
}

static void
transpose_tables(struct jpeg_compress_struct *c)
{
	for (int i = 0; i < NUM_QUANT_TBLS; i++) {
		JQUANT_TBL *q = c->quant_tbl_ptrs[i];

		for (int v = 0; q && v < DCTSIZE; v++)
			for (int u = 0; u < v; u++) {
				UINT16 k = q->quantval[v * DCTSIZE + u];

				q->quantval[v * DCTSIZE + u] = q->quantval[u * DCTSIZE + v];
				q->quantval[u * DCTSIZE + v] = k;
			}
	}
}

/* Three components without subsampling; chroma uses luma's table, which exists. */
static void
set_grey(struct jpeg_compress_struct *c)
{
	int table = c->comp_info[0].quant_tbl_no;

	c->input_components = 3;
	c->in_color_space = JCS_YCbCr;
	jpeg_set_colorspace(c, JCS_YCbCr);
	for (int i = 0; i < 3; i++) {
		c->comp_info[i].quant_tbl_no = table;
		c->comp_info[i].h_samp_factor = c->comp_info[i].v_samp_factor = 1;
	}
}

static void
set_turned(struct jpeg_compress_struct *c)
{
	JDIMENSION w = c->image_width;

	c->image_width = c->image_height;
	c->image_height = w;
	for (int i = 0; i < c->num_components; i++) {
		jpeg_component_info *ci = &c->comp_info[i];
		int h = ci->h_samp_factor;

		ci->h_samp_factor = ci->v_samp_factor;
		ci->v_samp_factor = h;
	}
	transpose_tables(c);
}

static void
write_copy(struct copying *c)
{
	struct jpeg_compress_struct *e = &c->c;

	e->err = &c->t.mgr;
	jpeg_create_compress(e);
	c->encoding = true;
	jpeg_copy_critical_parameters(&c->d, e);
	if (is_grey(c))
		set_grey(e);
	if (c->turn.transpose)
		set_turned(e);
	e->optimize_coding = c->how->optimize;
	e->arith_code = FALSE;
	e->restart_interval = 0;
	if (c->how->progressive)
		jpeg_simple_progression(e);
	e->dest = &c->sink.mgr;
	jpeg_write_coefficients(e, c->new_arrays ? c->to : c->from);
	if (c->how->exif.p)
		jpeg_write_marker(
		    e, JPEG_APP0 + 1, (const JOCTET *)c->how->exif.p, (unsigned)c->how->exif.n);
	jpeg_finish_compress(e);
}

/* The one function that libjpeg jumps back to. */
static bool
copy(struct copying *c)
{
	struct jpeg_decompress_struct *d = &c->d;

	if (setjmp(c->t.jump))
		return false;
	jpeg_read_header(d, TRUE);
	c->t.in_scan = true;
	if (!edges_allow(d, c->turn))
		return false;
	if (c->new_arrays)
		request_arrays(c);
	c->from = jpeg_read_coefficients(d);
	check_coefficients(c);
	if (!tables_allow(d))
		return false;
	if (c->t.damage) {
		/* such coefficients cannot be written: it is rejected, or gets new pixels */
		if (!c->t.lim->keep_damaged)
			jpeg_trap_judge(&c->t, d);
		return false;
	}
	for (int i = 0; c->new_arrays && i < d->num_components; i++)
		turn_component(c, i);
	write_copy(c);
	jpeg_trap_finish(&c->t, d);
	return jpeg_trap_judge(&c->t, d);
}

bool
jpeg_copy(struct span file, const struct jpeg_head *h, int orientation,
    const struct image_limits *lim, const struct jpeg_encoding *how, struct buf *out,
    struct finding *f)
{
	struct copying c = { .turn = turn_of(orientation), .how = how };
	size_t before = out->n;
	bool fine;

	c.new_arrays = h->n == 1 || orientation > 1;
	jpeg_trap_open(&c.t, &c.d, file, lim, f);
	jpeg_sink_init(&c.sink, &c.c, out);
	fine = copy(&c);
	if (c.encoding)
		jpeg_destroy_compress(&c.c);
	jpeg_destroy_decompress(&c.d);
	if (!fine) {
		buf_cut(out, before);
		return false;
	}
	if (h->n == 1)
		f->notes |= NOTE_GREY;
	return true;
}

/* ---- the same bytes ---- */

/* Is this segment more than the picture needs? JFIF and Adobe markers say what the colours mean. */
static bool
is_metadata(const unsigned char *segment, size_t n)
{
	int m = segment[1];

	if (m == 0xfe)
		return true;
	if (m < 0xe0 || m > 0xef)
		return false;
	if (m == 0xe0 && n >= 9 && memcmp(segment + 4, "JFIF", 5) == 0)
		return false;
	return !(m == 0xee && n >= 16 && memcmp(segment + 4, "Adobe", 5) == 0);
}

/* Copy the segments before the first scan, without metadata. Returns the offset of the scan. */
static size_t
copy_segments(struct span file, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)file.p;
	size_t at = 2, n;

	buf_add(out, p, 2);
	while (at + 4 <= file.n && !(p[at] == 0xff && p[at + 1] == 0xda)) {
		if (p[at] != 0xff || !jpeg_marker_known(p[at + 1]) || jpeg_marker_bare(p[at + 1])) {
			at++; /* fill bytes, stray bytes, restart markers */
			continue;
		}
		n = 2 + ((size_t)p[at + 2] << 8 | p[at + 3]);
		if (n > file.n - at)
			break;
		if (!is_metadata(p + at, n))
			buf_add(out, p + at, n);
		at += n;
	}
	return at;
}

void
jpeg_copy_bytes(struct span file, const struct jpeg_state *st, bool strip, struct buf *out)
{
	size_t from = strip ? copy_segments(file, out) : 0;

	if (from < st->end)
		buf_add(out, file.p + from, st->end - from);
	if (st->verdict == JPEG_NO_END)
		buf_add(out, "\xff\xd9", 2);
}
