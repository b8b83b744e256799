/*
 * The entropy scanner: see jpeg.h.
 *
 * It decodes Huffman codes and throws the coefficients away, all but DC, so
 * it costs half of what libjpeg's entropy decoder takes, and is stricter:
 * what libjpeg passes over in silence (a run that leaves its block, bytes
 * left over, impossible DC values) is damage here.
 *
 * Two symbols are decoded by one look-up where their codes are short. The
 * tables of such look-ups are kept between files by the content of DHT: most
 * files of a dataset have the same ones.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "image/bytes.h"
#include "image/jpeg.h"

#define LOOK_BITS 10 /* of a table with one symbol an entry */
#define PAIR_BITS 12 /* of a table with up to two */

#define BLOCK 64
#define END_OF_BLOCK 128 /* added to the position: far beyond what runs can reach */

struct huffman {
	unsigned char dht[16 + 256]; /* what the tables below were made from */
	size_t dht_n;
	/* entry: bits 0-5 length of the code and its extra bits, 0: a longer code; 6-15: advance */
	uint16_t pair[1 << PAIR_BITS];
	uint16_t single[1 << LOOK_BITS];
	unsigned char length[1 << LOOK_BITS]; /* of the code alone */
	unsigned char symbol[1 << LOOK_BITS];
	int32_t last[18];   /* greatest code of each length, -1: none */
	int32_t offset[17]; /* of the symbol of a code: offset[length] + code */
	unsigned char value[256];
	bool built;   /* the tables are those of dht */
	bool defined; /* in the present file */
};

struct component {
	struct jpeg_component c;
	uint32_t bw, bh; /* in blocks, padded to whole MCUs */
	int dc_limit;    /* greatest magnitude of a DC value before dequantisation */
	int quant;       /* DC's quantisation step */
	int chroma;      /* greatest magnitude of a dequantised DC */
	bool scanned;
};

struct bits {
	const unsigned char *p, *end;
	uint64_t b; /* the next bits, from the top */
	int n;      /* how many */
	int over;   /* of them, zeros that are not in the file */
};

struct jpeg_scanner {
	struct huffman dc[4], ac[4];
	int quant[4];
	struct component comp[3];
	int n, hmax, vmax;
	uint32_t w, h;
	unsigned restart; /* interval in MCUs */
	int16_t *plane;   /* DC of luma, comp[0].bw * bh */
	size_t plane_cap;
	uint64_t detail; /* sum of the end positions of luma's blocks */
	/* the file */
	const unsigned char *p;
	size_t size, at;
	struct jpeg_state *st;
};

struct jpeg_scanner *
jpeg_scanner_new(void)
{
	return xcalloc(1, sizeof(struct jpeg_scanner));
}

void
jpeg_scanner_free(struct jpeg_scanner *s)
{
	if (s == NULL)
		return;
	free(s->plane);
	free(s);
}

static bool
fault(struct jpeg_scanner *s, enum jpeg_verdict v, const char *why)
{
	s->st->verdict = v;
	s->st->why = why;
	return false;
}

static bool
damaged(struct jpeg_scanner *s, const char *why)
{
	return fault(s, JPEG_DAMAGED, why);
}

/* ---- tables ---- */

/*
 * How far an AC symbol moves in its block. A symbol that baseline does not know (more than 10 extra
 * bits, a run without a value) moves so far that it is seen as damage.
 */
static unsigned
ac_advance(unsigned symbol)
{
	unsigned run = symbol >> 4, bits = symbol & 15;

	if (symbol == 0)
		return END_OF_BLOCK;
	if (bits > 10 || (bits == 0 && run != 15))
		return BLOCK;
	return run + 1;
}

static void
fill_single(struct huffman *t, unsigned code, int length, unsigned symbol, bool dc)
{
	unsigned shift = (unsigned)(LOOK_BITS - length), from = code << shift;
	unsigned bits = (unsigned)length + (symbol & 15);

	for (unsigned i = from; i < from + (1u << shift); i++) {
		t->single[i] = (uint16_t)(bits | (dc ? 0 : ac_advance(symbol)) << 6);
		t->length[i] = (unsigned char)length;
		t->symbol[i] = (unsigned char)symbol;
	}
}

