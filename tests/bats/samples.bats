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

# Stand-ins for the four programs: three records, one rejected, $1 pictures exported.
stand_ins() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cd "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nfor i in 1 2 3; do echo "{\\"source\\":\\"$i.jpg\\"}"; done\n' >ds-import
	printf '#!/bin/sh\nsed -n "1w rejects.jsonl\n2,3p"\n' >ds-clean
	printf '#!/bin/sh\nmkdir store\nsed "1s/}/,\\"usage\\":\\"TRAIN\\"}/; 2s/}/,\\"usage\\":\\"EVAL\\"}/"\n' >ds-release
	printf '#!/bin/sh\ncat >/dev/null\nmkdir yolo\nfor i in $(seq %d); do >yolo/$i.jpg; done\n' "$1" >ds-export
	chmod +x ds-*
	PATH=$PWD:$PATH
	cd "$BATS_TEST_TMPDIR"
}

@test "the demo adds the numbers up" {
	need_program jq
	stand_ins 2
	run sh "$srcdir/samples/demo.sh" "$tar" demo
	assert_status 0
	[ "$(grep -c ' ok$' <<<"$output")" -eq 4 ]
}

@test "the demo notices a picture that went missing" {
	need_program jq
	stand_ins 1
	run sh "$srcdir/samples/demo.sh" "$tar" demo
	assert_status 1
	grep -q 'exported 1 pictures .*WRONG$' <<<"$output"
}

@test "the demo stops when a program gives up" {
	need_program jq
	stand_ins 2
	printf '#!/bin/sh\necho "ds-clean: error: no memory" >&2\nexit 2\n' >"$BATS_TEST_TMPDIR/bin/ds-clean"
	for i in 1 2; do
		run sh "$srcdir/samples/demo.sh" "$tar" demo
		assert_status 1
		grep -q '^demo: clean failed' <<<"$output" || fail "$output"
		# now the one before is still writing when nobody reads any more
		printf '#!/bin/sh\nexec yes "{}"\n' >"$BATS_TEST_TMPDIR/bin/ds-import"
	done
}
