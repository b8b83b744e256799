/* Input from a piece of a file, which stays the caller's. */
#include "base/input.h"

#include <unistd.h>

#include "base/file.h"
#include "tap.h"

int
main(void)
{
	int fd = file_spool();
	struct input in;
	struct span line;

	ok(fd >= 0 && write_all(fd, "zero\none\ntwo\nthree\n", 19) == 0, "a file without a name");
	input_range(&in, fd, 5, 7, "piece");
	ok(input_line(&in, &line) && span_is(line, "one"), "first line of the piece");
	ok(input_line(&in, &line) && span_is(line, "two"),
	    "last line, cut at the end of the piece");
	ok(!input_line(&in, &line), "no more");
	input_close(&in);
	input_range(&in, fd, 13, 100, "piece");
	ok(input_line(&in, &line) && span_is(line, "three"), "the descriptor is still open");
	ok(!input_line(&in, &line), "the file ends before the piece");
	input_close(&in);
	ok(close(fd) == 0, "and ours to close");
	return done_testing();
}
