# coco.bats: COCO in and out: nothing lost, every fault named at its place.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p annotations
	cat >annotations/instances_val2017.json <<-'EOF'
		{
		  "info": {"year": 2017, "version": 1.10},
		  "licenses": [{"id": 1, "name": "CC \"by\""}],
		  "images": [
		    {"license": 1, "file_name": "b.jpg", "height": 375, "width": 500, "id": 9007199254740993},
		    {"file_name": "sub/a.jpg", "coco_url": "http://x/a.jpg", "height": 480, "width": 640, "id": 7, "source": "mine"},
		    {"id": 8, "file_name": "empty.jpg", "width": 1, "height": 1}
		  ],
		  "annotations": [
		    {"segmentation": [[1.10, 2, 30, 2, 30, 40.0]], "area": 551.0, "iscrowd": 0, "image_id": 7, "bbox": [1.10, 2, 28.90, 38.0], "category_id": 18, "id": 900100000001, "note": {"by": "A  B"}},
		    {"segmentation": {"counts": "\\15_n[9", "size": [480, 640]}, "area": 10, "iscrowd": 1, "image_id": 7, "bbox": [0, 0, 5, 2], "category_id": 1, "id": 5},
		    {"id": 6, "image_id": 9007199254740993, "category_id": 18, "keypoints": [1, 2, 2, 0, 0, 0], "num_keypoints": 1, "bbox": [1, 2, 3, 4], "area": 12, "segmentation": [], "iscrowd": 0}
		  ],
		  "categories": [
		    {"supercategory": "person", "id": 1, "name": "person"},
		    {"id": 18, "name": "dog", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}
		  ],
		  "scene_annotations": []
		}
	EOF
}

@test "records keep every member, number and id as they stand" {
	ds-import -f coco annotations >got
	cat >want <<-'EOF'
		{"dataset":{"name":"annotations","format":"coco","classes":[{"supercategory":"person","id":1,"name":"person"},{"id":18,"name":"dog","keypoints":["nose","tail"],"skeleton":[[1,2]]}],"info":{"year": 2017, "version": 1.10},"licenses":[{"id": 1, "name": "CC \"by\""}],"coco":{"scene_annotations":[]}}}
		{"source":"annotations/b.jpg","license":1,"file_name":"b.jpg","height":375,"width":500,"id":9007199254740993,"usage":"EVAL","annotation":[{"id":6,"name":"dog","keypoints":[1, 2, 2, 0, 0, 0],"num_keypoints":1,"bbox":[1, 2, 3, 4],"area":12,"segmentation":[],"iscrowd":0}]}
		{"source":"annotations/sub/a.jpg","file_name":"sub/a.jpg","coco_url":"http://x/a.jpg","height":480,"width":640,"id":7,"coco:source":"mine","usage":"EVAL","annotation":[{"polygon":[[1.10, 2, 30, 2, 30, 40.0]],"area":551.0,"iscrowd":0,"bbox":[1.10, 2, 28.90, 38.0],"name":"dog","id":900100000001,"note":{"by": "A  B"}},{"rle":{"counts": "\\15_n[9", "size": [480, 640]},"area":10,"iscrowd":1,"bbox":[0, 0, 5, 2],"name":"person","id":5}]}
		{"source":"annotations/empty.jpg","id":8,"file_name":"empty.jpg","width":1,"height":1,"usage":"EVAL","annotation":[]}
	EOF
	sed 's/\[\[1,2\]\]/[[1,2]]/' want >want2
	need_program jq
	assert_file_equals <(jq -c . got) <(jq -c . want2)
	grep -q '"version": 1.10' got
	grep -q '"id":9007199254740993' got
}