/* Where a symbol with its extra bits leaves room in PAIR_BITS, the one behind it is looked up too. */
static void
fill_pairs(struct huffman *t)
{
	const unsigned mask = (1u << PAIR_BITS) - 1;

	for (unsigned i = 0; i <= mask; i++) {
		unsigned e = t->single[i >> (PAIR_BITS - LOOK_BITS)], n = e & 63;
		unsigned next, e2;

		t->pair[i] = (uint16_t)e;
		if (n == 0 || n >= PAIR_BITS || e >> 6 >= END_OF_BLOCK)
			continue;
		next = (i << n & mask) >> (PAIR_BITS - LOOK_BITS);
		e2 = t->single[next];
		if ((e2 & 63) && t->length[next] <= PAIR_BITS - n)
			t->pair[i] = (uint16_t)((n + (e2 & 63)) | ((e >> 6) + (e2 >> 6)) << 6);
	}
}

/* Canonical Huffman codes from the counts and values of DHT. */
static bool
build_table(struct huffman *t, const unsigned char *dht, size_t n, bool dc)
{
	int32_t code = 0;
	int k = 0;

	t->defined = true;
	if (t->built && t->dht_n == n && memcmp(t->dht, dht, n) == 0)
		return true;
	memset(t, 0, sizeof(*t));
	memcpy(t->dht, dht, n);
	t->dht_n = n;
	memcpy(t->value, dht + 16, n - 16);
	for (int length = 1; length <= 16; length++) {
		t->offset[length] = k - code;
		for (int i = 0; i < dht[length - 1]; i++, k++, code++) {
			if (code >= 1 << length || (dc && t->value[k] > 15))
				return false;
			if (length <= LOOK_BITS)
				fill_single(t, (unsigned)code, length, t->value[k], dc);
		}
		t->last[length] = dht[length - 1] ? code - 1 : -1;
		code <<= 1;
	}
	if (!dc)
		fill_pairs(t);
	t->built = t->defined = true;
	return true;
}

static bool
read_dht(struct jpeg_scanner *s, const unsigned char *p, size_t n)
{
	while (n >= 17) {
		unsigned class = p[0] >> 4, number = p[0] & 15;
		size_t values = 0;

		for (int i = 1; i <= 16; i++)
			values += p[i];
		if (class > 1 || number > 3 || values > 256 || n < 17 + values)
			return damaged(s, "a Huffman table is impossible");
		if (!build_table(
			class ? &s->ac[number] : &s->dc[number], p + 1, 16 + values, class == 0))
			return damaged(s, "a Huffman table is impossible");
		p += 17 + values;
		n -= 17 + values;
	}
	return true;
}

static bool
read_dqt(struct jpeg_scanner *s, const unsigned char *p, size_t n)
{
	while (n >= 65) {
		size_t size = p[0] >> 4 ? 129 : 65;

		if (p[0] >> 4 > 1 || (p[0] & 15) > 3 || n < size)
			return damaged(s, "a quantisation table is impossible");
		s->quant[p[0] & 15] = (int)(size == 129 ? be16(p + 1) : p[1]);
		p += size;
		n -= size;
	}
	return true;
}

/* ---- bits ---- */

static void
fill_slowly(struct bits *r)
{
	while (r->n <= 56) {
		uint64_t c = 0;

		if (r->p < r->end && *r->p != 0xff) {
			c = *r->p++;
		} else if (r->end - r->p >= 2 && r->p[1] == 0) {
			c = 0xff;
			r->p += 2;
		} else {
			r->over += 8; /* a marker, or the end of the file */
		}
		r->b |= c << (56 - r->n);
		r->n += 8;
	}
}

