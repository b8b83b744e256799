/*
 * samples.c: writes records in the shape of the public detection sets to stdout: `samples N CLASSES`.
 *
 * Classes are shared out by a power law, a picture has about three of them, and two in five pictures are frames of a
 * video ("video"). The first n records are the same for every N, and the same arguments give the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

static double
draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

/* The class k is about 1/(k+1) as common as the first. */
static unsigned
draw_class(unsigned classes)
{
	double u = draw() * draw();

	return (unsigned)(u * u * classes);
}

static void
write_sample(unsigned long i, unsigned classes)
{
	unsigned n;

	state = (i + 1) * 0x9e3779b97f4a7c15u;
	for (n = 0; n < 4; n++)
		draw();
	n = (unsigned)(draw() * 7);
	printf("{\"source\":\"train/%012lu.jpg\",\"id\":\"%012lu\",\"width\":640,\"height\":480,",
	    i, i);
	if (i % 5 < 2)
		printf("\"video\":\"v%lu\",", i / 40);
	fputs("\"annotation\":[", stdout);
	for (unsigned k = 0; k < n; k++) {
		unsigned x = (unsigned)(draw() * 600), y = (unsigned)(draw() * 440);

		printf("%s{\"name\":\"c%u\",\"bbox\":[%u.5,%u,%u,30.25]}", k ? "," : "",
		    draw_class(classes), x, y, 10 + x % 30);
	}
	puts("]}");
}

int
main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned classes = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (n == 0 || classes == 0) {
		fputs("usage: samples N CLASSES\n", stderr);
		return 2;
	}
	for (unsigned long i = 0; i < n; i++)
		write_sample(i, classes);
	return fflush(stdout) != 0;
}
