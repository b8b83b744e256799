/*
 * draw.c: draws the sample dataset: `draw FILE.tar` writes pictures of coloured shapes and their
 * Pascal VOC labels.
 *
 * The tar file holds, in the order of the real VOC archives,
 *
 *	shapes/Annotations/0001.xml ...		boxes, from 1, both ends included
 *	shapes/ImageSets/Main/trainval.txt	the list of all names
 *	shapes/JPEGImages/0001.jpg ...		mostly JPEG, some PNG and BMP
 *
 * Pictures 0001 to 0040 are sound. The ones after them each have one fault, as the world has
 * them: see `faults`. The same bytes come out on every run: nothing depends on the clock, the
 * place or the user.
 */
#include "encode.h"
#include "picture.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

enum { SOUND = 40, MAX_OBJECTS = 5 };

enum fault {
	NONE,
	CUT_SHORT,       /* a JPEG that ends in the middle */
	WEB_PAGE,        /* HTML saved as .jpg: the server was down */
	OTHER_FORMAT,    /* a GIF called .png */
	EMPTY_FILE,      /* nothing in it */
	BROKEN_XML,      /* labels that are not well-formed */
	REVERSED_BOX,    /* xmin and xmax changed places */
	MISSING_PICTURE, /* labels of a picture that is not there */
	MISSING_LABELS   /* a picture nobody labelled */
};

/* Pictures SOUND + 1, SOUND + 2, ... */
static const enum fault faults[] = { CUT_SHORT, WEB_PAGE, OTHER_FORMAT, EMPTY_FILE, BROKEN_XML,
	REVERSED_BOX, MISSING_PICTURE, MISSING_LABELS };

enum { SAMPLES = SOUND + sizeof faults / sizeof faults[0] };

/* What the sound pictures are when they are not plain JPEG: every fourth, in turn. */
static const enum kind odd_kinds[] = { PNG_PALETTE, BMP_24_BIT, PNG_GREY, JPEG_PROGRESSIVE,
	PNG_ALPHA, BMP_PALETTE, PNG_16_BIT, JPEG_GREY, PNG_RGB, BMP_24_BIT };

struct object {
	enum shape shape;
	struct box box;
	int truncated;
};

struct sample {
	int number;
	enum kind kind;
	enum fault fault;
	struct picture picture;
	struct object objects[MAX_OBJECTS];
	int objects_n;
};

static const uint8_t colours[][3] = { { 200, 30, 40 }, { 20, 90, 200 }, { 30, 140, 60 },
	{ 240, 190, 20 }, { 110, 40, 140 }, { 30, 30, 30 } };

static void
die(const char *what)
{
	fprintf(stderr, "draw: error: %s\n", what);
	exit(2);
}

static int
too_close(const struct box *a, const struct box *b)
{
	return a->x0 <= b->x1 + 4 && b->x0 <= a->x1 + 4 && a->y0 <= b->y1 + 4 && b->y0 <= a->y1 + 4;
}

/* Place one more shape where nothing is yet. There may be no room: then there is one shape less. */
static void
add_object(struct sample *s, uint32_t *state)
{
	struct object o;
	int i, r = random_in(state, 8, s->picture.h / 4);
	int cx = random_in(state, r * 2 / 3, s->picture.w - 1 - r * 2 / 3);
	int cy = random_in(state, r * 2 / 3, s->picture.h - 1 - r * 2 / 3);

	o.shape = (enum shape)random_in(state, 0, SHAPES - 1);
	o.box = shape_box(&s->picture, o.shape, cx, cy, r);
	o.truncated = cx < r || cy < r || cx + r >= s->picture.w || cy + r >= s->picture.h;
	for (i = 0; i < s->objects_n; i++)
		if (too_close(&o.box, &s->objects[i].box))
			return;
	draw_shape(&s->picture, o.shape, cx, cy, r,
	    colours[random_in(state, 0, (int)(sizeof colours / sizeof colours[0]) - 1)]);
	s->objects[s->objects_n++] = o;
}

/*
 * Each picture has its own random numbers, so that a change to one leaves the others as they
 * were.
 */
static void
draw_sample(struct sample *s, int number)
{
	uint32_t state = 2654435769u * (uint32_t)number;
	int wanted, tries;

	s->number = number;
	s->fault = number > SOUND ? faults[number - SOUND - 1] : NONE;
	s->kind = s->fault == NONE && number % 4 == 0 ? odd_kinds[number / 4 - 1] : JPEG_COLOUR;
	if (s->fault == OTHER_FORMAT)
		s->kind = PNG_RGB;
	picture_init(&s->picture, random_in(&state, 160, 320), random_in(&state, 160, 320), &state);
	wanted = s->fault == REVERSED_BOX ? MAX_OBJECTS : random_in(&state, 1, MAX_OBJECTS);
	for (tries = 0; tries < 50 && s->objects_n < wanted; tries++)
		add_object(s, &state);
}

