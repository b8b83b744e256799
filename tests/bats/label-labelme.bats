# label-labelme.bats: LabelMe in and out, byte for byte.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

# A grey picture of 20x10 (PNG): its header is all that import looks at.
picture() {
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\024\0\0\0\n\b\0\0\0\0\0\0\0\0' >"$1"
}

# page SHAPES [FLAGS]: a file as labelme 5 writes it, on one line
page() {
	printf '{"version":"5.5.0","flags":%s,"shapes":[%s],"imagePath":"a.png","imageData":null,' "${2-{\}}" "$1"
	printf '"imageHeight":10,"imageWidth":20}'
}

# shape LABEL TYPE POINTS [GROUP] [MORE]
shape() {
	printf '{"label":"%s","points":%s,"group_id":%s,"description":null,' "$1" "$3" "${4-null}"
	printf '"shape_type":"%s","flags":{},"mask":null}' "$2"
}

# round IN: through records and back; the labels alone
round() {
	ds-import -f labelme "$1" >records && ds-export -f labelme --images none -o "$2" records
}

@test "shapes become records" {
	mkdir d && picture d/a.png
	page "$(shape box rectangle '[[5.5,8],[1.25,2]]'),$(shape p polygon '[[0,0],[4,0],[4,3.10]]'),$(shape o circle '[[5,5],[8,9]]'),$(shape l line '[[1,2],[3,4]]'),$(shape s linestrip '[[1,2],[3,4],[5,6]]'),$(shape d point '[[1,2]]'),$(shape k points '[[1,2],[3,4]]')" '{"day":true,"rain":false}' >d/a.json
	ds-import d >got
	cat >want <<'END'
{"dataset":{"name":"d","format":"labelme"}}
{"source":"d/a.png","id":"a","width":20,"height":10,"annotation":[{"name":"day"},{"name":"box","bbox":[1.25,2,4.25,6],"corners":[5.5,8,1.25,2]},{"name":"p","polygon":[[0,0,4,0,4,3.10]]},{"name":"o","circle":[5,5,5],"labelme":{"points":[[5,5],[8,9]]}},{"name":"l","line":[1,2,3,4]},{"name":"s","polyline":[1,2,3,4,5,6]},{"name":"d","point":[1,2]},{"name":"k","keypoints":[1,2,2,3,4,2]}],"labelme":{"version":"5.5.0","flags":{"day":true,"rain":false}}}
END
	assert_file_equals got want
}

@test "every shape comes back as it was, corners in their order, unknown keys in place" {
	mkdir d && picture d/a.png
	page "$(shape box rectangle '[[5.5,8],[1.25,2]]'),{\"my\":[1],\"label\":\"r\",\"points\":[[0,0],[4,0],[4,3],[0,3]],\"group_id\":7,\"description\":\"x\",\"shape_type\":\"oriented_rectangle\",\"flags\":{\"hard\":true},\"mask\":null},$(shape o circle '[[5,5],[8,9]]')" '{"day":true,"rain":false}' >d/a.json
	python3 -c 'import json,sys; json.dump(json.load(sys.stdin), sys.stdout, indent=2)' <d/a.json >want 2>/dev/null || skip "no python3 to lay the file out"
	round d out
	assert_file_equals out/a.json want
}

@test "polygons of one label and group are the parts of one object, and go back to their places" {
	mkdir d && picture d/a.png
	page "$(shape cat polygon '[[0,0],[4,0],[4,3]]' 1),$(shape dog polygon '[[1,1],[4,0],[4,3]]' 1),$(shape cat polygon '[[5,5],[9,5],[9,8]]' 1),$(shape cat polygon '[[6,5],[9,5],[9,8]]')" >d/a.json
	round d out
	tail -n 1 records | jq -c '.annotation[]|[.name,(.polygon|length),.group]' >got
	printf '["cat",2,1]\n["dog",1,1]\n["cat",1,null]\n' >want
	assert_file_equals got want
	jq -c . out/a.json >got
	jq -c . d/a.json >want
	assert_file_equals got want
}

@test "a mask is an RLE in records, and comes back letter by letter" {
	need_corpora labels/labelme/examples/primitives
	round "$DSUTILS_CORPORA/labels/labelme/examples/primitives" out
	assert_file_equals out/primitives.json "$DSUTILS_CORPORA/labels/labelme/examples/primitives/primitives.json"
	tail -n 1 records | jq -r '.annotation[]|select(.rle).rle.size|@text' >got
	echo '[450,560]' >want
	assert_file_equals got want
}

@test "a mask that is new gets a PNG, and is read again as it was" {
	cat >records <<'END'
{"source":"x.png","width":6,"height":4,"annotation":[{"name":"m","rle":{"size":[4,6],"counts":[5,2,2,2,13]}}]}
END
	ds-export -f labelme --images none -o out records
	jq -c '.shapes[0]|[.shape_type,.points]' out/x.json >got
	echo '["mask",[[1,1],[2,2]]]' >want
	assert_file_equals got want
	ds-import -f labelme out | jq -c '.annotation//[]|.[].rle' >got
	echo '{"size":[4,6],"counts":"5220;"}' >want
	assert_file_equals got want
}

