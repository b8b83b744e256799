/*
 * The size of a picture from its first bytes, without decoding it: JPEG, PNG,
 * BMP, GIF. Reads nothing but the headers and trusts no length in them.
 *
 * Sources of the rules: ITU T.81 B.2 (markers), Exif 2.32 4.5-4.6 (orientation, tag
 * 0x0112), PNG 11.2.2 (IHDR), the BITMAPINFOHEADER family, GIF89a 18.
 */
#ifndef RECORD_PICSIZE_H
#define RECORD_PICSIZE_H

#include <stdint.h>

#include "base/buf.h"

enum picsize_kind { PICSIZE_JPEG = 1, PICSIZE_PNG, PICSIZE_BMP, PICSIZE_GIF };

struct picsize {
	uint32_t width, height; /* as stored, both above 0 */
	uint8_t kind;
	uint8_t orientation; /* of EXIF, 1 to 8; 0: not said. From 5 on it is shown on its side. */
};

enum picsize_result {
	PICSIZE_OK,
	PICSIZE_MORE,    /* the header goes on behind these bytes */
	PICSIZE_UNKNOWN, /* no picture that we know, or damaged */
};

/* More than this is never needed of a sound picture (PICSIZE_MORE beyond it is PICSIZE_UNKNOWN). */
#define PICSIZE_MAX ((size_t)16 << 20)

enum picsize_result picsize_bytes(struct span head, struct picsize *size);

/* From a descriptor, at offset 0 of what pread(2) gives. 0; -1 with errno, EILSEQ: PICSIZE_UNKNOWN. */
int picsize_fd(int fd, struct picsize *size);
int picsize_file(int dirfd, const char *path, struct picsize *size);

/* As it is shown: width and height changed over when the orientation asks for it. */
void picsize_shown(const struct picsize *size, uint32_t *width, uint32_t *height);

#endif
