/*
 * jpeg.c: the floor for cleaning pictures: each JPEG named on stdin is decoded to RGB and encoded
 * again into memory, on all cores, with no check and no file written. `jpeg [QUALITY] <LIST`
 *
 * A picture that does not decode ends the program: give it sound ones.
 */
#include <stdio.h>

#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>

struct picture {
	unsigned w, h;
	JSAMPLE *rgb;
};

static void
decode(FILE *in, struct picture *p)
{
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr err;

	d.err = jpeg_std_error(&err);
	jpeg_create_decompress(&d);
	jpeg_stdio_src(&d, in);
	jpeg_read_header(&d, TRUE);
	d.out_color_space = JCS_RGB;
	jpeg_start_decompress(&d);
	p->w = d.output_width;
	p->h = d.output_height;
	p->rgb = malloc((size_t)p->w * p->h * 3);
	while (p->rgb && d.output_scanline < d.output_height) {
		JSAMPROW row = p->rgb + (size_t)d.output_scanline * p->w * 3;

		jpeg_read_scanlines(&d, &row, 1);
	}
	jpeg_destroy_decompress(&d);
}

static unsigned long
encode(const struct picture *p, int quality)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned char *out = NULL;
	unsigned long size = 0;

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &size);
	c.image_width = p->w;
	c.image_height = p->h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		JSAMPROW row = p->rgb + (size_t)c.next_scanline * p->w * 3;

		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(out);
	return size;
}

static unsigned long
convert(const char *name, int quality)
{
	struct picture p = { 0 };
	unsigned long size;
	FILE *in = fopen(name, "rb");

	if (!in) {
		perror(name);
		exit(2);
	}
	decode(in, &p);
	fclose(in);
	if (!p.rgb)
		exit(2);
	size = encode(&p, quality);
	free(p.rgb);
	return size;
}

int
main(int argc, char **argv)
{
	int quality = argc > 1 ? atoi(argv[1]) : 95, i, n = 0;
	unsigned long bytes = 0;
	static char *names[1000000];
	char line[4096];

	while (n < 1000000 && fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		names[n++] = strdup(line);
	}
#pragma omp parallel for schedule(dynamic) reduction(+ : bytes)
	for (i = 0; i < n; i++)
		bytes += convert(names[i], quality);
	printf("%d pictures, %lu bytes\n", n, bytes);
	return 0;
}
