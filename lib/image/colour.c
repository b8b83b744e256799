/* Colours to sRGB: see colour.h. */
#include "image/colour.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#if HAVE_LCMS2

#include <lcms2.h>
#include <lcms2_plugin.h>

#define CACHE 8
#define PROFILE_MEMORY (64 << 20) /* what one profile may ask for at once */

struct entry {
	struct buf icc;
	enum colour_model model;
	int channels;
	enum profile_use use;
	cmsHTRANSFORM transform; /* PROFILE_CONVERT only */
};

struct colours {
	cmsContext ctx;
	cmsHPROFILE srgb;
	struct entry entry[CACHE];
	int next; /* to be replaced */
};

/* Lack of memory ends the program; only a size that a hostile profile makes up gives NULL. */
static void *
cms_malloc(cmsContext ctx, cmsUInt32Number n)
{
	(void)ctx;
	return n > PROFILE_MEMORY ? NULL : xmalloc(n);
}

static void
cms_free(cmsContext ctx, void *p)
{
	(void)ctx;
	free(p);
}

static void *
cms_realloc(cmsContext ctx, void *p, cmsUInt32Number n)
{
	(void)ctx;
	return n > PROFILE_MEMORY ? NULL : xreallocarray(p, 1, n);
}

static void
cms_error(cmsContext ctx, cmsUInt32Number code, const char *text)
{
	(void)ctx;
	(void)code;
	(void)text; /* what does not work shows in the result */
}

struct colours *
colours_new(void)
{
	static cmsPluginMemHandler memory = { { cmsPluginMagicNumber, 2000, cmsPluginMemHandlerSig,
						  NULL },
		cms_malloc, cms_free, cms_realloc, NULL, NULL, NULL };
	struct colours *c = xcalloc(1, sizeof(*c));

	c->ctx = cmsCreateContext(&memory, NULL);
	cmsSetLogErrorHandlerTHR(c->ctx, cms_error);
	c->srgb = cmsCreate_sRGBProfileTHR(c->ctx);
	return c;
}

static void
entry_release(struct entry *e)
{
	if (e->transform)
		cmsDeleteTransform(e->transform);
	buf_release(&e->icc);
	*e = (struct entry){ .use = PROFILE_NONE };
}

void
colours_free(struct colours *c)
{
	if (c == NULL)
		return;
	for (int i = 0; i < CACHE; i++)
		entry_release(&c->entry[i]);
	cmsCloseProfile(c->srgb);
	cmsDeleteContext(c->ctx);
	free(c);
}

static bool
named_srgb(cmsHPROFILE p)
{
	char name[256] = "";

	cmsGetProfileInfoASCII(p, cmsInfoDescription, "en", "US", name, sizeof(name));
	return strstr(name, "sRGB") != NULL;
}

/* Does the transform leave every colour of a cube of 17 steps where it is, give or take one? */
static bool
changes_nothing(cmsHTRANSFORM t)
{
	for (int r = 0; r < 17; r++)
		for (int g = 0; g < 17; g++)
			for (int b = 0; b < 17; b++) {
				unsigned char in[3] = { (unsigned char)(r * 255 / 16),
					(unsigned char)(g * 255 / 16),
					(unsigned char)(b * 255 / 16) };
				unsigned char out[3];

				cmsDoTransform(t, in, out, 1);
				for (int i = 0; i < 3; i++)
					if (abs(in[i] - out[i]) >= 2)
						return false;
			}
	return true;
}

static cmsHTRANSFORM
make_transform(struct colours *c, cmsHPROFILE p, enum colour_model model, int channels)
{
	cmsUInt32Number in = model == MODEL_GREY ? TYPE_GRAY_8 : TYPE_CMYK_8_REV, out = TYPE_RGB_8;

	if (model == MODEL_RGB)
		in = out = channels == 4 ? TYPE_RGBA_8 : TYPE_RGB_8;
	return cmsCreateTransformTHR(c->ctx, p, in, c->srgb, out, INTENT_PERCEPTUAL,
	    channels == 4 ? cmsFLAGS_COPY_ALPHA : 0);
}

static void
judge_profile(struct colours *c, struct entry *e)
{
	static const cmsColorSpaceSignature space[] = { cmsSigRgbData, cmsSigGrayData,
		cmsSigCmykData };
	cmsHPROFILE p = cmsOpenProfileFromMemTHR(c->ctx, e->icc.p, (cmsUInt32Number)e->icc.n);

	e->use = PROFILE_IGNORED;
	if (p == NULL)
		return;
	if (cmsGetColorSpace(p) == space[e->model]) {
		if (e->model == MODEL_RGB && named_srgb(p))
			e->use = PROFILE_NONE;
		else if ((e->transform = make_transform(c, p, e->model, e->channels)) != NULL)
			e->use = PROFILE_CONVERT;
	}
	cmsCloseProfile(p);
	if (e->transform && e->model == MODEL_RGB && e->channels == 3 &&
	    changes_nothing(e->transform)) {
		cmsDeleteTransform(e->transform);
		e->transform = NULL;
		e->use = PROFILE_NONE;
	}
}

static struct entry *
find_entry(struct colours *c, struct span icc, enum colour_model model, int channels)
{
	struct entry *e;

	for (int i = 0; i < CACHE; i++) {
		e = &c->entry[i];
		if (e->model == model && e->channels == channels && span_eq(buf_span(&e->icc), icc))
			return e;
	}
	e = &c->entry[c->next];
	c->next = (c->next + 1) % CACHE;
	entry_release(e);
	buf_addspan(&e->icc, icc);
	e->model = model;
	e->channels = channels;
	judge_profile(c, e);
	return e;
}

