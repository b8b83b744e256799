# label-types.bats: members of the wrong type in label files of JSON: each is said, and the rest goes on.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >p1.png
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"a","id":1},{"name":"b","id":2}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"a","bbox":[10,20,30,40],"confidence":0.5},{"name":"b","bbox":[1,2,3,4]},{"name":"b"}]}
END
}

# wrong FORMAT FILE CHANGE MESSAGE: with that change (of jq) to the file the message comes, and the second box, too.
wrong() {
	[ -e "good-$1" ] || ds-export -q -f "$1" --images copy -o "good-$1" in.jsonl 2>/dev/null
	rm -rf bad && cp -r "good-$1" bad
	jq -c "$3" "good-$1/$2" >"bad/$2"
	cmp -s "good-$1/$2" "bad/$2" && echo "$1: $3 changes nothing"
	ds-import -q -f "$1" bad >out 2>err && echo "$1: $3 ends with 0"
	[ "${PIPESTATUS[0]}" -le 1 ] || echo "$1: $3 ends with ${PIPESTATUS[0]}"
	grep -qF "$4" err || echo "$1: $3 says: $(cat err)"
	grep -qF '"name":"b"' out || echo "$1: $3 leaves all out: $(cat out)"
	ds-export -q -f coco --images none -o x.json --force out 2>err || echo "$1: $3 gives a bad record: $(cat err)"
}

@test "members of the wrong type are named, format by format" {
	{
		wrong coco annotations/instances_default.json '.annotations[0].bbox="x"' '"bbox" must be four numbers'
		wrong coco annotations/instances_default.json '.annotations[0]=7' 'annotation'
		wrong coco annotations/instances_default.json '.categories[0].name=7' 'a category must be an object with "id" and "name"'
		wrong labelme p1.json '.shapes[0].flags=[1]' 'p1.json:1:'
		wrong labelme p1.json '.shapes[0].flags=[1]' '"flags" must be an object: left out [labelme]'
		wrong labelme p1.json '.imageWidth="x"' '"imageWidth" must be a number: left out [labelme]'
		wrong labelme p1.json '.imagePath={}' '"imagePath" must be a string: left out [labelme]'
		wrong labelme p1.json '.imageData=7' '"imageData" must be a string: left out [labelme]'
		wrong labelme p1.json '.flags=true' '"flags" must be an object: left out [labelme]'
		wrong labelme p1.json '.shapes[0].points={}' 'a rectangle'
		wrong via via_region_data.json '.[].regions[0].region_attributes=7' '"region_attributes" must be an object: left out [via]'
		wrong createml _annotations.createml.json '.[0].annotations[0].coordinates.x="x"' 'createml'
		wrong labelstudio tasks.json '.[0].annotations[0].result[0].score="high"' '"score" must be a number: left out [labelstudio]'
		wrong labelstudio tasks.json '.[0].annotations[0].result[0].original_width="x"' '"original_width" must be a number: left out [labelstudio]'
		wrong labelstudio tasks.json '.[0].annotations[0].result[0].value.x={}' 'labelstudio-result'
		wrong sagemaker set.manifest '.["bounding-box-metadata"].objects=7' '"objects" must be a list: left out [sagemaker]'
		wrong sagemaker set.manifest '.["bounding-box-metadata"].objects[0]=7' '"objects" must be an object: left out [sagemaker]'
		wrong sagemaker set.manifest '.["bounding-box-metadata"].objects[0].confidence="x"' '"confidence" must be a number: left out [sagemaker]'
		wrong hf metadata.jsonl '.objects.categories="x"' '"categories" must be a list: left out [hf]'
		wrong supervisely dataset/ann/p1.png.json '.size="x"' '"size" must be an object: left out [supervisely]'
		wrong supervisely dataset/ann/p1.png.json '.size.width="x"' '"width" must be a number: left out [supervisely]'
		wrong supervisely dataset/ann/p1.png.json '.objects[0].classTitle=7' '"classTitle" must be a string: left out [supervisely]'
		wrong supervisely dataset/ann/p1.png.json '.objects[0].tags="x"' '"tags" must be a list: left out [supervisely]'
		wrong supervisely dataset/ann/p1.png.json '.tags=7' '"tags" must be a list: left out [supervisely]'
		wrong supervisely meta.json '.classes=7' '"classes" must be a list: left out [supervisely]'
		wrong supervisely meta.json '.classes[0]=7' '"classes" must be an object: left out [supervisely]'
	} >bad.txt
	[ ! -s bad.txt ] || fail "$(cat bad.txt)"
}

