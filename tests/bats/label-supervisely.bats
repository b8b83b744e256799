# label-supervisely.bats: Supervisely projects in and out.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	mkdir -p p/ds1/ann p/ds1/img
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\024\0\0\0\n\b\0\0\0\0\0\0\0\0' >p/ds1/img/a.png
	cat >p/meta.json <<'END'
{"classes":[{"title":"cat","shape":"polygon","color":"#ff0000","geometry_config":{},"id":35,"hotkey":"c"},{"title":"dog","shape":"rectangle","color":"#00ff00"}],"tags":[{"name":"day","value_type":"none","color":"#0000ff"}],"projectType":"images"}
END
}

# object CLASS TYPE MORE
object() {
	printf '{"id":%d,"classTitle":"%s","geometryType":"%s","description":"","labelerLogin":"max","createdAt":"2020-01-02T03:04:05Z",%s}' $((++id)) "$1" "$2" "$3"
}

# page OBJECTS
page() {
	printf '{"description":"x","size":{"height":10,"width":20},"tags":[{"name":"day","value":null},{"name":"place","value":"sea","labelerLogin":"max"}],"objects":[%s]}' "$1" >p/ds1/ann/a.png.json
}

none='"tags":[],"points":'

@test "a project becomes records: boxes with their last pixel, holes, tags" {
	page "$(object dog rectangle "${none}{\"exterior\":[[1,2],[4,9]],\"interior\":[]}"),$(object cat polygon "\"tags\":[{\"name\":\"pose\",\"value\":\"left\"}],\"points\":{\"exterior\":[[0,0],[9,0],[9,9]],\"interior\":[[[1,1],[2,1],[2,2]]]}"),$(object cat line "${none}{\"exterior\":[[0,0],[9,0]],\"interior\":[]}"),$(object cat point "${none}{\"exterior\":[[1,2]],\"interior\":[]}")"
	ds-import p | sed 's/"annotated-by":"max","creation-time":"2020-01-02T03:04:05Z"/BY/; s/,"supervisely":{"description":""}//g' | sed 's/"annotated-by":"max","creation-time":"2020-01-02T03:04:05Z"/BY/g' >got
	cat >want <<'END'
{"dataset":{"name":"p","format":"supervisely","classes":[{"name":"cat","shape":"polygon","color":"#ff0000","geometry_config":{},"id":35,"hotkey":"c"},{"name":"dog","shape":"rectangle","color":"#00ff00"}],"supervisely":{"tags":[{"name":"day","value_type":"none","color":"#0000ff"}],"projectType":"images"}}}
{"source":"p/ds1/img/a.png","id":"ds1/a","width":20,"height":10,"annotation":[{"name":"day"},{"name":"place","property":{"value":"sea"},"supervisely":{"labelerLogin":"max"}},{"name":"dog","id":1,"bbox":[1,2,4,8],BY},{"name":"cat","id":1,"polygon":[[0,0,9,0,9,9],[1,1,2,1,2,2]],"holes":[1],BY,"property":{"pose":"left"}},{"name":"cat","id":1,"polyline":[0,0,9,0],BY},{"name":"cat","id":1,"point":[1,2],BY}],"supervisely":{"dataset":"ds1","description":"x"}}
END
	assert_file_equals got want
}

@test "a project comes back, key for key" {
	page "$(object dog rectangle "${none}{\"exterior\":[[4.5,2],[1.25,9]],\"interior\":[]}"),$(object cat polygon "\"tags\":[{\"name\":\"pose\",\"value\":\"left\",\"x\":1}],\"bitmap\":null,\"points\":{\"exterior\":[[0,0],[9,0],[9,9]],\"interior\":[[[1,1],[2,1],[2,2]],[[3,3],[4,3],[4,4]]]}"),$(object cat graph '"tags":[],"nodes":{"nose":{"loc":[1,2]},"tail":{"loc":[3,4.50],"disabled":true}}')"
	ds-import p | ds-export -f supervisely -o out
	for f in meta.json ds1/ann/a.png.json; do
		jq -S . "p/$f" >want
		jq -S . "out/$f" >got
		assert_file_equals got want
	done
	cmp p/ds1/img/a.png out/ds1/img/a.png
}

