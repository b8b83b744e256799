# label-matrix.bats: polygons and masks from each format that holds them to each other one (boxes: matrix.bats).

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	# grey, 200x100: the header is all that is looked at
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >p1.png
}

# through FORMAT IN OUT
through() {
	rm -rf "tree-$3"
	ds-export -q -f "$1" --images link -o "tree-$3" "$2" 2>/dev/null
	ds-import -q -f "$1" "tree-$3" 2>/dev/null >"$3"
}

@test "polygons go through every two formats that hold them" {
	cat >polygons.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"apple"},{"name":"zebra"}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"apple","polygon":[[10,20,40,20,40,60.5,10,60]]},{"name":"zebra","polygon":[[0,0,200,0,200,100]]}]}
END
	show() {
		jq -c 'select(.source)|.width as $w|.height as $h|.annotation[]|
			[.name,(.unit=="ratio") as $r|.polygon[0]|to_entries[]|
			 (if $r then .value*(if .key%2==0 then $w else $h end) else .value end)|.*1000|round/1000]' "$1"
	}
	show polygons.jsonl >want
	for a in coco csv-via cvat labelme labelstudio supervisely via; do
		through "$a" polygons.jsonl one.jsonl
		for b in coco csv-via cvat labelme labelstudio supervisely via; do
			through "$b" one.jsonl two.jsonl
			show two.jsonl >got
			cmp -s got want || { echo "$a to $b:" && diff got want; }
		done
	done >bad
	[ ! -s bad ] || fail "$(head -n 40 bad)"
}

@test "masks go through every two formats that hold them" {
	cat >masks.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"apple"}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"apple","rle":{"size":[100,200],"counts":[1015,30,70,30,70,5,3,22,18755]}}]}
END
	echo '["apple",[100,200],"go0n0V200WOmMa0PZb0"]' >want
	for a in coco cvat labelme labelstudio supervisely; do
		through "$a" masks.jsonl one.jsonl
		for b in cvat labelme labelstudio supervisely; do
			through "$b" one.jsonl two.jsonl
			jq -c 'select(.source)|.annotation[]|[.name,.rle.size,.rle.counts]' two.jsonl >got
			cmp -s got want || { echo "$a to $b:" && diff got want; }
		done
	done >bad
	[ ! -s bad ] || fail "$(head -n 40 bad)"
}

@test "polygons in parts of width and height become pixels" {
	echo '{"source":"p1.png","width":200,"height":100,"annotation":[{"name":"a","polygon":[[0.25,0.5,0.5,0.5,0.5,0.75],[0,0,0.1,0,0.1,0.25]],"unit":"ratio"}]}' >ratio.jsonl
	for f in csv-via cvat labelme labelstudio supervisely via; do
		through "$f" ratio.jsonl one.jsonl
		jq -c '[.annotation[]?.polygon[0]][0]|select(.)|map(.*1000|round/1000)' one.jsonl
	done >got
	for f in 1 2 3 4 5 6; do echo '[50,50,100,50,100,75]'; done >want
	assert_file_equals got want
}

@test "annotations that mean nothing are counted, and never spoil a file" {
	echo '{"source":"p1.png","width":200,"height":100,"annotation":[{"name":"a\u0000b/\n ","bbox":[1e400,0,1,1]},{"name":"c","polygon":[]},{"name":"c","polygon":[[1,2,3]]},{"name":"e","rle":{"size":[1,1],"counts":[5]}},{"name":"ok","bbox":[1,2,3,4]}]}' >odd.jsonl
	for f in createml csv-automl csv-kaggle csv-retinanet csv-tf csv-via cvat dota kitti labelme labelstudio openimages supervisely via; do
		ds-export -q -f "$f" --images link -o "out-$f" odd.jsonl 2>err
		grep -q 'is lost' err || echo "$f loses in silence"
		ds-import -q -f "$f" "out-$f" >back.jsonl 2>err || echo "$f is spoilt: $(head -n 2 err)"
		grep -q '"name":"ok"' back.jsonl || echo "$f has lost the good one"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
}

@test "the examples of ds-formats(7) do what they say" {
	echo '{"dataset":{"name":"s","classes":[{"name":"a"}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"a","bbox":[10,20,30,40]}]}' >in.jsonl
	for f in createml csv-automl csv-kaggle csv-retinanet csv-tf csv-via cvat dota kitti labelme labelstudio openimages supervisely tfrecord via webdataset; do
		example=$(sed -n "/^\.Ss $f\( \|\$\)/,/^\.Ed/s/^\\$ //p" "$srcdir/man/ds-formats.7")
		[ -n "$example" ] || { echo "$f has no example" && continue; }
		input=$(cut -d ' ' -f 4 <<<"$example")
		rm -rf tree copy "$input"
		ds-export -q -f "$f" -o tree in.jsonl 2>/dev/null
		case $input in
		*/) mv tree "$input" ;;
		*) find tree -name "*.${input##*.}" -exec mv {} "$input" \; ;;
		esac
		eval "$example" 2>err || echo "$f: $example: $(cat err)"
		ds-import -q -f "$f" copy >back 2>err || echo "$f: $(cat err)"
		grep -q '"name":"a"' back || echo "$f: nothing came back"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
}
