/*
 * coco.c: writes a COCO instances file of any size to stdout: `coco IMAGES ANNOTATIONS`.
 *
 * In the shape of the public files: 80 categories with gaps in their ids, images in no order,
 * annotations not grouped by image, polygons of about 20 points with two decimals, some of several
 * parts, now and then a crowd with run lengths. The same arguments give the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CATEGORIES = 80, WIDTH = 640, HEIGHT = 480 };

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
put_annotation(unsigned i, unsigned images)
{
	unsigned w = 200 + below(WIDTH * 50), h = 200 + below(HEIGHT * 50);
	unsigned x = below(WIDTH * 100 - w), y = below(HEIGHT * 100 - h);
	int crowd = below(100) == 0;

	printf("%s{\"segmentation\": ", i ? "," : "");
	if (crowd)
		put_crowd();
	else
		put_polygons(x, y, w, h);
	printf(",\"area\": %u.%u,\"iscrowd\": %d,\"image_id\": %u,\"bbox\": [", w / 100 * (h / 100),
	    below(1u << 30), crowd, image_id(below(images), images));
	put_hundredths(x);
	putchar(',');
	put_hundredths(y);
	putchar(',');
	put_hundredths(w);
	putchar(',');
	put_hundredths(h);
	printf("],\"category_id\": %u,\"id\": %u}", category_id(below(CATEGORIES)), 156 + i * 2);
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
	unsigned images = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0, i, n;

	if (images == 0 || images % 7919 == 0) {
		fputs("usage: coco IMAGES ANNOTATIONS   (IMAGES not a multiple of 7919)\n", stderr);
		return 2;
	}
	n = (unsigned)strtoul(argv[2], NULL, 10);
	printf(
	    "{\"info\": {\"description\": \"synthetic\",\"version\": \"1.0\"},\"licenses\": "
	    "[{\"url\": \"http://licences.example/1\",\"id\": 1,\"name\": \"One\"}],\"images\": [");
	put_images(images);
	printf("],\"annotations\": [");
	for (i = 0; i < n; i++)
		put_annotation(i, images);
	printf("],\"categories\": [");
	put_categories();
	printf("]}");
	return fflush(stdout) != 0 || ferror(stdout) ? 2 : 0;
}