@test "bitmaps become RLE, and an own one comes back" {
	cat >records <<'END'
{"source":"x.png","width":6,"height":4,"annotation":[{"name":"m","rle":{"size":[4,6],"counts":[5,2,2,2,13]}}]}
END
	ds-export -f supervisely --images none -o out records
	jq -c '.objects[0]|[.geometryType,.bitmap.origin]' out/dataset/ann/x.png.json >got
	echo '["bitmap",[1,1]]' >want
	assert_file_equals got want
	ds-import out >records
	tail -n 1 records | jq -c '.annotation[0].rle' >got
	echo '{"size":[4,6],"counts":"5220;"}' >want
	assert_file_equals got want
	ds-export -f supervisely --images none -o out2 records
	diff -r out out2
}

@test "holes stay out of formats that have none; a part is an object of its own" {
	echo '{"source":"x.png","width":6,"height":4,"annotation":[{"name":"m","polygon":[[0,0,4,0,4,4],[1,1,2,1,2,2],[5,0,6,0,6,1]],"holes":[1]}]}' >records
	ds-export -f supervisely --images none -o out records 2>err
	jq -c '.objects[]|.points' out/dataset/ann/x.png.json >got
	cat >want <<'END'
{"exterior":[[0,0],[4,0],[4,4]],"interior":[[[1,1],[2,1],[2,2]]]}
{"exterior":[[5,0],[6,0],[6,1]],"interior":[]}
END
	assert_file_equals got want
	grep -c 'annotation.polygon-parts is lost' err
	ds-export -f via --images none -o via records 2>err
	jq -c '[.[].regions[].shape_attributes|[.all_points_x[0],.all_points_y[0]]]' via/*.json >got
	echo '[[0,0],[5,0]]' >want
	assert_file_equals got want
	grep -c 'annotation.holes is lost' err
	ds-export -f labelme --images none -o lm records 2>err
	jq -c '[.shapes[]|[.shape_type,.points[0]]]' lm/x.json >got
	echo '[["mask",[1,0]]]' >want
	assert_file_equals got want
	grep -c 'annotation.polygon-as-rle is lost' err
}

@test "splits are datasets, unless it came from another" {
	cat >records <<'END'
{"source":"x.png","width":6,"height":4,"usage":"TRAIN","annotation":[]}
{"source":"y.png","width":6,"height":4,"usage":"TEST","annotation":[],"supervisely":{"dataset":"train"}}
{"source":"z.png","width":6,"height":4,"annotation":[],"supervisely":{"dataset":"mine"}}
END
	ds-export -f supervisely --images none -o out records
	find out -name '*.json' | sort >got
	printf 'out/meta.json\nout/mine/ann/z.png.json\nout/test/ann/y.png.json\nout/train/ann/x.png.json\n' >want
	assert_file_equals got want
}

@test "faults are named with their place, the rest comes through" {
	page "$(object a polygon "${none}{\"exterior\":[]}"),
$(object b rectangle "${none}{\"exterior\":[[1,2]]}"),
$(object c cuboid "${none}{}"),
$(object d bitmap '"bitmap":{"data":"AAAA","origin":[0,0]}'),
$(object e point "${none}{\"exterior\":[[1,2]]}")"
	echo '{"size":{}}' >p/ds1/ann/b.png.json
	must_fail 1 ds-import -f supervisely p >got 2>err
	cat >want <<'END'
p/ds1/ann/a.png.json:1:152: error: a polygon needs points: exterior and interior, lists of [x,y] [supervisely-object]
p/ds1/ann/a.png.json:2:1: error: a rectangle needs two points [supervisely-object]
p/ds1/ann/a.png.json:3:1: error: unknown geometryType; it may be polygon, rectangle, line, point, bitmap, graph [supervisely-object]
p/ds1/ann/a.png.json:4:1: error: a bitmap needs data (a PNG in zlib in base64) and origin, and the picture a size [supervisely-object]
p/ds1/ann/b.png.json: error: no annotation of Supervisely: it has no list "objects" [supervisely]
END
	assert_file_equals err want
	tail -n 1 got | jq -c '[.annotation[].name]' | grep -qxF '["day","place","e"]'
}

@test "a coordinate beyond all numbers is an error, in each list of points" {
	mkdir -p p/ds/ann p/ds/img
	printf '{"size":{"height":6,"width":4},"objects":[{"classTitle":"p","geometryType":"point","points":{"exterior":[[1e400,2]],"interior":[]}},{"classTitle":"p","geometryType":"point","points":{"exterior":[[1e0,2]],"interior":[]}}]}' >p/ds/ann/a.png.json
	must_fail 1 ds-import -f supervisely p >got 2>err
	grep -q 'a point needs one point' err
	[ "$(grep -c '"annotation":\[{"name":"p","point":\[1e0,2\]}\]' got)" = 1 ]
}