@test "COCO to records to COCO is the same, as a folder, an archive and one file" {
	ds-import annotations >r.jsonl
	ds-export -f coco --images none -o out r.jsonl
	cat >want <<-'EOF'
		{"info":{"year": 2017, "version": 1.10},"licenses":[{"id": 1, "name": "CC \"by\""}],"images":[{"license":1,"file_name":"b.jpg","height":375,"width":500,"id":9007199254740993},{"file_name":"sub/a.jpg","coco_url":"http://x/a.jpg","height":480,"width":640,"id":7,"source":"mine"},{"id":8,"file_name":"empty.jpg","width":1,"height":1}],"annotations":[{"id":6,"image_id":9007199254740993,"category_id":18,"keypoints":[1, 2, 2, 0, 0, 0],"num_keypoints":1,"bbox":[1, 2, 3, 4],"area":12,"segmentation":[],"iscrowd":0},{"segmentation":[[1.10, 2, 30, 2, 30, 40.0]],"area":551.0,"iscrowd":0,"image_id":7,"bbox":[1.10, 2, 28.90, 38.0],"category_id":18,"id":900100000001,"note":{"by": "A  B"}},{"segmentation":{"counts": "\\15_n[9", "size": [480, 640]},"area":10,"iscrowd":1,"image_id":7,"bbox":[0, 0, 5, 2],"category_id":1,"id":5}],"scene_annotations":[],"categories":[{"supercategory":"person","id":1,"name":"person"},{"id":18,"name":"dog","keypoints":["nose","tail"],"skeleton":[[1,2]]}]}
	EOF
	sed 's/: /:/g; s/, /,/g' out/annotations/instances_val.json >got
	assert_file_equals got <(sed 's/: /:/g; s/, /,/g' want)
	ds-export -f coco --images none -o out.tar.gz r.jsonl
	tar -xzOf out.tar.gz annotations/instances_val.json >from-tar
	assert_file_equals from-tar out/annotations/instances_val.json
	ds-export -f coco -o one.json r.jsonl 2>err
	assert_file_equals one.json out/annotations/instances_val.json
	grep -q 'sample.usage is lost' err
}

@test "the same records come from a folder, an archive, a compressed file and a pipe" {
	ds-import -f coco --name d annotations/instances_val2017.json | sed 's/,"usage":"EVAL"//; s|"source":"[^"]*/|"source":"|' >want
	gzip -k annotations/instances_val2017.json
	ds-import -f coco --name d annotations/instances_val2017.json.gz | sed 's/,"usage":"EVAL"//; s|"source":"[^"]*/|"source":"|' >got
	assert_file_equals got want
	ds-import -f coco --name d - <annotations/instances_val2017.json | sed 's|"source":"[^"]*/|"source":"|' >got
	assert_file_equals <(sed 's/,"usage":"EVAL"//' got) want
	cat annotations/instances_val2017.json | ds-import -f coco --name d | sed 's/,"usage":"EVAL"//; s|"source":"[^"]*/|"source":"|' >got
	assert_file_equals got want
	rm annotations/*.gz
	tar -cf a.tar annotations
	ds-import --name d a.tar | sed 's/,"usage":"EVAL"//; s|"source":"[^"]*/|"source":"|' >got
	assert_file_equals got want
}

@test "pictures are found beside the folder of labels" {
	mkdir -p val2017 && : >val2017/b.jpg
	run --separate-stderr ds-import annotations
	assert_status 0
	[[ $output == *'"source":"val2017/b.jpg"'* ]]
	[[ $output == *'"source":"val2017/sub/a.jpg"'* ]]
	run --separate-stderr ds-import annotations/instances_val2017.json
	[[ $output == *'"source":"val2017/b.jpg"'* ]]
	mkdir -p tree && mv annotations val2017 tree/
	run --separate-stderr ds-import tree
	[[ $output == *'"source":"tree/val2017/b.jpg"'* ]]
}

@test "files that describe the same pictures give records of their own, which is said" {
	sed 's/"segmentation"/"caption"/' annotations/instances_val2017.json >annotations/captions_val2017.json
	run --separate-stderr ds-import annotations
	assert_status 0
	[ "$(grep -c '"source":"annotations/b.jpg"' <<<"$output")" -eq 2 ]
	[ "$stderr" = 'annotations/instances_val2017.json: warning: 3 of its pictures were in another file before: their records stand beside each other, they are not merged [coco]' ]
}

