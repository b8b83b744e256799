# samples.bats: the drawn dataset: the same bytes each time, sound where it says so, broken where it means to be.

load helpers

setup() {
	tar=$builddir/samples/shapes-voc.tar
}

@test "drawing twice gives the same bytes" {
	"$builddir/samples/draw" "$BATS_TEST_TMPDIR/again.tar"
	assert_file_equals "$BATS_TEST_TMPDIR/again.tar" "$tar"
}

@test "it holds 47 label files, one list and 47 pictures" {
	tar -tf "$tar" >"$BATS_TEST_TMPDIR/list"
	[ "$(grep -c '^shapes/Annotations/.*\.xml$' "$BATS_TEST_TMPDIR/list")" -eq 47 ]
	[ "$(grep -c '^shapes/JPEGImages/.*\.\(jpg\|png\|bmp\)$' "$BATS_TEST_TMPDIR/list")" -eq 47 ]
	[ "$(tar -xOf "$tar" shapes/ImageSets/Main/trainval.txt | wc -l)" -eq 48 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/list")" -eq 95 ]
}

@test "it needs a file to write to, and says when the disk is full" {
	must_fail 2 "$builddir/samples/draw"
	must_fail 2 "$builddir/samples/draw" /dev/full
}
