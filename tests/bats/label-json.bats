# label-json.bats: CreateML and VIA, JSON files of many pictures.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

# round FORMAT IN OUT: through records and back; the labels alone
round() {
	ds-import -f "$1" "$2" >records && ds-export -f "$1" --images none -o "$3" records
}

@test "CreateML: centres become corners and come back digit for digit" {
	mkdir -p d/train
	cat >d/train/_annotations.createml.json <<'END'
[
{"image":"a.jpg","annotations":[{"label":"x","coordinates":{"x":280.5,"y":3,"width":31,"height":2}},{"label":"y","coordinates":{"x":1.50,"y":3.25,"width":0.30000000000000004,"height":1.5},"k":{"a":1}}],"z":[1]},
{"image":"b.jpg","annotations":[]},
{"image":"c.jpg"}
]
END
	ds-import d >got
	cat >want <<'END'
{"dataset":{"name":"d","format":"createml"}}
{"source":"d/train/a.jpg","id":"train/a","usage":"TRAIN","annotation":[{"name":"x","bbox":[265,2,31,2]},{"name":"y","bbox":[1.34999999999999998,2.5,0.30000000000000004,1.5],"createml":{"coordinates":{"x":1.50,"y":3.25,"width":0.30000000000000004,"height":1.5},"k":{"a":1}}}],"createml":{"z":[1]}}
{"source":"d/train/b.jpg","id":"train/b","usage":"TRAIN","annotation":[]}
{"source":"d/train/c.jpg","id":"train/c","usage":"TRAIN"}
END
	assert_file_equals got want
	ds-export -f createml --images none -o out got
	diff -r d out
}

@test "CreateML: the older keys, and a real file" {
	echo '[{"imagefilename":"a.jpg","annotation":[{"label":"x","coordinates":{"x":2,"y":2,"width":2,"height":2}}]}]' >a.json
	ds-import a.json | tail -n 1 | jq -c .annotation >got
	echo '[{"name":"x","bbox":[1,1,2,2]}]' >want
	assert_file_equals got want
	need_corpora labels/datumaro/tests/assets/roboflow_dataset/createml
	in=$DSUTILS_CORPORA/labels/datumaro/tests/assets/roboflow_dataset/createml
	round createml "$in" out
	jq -c . out/train/_annotations.createml.json >got
	jq -c . "$in/train/_annotations.createml.json" >want
	assert_file_equals got want
}

@test "CreateML: faults are named with their place" {
	printf '[{"image":"c.jpg","annotations":[{"label":3},\n{"label":"x","coordinates":{"x":"1"}},5,{"label":"ok","coordinates":{"x":1,"y":1,"width":2,"height":2}}]},{"annotations":[]}]' >a.json
	must_fail 1 ds-import -f createml a.json >got 2>err
	cat >want <<'END'
a.json:1:34: error: an annotation needs a "label" that is a string [createml]
a.json:2:1: error: "coordinates" needs the numbers x, y, width and height [createml]
a.json:2:39: error: an annotation must be an object [createml]
a.json:2:107: error: a picture needs "image", its file name, and "annotations", a list [createml]
END
	assert_file_equals err want
	tail -n 1 got | jq -c '[.annotation[].name]' | grep -qxF '["ok"]'
}

via='{"a.jpg4711":{"filename":"a.jpg","size":4711,"regions":[{"shape_attributes":{"name":"rect","x":1.5,"y":2,"width":3,"height":4},"region_attributes":{"type":"cat"}},{"shape_attributes":{"name":"polygon","all_points_x":[1,2,3],"all_points_y":[4,5,6.0]},"region_attributes":{"type":"dog","hard":{"a":true}}},{"shape_attributes":{"name":"circle","cx":5,"cy":6,"r":2.5},"region_attributes":{"x":"1","type":"dog"}},{"shape_attributes":{"name":"ellipse","cx":5,"cy":6,"rx":3,"ry":2,"theta":0.5},"region_attributes":{}},{"shape_attributes":{"name":"point","cx":1,"cy":2},"region_attributes":{}},{"shape_attributes":{"name":"polyline","all_points_x":[1,2],"all_points_y":[4,5],"extra":1},"region_attributes":{"type":""}}],"file_attributes":{"caption":"x"}},"b.jpg-1":{"filename":"b.jpg","size":-1,"regions":[],"file_attributes":{}}}'