@test "each fault is named once, at its place; all else comes through" {
	cat >bad.json <<-'EOF'
		{"images": [
		  {"id": 1, "file_name": "1.jpg", "width": 100, "height": 100},
		  {"id": 1, "file_name": "again.jpg", "width": 100, "height": 100},
		  {"file_name": "no-id.jpg"},
		  "no object",
		  {"id": 2, "file_name": "2.jpg", "width": -1, "height": "100"}],
		"annotations": [
		  {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0},
		  {"id": 2, "image_id": 99, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0},
		  {"id": 3, "image_id": 1, "category_id": 77, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0},
		  {"id": 4, "image_id": 1, "category_id": 1, "bbox": [1, 2, -3, 4], "area": 12, "iscrowd": 0},
		  {"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 2, "3", 4], "area": 12, "iscrowd": 0},
		  {"id": 6, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0},
		  {"id": 7, "image_id": "1", "category_id": 1, "bbox": [1, 2, 0, 4], "area": 0, "iscrowd": 0},
		  {"id": 8, "image_id": 1, "category_id": 1, "bbox": [90, 2, 30, 4], "area": 12, "iscrowd": false},
		  {"id": 9, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 1, 2, 2]], "area": 12, "iscrowd": 0},
		  {"id": 1, "image_id": 1, "category_id": 1, "area": 12, "iscrowd": 0},
		  7,
		  {"id": 10, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}],
		"categories": [{"id": 1, "name": "cat"}, {"id": 1, "name": "dog"}, {"name": "cow"}]}
	EOF
	run --separate-stderr ds-import -f coco bad.json
	assert_status 1
	cat >want <<-'EOF'
		{"dataset":{"name":"bad","format":"coco","classes":[{"id": 1, "name": "cat"}]}}
		{"source":"1.jpg","id":1,"file_name":"1.jpg","width":100,"height":100,"annotation":[{"id":1,"name":"cat","bbox":[1, 2, 3, 4],"area":12,"iscrowd":0},{"id":7,"name":"cat","bbox":[1, 2, 0, 4],"area":0,"iscrowd":0},{"id":8,"name":"cat","bbox":[90, 2, 30, 4],"area":12,"iscrowd":false},{"id":9,"name":"cat","bbox":[1, 2, 3, 4],"segmentation":[[1, 1, 2, 2]],"area":12,"iscrowd":0},{"id":1,"name":"cat","area":12,"iscrowd":0}]}
		{"source":"2.jpg","id":2,"file_name":"2.jpg","coco:width":-1,"coco:height":"100","annotation":[{"id":10,"name":"cat","bbox":[1, 2, 3, 4],"area":12,"iscrowd":0}]}
	EOF
	assert_file_equals <(printf '%s\n' "$output") want
	cat >want <<-'EOF'
		bad.json:3:3: error: an image of this id was there before: left out [coco]
		bad.json:4:3: error: an image must be an object with an "id": left out [coco]
		bad.json:5:3: error: an image must be an object with an "id": left out [coco]
		bad.json:13:3: error: an annotation must have an "image_id": left out [coco]
		bad.json:17:10: warning: annotation id 1 was there before; both annotations stay [coco]
		bad.json:18:3: error: an annotation must be an object: left out [coco]
		bad.json:20:42: error: a category of id 1 was there before: left out [coco]
		bad.json:20:68: error: a category must be an object with "id" and "name": left out [coco]
		bad.json:9:3: error: image_id 99 is not in the list of images: left out [coco]
		bad.json:10:43: error: category_id 77 is not in the list of categories: left out [coco]
		bad.json:11:54: error: the box has a negative width or height: left out [coco]
		bad.json:12:54: error: "bbox" must be four numbers x, y, width, height: left out [coco]
		bad.json:14:56: warning: the box has no extent [coco]
		bad.json:14:3: warning: "image_id" is a string, the image's "id" is a number [coco]
		bad.json:15:54: warning: the box reaches outside the picture of 100x100 [coco]
		bad.json:15:93: warning: "iscrowd" must be 0 or 1; kept as it is [coco]
		bad.json:16:84: warning: a polygon must be lists of at least three points x, y; kept as it is [coco]
		bad.json:17:3: warning: the annotation has no "bbox" [coco]
		bad.json:6:3: warning: "width" and "height" must be positive numbers; kept as they are [coco]
	EOF
	assert_file_equals <(printf '%s\n' "$stderr") want
}

