/* png.c: any bytes that claim to be PNG. */
#include "picture.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_picture(data, size, KIND_PNG);
	return 0;
}
