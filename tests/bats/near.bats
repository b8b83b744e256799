# near.bats: pictures that look alike, from ds-clean, which computes phash, to ds-release, which splits by it.

load helpers

# Twelve pictures of soft random squares, each as two JPEG files of other quality: other bytes, the same look.
setup_file() {
	need_program cjpeg
	mkdir "$BATS_FILE_TMPDIR/raw"
	cd "$BATS_FILE_TMPDIR"
	for i in $(seq 12); do
		awk -v seed="$i" 'BEGIN {
			srand(seed * 7919)
			for (i = 0; i < 90; i++) grey[i] = int(rand() * 200) + 20
			print "P2\n160 144\n255"
			for (y = 0; y < 144; y++) for (x = 0; x < 160; x++) print grey[int(y / 16) * 10 + int(x / 16)]
		}' >p.pgm
		cjpeg -quality 95 p.pgm >"raw/$i-fine.jpg"
		cjpeg -quality 60 p.pgm >"raw/$i-rough.jpg"
	done
	ls raw/* | ds-clean -q --files --signals -o clean >clean.jsonl
}

setup() {
	need_program cjpeg
	cd "$BATS_FILE_TMPDIR"
}

# pairs FILE: names of pictures that are on two sides
pairs_split() {
	jq -r '"\(.source | sub("-[a-z]*[.]jpg$"; "")) \(.usage)"' "$1" | sort -u | cut -d' ' -f1 | uniq -d
}

@test "signals and duplicates give each record its phash, and copies have nearly the same" {
	[ "$(jq -r 'select(.phash | test("^[0-9a-f]{16}$")) | .source' clean.jsonl | wc -l)" = 24 ]
	[ "$(jq -r 'has("signals")' clean.jsonl | sort -u)" = true ]
	ls raw/* | ds-clean -q --files --duplicates -o "$BATS_TEST_TMPDIR/c" >"$BATS_TEST_TMPDIR/out"
	[ "$(jq -r .phash "$BATS_TEST_TMPDIR/out")" = "$(jq -r .phash clean.jsonl)" ]
	[ "$(jq -r 'select(.duplicate) | .duplicate.of' "$BATS_TEST_TMPDIR/out" | grep -c fine)" = 12 ]
	ls raw/1-* | ds-clean -q --files -o "$BATS_TEST_TMPDIR/d" | jq -e 'has("phash") | not'
}

@test "the release counts and names what looks alike on two sides, and refuses more than it is allowed" {
	ds-release --ratio 0.5 clean.jsonl >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	n=$(pairs_split "$BATS_TEST_TMPDIR/out" | wc -l)
	[ "$n" -gt 0 ]
	[ "$(grep -c 'near-leak' "$BATS_TEST_TMPDIR/err")" = "$n" ]
	grep -q "$n samples that test look like one that trains" "$BATS_TEST_TMPDIR/err"
	must_fail 1 ds-release -q -s "$BATS_TEST_TMPDIR/s" --ratio 0.5 --max-leak $((n - 1)) clean.jsonl
	[ -z "$(ls "$BATS_TEST_TMPDIR/s/versions")" ]
	ds-release -q -s "$BATS_TEST_TMPDIR/s" --ratio 0.5 --max-leak "$n" clean.jsonl >"$BATS_TEST_TMPDIR/out"
	ds-verify -q "$BATS_TEST_TMPDIR/s" >/dev/null
}

@test "the release keeps what looks alike together" {
	ds-clean -q --files --signals -o "$BATS_TEST_TMPDIR/clean" < <(ls raw/*) |
		ds-release -s "$BATS_TEST_TMPDIR/s" --ratio 0.5 --group-near 5 --max-leak 0 >"$BATS_TEST_TMPDIR/out" \
			2>"$BATS_TEST_TMPDIR/err"
	run ! grep near-leak "$BATS_TEST_TMPDIR/err"
	run ! grep no-phash "$BATS_TEST_TMPDIR/err"
	[ -z "$(pairs_split "$BATS_TEST_TMPDIR/out")" ]
	[ "$(jq -r .usage "$BATS_TEST_TMPDIR/out" | sort | uniq -c | tr -s ' \n' ' ')" = ' 12 EVAL 12 TRAIN ' ]
	ds-verify -q "$BATS_TEST_TMPDIR/s" >/dev/null
}

@test "who asks for pictures that look alike is told which were not looked at" {
	{ head -n 20 clean.jsonl; tail -n 4 clean.jsonl | jq -c 'del(.phash)'; } >"$BATS_TEST_TMPDIR/in"
	ds-release -q --ratio 0.5 --group-near 5 "$BATS_TEST_TMPDIR/in" 2>"$BATS_TEST_TMPDIR/err" >/dev/null
	grep -qF 'warning: 4 of 24 samples have no phash' "$BATS_TEST_TMPDIR/err"
	ds-release -q --ratio 0.5 "$BATS_TEST_TMPDIR/in" 2>"$BATS_TEST_TMPDIR/err" >/dev/null
	run ! grep no-phash "$BATS_TEST_TMPDIR/err"
}

@test "what looks alike stays together in the next version, too, and verify looks at it" {
	head -n 12 clean.jsonl >"$BATS_TEST_TMPDIR/half"
	cd "$BATS_TEST_TMPDIR"
	ds-release -q -s s --ratio 0.5 --group-near 5 half >/dev/null 2>&1
	ds-release -q -s s --ratio 0.5 "$BATS_FILE_TMPDIR/clean.jsonl" >out 2>/dev/null
	[ "$(jq .group_near s/current/version.json)" = 5 ]
	[ -z "$(pairs_split out)" ]
	ds-verify -q s >/dev/null
	ds-release -q -s s --ratio 0.5 --no-group-near --seed other --usage reset "$BATS_FILE_TMPDIR/clean.jsonl" >out 2>/dev/null
	[ "$(jq .group_near s/current/version.json)" = null ]
	[ -n "$(pairs_split out)" ]
	# a version that claims what is not so
	chmod -R u+w s/versions
	sed -i 's/"group_match":null/"group_match":null,"group_near":5/' s/versions/V003/version.json
	must_fail 1 ds-verify s@V003 2>err >/dev/null
	grep -qF '[leak]' err
}