@test "of a file that is cut short, what came before the cut comes through" {
	head -c 1003 annotations/instances_val2017.json >cut.json
	run --separate-stderr ds-import -f coco cut.json
	assert_status 1
	[[ $stderr == "cut.json:15:41: "*"error: "*"[json]" ]]
	[ "$(grep -c '"source"' <<<"$output")" -eq 3 ]
}

@test "what is no JSON inside one element costs that element alone" {
	cat >nan.json <<-'EOF'
		{"images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}, {"id": 2, "file_name": "b\"].jpg", "width": NaN}],
		 "annotations": [
		  {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": NaN, "iscrowd": 0, "note": "}]\\"},
		  {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, -Infinity], "area": 12, "iscrowd": 0},
		  {"id": 3, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}],
		 "categories": [{"id": 1, "name": "cat"}]}
	EOF
	run --separate-stderr ds-import -f coco nan.json
	assert_status 1
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[1]}" = '{"source":"a.jpg","id":1,"file_name":"a.jpg","width":10,"height":10,"annotation":[{"id":3,"name":"cat","bbox":[1, 2, 3, 4],"area":12,"iscrowd":0}]}' ]
	cut -d : -f 1-4 <<<"$stderr" >got
	cat >want <<-'EOF'
		nan.json:1:117: error
		nan.json:3:76: error
		nan.json:4:65: error
	EOF
	assert_file_equals got want
}

@test "captions and panoptic annotations come back; nothing is added" {
	cat >captions.json <<-'EOF'
		{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[{"id":1,"image_id":1,"category_id":0,"caption":"a \"cat\""}],"categories":[]}
	EOF
	ds-import -f coco captions.json >r.jsonl
	[ "$(sed -n 2p r.jsonl)" = '{"source":"a.jpg","id":1,"file_name":"a.jpg","annotation":[{"id":1,"category_id":0,"text":"a \"cat\""}]}' ]
	ds-export -f coco -o c.json r.jsonl
	assert_file_equals c.json captions.json
	cat >panoptic.json <<-'EOF'
		{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[{"image_id":1,"file_name":"a.png","segments_info":[{"id":3226956,"category_id":1,"area":20,"bbox":[2,0,4,4],"iscrowd":0}]}],"categories":[{"id":1,"name":"cat","isthing":1}]}
	EOF
	ds-import -f coco panoptic.json | ds-export -f coco -o p.json
	assert_file_equals p.json panoptic.json
}

@test "a list of detections: scores are confidence" {
	echo '[{"image_id":42,"category_id":18,"bbox":[258.15,41.29,348.26,243.78],"score":0.236}]' >results.json
	run --separate-stderr ds-import -f coco results.json
	assert_status 0
	[ "${lines[1]}" = '{"source":"42","id":42,"annotation":[{"name":"18","bbox":[258.15,41.29,348.26,243.78],"confidence":0.236}]}' ]
	# cut behind the image's id, which made an image without annotations: a crash
	head -c 40 results.json >cut.json
	must_fail 1 ds-import -f coco cut.json
}

@test "without a list of annotations nobody looked; of a member that is there twice the first counts" {
	echo '{"images":[{"id":1,"file_name":"a.jpg","width":"5","height":4,"width":5}]}' >info.json
	run --separate-stderr ds-import -f coco info.json
	assert_status 0
	[ "${lines[1]}" = '{"source":"a.jpg","id":1,"file_name":"a.jpg","coco:width":"5","coco:height":4,"coco:width":5}' ]
	ds-import -f coco info.json 2>/dev/null | ds-export -f coco -o o.json 2>/dev/null
	grep -q '"images":\[{"id":1,"file_name":"a.jpg","width":"5","height":4,"width":5}\]' o.json
}

@test "boxes of another format get ids, areas and categories" {
	cat >in.jsonl <<-'EOF'
		{"dataset":{"name":"x","format":"voc","classes":[{"name":"cat"},{"name":"dog"}]}}
		{"source":"p/a.jpg","id":"a","width":100,"height":50,"annotation":[{"name":"dog","bbox":[1,2,3,4]},{"name":"cat","unit":"ratio","polygon":[[0.1,0.1,0.5,0.1,0.5,0.5]]}]}
	EOF
	ds-export -f coco -o o.json in.jsonl
	cat >want <<-'EOF'
		{"images":[{"file_name":"a.jpg","id":1,"width":100,"height":50}],"annotations":[{"id":1,"image_id":1,"category_id":2,"bbox":[1,2,3,4],"area":12,"segmentation":[],"iscrowd":0},{"id":2,"image_id":1,"category_id":1,"segmentation":[[10,5,50,5,50,25]],"bbox":[10,5,40,20],"area":400,"iscrowd":0}],"categories":[{"name":"cat","id":1},{"name":"dog","id":2}]}
	EOF
	assert_file_equals o.json want
}

