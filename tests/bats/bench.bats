# bench.bats: the benchmark runs to its end and leaves out nothing, at sizes that take seconds. What is measured is not
# looked at, and the programs of others are not run.

load helpers

setup_file() {
	[ -z "$SANITIZER" ] || return 0
	mkdir "$BATS_FILE_TMPDIR/bench"
	ln -s "$builddir/tools" "$BATS_FILE_TMPDIR/tools"
	ln -s "$builddir/bench/floor" "$BATS_FILE_TMPDIR/bench/"
	find "$builddir/bench" -maxdepth 1 -type f -exec ln -s {} "$BATS_FILE_TMPDIR/bench/" \;
}

setup() {
	need_plain_build
	export IMAGES=50 ANNOTATIONS=3000 LINES=1000 TINY=20 SAMPLES=500 FILES=100 STEPS=200 TRIVIAL=20 RUNS=1 PEERS=no
	build=$BATS_FILE_TMPDIR
	export WORK=$BATS_TEST_TMPDIR
	mkdir "$BATS_TEST_TMPDIR/photos"
	"$builddir/bench/photos" "$BATS_TEST_TMPDIR/photos" 10 160 120
	export PICTURES=$BATS_TEST_TMPDIR/photos
}

# every_row FILE: no row failed, was given up or found no program.
every_row() {
	run ! grep -E 'failed with|not done after|is not installed' "$1"
}

@test "bench: all sections run to their end" {
	"$srcdir/bench/run.sh" "$build" "$BATS_TEST_TMPDIR/results.md"
	every_row "$BATS_TEST_TMPDIR/results.md"
	for title in Labels 'JSON in memory' Images Splits Releases Snapshots 'Snapshots on the disk' Workflows 'Running workflows'; do
		grep -qx "## $title" "$BATS_TEST_TMPDIR/results.md" || fail "no section '$title'"
	done
	[ -z "$(find "$build/bench" "$WORK" -name 'work.*')" ]
}

@test "bench: each planted fault of a COCO file is reported" {
	"$srcdir/bench/run.sh" "$build" "$BATS_TEST_TMPDIR/results.md" labels
	sed -n '/^| fault /,/^$/p' "$BATS_TEST_TMPDIR/results.md" | awk -F ' *[|] *' '
		NR > 2 && NF { n++; if ($3 < 1 || $3 != $4) { print; bad = 1 } }
		END { exit bad || n != 11 }'
}

@test "bench: one section is measured again, and the others stay" {
	"$srcdir/bench/run.sh" "$build" "$BATS_TEST_TMPDIR/first.md" release workflow
	IMAGES=60 "$srcdir/bench/run.sh" "$build" "$BATS_TEST_TMPDIR/second.md" workflow
	grep -qx '## Releases' "$BATS_TEST_TMPDIR/second.md"
	assert_file_equals <(sed -n '/^## Releases/,/^## [^R]/p' "$BATS_TEST_TMPDIR/second.md") \
		<(sed -n '/^## Releases/,/^## [^R]/p' "$BATS_TEST_TMPDIR/first.md")
	must_fail 2 "$srcdir/bench/run.sh" "$build" "$BATS_TEST_TMPDIR/second.md" no-such-section
}

@test "bench: what takes too long is given up with its whole pipeline" {
	need_program pgrep
	run timeout 20 "$builddir/bench/timed" 3 1 true 'sleep 1234.5 | sleep 1234.5'
	assert_status 0
	[[ $output == *' 124' ]]
	run ! pgrep -f '^sleep 1234[.]5'
}