@test "formats whose whole annotation is left out say so" {
	{
		wrong vertex dataset.jsonl '.boundingBoxAnnotations[0].xMin="x"' 'vertex'
		wrong vertex dataset.jsonl '.boundingBoxAnnotations[0].displayName=7' 'vertex'
		wrong azure dataset.jsonl '.label[0].topX={}' 'azure'
		wrong azure dataset.jsonl '.label[0].label=7' 'azure'
	} >bad.txt
	sed -i '/leaves all out/d' bad.txt # a line of Azure holds boxes or classes
	[ ! -s bad.txt ] || fail "$(cat bad.txt)"
}

@test "a list of regions of VIA that is none leaves no regions, and says so" {
	ds-export -q -f via --images copy -o good in.jsonl 2>/dev/null
	mkdir bad
	jq -c '.[].regions="x"' good/via_region_data.json >bad/via_region_data.json
	run --separate-stderr ds-import -q -f via bad
	assert_status 1
	[[ $stderr == 'bad/via_region_data.json:1:'*': error: "regions" must be a list: left out [via]' ]] || fail "$stderr"
	[ "$(jq -c 'select(.source)|.annotation' <<<"${lines[1]}")" = '[]' ]
}

@test "a manifest: every member of the wrong type is named, and kept" {
	cat >x.manifest <<'END'
{"source":"a.jpg","width":"train","annotation":[]}
{"source":"a.jpg","id":{"x":1},"hard":[1],"hard-coefficient":"x","sample-type":"x","inference-loc":7,"property":7}
{"source":"c.jpg","annotation":[{"type":7,"name":7,"confidence":"high","hard":"maybe","creation-time":5,"annotated-by":[],"property":[1]},7,{"type":"modelarts/image_classification","name":"ok","confidence":"0.5","hard":"True","property":"{}"}]}
END
	run --separate-stderr ds-import -q -f manifest x.manifest
	assert_status 1
	cat >want <<'END'
x.manifest:1:27: error: "width" must be a number [record]
x.manifest:2:24: error: "id" must be a string or a number; kept as it is [manifest]
x.manifest:2:39: error: "hard" must be true or false; kept as it is [manifest]
x.manifest:2:62: error: "hard-coefficient" must be a number; kept as it is [manifest]
x.manifest:2:80: error: "sample-type" must be a number; kept as it is [manifest]
x.manifest:2:100: error: "inference-loc" must be a string; kept as it is [manifest]
x.manifest:2:113: error: "property" must be an object, or a string that holds one; kept as it is [manifest]
x.manifest:3:139: error: an annotation must be an object; this one is left out [record]
x.manifest:3:41: error: "type" must be a string; kept as it is [manifest]
x.manifest:3:50: error: "name" must be a string; kept as it is [manifest]
x.manifest:3:65: error: "confidence" must be a number; kept as it is [manifest]
x.manifest:3:79: error: "hard" must be true or false; kept as it is [manifest]
x.manifest:3:103: error: "creation-time" must be a string; kept as it is [manifest]
x.manifest:3:120: error: "annotated-by" must be a string; kept as it is [manifest]
x.manifest:3:134: error: "property" must be an object, or a string that holds one; kept as it is [manifest]
END
	assert_file_equals <(printf '%s\n' "$stderr") want
	[ "$(jq -c '[.annotation[]?.name]' <<<"${lines[2]}")" = '[7,"ok"]' ] || fail "$output"
}