@test "a real set with splits comes back number for number" {
	need_corpora datasets/rbc-coco
	need_program jq
	ds-import "$DSUTILS_CORPORA/datasets/rbc-coco" | ds-export -f coco --images none -o out
	local pair
	for pair in train:train valid:val test:test; do
		assert_file_equals <(jq -S . "out/annotations/instances_${pair#*:}.json") \
			<(jq -S . "$DSUTILS_CORPORA/datasets/rbc-coco/${pair%:*}/_annotations.coco.json")
	done
}

@test "a stream without samples is a COCO file without images" {
	cd "$BATS_TEST_TMPDIR"
	ds-export -f coco -o none.json </dev/null
	[ "$(cat none.json)" = '{"images":[],"annotations":[],"categories":[]}' ]
	echo '{"dataset":{"name":"x","classes":[{"name":"cat"}]}}' | ds-export -f coco -o none
	[ "$(jq -c .categories none/annotations/instances_default.json)" = '[{"name":"cat","id":1}]' ]
}

# panoptic_val.json with its folder: three segments and nothing else on 8x4 pixels
panoptic() {
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\010\0\0\0\004\b\0\0\0\0\0\0\0\0' >a.png
	cat >segments.jsonl <<-'EOF'
		{"dataset":{"name":"p","classes":[{"id":7,"name":"sky","isthing":0},{"id":9,"name":"dog","isthing":1,"supercategory":"animal"}]}}
		{"source":"a.png","id":5,"width":8,"height":4,"usage":"EVAL","annotation":[{"id":70000,"name":"sky","rle":{"size":[4,8],"counts":[0,2,2,2,26]}},{"name":"dog","polygon":[[4,0,8,0,8,2,4,2]]},{"id":300,"name":"dog","iscrowd":1,"rle":{"size":[4,8],"counts":[3,1,3,1,24]}}]}
	EOF
	ds-export -q -f coco-panoptic --images none -o set segments.jsonl
}

@test "panoptic: segments are annotations with masks, and come back byte for byte" {
	panoptic 2>err
	grep -q 'annotation.polygon is lost: coco-panoptic' err
	cat >want <<-'EOF'
		{"images":[{"file_name":"a.png","id":5,"width":8,"height":4}],"annotations":[{"segments_info":[{"id":70000,"category_id":7,"iscrowd":0,"bbox":[0,0,2,2],"area":4},{"id":1,"category_id":9,"iscrowd":0,"bbox":[4,0,4,2],"area":8},{"id":300,"category_id":9,"iscrowd":1,"bbox":[0,3,2,1],"area":2}],"file_name":"a.png","image_id":5}],"categories":[{"id":7,"name":"sky","isthing":0},{"id":9,"name":"dog","isthing":1,"supercategory":"animal"}]}
	EOF
	assert_file_equals set/annotations/panoptic_val.json want
	ds-import -q set >got
	cat >want <<-'EOF'
		{"dataset":{"name":"set","format":"coco-panoptic","classes":[{"id":7,"name":"sky","isthing":0},{"id":9,"name":"dog","isthing":1,"supercategory":"animal"}]}}
		{"source":"set/annotations/a.png","file_name":"a.png","id":5,"width":8,"height":4,"usage":"EVAL","annotation":[{"id":70000,"name":"sky","iscrowd":0,"bbox":[0,0,2,2],"area":4,"mask":{"source":"set/annotations/panoptic_val/a.png","value":70000}},{"id":1,"name":"dog","iscrowd":0,"bbox":[4,0,4,2],"area":8,"mask":{"source":"set/annotations/panoptic_val/a.png","value":1}},{"id":300,"name":"dog","iscrowd":1,"bbox":[0,3,2,1],"area":2,"mask":{"source":"set/annotations/panoptic_val/a.png","value":300}}]}
	EOF
	assert_file_equals got want
	ds-export -q -f coco-panoptic --images none -o again got
	diff -r set again
	# one segment less: a new PNG, and nothing else is on it
	jq -c 'if .annotation then .annotation|=.[1:] else . end' got | ds-export -q -f coco-panoptic --images none -o less
	must_fail 1 cmp -s set/annotations/panoptic_val/a.png less/annotations/panoptic_val/a.png
	ds-import -q less | ds-export -q -f coco --mask-to rle -o less.json
	jq -c '[.annotations[]|[.id,.area]]' less.json >got
	echo '[[1,8],[300,2]]' >want
	assert_file_equals got want
}