/* At least 32 bits. Eight bytes at once, where none of them is 0xFF. */
static inline void
fill(struct bits *r)
{
	uint64_t x, y;
	int bytes;

	if (r->end - r->p >= 8) {
		memcpy(&x, r->p, 8);
		y = ~x;
		if (!((y - 0x0101010101010101u) & ~y & 0x8080808080808080u)) {
			bytes = (64 - r->n) >> 3;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			x = __builtin_bswap64(x);
#endif
			r->b |= x >> r->n;
			r->p += bytes;
			r->n += bytes * 8;
			if (r->n < 64)
				r->b &= ~(~(uint64_t)0 >> r->n);
			return;
		}
	}
	fill_slowly(r);
}

static inline void
drop(struct bits *r, unsigned n)
{
	r->b <<= n;
	r->n -= (int)n;
}

/* A code of more than LOOK_BITS. Its symbol, or -1 when no table has it. */
static int
long_symbol(struct bits *r, const struct huffman *t)
{
	int length = LOOK_BITS + 1, symbol;

	while (length <= 16 && (int32_t)(r->b >> (64 - length)) > t->last[length])
		length++;
	if (length > 16)
		return -1;
	symbol = t->value[(t->offset[length] + (int)(r->b >> (64 - length))) & 255];
	drop(r, (unsigned)length);
	return symbol;
}

/* The DC difference. False: no such code. */
static inline bool
scan_dc(struct bits *r, const struct huffman *t, int *pred)
{
	unsigned i = (unsigned)(r->b >> (64 - LOOK_BITS)), length = t->length[i];
	int size = t->symbol[i], v;

	if (length > 0)
		drop(r, length);
	else if ((size = long_symbol(r, t)) < 0)
		return false;
	if (size == 0)
		return true;
	if (size > 11)
		return false;
	v = (int)(r->b >> (64 - size));
	if (v < 1 << (size - 1))
		v -= (1 << size) - 1;
	*pred += v;
	drop(r, (unsigned)size);
	return true;
}

/* Over the AC codes of a block. Position behind the last coefficient; more than BLOCK: damage. */
static inline unsigned
scan_ac(struct bits *r, const struct huffman *t)
{
	unsigned k = 1, e;

	while (k < BLOCK) {
		if (r->n < 32)
			fill(r);
		/* a first symbol moves 16 at most, so the second one is still of this block */
		e = k < BLOCK - 16 ? t->pair[r->b >> (64 - PAIR_BITS)]
				   : t->single[r->b >> (64 - LOOK_BITS)];
		if (e & 63) {
			drop(r, e & 63);
			k += e >> 6;
		} else {
			int symbol = long_symbol(r, t);

			if (symbol < 0)
				return BLOCK + 1;
			drop(r, (unsigned)symbol & 15);
			k += ac_advance((unsigned)symbol);
		}
	}
	return k >= END_OF_BLOCK ? k - END_OF_BLOCK : k;
}

/* ---- scans ---- */

/* One scan while it runs. */
struct scan {
	int n; /* components in it */
	struct component *comp[3];
	const struct huffman *dc[3], *ac[3];
	int pred[3];
	uint32_t mx, my;  /* MCUs a row, rows of them */
	unsigned left;    /* MCUs until the next restart marker */
	int next_restart; /* 0 to 7 */
	struct bits r;
};

/* Where the bits ended: is there a marker, and is it the last thing of the file? */
static bool
ran_out(struct jpeg_scanner *s, const struct scan *sc, uint32_t row)
{
	size_t left = (size_t)(sc->r.end - sc->r.p);

	s->st->percent = (unsigned)((uint64_t)row * 100 / sc->my);
	s->st->end = s->size - left;
	if (left <= 2)
		return fault(s, JPEG_TRUNCATED, "the data ends early");
	return damaged(s, "a marker stands in the middle of the data");
}