static void
write_object(FILE *out, const struct object *o, int reversed)
{
	int x0 = o->box.x0 + 1, x1 = o->box.x1 + 1;

	fprintf(out,
	    "\t<object>\n"
	    "\t\t<name>%s</name>\n"
	    "\t\t<pose>Unspecified</pose>\n"
	    "\t\t<truncated>%d</truncated>\n"
	    "\t\t<difficult>%d</difficult>\n"
	    "\t\t<bndbox>\n"
	    "\t\t\t<xmin>%d</xmin>\n"
	    "\t\t\t<ymin>%d</ymin>\n"
	    "\t\t\t<xmax>%d</xmax>\n"
	    "\t\t\t<ymax>%d</ymax>\n"
	    "\t\t</bndbox>\n"
	    "\t</object>\n",
	    shape_names[o->shape], o->truncated, o->box.x1 - o->box.x0 < 20, reversed ? x1 : x0,
	    o->box.y0 + 1, reversed ? x0 : x1, o->box.y1 + 1);
}

static void
write_labels(FILE *out, const struct sample *s)
{
	int i;

	fprintf(out,
	    "<annotation>\n"
	    "\t<folder>shapes</folder>\n"
	    "\t<filename>%04d.%s</filename>\n"
	    "\t<source>\n\t\t<database>dsutils samples</database>\n\t</source>\n"
	    "\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n\t\t<depth>%d</depth>\n\t</size>\n"
	    "\t<segmented>0</segmented>\n",
	    s->number, kind_extension(s->kind), s->picture.w, s->picture.h, kind_depth(s->kind));
	for (i = 0; i < s->objects_n; i++)
		write_object(out, &s->objects[i], s->fault == REVERSED_BOX && i == 0);
	fputs(s->fault == BROKEN_XML ? "\t<object>\n</annotation>\n" : "</annotation>\n", out);
}

static void
write_image(FILE *out, const struct sample *s)
{
	static const uint8_t gif[] =
	    "GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";

	switch (s->fault) {
	case WEB_PAGE:
		fputs("<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head>\n"
		      "<body><h1>Service Unavailable</h1></body></html>\n",
		    out);
		break;
	case OTHER_FORMAT:
		fwrite(gif, 1, sizeof gif - 1, out);
		break;
	case EMPTY_FILE:
		break;
	default:
		encode(out, &s->picture, s->kind);
	}
}

static void
write_list(FILE *out, const struct sample *unused)
{
	int i;

	(void)unused;
	for (i = 1; i <= SAMPLES; i++)
		fprintf(out, "%04d\n", i);
}

static void
put_member(struct archive *tar, const char *name, const char *data, size_t size)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_mtime(e, 0, 0);
	archive_entry_set_size(e, (la_int64_t)size);
	if (archive_write_header(tar, e) != ARCHIVE_OK ||
	    archive_write_data(tar, data, size) != (la_ssize_t)size)
		die(archive_error_string(tar));
	archive_entry_free(e);
}

/* Let `write` fill a member; keep the share of it that `fault` leaves. */
static void
add_member(struct archive *tar, const char *name, void (*write)(FILE *, const struct sample *),
    const struct sample *s)
{
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		die("no memory");
	write(out, s);
	if (ferror(out) || fclose(out) != 0)
		die("no memory");
	put_member(
	    tar, name, data, s && s->fault == CUT_SHORT && write == write_image ? size / 2 : size);
	free(data);
}

static void
write_tar(struct archive *tar, const struct sample *samples)
{
	char name[64];
	int i;

	for (i = 0; i < SAMPLES; i++) {
		snprintf(name, sizeof name, "shapes/Annotations/%04d.xml", samples[i].number);
		if (samples[i].fault != MISSING_LABELS)
			add_member(tar, name, write_labels, &samples[i]);
	}
	add_member(tar, "shapes/ImageSets/Main/trainval.txt", write_list, NULL);
	for (i = 0; i < SAMPLES; i++) {
		snprintf(name, sizeof name, "shapes/JPEGImages/%04d.%s", samples[i].number,
		    kind_extension(samples[i].kind));
		if (samples[i].fault != MISSING_PICTURE)
			add_member(tar, name, write_image, &samples[i]);
	}
}

int
main(int argc, char **argv)
{
	static struct sample samples[SAMPLES];
	struct archive *tar;
	int i;

	if (argc != 2) {
		fputs("usage: draw FILE.tar\n", stderr);
		return 2;
	}
	tar = archive_write_new();
	for (i = 0; i < SAMPLES; i++)
		draw_sample(&samples[i], i + 1);
	if (!tar || archive_write_set_format_ustar(tar) != ARCHIVE_OK ||
	    archive_write_open_filename(tar, argv[1]) != ARCHIVE_OK)
		die(tar ? archive_error_string(tar) : "no memory");
	write_tar(tar, samples);
	if (archive_write_close(tar) != ARCHIVE_OK)
		die(archive_error_string(tar));
	archive_write_free(tar);
	for (i = 0; i < SAMPLES; i++)
		picture_release(&samples[i].picture);
	return 0;
}