@test "the example of ds-formats(7): panoptic to instances" {
	panoptic 2>/dev/null
	cp set/annotations/panoptic_val.json . && cp -r set/annotations/panoptic_val .
	example=$(sed -n '/^\.Ss coco-panoptic/,/^\.Ed/s/^\$ //p' "$srcdir/man/ds-formats.7")
	eval "$example" 2>/dev/null
	jq -c '.annotations[]|[.id,.category_id,.iscrowd,.bbox,.area,.segmentation.size]' instances.json >got
	printf '%s\n' '[70000,7,0,[0,0,2,2],4,[4,8]]' '[1,9,0,[4,0,4,2],8,[4,8]]' '[300,9,1,[0,3,2,1],2,[4,8]]' >want
	assert_file_equals got want
}

@test "panoptic: faults are named, the rest comes through" {
	cat >panoptic_x.json <<-'EOF'
		{"images":[{"id":1,"file_name":"a.png","width":8,"height":4}],"categories":[{"id":1,"name":"a"}],"annotations":[{"image_id":1,"file_name":"a.png","segments_info":[{"id":1,"category_id":1},7,{"id":"x","category_id":1},{"id":16777216,"category_id":1},{"id":2,"category_id":5},{"id":3,"category_id":1,"bbox":[1]}]},{"image_id":1,"file_name":7,"segments_info":[]}]}
	EOF
	run --separate-stderr ds-import panoptic_x.json
	assert_status 1
	[ "$(grep -c 'error: a segment must be an object with an "id" below 2^24: left out \[coco\]' <<<"$stderr")" -eq 3 ] || fail "$stderr"
	[[ $stderr == *"category_id 5 is not in the list of categories: left out [coco]"* ]]
	[[ $stderr == *'"bbox" must be four numbers x, y, width, height: left out [coco]'* ]]
	[ "$(jq -c 'select(.source)|[.annotation[].mask.value]' <<<"${lines[1]}")" = '[1,null]' ]
	ds-import -q panoptic_x.json 2>/dev/null | ds-export -f coco-panoptic --images none -o out 2>err
	grep -q "warning: cannot take the mask 'panoptic_x/a.png': No such file or directory \[mask\]" err
}

@test "panoptic: real pictures come back byte for byte" {
	need_corpora labels/panoptic/sample_data
	local p=$DSUTILS_CORPORA/labels/panoptic/sample_data f
	ds-import -q "$p/panoptic_examples.json" | ds-export -q -f coco-panoptic --images none -o out
	for f in 000000142238 000000439180; do
		cmp "$p/panoptic_examples/$f.png" "out/annotations/panoptic_default/$f.png"
	done
	jq -S '.annotations|=sort_by(.image_id)' "$p/panoptic_examples.json" >want
	jq -S '.annotations|=sort_by(.image_id)' out/annotations/panoptic_default.json >got
	assert_file_equals got want
}

same_names() {
	cat >same.json <<-'EOF'
		{"images":[{"id":1,"file_name":"a.png","width":20,"height":10}],"annotations":[{"id":1,"image_id":1,"category_id":0,"bbox":[0,0,2,2],"area":4,"iscrowd":0,"segmentation":[]},{"id":2,"image_id":1,"category_id":7,"bbox":[0,0,4,2],"area":4,"iscrowd":0,"segmentation":[]},{"id":3,"image_id":1,"category_id":90,"bbox":[0,0,6,2],"area":4,"iscrowd":0,"segmentation":[]}],"categories":[{"id":0,"name":"zebra","supercategory":"animal"},{"id":7,"name":"ant","supercategory":"animal"},{"id":90,"name":"ant","supercategory":"insect"},{"id":3,"name":"unused"}]}
	EOF
}

