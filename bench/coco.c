/*
 * coco.c: writes a COCO instances file of any size to stdout: `coco IMAGES ANNOTATIONS [BROKEN]`.
 *
 * In the shape of the public files: 80 categories with gaps in their ids, images in no order,
 * annotations not grouped by image, polygons of about 20 points with two decimals, some of several
 * parts, now and then a crowd with run lengths. The same arguments give the same bytes. With BROKEN
 * so many annotations in a hundred have a fault as they are met in the wild; how often each was
 * planted is said on stderr, as NAME TAB COUNT.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CATEGORIES = 80, WIDTH = 640, HEIGHT = 480 };

enum fault {
	NONE,
	NO_BOX,
	NO_AREA,
	STRING_ID,
	UNKNOWN_CATEGORY,
	NEGATIVE,
	OUTSIDE,
	TWO_POINTS,
	UNKNOWN_IMAGE,
	NO_EXTENT,
	ODD_CROWD,
	SAME_ID,
	FAULTS
};

static const char *const fault_names[FAULTS] = {
	[NO_BOX] = "no bbox",
	[NO_AREA] = "no area",
	[STRING_ID] = "image_id as a string",
	[UNKNOWN_CATEGORY] = "unknown category",
	[NEGATIVE] = "negative width",
	[OUTSIDE] = "outside the picture",
	[TWO_POINTS] = "polygon of two points",
	[UNKNOWN_IMAGE] = "unknown image",
	[NO_EXTENT] = "box without extent",
	[ODD_CROWD] = "iscrowd is no number",
	[SAME_ID] = "id twice",
};

static uint32_t state = 2463534242u;

static unsigned
below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

/* Hundredths as a decimal number. */
static void
put_hundredths(unsigned v)
{
	char text[16];
	int i = sizeof text;

	text[--i] = (char)('0' + v % 10);
	text[--i] = (char)('0' + v / 10 % 10);
	text[--i] = '.';
	v /= 100;
	do {
		text[--i] = (char)('0' + v % 10);
	} while ((v /= 10) > 0);
	fwrite(text + i, 1, sizeof text - (size_t)i, stdout);
}

/* Ids are a permutation of 0 ... n-1 if the step has no factor in common with n. */
static unsigned
image_id(unsigned i, unsigned n)
{
	return 1 + (unsigned)((uint64_t)i * 7919 % n) * 3;
}

static unsigned
category_id(unsigned i)
{
	return i + 1 + i / 8;
}

static void
put_images(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		unsigned id = image_id(i, n);

		printf("%s{\"license\": %u,\"file_name\": \"%012u.jpg\","
		       "\"coco_url\": \"http://images.example/train/%012u.jpg\","
		       "\"height\": %d,\"width\": %d,\"date_captured\": \"2013-11-14 11:18:45\","
		       "\"flickr_url\": \"http://photos.example/%u/%u_z.jpg\",\"id\": %u}",
		    i ? "," : "", 1 + below(8), id, id, HEIGHT, WIDTH, below(9000), below(1u << 31),
		    id);
	}
}

/* One ring inside the box, in hundredths of a pixel. */
static void
put_ring(unsigned x, unsigned y, unsigned w, unsigned h)
{
	unsigned i, n = 6 + below(16) + below(16);

	putchar('[');
	for (i = 0; i < n; i++) {
		if (i)
			putchar(',');
		put_hundredths(x + below(w));
		putchar(',');
		put_hundredths(y + below(h));
	}
	putchar(']');
}

static void
put_polygons(unsigned x, unsigned y, unsigned w, unsigned h)
{
	unsigned parts = below(10) ? 1 : 2 + below(3);

	putchar('[');
	while (parts-- > 0) {
		put_ring(x, y, w, h);
		if (parts)
			putchar(',');
	}
	putchar(']');
}

/* Runs of an uncompressed crowd mask; they add up to the picture's area. */
static void
put_crowd(void)
{
	unsigned left = WIDTH * HEIGHT, run;

	printf("{\"counts\": [");
	while (left > 2000) {
		run = 1 + below(2000);
		printf("%u,", run);
		left -= run;
	}
	printf("%u],\"size\": [%d,%d]}", left, HEIGHT, WIDTH);
}

