/* mask_png.c: masks that are PNG files, turned as their length says, and halved. */
#include "fuzz.h"
#include "image/kind.h"
#include "image/mask_file.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct image_limits limits = { .pixels = 1 << 20 };
	struct span file = { (const char *)data, size };
	struct turn turn = turn_of(1 + (int)(size % 8));
	struct buf once = BUF_INIT, twice = BUF_INIT;
	struct finding f = { .code = NULL }, again = { .code = NULL };

	if (size == 0)
		return 0;
	if (mask_file_move(file, turn, 0.5, 0.5, &limits, &once, &f)) {
		must_hold(f.code == NULL && image_kind_of(buf_span(&once)) == KIND_PNG);
		must_hold(
		    mask_file_move(buf_span(&once), turn_of(1), 1, 1, &limits, &twice, &again));
		must_hold(span_eq(buf_span(&once), buf_span(&twice)));
	} else {
		must_hold(f.code != NULL);
	}
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