@test "categories: id 0, gaps, two of one name, an unused one: all come back, in order" {
	same_names
	run --separate-stderr ds-import same.json
	[ "$stderr" = 'same.json:1:474: warning: the name "ant" was there before, with another id [coco]' ]
	ds-export -f coco -o back.json <<<"$output" 2>err
	[ ! -s err ]
	assert_file_equals back.json same.json
	ds-import -q same.json 2>/dev/null | cat - <(ds-import -q same.json 2>/dev/null | head -n 1) | ds-export -f coco -o twice.json
	assert_file_equals twice.json same.json
	ds-import -q same.json 2>/dev/null | ds-export -q -f yolo --images none -o out 2>/dev/null
	cut -d ' ' -f 1 out/labels/a.txt | paste -s -d ' ' >got
	echo '0 1 2' >want
	assert_file_equals got want
	grep -A 5 nc: out/data.yaml >got
	printf 'nc: 4\nnames:\n  0: zebra\n  1: ant\n  2: ant\n  3: unused\n' >want
	assert_file_equals got want
}

@test "--classes and --map keep what classes have, and report who joins whom" {
	same_names
	ds-import -q same.json >in.jsonl 2>/dev/null
	printf 'unused\nzebra\n' >list
	ds-export -f coco --classes list -o got.json in.jsonl 2>err
	[ "$(jq -c .categories got.json)" = '[{"name":"unused","id":3},{"name":"zebra","id":0,"supercategory":"animal"}]' ] || fail "$(jq -c .categories got.json)"
	grep -q 'annotation.class-not-listed is lost: coco cannot hold it (2 in 1 sample,' err
	jq -c 'if .dataset then .dataset.classes|=(.[:2]+.[3:]) else . end' in.jsonl >one.jsonl
	ds-export -f coco --map zebra=ant --map unused=free -o map.json one.jsonl 2>err
	echo 'one.jsonl:1:69: note: class "zebra" joins "ant", which stays as it is [class-map]' >want
	assert_file_equals err want
	[ "$(jq -c '[.categories,[.annotations[].category_id]]' map.json)" = '[[{"id":7,"name":"ant","supercategory":"animal"},{"id":3,"name":"free"}],[7,7,7]]' ]
	printf 'zebra=beast\nant=beast\n' >mapping
	ds-import -q --map-file mapping same.json 2>/dev/null | head -n 1 | jq -c '.dataset.classes' >got
	echo '[{"id":0,"name":"beast","supercategory":"animal"},{"id":3,"name":"unused"}]' >want
	assert_file_equals got want
}

@test "a box or a category that is null or empty costs nothing else; ids of categories may be strings" {
	cat >null.json <<-'EOF'
		{"images":[{"id":1,"file_name":"a.jpg","width":10,"height":10}],
		"annotations":[
		{"id":1,"image_id":1,"category_id":1,"bbox":null,"segmentation":[[1,2,3,4,5,6]],"area":1,"iscrowd":0},
		{"id":2,"image_id":1,"category_id":1,"bbox":[],"segmentation":[[1,2,3,4,5,6]],"area":1,"iscrowd":0},
		{"id":3,"image_id":1,"category_id":"1","bbox":[1,2,3,4],"area":12,"iscrowd":0},
		{"id":4,"image_id":1,"category_id":null,"bbox":[1,2,3,4],"area":12,"iscrowd":0},
		{"id":5,"image_id":1,"category_id":2,"bbox":[1,2,3,4],"area":12,"iscrowd":0}],
		"categories":[{"id":1,"name":"cat"},{"id":"2","name":"dog"}]}
	EOF
	run --separate-stderr ds-import -f coco null.json
	assert_status 0
	[ "${lines[1]}" = '{"source":"a.jpg","id":1,"file_name":"a.jpg","width":10,"height":10,"annotation":[{"id":1,"name":"cat","coco:bbox":null,"polygon":[[1,2,3,4,5,6]],"area":1,"iscrowd":0},{"id":2,"name":"cat","coco:bbox":[],"polygon":[[1,2,3,4,5,6]],"area":1,"iscrowd":0},{"id":3,"name":"cat","bbox":[1,2,3,4],"area":12,"iscrowd":0},{"id":4,"category_id":null,"bbox":[1,2,3,4],"area":12,"iscrowd":0},{"id":5,"name":"dog","bbox":[1,2,3,4],"area":12,"iscrowd":0}]}' ]
	cat >want <<-'EOF'
		null.json:3:45: warning: "bbox" is empty; kept as it is [coco]
		null.json:4:45: warning: "bbox" is empty; kept as it is [coco]
		null.json:5:36: warning: "category_id" is a string, the category's "id" is a number [coco]
		null.json:6:36: warning: "category_id" is null; kept as it is [coco]
		null.json:7:36: warning: "category_id" is a number, the category's "id" is a string [coco]
	EOF
	assert_file_equals <(printf '%s\n' "$stderr") want
	ds-import -q -f coco null.json 2>/dev/null | ds-export --strict -f coco --images none -o back.json
	jq -c '.annotations[]' null.json | sed 's/"category_id":"1"/"category_id":1/; s/"category_id":2/"category_id":"2"/' >want
	assert_file_equals <(jq -c '.annotations[]' back.json) want
}

