/* Any bytes as a picture's header: a size that is found is a size, and no byte beyond is read. */
#include "fuzz.h"
#include "record/picsize.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct picsize s;

	if (picsize_bytes((struct span){ (const char *)data, size }, &s) == PICSIZE_OK)
		must_hold(s.width > 0 && s.height > 0 && s.orientation <= 8);
	return 0;
}