/* Between MCUs: the bits left must be padding, and the marker the one that is due. */
static bool
take_restart(struct jpeg_scanner *s, struct scan *sc)
{
	struct bits *r = &sc->r;

	if (r->n - r->over >= 8)
		return damaged(s, "bytes are left over before a restart marker");
	while (r->end - r->p >= 2 && r->p[0] == 0xff && r->p[1] == 0xff)
		r->p++;
	if (r->end - r->p < 2 || r->p[0] != 0xff || r->p[1] != 0xd0 + sc->next_restart)
		return r->end - r->p < 2 ? fault(s, JPEG_TRUNCATED, "the data ends early")
					 : damaged(s, "a restart marker is missing");
	r->p += 2;
	r->b = 0;
	r->n = r->over = 0;
	sc->next_restart = (sc->next_restart + 1) & 7;
	sc->left = s->restart;
	memset(sc->pred, 0, sizeof(sc->pred));
	return true;
}

static inline bool
scan_block(struct jpeg_scanner *s, struct scan *sc, int i, uint32_t x, uint32_t y)
{
	struct component *c = sc->comp[i];
	unsigned k;
	int dc;

	if (sc->r.n < 32)
		fill(&sc->r);
	if (!scan_dc(&sc->r, sc->dc[i], &sc->pred[i]))
		return damaged(s, "a Huffman code that does not exist");
	k = scan_ac(&sc->r, sc->ac[i]);
	if (k > BLOCK)
		return damaged(
		    s, "a Huffman code that does not exist, or a run that leaves its block");
	dc = sc->pred[i];
	if (dc > c->dc_limit || dc < -c->dc_limit)
		return damaged(s, "a DC value that no picture can have");
	if (c == &s->comp[0]) {
		s->plane[(size_t)y * c->bw + x] = (int16_t)dc;
		s->detail += k;
	} else {
		dc = abs(dc) * c->quant;
		c->chroma = dc > c->chroma ? dc : c->chroma;
	}
	return true;
}

static bool
scan_mcu(struct jpeg_scanner *s, struct scan *sc, uint32_t x, uint32_t y)
{
	if (sc->n == 1)
		return scan_block(s, sc, 0, x, y);
	for (int i = 0; i < sc->n; i++) {
		uint32_t h = (uint32_t)sc->comp[i]->c.h, v = (uint32_t)sc->comp[i]->c.v;

		for (uint32_t j = 0; j < h * v; j++)
			if (!scan_block(s, sc, i, x * h + j % h, y * v + j / h))
				return false;
	}
	return true;
}

static bool
scan_data(struct jpeg_scanner *s, struct scan *sc)
{
	for (uint32_t y = 0; y < sc->my; y++)
		for (uint32_t x = 0; x < sc->mx; x++) {
			if (s->restart && sc->left-- == 0) {
				if (!take_restart(s, sc))
					return false;
				sc->left--;
			}
			/* damage that comes of zeros behind the end is the end's fault */
			if (!scan_mcu(s, sc, x, y))
				return sc->r.over > sc->r.n ? ran_out(s, sc, y) : false;
			if (sc->r.over > sc->r.n)
				return ran_out(s, sc, y);
		}
	if (sc->r.n - sc->r.over >= 8)
		return damaged(s, "bytes are left over after the last block");
	return true;
}

/* The MCUs of a scan: those of the frame, or single blocks when it has one component. */
static void
scan_size(const struct jpeg_scanner *s, struct scan *sc)
{
	uint32_t hm = (uint32_t)s->hmax, vm = (uint32_t)s->vmax;

	if (sc->n == 1) {
		const struct jpeg_component *c = &sc->comp[0]->c;

		sc->mx = ((s->w * (uint32_t)c->h + hm - 1) / hm + 7) / 8;
		sc->my = ((s->h * (uint32_t)c->v + vm - 1) / vm + 7) / 8;
	} else {
		sc->mx = (s->w + 8 * hm - 1) / (8 * hm);
		sc->my = (s->h + 8 * vm - 1) / (8 * vm);
	}
}

