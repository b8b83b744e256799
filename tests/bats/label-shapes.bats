# label-shapes.bats: masks to polygons and back, boxes of shapes: --mask-to, --bbox-from.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\024\0\0\0\012\b\0\0\0\0\0\0\0\0' >p1.png
	# a ring of pixels with a hole, at 2,1 to 7,6; and a square with a hole beside a triangle
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"a"}]}}
{"source":"p1.png","id":"p1","width":20,"height":10,"annotation":[{"name":"a","rle":{"size":[10,20],"counts":[21,5,5,5,5,2,1,2,5,5,5,5,134]}},{"name":"a","bbox":[1,2,3,4],"polygon":[[2,2,8,2,8,8,2,8],[4,4,4,6,6,6,6,4],[10,2,14,2,14,6]],"holes":[1]}]}
END
}

@test "without a wish COCO keeps pixels, and gets pixels for polygons with holes" {
	ds-export -f coco -o got.json in.jsonl 2>err
	cat >want <<'END'
in.jsonl:2: warning: annotation.polygon-as-rle is lost: coco cannot hold it (1 in 1 samples, first p1) [loss]
END
	assert_file_equals err want
	jq -c '.annotations[]|[.bbox,.area,.segmentation]' got.json >got
	cat >want <<'END'
[[2,1,5,5],24,{"size":[10,20],"counts":[21,5,5,5,5,2,1,2,5,5,5,5,134]}]
[[1,2,3,4],38,{"size":[10,20],"counts":"f06400LN020N02400n0KWO1O1i1"}]
END
	assert_file_equals got want
}

@test "the example of ds-export(1): masks as polygons with boxes that fit" {
	cp in.jsonl masks.jsonl
	example=$(sed -n 's/^\.Dl \$ \(ds-export .*--mask-to polygon.*\)/\1/p' "$srcdir/man/ds-export.1")
	eval "$example" 2>err
	cat >want <<'END'
masks.jsonl:2: warning: annotation.holes is lost: coco cannot hold it (2 in 1 samples, first p1) [loss]
END
	assert_file_equals err want
	jq -c '.annotations[]|[.bbox,.area,.segmentation,.holes]' polygons.json >got
	cat >want <<'END'
[[2,1,5,5],24,[[2,1,7,1,7,6,2,6],[4,4,5,4,5,3,4,3]],[1]]
[[2,2,12,6],40,[[2,2,8,2,8,8,2,8],[4,4,4,6,6,6,6,4],[10,2,14,2,14,6]],[1]]
END
	assert_file_equals got want
}

@test "pixels become polygons where a format has no place for them, and fill to the same pixels" {
	for f in via voc yolo csv-via azure manifest; do
		rm -rf out
		ds-export -q -f "$f" --images link -o out in.jsonl 2>err
		grep -q 'annotation.rle is lost' err && echo "$f loses the mask"
		ds-import -q -f "$f" out >back 2>/dev/null
		ds-export -q -f coco --mask-to rle -o back.json --force back 2>/dev/null
		[ "$(jq '.annotations[0].area' back.json)" -ge 24 ] || echo "$f: $(jq -c .annotations back.json)"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
	ds-export -q -f coco --mask-to polygon -o poly.json in.jsonl 2>/dev/null
	ds-import -f coco poly.json | ds-export -q -f coco --mask-to rle -o rle.json 2>/dev/null
	jq -c '.annotations[]|.segmentation.counts' rle.json >got
	printf '%s\n' '"e05500ML04300Q4"' '"f06400LN020N02400n0KWO1O1i1"' >want
	assert_file_equals got want
}

@test "formats of boxes get the box of the pixels" {
	ds-export -q -f csv-tf --images link -o out in.jsonl 2>err
	cat out/*.csv >got
	cat >want <<'END'
filename,width,height,class,xmin,ymin,xmax,ymax
p1.png,20,10,a,2,1,7,6
p1.png,20,10,a,1,2,4,6
END
	assert_file_equals got want
	ds-export -q -f csv-tf --images link --bbox-from shape -o shape in.jsonl 2>err
	cat shape/*.csv >got
	sed -i 's/,1,2,4,6/,2,2,14,8/' want
	assert_file_equals got want
}

@test "the box of each shape is exact" {
	cat >shapes.jsonl <<'END'
{"source":"p1.png","id":"p1","width":20,"height":10,"annotation":[{"name":"a","bbox":[0,0,1,1],"rbox":[10,5,4,2,90]},{"name":"a","bbox":[0,0,1,1],"polyline":[1,2,5.5,3.25]},{"name":"a","bbox":[0,0,1,1],"keypoints":[1,2,2,0,0,0,4.5,6,1]},{"name":"a","bbox":[0,0,1,1],"circle":[5,5,1.5]},{"name":"a","bbox":[0,0,1,1]}]}
END
	ds-export -q -f coco --bbox-from shape -o got.json shapes.jsonl 2>/dev/null
	jq -c '.annotations[].bbox' got.json >got
	printf '%s\n' '[9,3,2,4]' '[1,2,4.5,1.25]' '[1,2,3.5,4]' '[3.5,3.5,3,3]' '[0,0,1,1]' >want
	assert_file_equals got want
}

@test "a mask that is no mask is said and left as it is" {
	echo '{"source":"p1.png","width":20,"height":10,"annotation":[{"name":"a","rle":{"size":[10,20],"counts":[5]}},{"name":"b","mask":{"source":"gone.png","value":1}},{"name":"c","mask":{"source":"p1.png","value":1}},{"name":"d","mask":{}},{"name":"e","polygon":[[1,2,3]],"holes":[0]},{"name":"f","bbox":[1,1,2,2]}]}' >odd.jsonl
	run ds-export -f coco --mask-to polygon -o odd.json odd.jsonl
	assert_status 0
	for word in "the sum of the counts is not height" "cannot take the mask 'gone.png': No such file" \
		"cannot take the mask 'p1.png': the PNG is damaged"; do
		[[ $output == *"$word"* ]] || fail "$word is not in: $output"
	done
	[ "$(jq -c '[.annotations[]|.category_id]' odd.json)" = '[1,5,6]' ] || fail "$(cat odd.json)"
	ds-export -f coco --mask-to rle -o odd.json --force odd.jsonl 2>/dev/null
	[ "$(jq -c '[.annotations[]|.category_id]' odd.json)" = '[1,5,6]' ] || fail "$(cat odd.json)"
}

@test "wishes that a format has no place for are refused" {
	must_fail 2 ds-export -f kitti --mask-to rle -o out in.jsonl 2>err
	grep -q 'ds-export: error: --mask-to: kitti has no place for masks' err
	must_fail 2 ds-export -f via --mask-to png -o out in.jsonl 2>err
	must_fail 2 ds-export -f coco --mask-to jpeg -o out in.jsonl 2>err
	must_fail 2 ds-export -f coco --bbox-from nowhere -o out in.jsonl 2>err
	[ ! -e out ]
}
