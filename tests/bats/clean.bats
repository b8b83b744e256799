# clean.bats: ds-clean on the sample pictures: what is passed on, what is converted, what is rejected, and the records.

load helpers

setup_file() {
	mkdir "$BATS_FILE_TMPDIR/raw"
	tar -xf "$builddir/samples/shapes-voc.tar" -C "$BATS_FILE_TMPDIR/raw"
	cd "$BATS_FILE_TMPDIR"
	find raw/shapes/JPEGImages -type f | sort >names
	sed 's|.*/\([0-9]*\)\..*|{"source":"&","id":"\1","x":1.10,"annotation":[{"name":"a","bbox":[1,2,30,40]}]}|' names >records
	ds-clean -q -o clean --rejects rejects --report report records >out 2>err && status=0 || status=$?
	echo "$status" >status
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

# action PICTURE: what the report says was done to it.
action() {
	jq -r "select(.source==\"raw/shapes/JPEGImages/$1\") | .action" report
}

@test "a clean JPEG is passed on bit for bit" {
	[ "$(action 0001.jpg)" = passed ]
	assert_file_equals clean/0001.jpg raw/shapes/JPEGImages/0001.jpg
}

@test "progressive and grey JPEGs are converted without loss" {
	[ "$(action 0016.jpg)" = recoded ]
	[ "$(action 0032.jpg)" = recoded ]
	need_program jpegtopnm
	jpegtopnm clean/0016.jpg >"$BATS_TEST_TMPDIR/new.ppm" 2>/dev/null
	jpegtopnm raw/shapes/JPEGImages/0016.jpg >"$BATS_TEST_TMPDIR/old.ppm" 2>/dev/null
	assert_file_equals "$BATS_TEST_TMPDIR/new.ppm" "$BATS_TEST_TMPDIR/old.ppm"
}

@test "PNG and BMP are encoded" {
	for name in 0004.png 0008.bmp 0012.png 0020.png 0028.png; do
		[ "$(action $name)" = encoded ]
	done
}

# SOF0, 8 bits, three components, chroma 1x1.
@test "every new file is baseline JPEG of three components" {
	local file hex
	for file in clean/*.jpg; do
		hex=$(od -An -v -tx1 "$file" | tr -d ' \n')
		[[ $hex == ffd8ff*ffd9 ]] || fail "$file: no JPEG from end to end"
		[[ $hex =~ ffc0001108........03..(11|21|12|22)....11....11 ]] || fail "$file: not baseline"
		[[ ! $hex =~ ^[^g]{0,1200}ffc2 ]] || fail "$file: progressive"
	done
}

@test "broken files are rejected, each with its reason, and the status is 1" {
	[ "$(cat status)" -eq 1 ]
	jq -r '[.id, .reject.code] | join(" ")' rejects >"$BATS_TEST_TMPDIR/codes"
	diff -u - "$BATS_TEST_TMPDIR/codes" <<-END
		0041 truncated
		0042 not-an-image
		0043 unsupported-format
		0044 empty
	END
	grep -q '^raw/shapes/JPEGImages/0042.jpg: error: it is HTML, not JPEG, PNG or BMP \[not-an-image\]$' err
	[ "$(grep -c ': error: ' err)" -eq 4 ]
}

@test "a rejected record is the old one and its reason" {
	head -n 1 rejects >"$BATS_TEST_TMPDIR/first"
	[[ $(cat "$BATS_TEST_TMPDIR/first") == '{"source":"raw/shapes/JPEGImages/0041.jpg","id":"0041","x":1.10,"annotation":[{"name":"a","bbox":[1,2,30,40]}],"reject":{"code":"truncated","reason":"'* ]]
}

@test "records keep their order and every byte but source, width and height" {
	[ "$(jq -r .id out | tr '\n' ' ')" = "$(jq -r .id out | sort | tr '\n' ' ')" ]
	[ "$(wc -l <out)" -eq 43 ]
	[[ $(head -n 1 out) =~ ^'{"source":"clean/0001.jpg","id":"0001","x":1.10,"annotation":[{"name":"a","bbox":[1,2,30,40]}],"width":'[0-9]+,'"height":'[0-9]+'}'$ ]]
}

@test "the size in the record is that of the file" {
	need_program jpegtopnm
	jq -r '[.source, .width, .height] | @tsv' out | while read -r file width height; do
		[ "$(jpegtopnm "$file" 2>/dev/null | sed -n 2p)" = "$width $height" ] || fail "$file"
	done
}

@test "the summary adds up" {
	run -1 ds-clean -v -o "$BATS_TEST_TMPDIR/clean" records
	[[ $output == *"read 47 = passed 33 (0 mended) + converted 10 (2 without loss) + rejected 4"* ]]
}

@test "any number of threads gives the same bytes" {
	local jobs
	for jobs in 1 3 8; do
		run ds-clean -q -j "$jobs" -o "$BATS_TEST_TMPDIR/$jobs" records
		(cd "$BATS_TEST_TMPDIR/$jobs" && sha256sum -- *.jpg) >"$BATS_TEST_TMPDIR/sums.$jobs"
	done
	assert_file_equals "$BATS_TEST_TMPDIR/sums.1" "$BATS_TEST_TMPDIR/sums.3"
	assert_file_equals "$BATS_TEST_TMPDIR/sums.1" "$BATS_TEST_TMPDIR/sums.8"
}

@test "nothing is overwritten without --force" {
	must_fail 2 ds-clean -q -o clean records >/dev/null
	cp -r clean "$BATS_TEST_TMPDIR/clean"
	run -1 ds-clean -q --force -o "$BATS_TEST_TMPDIR/clean" records
}

@test "headers pass through, bad lines are left out" {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' '{"dataset":{"name":"x"}}' '{"source":}' >in
	run -1 --separate-stderr ds-clean -o clean in
	[ "$output" = '{"dataset":{"name":"x"}}' ]
	[[ $stderr == *"in:2:11: error:"* ]]
}

@test "a missing file and a URI are rejected by name" {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' '{"source":"gone.jpg"}' '{"source":"s3://a/b.jpg"}' '{"source":""}' >in
	run -1 --separate-stderr ds-clean -q -o clean --rejects rejects in
	[ "$(jq -r .reject.code rejects | tr '\n' ' ')" = "missing not-local no-source " ]
}

@test "file names come with NULs too, and names never leave the folder" {
	mkdir "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/a/b"
	cp raw/shapes/JPEGImages/0001.jpg "$BATS_TEST_TMPDIR/a/x y.jpg"
	cp raw/shapes/JPEGImages/0004.png "$BATS_TEST_TMPDIR/a/x y.png"
	cd "$BATS_TEST_TMPDIR/a/b"
	printf '%s\0' '../x y.jpg' '.././x y.png' | ds-clean -0 -o clean >out
	[ "$(jq -r .source out)" = "$(printf '%s\n' 'clean/x y.jpg' 'clean/x y-2.jpg')" ]
	[ -f 'clean/x y-2.jpg' ]
	[ "$(find .. -newer out -name '*.jpg' | wc -l)" -eq 0 ]
}

@test "clean JPEGs can be hard links" {
	cp raw/shapes/JPEGImages/0001.jpg "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	echo 0001.jpg | ds-clean --files --images link -o clean >out
	[ 0001.jpg -ef clean/0001.jpg ]
}

@test "sources in an archive go into an archive, member by member" {
	cd "$BATS_TEST_TMPDIR"
	cp "$builddir/samples/shapes-voc.tar" in.tar
	printf '{"source":"in.tar!/shapes/JPEGImages/%s"}\n' 0001.jpg 0004.png 0041.jpg 0008.bmp >in
	run -1 --separate-stderr ds-clean -q -o new.tar in
	[ "$(jq -r .source <<<"$output" | tr '\n' ' ')" = "new.tar!/shapes/JPEGImages/0001.jpg new.tar!/shapes/JPEGImages/0004.jpg new.tar!/shapes/JPEGImages/0008.jpg " ]
	tar -xOf new.tar shapes/JPEGImages/0001.jpg >0001.jpg
	assert_file_equals 0001.jpg "$BATS_FILE_TMPDIR/raw/shapes/JPEGImages/0001.jpg"
	tar -xOf new.tar shapes/JPEGImages/0008.jpg >0008.jpg
	assert_file_equals 0008.jpg "$BATS_FILE_TMPDIR/clean/0008.jpg"
}

@test "a full disk is status 2, and no picture is called bad" {
	need_program strace
	need_plain_build
	cd "$BATS_TEST_TMPDIR"
	cp "$BATS_FILE_TMPDIR/raw/shapes/JPEGImages/0004.png" .
	echo 0004.png >in
	must_fail 2 strace -qq -f -o /dev/null -e trace=write -e inject=write:error=ENOSPC:when=1 \
		ds-clean --files -j 1 -o clean in >out 2>err
	[ ! -s out ]
	grep -q 'No space left on device' err
	[ -z "$(find clean -type f)" ]
}

# A mask of 3 x 2 pixels with the palette indices 0 to 5, as PNG, made with netpbm.
@test "a mask that is a picture follows, with its numbers" {
	need_program pnmtopng pngtopnm jpegtopnm
	cd "$BATS_TEST_TMPDIR"
	printf 'P5 3 2 255\n\001\002\003\004\005\006' | pnmtopng -force >mask.png 2>/dev/null
	cp "$DSUTILS_CORPORA/images/odd/j-orient6.jpg" turned.jpg 2>/dev/null || skip "no turned picture"
	echo '{"source":"turned.jpg","annotation":[{"mask":{"source":"mask.png","value":2}},{"mask":{"source":"mask.png","value":3}}]}' >in
	ds-clean --label-space raw -o clean in >out
	[ "$(jq -c '[.annotation[].mask]' out)" = '[{"source":"clean/turned-mask-1.png","value":2},{"source":"clean/turned-mask-1.png","value":3}]' ]
	pngtopnm clean/turned-mask-1.png | tail -c 6 | od -An -tu1 >got
	[ "$(cat got)" = "   4   1   5   2   6   3" ]
	ds-clean --label-space raw -o new.zip in >out
	[ "$(jq -r '.annotation[0].mask.source' out)" = new.zip!/turned-mask-1.png ]
	rm mask.png
	must_fail 1 ds-clean -q --label-space raw -o clean2 in 2>err
	grep -q 'turned.jpg: error: its mask mask.png: No such file or directory .label-geometry.' err
	[ -z "$(find clean2 -type f)" ]
}

# libpng makes room for what a chunk claims, a gigabyte and a half, before it looks whether it is there.
@test "a mask with a chunk that claims too much is the mask's fault" {
	need_program prlimit
	need_plain_build
	cd "$BATS_TEST_TMPDIR"
	cp "$srcdir/tests/fuzz/corpus/mask_png/chunk-of-a-gigabyte.png" mask.png
	cp "$BATS_FILE_TMPDIR/raw/shapes/JPEGImages/0001.jpg" a.jpg
	echo '{"source":"a.jpg","annotation":[{"mask":{"source":"mask.png","value":2}}]}' >in
	must_fail 1 prlimit --as=200000000 ds-clean -q -j 1 --resize 50 -o clean --rejects rejects in
	[ "$(jq -r .reject.code rejects)" = label-geometry ]
}

@test "pictures are shrunk to fit, and their labels with them" {
	need_program jpegtopnm
	cd "$BATS_TEST_TMPDIR"
	cp "$BATS_FILE_TMPDIR/raw/shapes/JPEGImages/0001.jpg" a.jpg
	ds-clean --files -o first <<<a.jpg >first.jsonl
	read -r w h < <(jq -r '[.width, .height] | @tsv' first.jsonl)
	echo "{\"source\":\"a.jpg\",\"annotation\":[{\"bbox\":[0,0,$w,$h],\"area\":$((w * h))}]}" >in
	ds-clean --resize 60x60 -o clean in >out
	jq -e '.width <= 60 and .height <= 60 and ([.width, .height] | max) == 60' out
	jq -e '.annotation[0] as $a | $a.bbox == [0, 0, .width, .height] and $a.area == .width * .height' out
	[ "$(jpegtopnm clean/a.jpg 2>/dev/null | sed -n 2p)" = "$(jq -r '"\(.width) \(.height)"' out)" ]
	must_fail 1 ds-clean -q --max-size 60 -o clean2 --rejects rejects in
	[ "$(jq -r .reject.code rejects)" = too-large ]
	must_fail 1 ds-clean -q --resize 60 --min-size 61 -o clean3 --rejects rejects3 in
	[ "$(jq -r .reject.code rejects3)" = too-small ]
}

# 48 million pixels are 144 MB as RGB; a bitmap of one bit a pixel, the JPEG and the PNG are a few.
@test "rows are streamed: a picture need not fit into memory" {
	need_program prlimit
	need_plain_build
	cd "$BATS_TEST_TMPDIR"
	{
		printf 'BM%b' '\0\0\0\0\0\0\0\0\076\0\0\0\050\0\0\0\0100\037\0\0\0160\027\0\0\001\0\001\0'
		printf '%b' '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\002\0\0\0\0\0\0\0\0\0\0\0\0377\0377\0377\0'
		yes 0123456789 | head -c 500000 && head -c 5500000 /dev/zero
	} >big.bmp
	prlimit --as=80000000 ds-clean -j 1 --files -o a <<<big.bmp >out
	[ "$(jq -c '[.width, .height]' out)" = '[8000,6000]' ]
	prlimit --as=80000000 ds-clean -j 1 --files --always-encode --signals -o b <<<a/big.jpg >out
	command -v pnmtopng >/dev/null || return 0
	pbmmake -white 8000 6000 | pnmtopng >grey.png 2>/dev/null
	prlimit --as=80000000 ds-clean -j 1 --files -o c <<<grey.png >out
	# what has to be whole, as for shrinking, needs more: then the machine is to blame
	must_fail 2 prlimit --as=80000000 ds-clean -j 1 --files --resize 50 -o d <<<big.bmp >out 2>err
	grep -q 'out of memory' err
}

@test "duplicates are marked, the first of a group stays" {
	cd "$BATS_TEST_TMPDIR"
	cp "$BATS_FILE_TMPDIR/raw/shapes/JPEGImages/0001.jpg" a.jpg
	cp a.jpg b.jpg
	cp "$BATS_FILE_TMPDIR/raw/shapes/JPEGImages/0003.jpg" c.jpg
	printf '%s\n' a.jpg b.jpg c.jpg >in
	ds-clean --files --duplicates --distance 0 -o clean in >out
	[ "$(jq -c .duplicate out | tr '\n' ' ')" = 'null {"of":"a.jpg","exact":true,"distance":0} null ' ]
	must_fail 1 ds-clean -q --files --drop-duplicates --distance 0 -o clean2 --rejects rejects --report report in >out
	[ "$(jq -r .source out | tr '\n' ' ')" = 'clean2/a.jpg clean2/c.jpg ' ]
	[ "$(jq -r '.source + " " + .reject.code' rejects)" = 'b.jpg duplicate' ]
	[ "$(jq -r .action report | tr '\n' ' ')" = 'passed rejected passed ' ]
	[ ! -e clean2/b.jpg ]
}

@test "signals mark a picture of one colour" {
	need_program ppmmake pnmtopng
	cd "$BATS_TEST_TMPDIR"
	ppmmake rgb:05/05/05 64 64 | pnmtopng >dark.png 2>/dev/null
	ds-clean --files --signals -o clean <<<dark.png >out
	[ "$(jq -c .signals.marks out)" = '["dark","uniform"]' ]
	must_fail 1 ds-clean -q --files --drop-marked -o clean2 --rejects rejects <<<dark.png
	[ "$(jq -r .reject.code rejects)" = marked ]
}