static bool
begin_scan(struct jpeg_scanner *s, struct scan *sc, const unsigned char *p, size_t n)
{
	sc->n = n ? p[0] : 0;
	if (sc->n < 1 || sc->n > s->n || n < 4 + 2 * (size_t)sc->n)
		return damaged(s, "a scan header is impossible");
	for (int i = 0; i < sc->n; i++) {
		unsigned id = p[1 + 2 * i], td = p[2 + 2 * i] >> 4, ta = p[2 + 2 * i] & 15;

		sc->comp[i] = NULL;
		for (int k = 0; k < s->n; k++)
			if (s->comp[k].c.id == (int)id && !s->comp[k].scanned)
				sc->comp[i] = &s->comp[k];
		if (sc->comp[i] == NULL || td > 3 || ta > 3)
			return damaged(s, "a scan header is impossible");
		if (!s->dc[td].defined || !s->ac[ta].defined)
			return fault(s, JPEG_NOT_SCANNED, "a Huffman table is missing");
		sc->comp[i]->scanned = true;
		sc->dc[i] = &s->dc[td];
		sc->ac[i] = &s->ac[ta];
		sc->comp[i]->quant = s->quant[sc->comp[i]->c.tq & 3];
		if (sc->comp[i]->quant == 0)
			return damaged(s, "a quantisation table is missing");
		sc->comp[i]->dc_limit = 1024 / sc->comp[i]->quant + 2;
	}
	sc->left = s->restart;
	scan_size(s, sc);
	return true;
}

static bool
read_scan(struct jpeg_scanner *s, const unsigned char *p, size_t n)
{
	struct scan sc = { .n = 0 };

	if (!begin_scan(s, &sc, p, n))
		return false;
	sc.r = (struct bits){ .p = p + n, .end = s->p + s->size };
	if (!scan_data(s, &sc))
		return false;
	s->at = (size_t)(sc.r.p - s->p);
	return true;
}

/* ---- the file ---- */

static bool
begin_frame(struct jpeg_scanner *s, const struct jpeg_head *h)
{
	size_t blocks;

	if ((h->sof != 0xc0 && h->sof != 0xc1) || h->precision != 8 || (h->n != 1 && h->n != 3))
		return fault(s, JPEG_NOT_SCANNED, "not a sequential Huffman-coded file of 8 bits");
	s->n = h->n;
	s->w = h->w;
	s->h = h->h;
	s->hmax = s->vmax = 1;
	for (int i = 0; i < h->n; i++) {
		const struct jpeg_component *c = &h->c[i];

		if (c->h < 1 || c->h > 4 || c->v < 1 || c->v > 4 || c->tq > 3)
			return damaged(s, "a sampling factor is impossible");
		s->hmax = c->h > s->hmax ? c->h : s->hmax;
		s->vmax = c->v > s->vmax ? c->v : s->vmax;
	}
	for (int i = 0; i < h->n; i++) {
		struct component *c = &s->comp[i];
		uint32_t hm = (uint32_t)s->hmax, vm = (uint32_t)s->vmax;

		*c = (struct component){ .c = h->c[i] };
		c->bw = (s->w + 8 * hm - 1) / (8 * hm) * (uint32_t)c->c.h;
		c->bh = (s->h + 8 * vm - 1) / (8 * vm) * (uint32_t)c->c.v;
	}
	blocks = (size_t)s->comp[0].bw * s->comp[0].bh;
	s->plane = grow(s->plane, &s->plane_cap, blocks, sizeof(*s->plane));
	return true;
}

/* Offset of the next marker's code. Bytes that are no marker are damage once a scan was read. */
static size_t
find_marker(struct jpeg_scanner *s, bool scanned)
{
	for (; s->at + 1 < s->size; s->at++) {
		if (s->p[s->at] == 0xff && s->p[s->at + 1] != 0xff && s->p[s->at + 1] != 0)
			return s->at + 1;
		if (s->p[s->at] != 0xff && scanned) {
			damaged(s, "bytes stand between the segments");
			return 0;
		}
	}
	return 0;
}