enum profile_use
colours_profile(struct colours *c, struct span icc, enum colour_model model)
{
	if (icc.n == 0)
		return PROFILE_NONE;
	return find_entry(c, icc, model, model == MODEL_INKS ? 4 : 3)->use;
}

/* Grey pixels are three equal channels by now. */
static void
convert_grey(cmsHTRANSFORM t, struct image *im)
{
	unsigned char in[256], out[256][3], *p = (unsigned char *)im->px.p;

	for (int i = 0; i < 256; i++)
		in[i] = (unsigned char)i;
	cmsDoTransform(t, in, out, 256);
	for (size_t i = (size_t)im->w * im->h; i > 0; i--, p += im->channels)
		memcpy(p, out[*p], 3);
}

/* Row by row in place: lcms2 reads each pixel before it writes it, and writes no more than it read. */
static void
convert_rows(cmsHTRANSFORM t, struct image *im, bool inks)
{
	unsigned char *to = (unsigned char *)im->px.p;

	for (uint32_t y = 0; y < im->h; y++) {
		unsigned char *from = image_row(im, y);

		cmsDoTransform(t, from, to, im->w);
		to += (size_t)im->w * (inks ? 3 : (size_t)im->channels);
	}
	if (inks)
		image_size(im, im->w, im->h, 3);
}

static bool
convert_profile(struct colours *c, struct image *im, enum colour_model model, uint32_t *notes)
{
	struct entry *e;

	if (colours_profile(c, buf_span(&im->icc), model) != PROFILE_CONVERT)
		return false;
	e = find_entry(c, buf_span(&im->icc), model, model == MODEL_GREY ? 3 : im->channels);
	if (e->use != PROFILE_CONVERT)
		return false;
	if (model == MODEL_GREY)
		convert_grey(e->transform, im);
	else
		convert_rows(e->transform, im, model == MODEL_INKS);
	*notes |= NOTE_ICC;
	return true;
}

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *
colours_library(void)
{
	static char name[24];

	snprintf(
	    name, sizeof(name), "lcms2 %d.%02d", LCMS_VERSION / 1000, LCMS_VERSION % 1000 / 10);
	return name;
}

#else

struct colours {
	int unused;
};

struct colours *
colours_new(void)
{
	return xcalloc(1, sizeof(struct colours));
}

void
colours_free(struct colours *c)
{
	free(c);
}

enum profile_use
colours_profile(struct colours *c, struct span icc, enum colour_model model)
{
	(void)c;
	(void)model;
	return icc.n ? PROFILE_IGNORED : PROFILE_NONE;
}

static bool
convert_profile(struct colours *c, struct image *im, enum colour_model model, uint32_t *notes)
{
	(void)c;
	(void)im;
	(void)model;
	(void)notes;
	return false;
}

const char *
colours_library(void)
{
	return NULL;
}

#endif

/* Four inks without a profile: the plain product, as TensorFlow, Pillow and OpenCV do it. */
static void
multiply_inks(struct image *im)
{
	const unsigned char *s = (const unsigned char *)im->px.p;
	unsigned char *q = (unsigned char *)im->px.p;

	for (size_t i = (size_t)im->w * im->h; i > 0; i--, s += 4, q += 3) {
		unsigned k = s[3], r = s[0] * k, g = s[1] * k, b = s[2] * k;

		q[0] = (unsigned char)((r + 127) / 255);
		q[1] = (unsigned char)((g + 127) / 255);
		q[2] = (unsigned char)((b + 127) / 255);
	}
	image_size(im, im->w, im->h, 3);
}

/* Samples are light to the power of gamma; sRGB has its own curve (IEC 61966-2-1). */
static void
apply_gamma(struct image *im)
{
	unsigned char table[256], *p = (unsigned char *)im->px.p;

	for (int i = 0; i < 256; i++) {
		double light = pow(i / 255.0, 1 / im->gamma);
		double v = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;

		table[i] = (unsigned char)(v * 255 + 0.5);
	}
	for (size_t i = (size_t)im->w * im->h; i > 0; i--, p += im->channels)
		for (int k = 0; k < 3; k++)
			p[k] = table[p[k]];
}

void
colours_convert(struct colours *c, struct image *im, enum colour_model model, uint32_t *notes)
{
	if (im->icc.n > 0 && colours_profile(c, buf_span(&im->icc), model) == PROFILE_IGNORED)
		*notes |= NOTE_ICC_IGNORED;
	if (convert_profile(c, im, model, notes))
		return;
	if (model == MODEL_INKS)
		multiply_inks(im);
	if (im->gamma != 0 && im->icc.n == 0) {
		apply_gamma(im);
		*notes |= NOTE_GAMMA;
	}
}

void
image_flatten(struct image *im, const unsigned char background[3], uint32_t *notes)
{
	const unsigned char *s = (const unsigned char *)im->px.p;
	unsigned char *q = (unsigned char *)im->px.p;
	unsigned all = 255;

	if (im->channels != 4)
		return;
	for (size_t i = (size_t)im->w * im->h; i > 0; i--, s += 4, q += 3) {
		unsigned a = s[3];

		all &= a;
		for (int k = 0; k < 3; k++)
			q[k] = (unsigned char)((s[k] * a + background[k] * (255 - a) + 127) / 255);
	}
	im->channels = 3;
	im->px.n = (size_t)im->w * im->h * 3;
	if (all != 255)
		*notes |= NOTE_ALPHA;
}