@test "real files come back byte for byte, all digits" {
	need_corpora labels/labelme/examples
	for d in classification video_annotation instance_segmentation semantic_segmentation bbox_detection; do
		in=$DSUTILS_CORPORA/labels/labelme/examples/$d/data_annotated
		round "$in" "out-$d"
		for f in "$in"/*.json; do
			assert_file_equals "out-$d/$(basename "$f")" "$f"
		done
	done
}

@test "imageData is left out: a note when the picture is here, a warning when it is not" {
	mkdir d
	page "" | sed 's/"imageData":null/"imageData":"AAAA"/' >d/a.json
	ds-import -f labelme d 2>err >/dev/null
	echo 'd/a.json: warning: the picture is only in imageData, which is left out [labelme-image]' >want
	assert_file_equals err want
	picture d/a.png
	ds-import -f labelme d 2>err >/dev/null
	echo 'ds-import: note: imageData of 1 file left out; the picture is here [labelme-image]' >want
	assert_file_equals err want
}

@test "old files: no shape_type is a polygon, colours are kept, a path with backslashes" {
	mkdir -p d/img && picture d/img/a.png
	printf '{"flags":{},"shapes":[{"label":"x","line_color":null,"points":[[1,1],[2,2],[3,1]]}],"lineColor":[0,255,0,128],"imagePath":"img\\\\a.png","imageData":null}' >d/a.json
	ds-import d >got
	cat >want <<'END'
{"dataset":{"name":"d","format":"labelme"}}
{"source":"d/img/a.png","id":"a","width":20,"height":10,"annotation":[{"name":"x","polygon":[[1,1,2,2,3,1]],"labelme":{"line_color":null}}],"labelme":{"lineColor":[0,255,0,128],"flags":{}}}
END
	assert_file_equals got want
}

@test "what is wrong is named with its place, and the rest comes through" {
	mkdir d && picture d/a.png
	page "$(shape a rectangle '[[1,1]]'),
$(shape b cuboid '[[1,1]]'),
$(shape c polygon '[[1,"x"]]'),
$(shape d mask '[[1,1],[2,2]]'),
{\"label\":7,\"points\":[[1,2]],\"shape_type\":\"point\"},
$(shape e point '[[1,2]]')" >d/a.json
	echo '{"shapes":[{]}' >d/b.json
	echo '{"x":1}' >d/c.json
	must_fail 1 ds-import -f labelme d >got 2>err
	tail -n 1 got | jq -c '.annotation' >names
	echo '[{"name":"e","point":[1,2]}]' >want
	assert_file_equals names want
	cat >want <<'END'
d/a.json:1:41: error: a rectangle needs 2 points [labelme-shape]
d/a.json:2:1: error: unknown shape_type; labelme has polygon, rectangle, oriented_rectangle, circle, line, linestrip, point, points, mask [labelme-shape]
d/a.json:3:1: error: points must be a list of [x,y] [labelme-shape]
d/a.json:4:1: error: a mask needs 2 points, a PNG in base64, and imageWidth and imageHeight [labelme-shape]
d/a.json:5:1: error: a label must be a string [labelme-shape]
d/b.json:1:13: error: a key in double quotes should be here [json]
d/c.json: error: no labelme file: it has no "shapes" [labelme]
END
	assert_file_equals err want
}

@test "records of other formats: boxes, turned boxes, classes of the picture; losses are named" {
	cat >records <<'END'
{"source":"a/x.jpg","width":20,"height":10,"annotation":[{"name":"sunny"},{"name":"b","bbox":[0.1,0.2,0.3,0.4],"difficult":true},{"name":"r","rbox":[5,5,4,2,90]},{"name":"q","bbox":[0,0,1,1],"polygon":[[1,1,2,2,3,1]]}]}
{"source":"b/x.jpg","width":20,"height":10}
END
	ds-export -f labelme --images none -o out records 2>err
	jq -c '[.flags,.imagePath,[.shapes[]|[.label,.shape_type,.points]]]' out/x.json out/x-2.json >got
	cat >want <<'END'
[{"sunny":true},"x.jpg",[["b","rectangle",[[0.1,0.2],[0.4,0.6]]],["r","oriented_rectangle",[[6,3],[6,7],[4,7],[4,3]]],["q","polygon",[[1,1],[2,2],[3,1]]]]]
[{},"x-2.jpg",[]]
END
	assert_file_equals got want
	grep -c 'annotation.difficult is lost' err
	grep -c 'annotation.bbox is lost' err
	grep -c 'sample.unlabelled is lost' err
}

@test "the parts of a polygon from elsewhere stay together, and two objects stay two" {
	cat >in.jsonl <<-'END'
		{"dataset":{"name":"x","format":"coco"}}
		{"source":"a.jpg","width":50,"height":50,"annotation":[{"name":"a","polygon":[[1,1,5,1,5,5],[11,11,15,11,15,15]]},{"name":"a","polygon":[[21,21,25,21,25,25],[31,31,35,31,35,35]]},{"name":"a","polygon":[[41,41,45,41,45,45]],"group":7},{"name":"b","polygon":[[41,41,45,41,45,45]],"group":7},{"name":"a","polygon":[[1,41,5,41,5,45]],"group":7},{"name":"a","bbox":[1,2,3,4],"group":7}]}
	END
	ds-export -f labelme -o out --images none in.jsonl 2>err
	[ "$(cat err)" = 'in.jsonl:2: warning: annotation.group is lost: labelme cannot hold it (1 in 1 sample, first a.jpg) [loss]' ]
	ds-import -f labelme out | jq -c '.annotation[]? | [.name, .polygon, .group]' >got
	cat >want <<-'END'
		["a",[[1,1,5,1,5,5],[11,11,15,11,15,15]],8]
		["a",[[21,21,25,21,25,25],[31,31,35,31,35,35]],9]
		["a",[[41,41,45,41,45,45]],7]
		["b",[[41,41,45,41,45,45]],7]
		["a",[[1,41,5,41,5,45]],null]
		["a",null,7]
	END
	assert_file_equals got want
}