static void
put_segmentation(enum fault fault, unsigned x, unsigned y, unsigned w, unsigned h, int crowd)
{
	printf("\"segmentation\": ");
	if (fault == TWO_POINTS)
		printf("[[1.0,1.0,2.0,2.0]]");
	else if (crowd)
		put_crowd();
	else
		put_polygons(x, y, w, h);
	if (fault != NO_AREA)
		printf(",\"area\": %u.%u", w / 100 * (h / 100), below(1u << 30));
	if (fault == ODD_CROWD)
		printf(",\"iscrowd\": false");
	else
		printf(",\"iscrowd\": %d", crowd);
}

static void
put_box(enum fault fault, unsigned x, unsigned y, unsigned w, unsigned h)
{
	if (fault == NO_BOX)
		return;
	if (fault == NO_EXTENT)
		w = h = 0;
	printf(",\"bbox\": [");
	put_hundredths(fault == OUTSIDE ? x + 500000 : x);
	putchar(',');
	put_hundredths(y);
	printf(fault == NEGATIVE ? ",-" : ",");
	put_hundredths(w);
	putchar(',');
	put_hundredths(h);
	putchar(']');
}

static void
put_annotation(unsigned i, unsigned images, enum fault fault)
{
	unsigned w = 200 + below(WIDTH * 50), h = 200 + below(HEIGHT * 50);
	unsigned x = below(WIDTH * 100 - w), y = below(HEIGHT * 100 - h);
	int crowd = below(100) == 0;
	unsigned image, category;

	printf("%s{", i ? "," : "");
	put_segmentation(fault, x, y, w, h, crowd);
	image = fault == UNKNOWN_IMAGE ? 0 : image_id(below(images), images);
	printf(fault == STRING_ID ? ",\"image_id\": \"%u\"" : ",\"image_id\": %u", image);
	put_box(fault, x, y, w, h);
	category = fault == UNKNOWN_CATEGORY ? 999 : category_id(below(CATEGORIES));
	printf(",\"category_id\": %u,\"id\": %u}", category, fault == SAME_ID ? 156 : 156 + i * 2);
}

/* Of a hundred annotations so many are broken; the first one is whole. */
static void
put_annotations(unsigned n, unsigned images, unsigned broken)
{
	unsigned planted[FAULTS] = { 0 };

	for (unsigned i = 0; i < n; i++) {
		enum fault fault = NONE;

		if (i > 0 && broken > 0 && below(100) < broken)
			fault = (enum fault)(1 + below(FAULTS - 1));
		planted[fault]++;
		put_annotation(i, images, fault);
	}
	for (int f = 1; broken > 0 && f < FAULTS; f++)
		fprintf(stderr, "%s\t%u\n", fault_names[f], planted[f]);
}

static void
put_categories(void)
{
	unsigned i;

	for (i = 0; i < CATEGORIES; i++)
		printf("%s{\"supercategory\": \"group %u\",\"id\": %u,\"name\": \"class %02u\"}",
		    i ? "," : "", i / 10, category_id(i), i);
}

int
main(int argc, char **argv)
{
	unsigned images = argc == 3 || argc == 4 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

	if (images == 0 || images % 7919 == 0) {
		fputs("usage: coco IMAGES ANNOTATIONS [BROKEN]   (IMAGES not a multiple of 7919)\n",
		    stderr);
		return 2;
	}
	printf(
	    "{\"info\": {\"description\": \"synthetic\",\"version\": \"1.0\"},\"licenses\": "
	    "[{\"url\": \"http://licences.example/1\",\"id\": 1,\"name\": \"One\"}],\"images\": [");
	put_images(images);
	printf("],\"annotations\": [");
	put_annotations((unsigned)strtoul(argv[2], NULL, 10), images,
	    argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0);
	printf("],\"categories\": [");
	put_categories();
	printf("]}");
	return fflush(stdout) != 0 || ferror(stdout) ? 2 : 0;
}
