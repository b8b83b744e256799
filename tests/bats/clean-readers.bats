# clean-readers.bats: what other programs see: our decoders see the pixels that they see, and what ds-clean makes of the
# sample pictures, and of every picture of the corpora where they are, they read as 8-bit RGB.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	tar -xf "$builddir/samples/shapes-voc.tar"
	find shapes/JPEGImages -type f | sort >every
	if [ -n "$DSUTILS_CORPORA" ]; then
		find "$DSUTILS_CORPORA"/images "$DSUTILS_CORPORA"/fuzz/png "$DSUTILS_CORPORA"/fuzz/jpeg -type f 2>/dev/null | sort >>every
		find "$DSUTILS_CORPORA/datasets" -name '*.jpg' 2>/dev/null | sort | awk 'NR % 50 == 0' >>every
	fi
	ds-clean -q --files --max-pixels 10000000 --cmyk plain -o clean every 2>err | jq -r .source >clean.list || true
}

setup() {
	cd "$BATS_FILE_TMPDIR"
	pixels=$builddir/tests/pixels
	[ "$(wc -l <clean.list)" -gt 40 ]
}

@test "netpbm reads all of them as RGB without a word" {
	need_program jpegtopnm
	local file
	while read -r file; do
		jpegtopnm "$file" 2>"$BATS_TEST_TMPDIR/err" | head -c 2 >"$BATS_TEST_TMPDIR/magic"
		[ "$(cat "$BATS_TEST_TMPDIR/magic")" = P6 ] || fail "$file is not RGB"
		! grep -v 'WRITING PPM' "$BATS_TEST_TMPDIR/err" || fail "$file"
	done <clean.list
}

@test "Pillow reads all of them as RGB" {
	/usr/bin/python3 -c 'import PIL' 2>/dev/null || skip "no Pillow"
	/usr/bin/python3 -W ignore -c '
import sys
from PIL import Image
for name in sys.stdin.read().split("\n")[:-1]:
    im = Image.open(name)
    im.load()
    assert im.mode == "RGB" and im.format == "JPEG", (name, im.mode)
    assert "progression" not in im.info, name' <clean.list
}

@test "ImageMagick reads all of them as 8-bit TrueColor JPEG" {
	need_program identify
	xargs identify -regard-warnings -format '%m %z %[channels]\n' <clean.list | sort -u >got
	[ "$(cat got)" = "JPEG 8 srgb" ]
}

@test "libvips reads all of them as three bands of 8 bits" {
	need_program vipsheader
	xargs vipsheader <clean.list >got
	[ "$(wc -l <got)" -eq "$(wc -l <clean.list)" ]
	! grep -v 'x[0-9]* uchar, 3 bands, srgb' got || false
}

@test "djpeg reads all of them, and takes no warning for less than an error" {
	need_program djpeg
	local file
	while read -r file; do
		djpeg -strict -outfile /dev/null "$file" || fail "$file"
	done <clean.list
}

@test "OpenCV reads all of them as three channels" {
	/usr/bin/python3 -c 'import cv2' 2>/dev/null || skip "no OpenCV"
	/usr/bin/python3 -c '
import sys, cv2
for name in sys.stdin.read().split("\n")[:-1]:
    picture = cv2.imread(name, cv2.IMREAD_UNCHANGED)
    assert picture is not None and picture.shape[2] == 3 and picture.dtype == "uint8", name' <clean.list
}

# pngtopnm mixes 16 bits with the background before they become 8, we after it: one step. It does not know the
# transparent colour of p-rgb-trns.png; damaged files (pd-) it does not read, and w- are no PNG.
@test "PNG pixels are those of pngtopnm" {
	need_program pngtopnm ppmtoppm pamdepth
	local file n=0 most
	while read -r file; do
		[[ $file == *.png && ! $file =~ /(p-rgb-trns[.]png|pd-|w-) ]] && "$pixels" "$file" >"$BATS_TEST_TMPDIR/a" 2>/dev/null || continue
		pngtopnm -mix -background=white "$file" 2>/dev/null | ppmtoppm 2>/dev/null | pamdepth 255 >"$BATS_TEST_TMPDIR/b" 2>/dev/null
		n=$((n + 1))
		cmp -s "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" && continue
		most=$(paste <(od -An -v -tu1 -w1 "$BATS_TEST_TMPDIR/a") <(od -An -v -tu1 -w1 "$BATS_TEST_TMPDIR/b") |
			awk '{ d = ($1 - $2) ^ 2; if (d > m) m = d } END { print m }')
		[[ $file == *a16.png && $most -eq 1 ]] || fail "$file"
	done <every
	[ "$n" -gt 4 ]
}

# All but CMYK without a marker, of which djpeg takes another view.
@test "JPEG pixels are those of djpeg" {
	need_program djpeg ppmtoppm
	local file n=0
	while read -r file; do
		[[ $file != *noadobe* && $(head -c 2 "$file" | od -An -tx1) == ' ff d8' ]] || continue
		"$pixels" "$file" >"$BATS_TEST_TMPDIR/a" 2>/dev/null || continue
		djpeg -pnm "$file" 2>/dev/null | ppmtoppm 2>/dev/null >"$BATS_TEST_TMPDIR/b"
		cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" || fail "$file"
		n=$((n + 1))
	done <every
	[ "$n" -gt 30 ]
}