static bool
all_scanned(const struct jpeg_scanner *s)
{
	for (int i = 0; i < s->n; i++)
		if (!s->comp[i].scanned)
			return false;
	return true;
}

/* The file ended where a marker should be. */
static bool
no_more_markers(struct jpeg_scanner *s)
{
	if (s->st->verdict != JPEG_SOUND)
		return false;
	if (!all_scanned(s))
		return fault(s, JPEG_TRUNCATED, "the data ends before the last scan");
	s->st->end = s->size - (s->size > 0 && s->p[s->size - 1] == 0xff);
	s->st->percent = 100;
	return fault(s, JPEG_NO_END, "the end marker is missing");
}

static bool
read_segment(struct jpeg_scanner *s, int m, const unsigned char *p, size_t n)
{
	switch (m) {
	case 0xdb:
		return read_dqt(s, p, n);
	case 0xc4:
		return read_dht(s, p, n);
	case 0xdd:
		s->restart = n >= 2 ? be16(p) : 0;
		return true;
	case 0xda:
		return read_scan(s, p, n);
	default:
		return true;
	}
}

static void
scan_segments(struct jpeg_scanner *s)
{
	bool scanned = false;
	size_t code;

	while ((code = find_marker(s, scanned)) != 0) {
		int m = s->p[code];
		size_t n;

		s->at = code + 1;
		if (m == 0xd9) {
			s->st->end = s->at;
			s->st->percent = 100;
			s->st->trailing = s->at < s->size;
			if (!all_scanned(s))
				damaged(s, "a scan is missing");
			return;
		}
		if (!jpeg_marker_known(m) || (scanned && jpeg_marker_bare(m))) {
			damaged(s, "a marker is out of place");
			return;
		}
		if (jpeg_marker_bare(m))
			continue;
		n = s->size - s->at >= 2 ? be16(s->p + s->at) : 0;
		if (n < 2 || n > s->size - s->at) {
			fault(s, JPEG_TRUNCATED, "the file ends in a segment");
			return;
		}
		s->at += n; /* read_scan() goes on from there */
		if (!read_segment(s, m, s->p + s->at - n + 2, n - 2))
			return;
		scanned |= m == 0xda;
	}
	no_more_markers(s);
}

/* Chroma that stays within a level or two of neutral in every block is a grey picture. */
static bool
looks_grey(const struct jpeg_scanner *s)
{
	for (int i = 1; i < s->n; i++)
		if (s->comp[i].chroma > 16)
			return false;
	return true;
}

void
jpeg_scan(
    struct jpeg_scanner *s, struct span file, const struct jpeg_head *h, struct jpeg_state *st)
{
	*st = (struct jpeg_state){ .verdict = JPEG_SOUND };
	s->st = st;
	s->p = (const unsigned char *)file.p;
	s->size = file.n;
	s->at = 2;
	s->restart = 0;
	s->detail = 0;
	memset(s->quant, 0, sizeof(s->quant));
	for (int i = 0; i < 4; i++)
		s->dc[i].defined = s->ac[i].defined = false;
	if (!begin_frame(s, h))
		return;
	scan_segments(s);
	st->grey = looks_grey(s);
	st->detail = (double)s->detail / ((double)s->comp[0].bw * s->comp[0].bh);
}

void
jpeg_scan_grey(const struct jpeg_scanner *s, struct image *small)
{
	const struct component *c = &s->comp[0];
	uint32_t cw = 8 * (uint32_t)s->hmax / (uint32_t)c->c.h,
		 ch = 8 * (uint32_t)s->vmax / (uint32_t)c->c.v;

	image_size(small, (s->w + cw - 1) / cw, (s->h + ch - 1) / ch, 1);
	for (uint32_t y = 0; y < small->h; y++)
		for (uint32_t x = 0; x < small->w; x++) {
			int v = (s->plane[(size_t)y * c->bw + x] * c->quant + 1024 + 4) >> 3;

			image_row(small, y)[x] = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
}
