/* jpeg.c: any bytes that claim to be JPEG. */
#include "picture.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_picture(data, size, KIND_JPEG);
	return 0;
}