@test "what is no JSON is named" {
	printf '{"images":[{"id":1,"width":NaN}],"annotations":[{"id":1,"image_id":1,"score":-Infinity}]}' >nan.json
	run --separate-stderr ds-import -f coco nan.json
	[[ $stderr == *"nan.json:1:28: error: a value should be here; NaN, Infinity, None, True and False are not JSON: this element of the list is left out [json]"* ]]
	[[ $stderr == *"nan.json:1:79: error: a digit should be here; Infinity is not JSON: this element of the list is left out [json]"* ]]
}

@test "an annotation of COCO with nothing but a class comes back, and is no loss" {
	printf '{"images":[{"id":1,"file_name":"a.jpg","width":10,"height":10}],"annotations":[{"id":"x","image_id":1,"category_id":3},{"id":"y","image_id":1,"category_id":4}],"categories":[{"id":3,"name":"deer"},{"id":4,"name":"fox"}]}' >trap.json
	ds-import -q -f coco trap.json | ds-export --strict -f coco --images none -o back.json
	assert_file_equals <(jq -c .annotations back.json) <(jq -c .annotations trap.json)
}

@test "detections without categories keep their numbers" {
	printf '[{"image_id":7,"category_id":43,"bbox":[1,2,3,4],"score":0.5},{"image_id":7,"category_id":9,"bbox":[1,2,3,4],"score":0.25}]' >dets.json
	ds-import -q -f coco dets.json | ds-export -q --strict -f coco --images none -o back.json
	assert_file_equals <(jq -c .annotations back.json) <(jq -c . dets.json)
	[ "$(jq -c .categories back.json)" = '[{"name":"43","id":43},{"name":"9","id":9}]' ]
}

@test "the name of one file has its split" {
	printf '{"images":[{"id":1,"file_name":"a.jpg","width":10,"height":10}],"annotations":[],"categories":[]}' >val.json
	ds-import -q -f coco val.json >val.jsonl
	grep -q '"usage":"EVAL"' val.jsonl
	ds-export --strict -f coco --images none -o instances_val2.json val.jsonl
	must_fail 1 ds-export --strict -f coco --images none -o train.json val.jsonl 2>err
	grep -q 'sample.usage would be lost' err
}

@test "shapes that are none are not written, and are named" {
	echo '{"source":"a.jpg","width":9,"height":9,"annotation":[{"name":"a","bbox":[1,2]},{"name":"a","bbox":["1",2,3,4]},{"name":"a","bbox":[1,2,3,4],"polygon":"x","keypoints":7}]}' >broken.jsonl
	ds-export -f coco --images none -o broken.json broken.jsonl 2>err
	jq -c '[.annotations[].bbox]' broken.json >got
	echo '[null,null,[1,2,3,4]]' >want
	assert_file_equals got want
	grep -q 'annotation.broken-shape is lost: coco cannot hold it (4 in 1 sample' err
}