@test "VIA: all shapes, the class found among the attributes" {
	echo "$via" >via.json
	ds-import via.json | jq -c '.dataset//(.annotation[]|del(.polygon|select(.!=null and (.[0]|length)>20)))' >got
	cat >want <<'END'
{"name":"via","format":"via","via":{"class":"type"}}
{"name":"cat","bbox":[1.5,2,3,4]}
{"name":"dog","polygon":[[1,4,2,5,3,6.0]],"property":{"hard":{"a":true}}}
{"name":"dog","circle":[5,6,2.5],"property":{"x":"1"},"via":{"region_attributes":{"x":"1","type":"dog"}}}
{"ellipse":[5,6,3,2,28.64788975654116]}
{"point":[1,2]}
{"name":"","polyline":[1,4,2,5],"via":{"extra":1}}
END
	sed 's/6\.0/6/' want >want2 # jq 1.6 writes 6.0 so
	cmp -s got want || assert_file_equals got want2
}

@test "VIA comes back byte for byte" {
	printf %s "$via" >via.json
	round via via.json out
	assert_file_equals out/via_region_data.json via.json
}

@test "VIA version 1: regions as a map" {
	printf %s '{"a.jpg1":{"filename":"a.jpg","size":1,"regions":{"0":{"shape_attributes":{"name":"point","cx":1,"cy":2},"region_attributes":{}}},"file_attributes":{},"fileref":"","base64_img_data":""}}' >via.json
	round via via.json out
	jq -Sc . out/via_region_data.json >got
	jq -Sc . via.json >want
	assert_file_equals got want
}

@test "a class that was renamed goes into its attribute" {
	printf %s "$via" >via.json
	ds-import -f via via.json | ds-export --map cat=lion -f via --images none -o out
	jq -c '.["a.jpg4711"].regions[0].region_attributes' out/via_region_data.json >got
	echo '{"type":"lion"}' >want
	assert_file_equals got want
}

@test "real VIA projects come back; a copy of the same regions is given once" {
	need_corpora labels/via-eye
	ds-import -f via "$DSUTILS_CORPORA/labels/via-eye" 2>err >records
	grep -c 'pictures were there twice, word for word' err
	for f in train/train.json train/via_region_data.json val/val.json; do
		rm -rf out
		round via "$DSUTILS_CORPORA/labels/via-eye/$f" out
		cat out/*.json >got
		assert_file_equals got "$DSUTILS_CORPORA/labels/via-eye/$f"
	done
}

@test "VIA: faults are named" {
	printf '{"a":{"filename":"a.jpg","regions":[\n{"shape_attributes":{"name":"star"}},\n{"shape_attributes":{"name":"rect","x":1}},\n{"shape_attributes":{"name":"polygon","all_points_x":[1],"all_points_y":[]}}],"file_attributes":{}},\n"b":{"size":1}}' >a.json
	must_fail 1 ds-import -f via a.json >got 2>err
	cat >want <<'END'
a.json:2:1: error: unknown shape; VIA has rect, circle, ellipse, polygon, polyline, point [via-region]
a.json:3:1: error: the shape lacks a number [via-region]
a.json:4:1: error: all_points_x and all_points_y must be lists of one length [via-region]
a.json:5:5: error: a picture needs "filename" [via]
END
	assert_file_equals err want
}

@test "VIA 3 is another format, and that is said once" {
	echo '{"project":{"pid":"x"},"config":{},"attribute":{},"file":{},"metadata":{},"view":{}}' >p.json
	must_fail 1 ds-import -f via p.json >got 2>err
	[ "$(grep -c . err)" = 1 ]
	[[ $(<err) == 'p.json: error: a project of VIA 3, another format, which is not read'* ]]
}

@test "hf: objects as a list of objects are named, and ride along" {
	mkdir l
	echo '{"file_name":"2.png","objects":[{"bbox":[1,2,3,4],"category":"cat"}]}' >l/metadata.jsonl
	ds-import -f hf l >l.jsonl 2>err
	grep -qF 'l/metadata.jsonl:1:32: warning: "objects" should be an object of lists, a list a column: kept as it is [hf]' err
	ds-export -f hf --images none -o back l.jsonl
	assert_file_equals back/metadata.jsonl l/metadata.jsonl
}
