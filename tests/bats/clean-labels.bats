# clean-labels.bats: labels of every shape stay on their pixels, in all eight EXIF orientations.

load helpers

setup() {
	/usr/bin/python3 -c 'import PIL' 2>/dev/null || skip "no Pillow"
	cd "$BATS_TEST_TMPDIR"
}

# Ten shapes in eight pictures.
@test "turned without loss" {
	[ "$(/usr/bin/python3 "$srcdir/tests/shapes.py" 96 64)" = 80 ]
}

@test "turned and encoded, with sides that no block divides" {
	[ "$(/usr/bin/python3 "$srcdir/tests/shapes.py" 90 61 --always-encode)" = 80 ]
}

@test "turned and shrunk, by another ratio along each side" {
	[ "$(/usr/bin/python3 "$srcdir/tests/shapes.py" 90 61 --resize 70x33)" = 80 ]
}
