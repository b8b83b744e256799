# yolo.bats: YOLO sets in and out: layouts, rows, and the faults people meet.

load helpers

# picture FILE W H: a PNG as far as its size can be seen.
picture() {
	mkdir -p "$(dirname "$1")"
	# shellcheck disable=SC2059
	printf "$(printf '\\x89PNG\\r\\n\\x1a\\n\\0\\0\\0\\rIHDR\\0\\0\\x%02x\\x%02x\\0\\0\\x%02x\\x%02x\\x08\\x02\\0\\0\\0' \
		$(($2 / 256)) $(($2 % 256)) $(($3 / 256)) $(($3 % 256)))" >"$1"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

ultralytics() {
	picture set/images/train/a.png 200 100
	picture set/images/train/negative.png 20 10
	picture set/images/train/unlabelled.png 20 10
	picture set/images/val/b.png 100 100
	mkdir -p set/labels/train set/labels/val
	printf '1 0.500000 .5 0.25 0.5\n0 0.1 0.1 0.1 0.1 0.875\n' >set/labels/train/a.txt
	: >set/labels/train/negative.txt
	printf '1 0.1 0.1 0.50 0.1 0.5 0.5 0.1 0.5' >set/labels/val/b.txt
	printf 'path: ../datasets/set\ntrain: images/train\nval: images/val\n\nnames:\n  0: cat\n  1: "no"\nnote: {by: me, n: 1.10}\n' >set/data.yaml
}

@test "an Ultralytics set: pixels beside the row's own numbers, splits, negatives" {
	ultralytics
	ds-import set >got
	cat >want <<-'EOF'
		{"dataset":{"name":"set","format":"yolo","classes":[{"name":"cat","id":0},{"name":"no","id":1}],"yolo":{"note":{"by":"me","n":1.10}}}}
		{"source":"set/images/train/a.png","id":"train/a","width":200,"height":100,"usage":"TRAIN","annotation":[{"name":"no","bbox":[75,25,50,50],"yolo":"0.500000 .5 0.25 0.5"},{"name":"cat","bbox":[10,5,20,10],"confidence":0.875,"yolo":"0.1 0.1 0.1 0.1"}]}
		{"source":"set/images/train/negative.png","id":"train/negative","width":20,"height":10,"usage":"TRAIN","annotation":[]}
		{"source":"set/images/train/unlabelled.png","id":"train/unlabelled","width":20,"height":10,"usage":"TRAIN"}
		{"source":"set/images/val/b.png","id":"val/b","width":100,"height":100,"usage":"EVAL","annotation":[{"name":"no","polygon":[[10,10,50,10,50,50,10,50]],"yolo":"0.1 0.1 0.50 0.1 0.5 0.5 0.1 0.5"}]}
	EOF
	assert_file_equals got want
}

@test "YOLO to records to YOLO: the same rows, files and splits" {
	ultralytics
	ds-import set | ds-export -f yolo -o out
	(cd out && find . -type f | LC_ALL=C sort) >got
	cat >want <<-'EOF'
		./data.yaml
		./images/train/a.png
		./images/train/negative.png
		./images/train/unlabelled.png
		./images/val/b.png
		./labels/train/a.txt
		./labels/train/negative.txt
		./labels/val/b.txt
	EOF
	assert_file_equals got want
	assert_file_equals out/labels/train/a.txt set/labels/train/a.txt
	assert_file_equals out/labels/val/b.txt <(cat set/labels/val/b.txt && echo)
	cat >want <<-'EOF'
		train: images/train
		val: images/val
		nc: 2
		names:
		  0: cat
		  1: "no"
		"note": {"by":"me","n":1.10}
	EOF
	assert_file_equals out/data.yaml want
	ds-import --name set out | sed 's|"out/|"set/|' >again
	ds-import set >first
	assert_file_equals again first
}

@test "a row whose box was changed is written anew" {
	ultralytics
	ds-import set | sed 's/"bbox":\[75,25,50,50\]/"bbox":[75,25,50,25]/' | ds-export -f yolo --images none -o out
	printf '1 0.500000 0.375000 0.250000 0.250000\n0 0.1 0.1 0.1 0.1 0.875\n' >want
	assert_file_equals out/labels/train/a.txt want
	ds-import set | sed 's/"bbox":\[75,25,50,50\]/"bbox":[75,25,50,25]/' | ds-export -f yolo --images none --decimals 2 -o out2
	[ "$(head -n 1 out2/labels/train/a.txt)" = '1 0.50 0.38 0.25 0.25' ]
}

@test "a folder, an archive and data.yaml give the same records" {
	need_program python3
	ultralytics
	ds-import --name d set >want
	(cd set && tar -cf ../a.tar . && python3 -c 'import shutil; shutil.make_archive("../z", "zip", ".")')
	local a
	for a in a.tar z.zip; do
		ds-import --name d $a | sed "s|\"$a!/|\"set/|" >got
		assert_file_equals got want
	done
	ds-import --name d set/data.yaml >got
	assert_file_equals got want
	ds-import --name d -x raw a.tar | sed 's|"raw/|"set/|' >got
	assert_file_equals got want
	cmp raw/images/val/b.png set/images/val/b.png
}

@test "forms of data.yaml: lists, list files, Windows and Roboflow paths, names as a list" {
	ultralytics
	printf 'train: ["C:\\\\data\\\\set\\\\images\\\\train"]\nval: ../images/val/\nnc: 2\nnames: [cat, "no"]\n' >set/data.yaml
	ds-import set | grep -o '"usage":"[A-Z]*"' | sort | uniq -c | tr -s ' ' >got
	printf ' 1 "usage":"EVAL"\n 3 "usage":"TRAIN"\n' >want
	assert_file_equals got want
	printf './images/val/b.png\r\n/abs/set/images/train/a.png\nimages/gone.png\n' >set/list.txt
	printf 'train: list.txt\nval: images/train\nnames:\n- cat\n- dog\n' >set/data.yaml
	run --separate-stderr ds-import set
	assert_status 1
	[ "$stderr" = "set/list.txt:3:1: error: the picture 'images/gone.png' is not here [yolo]" ]
	grep -o '"source":"[^"]*"\|"usage":"[A-Z]*"' <<<"$output" | paste -d ' ' - - >got
	cat >want <<-'EOF'
		"source":"set/images/train/a.png" "usage":"TRAIN"
		"source":"set/images/train/negative.png" "usage":"EVAL"
		"source":"set/images/train/unlabelled.png" "usage":"EVAL"
		"source":"set/images/val/b.png" "usage":"TRAIN"
	EOF
	assert_file_equals got want
}

@test "bad rows are named with line and column; the others come through" {
	picture set/a.png 100 100
	printf '\xef\xbb\xbf0 0.5 0.5 0.2 0.2\r\n\r\n0 0,5 0.5 0.2 0.2\n1.5 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.2 0.2\n0 0.5 0.5\n0 50 0.5 0.2 0.2\n0 0.5 0.5 -0.2 0.2\n1.0\t0.5 0.5 5e-1 0.2 \n0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0 0.2\n' >set/a.txt
	printf 'cat\ndog' >set/classes.txt
	run --separate-stderr ds-import -f yolo set
	assert_status 1
	cat >want <<-'EOF'
		set/a.txt:3:3: error: this must be a number: left out [yolo]
		set/a.txt:4:1: error: the class must be a whole number from 0: left out [yolo]
		set/a.txt:5:1: error: class 7 is not in the list of 2 names: left out [yolo]
		set/a.txt:6:1: error: a row has a class and a box of 4 numbers, or a polygon of 6 or more; here are 3 numbers: left out [yolo]
		set/a.txt:7:3: error: coordinates must be ratios of the picture's size, from 0 to 1: left out [yolo]
		set/a.txt:8:11: error: coordinates must be ratios of the picture's size, from 0 to 1: left out [yolo]
		set/a.txt:10:1: warning: the same row was there before; both stay [yolo]
		set/a.txt:11:11: warning: the box has no extent [yolo]
	EOF
	assert_file_equals <(printf '%s\n' "$stderr") want
	[ "${lines[1]}" = '{"source":"set/a.png","id":"a","width":100,"height":100,"annotation":[{"name":"cat","bbox":[40,40,20,20],"yolo":"0.5 0.5 0.2 0.2"},{"name":"dog","bbox":[25,40,50,20],"yolo":"0.5 0.5 5e-1 0.2"},{"name":"cat","bbox":[40,40,20,20],"yolo":"0.5 0.5 0.2 0.2"},{"name":"cat","bbox":[50,40,0,20],"yolo":"0.5 0.5 0 0.2"}]}' ]
}

@test "boxes and polygons in one file: each row is what it is, and that is said" {
	ultralytics
	printf '0 0.5 0.5 0.2 0.2\n' >>set/labels/val/b.txt
	sed -i 's/0.50 0.5 0.1 0.5$/&\n/' set/labels/val/b.txt
	printf '1 0.1 0.1 0.5 0.1 0.5 0.5\n0 0.5 0.5 0.2 0.2\n' >set/labels/val/b.txt
	run --separate-stderr ds-import set
	assert_status 0
	[[ $stderr == "set/labels/val/b.txt: warning: boxes and polygons in one file"*"[yolo-mixed]" ]]
	[[ ${lines[4]} == *'"polygon":[[10,10,50,10,50,50]]'*'"bbox":[40,40,20,20]'* ]]
}

@test "labels without pictures stay ratios, and come back" {
	mkdir -p set/labels
	echo '2 0.5 0.5 0.25 0.125' >set/labels/x.txt
	run --separate-stderr ds-import set
	assert_status 0
	[ "$stderr" = 'set: warning: 1 label file has no picture here; the labels stay ratios [yolo]' ]
	[ "${lines[0]}" = '{"dataset":{"name":"set","format":"yolo","classes":[{"name":"class_0","id":0},{"name":"class_1","id":1},{"name":"class_2","id":2}]}}' ]
	[ "${lines[1]}" = '{"source":"set/images/x","id":"x","annotation":[{"name":"class_2","bbox":[0.375,0.4375,0.25,0.125],"unit":"ratio","yolo":"0.5 0.5 0.25 0.125"}]}' ]
	ds-import set 2>/dev/null | ds-export -f yolo --images none -o out
	assert_file_equals out/labels/x.txt set/labels/x.txt
}

@test "darknet: obj.data, obj.names and lists" {
	picture set/obj_train_data/a.png 10 10
	picture set/obj_valid_data/b.png 10 10
	echo '1 0.5 0.5 0.2 0.2' | tee set/obj_train_data/a.txt >set/obj_valid_data/b.txt
	printf 'classes = 2\nnames = data/obj.names\ntrain = data/train.txt\nvalid = data/valid.txt\nbackup = backup/\n' >set/obj.data
	printf 'cat\ndog' >set/obj.names
	echo data/obj_train_data/a.png >set/train.txt
	echo data/obj_valid_data/b.png >set/valid.txt
	ds-import set >got
	cat >want <<-'EOF'
		{"dataset":{"name":"set","format":"yolo","classes":[{"name":"cat","id":0},{"name":"dog","id":1}]}}
		{"source":"set/obj_train_data/a.png","id":"obj_train_data/a","width":10,"height":10,"usage":"TRAIN","annotation":[{"name":"dog","bbox":[4,4,2,2],"yolo":"0.5 0.5 0.2 0.2"}]}
		{"source":"set/obj_valid_data/b.png","id":"obj_valid_data/b","width":10,"height":10,"usage":"EVAL","annotation":[{"name":"dog","bbox":[4,4,2,2],"yolo":"0.5 0.5 0.2 0.2"}]}
	EOF
	assert_file_equals got want
}

@test "kpt_shape makes rows poses" {
	picture set/images/a.png 100 100
	mkdir -p set/labels
	echo '0 0.5 0.5 0.2 0.2 0.4 0.4 2 0 0 0' >set/labels/a.txt
	printf 'kpt_shape: [2, 3]\nflip_idx: [0, 1]\ntrain: images\nval: images\nnames: {0: cat}\n' >set/data.yaml
	ds-import set >got
	[[ $(tail -n 1 got) == *'"bbox":[40,40,20,20],"keypoints":[40,40,2,0,0,0],"yolo":"0.5 0.5 0.2 0.2 0.4 0.4 2 0 0 0"'* ]]
	ds-export -f yolo -o out got
	assert_file_equals out/labels/a.txt set/labels/a.txt
	grep -qx '"kpt_shape": \[2,3\]' out/data.yaml
}

@test "class numbers come from the header, polygons are boxes unless they are wanted" {
	cat >in.jsonl <<-'EOF'
		{"dataset":{"name":"x","format":"coco","classes":[{"name":"dog","id":18},{"name":"cat","id":17},{"name":"1: x","id":9}]}}
		{"source":"p/a.jpg","id":1,"width":100,"height":50,"annotation":[{"name":"cat","bbox":[10,10,20,20],"polygon":[[10,10,30,10,30,30],[40,10,50,10,50,30]]},{"name":"dog","polygon":[[10,10,30,10,30,30]]}]}
	EOF
	ds-export -f yolo --images none -o out in.jsonl 2>err
	printf '1 0.200000 0.400000 0.200000 0.400000\n0 0.100000 0.200000 0.300000 0.200000 0.300000 0.600000\n' >want
	assert_file_equals out/labels/a.txt want
	grep -q 'annotation.polygon is lost' err
	printf 'train: images\nval: images\nnc: 3\nnames:\n  0: dog\n  1: cat\n  2: "1: x"\n' >want
	assert_file_equals out/data.yaml want
	ds-export -f yolo --yolo-task segment --images none -o seg in.jsonl 2>/dev/null
	printf '1 0.100000 0.200000 0.300000 0.200000 0.400000 0.200000 0.500000 0.200000 0.500000 0.600000 0.400000 0.200000 0.300000 0.200000 0.300000 0.600000\n0 0.100000 0.200000 0.300000 0.200000 0.300000 0.600000\n' >want
	assert_file_equals seg/labels/a.txt want
}

@test "a YAML file that is a trap is refused at its place" {
	ultralytics
	printf 'names: &a [*a]\n' >set/data.yaml
	run --separate-stderr ds-import -f yolo set
	assert_status 1
	[[ $stderr == 'set/data.yaml:1:'*': error: '*'[yaml]'* ]]
	{ printf 'names: ' && head -c 100000 /dev/zero | tr '\0' '['; } >set/data.yaml
	run --separate-stderr timeout 10 ds-import -f yolo set
	assert_status 1
	[[ $stderr == *'nested too deep (64 levels are taken) [yaml]'* ]]
}

@test "a real darknet set comes back row for row" {
	need_corpora datasets/darknet-cup
	ds-import "$DSUTILS_CORPORA/datasets/darknet-cup" | ds-export -f yolo --images none -o out
	local f n=0
	for f in out/labels/*.txt; do
		assert_file_equals "$f" <(cat "$DSUTILS_CORPORA/datasets/darknet-cup/${f##*/}" && echo)
		n=$((n + 1))
	done
	[ "$n" -eq 147 ]
}

# poses and turned boxes
poses() {
	picture p1.png 200 100
	cat >pose.jsonl <<-'EOF'
		{"dataset":{"name":"set","classes":[{"name":"person","id":1,"keypoints":["nose","left_eye","right_eye"],"skeleton":[[1,2]]},{"name":"dog","id":5}]}}
		{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"person","bbox":[10,10,20,20],"keypoints":[15,15,2,0,0,0,20,12.5,1]},{"name":"dog","bbox":[0,0,10,10]},{"name":"person","rbox":[50,50,40,20,30]},{"name":"dog","polygon":[[1,1,5,1,5,9,1,9]]},{"name":"dog","polygon":[[20,20,40,20,40,40,30,50,20,40]]}]}
	EOF
}

@test "keypoints of COCO become rows of a pose, and come back" {
	poses
	jq -c 'if .source then .annotation|=.[:2] else . end' pose.jsonl | ds-export -q -f coco -o person_keypoints_val.json
	[ "$(jq -c '[.annotations[].num_keypoints]' person_keypoints_val.json)" = '[2,null]' ]
	example=$(sed -n 's/^\.Dl \$ \(.*--yolo-task pose.*\)/\1/p' "$srcdir/man/ds-export.1")
	eval "$example"
	cat >want <<-'EOF'
		0 0.100000 0.200000 0.100000 0.200000 0.075000 0.150000 2 0.000000 0.000000 0 0.100000 0.125000 1
		1 0.025000 0.050000 0.050000 0.100000 0.000000 0.000000 0 0.000000 0.000000 0 0.000000 0.000000 0
	EOF
	assert_file_equals pose/labels/val/p1.txt want
	cat >want <<-'EOF'
		train: images/val
		val: images/val
		nc: 2
		names:
		  0: person
		  1: dog
		kpt_shape: [3, 3]
		flip_idx: [0, 2, 1]
		kpt_names:
		  0: ["nose","left_eye","right_eye"]
	EOF
	assert_file_equals pose/data.yaml want
	mkdir -p pose/images/val && cp p1.png pose/images/val/
	ds-import -f yolo pose >back
	ds-export -q -f coco -o back.json back
	jq -c '.annotations[]|[.bbox,.keypoints,.num_keypoints]' back.json >got
	printf '%s\n' '[[10,10,20,20],[15,15,2,0,0,0,20,12.5,1],2]' '[[0,0,10,10],[0,0,0,0,0,0,0,0,0],0]' >want
	assert_file_equals got want
	[ "$(jq -c .categories[0].keypoints back.json)" = '["nose","left_eye","right_eye"]' ]
	# what came as poses stays poses, number for number
	ds-export -f yolo -o again back
	assert_file_equals again/labels/val/p1.txt pose/labels/val/p1.txt
}

@test "keypoints without visibility, and more than there is room for" {
	poses
	cat >two.jsonl <<-'EOF'
		{"dataset":{"name":"set","classes":[{"name":"a"}],"yolo":{"kpt_shape":[2,2]}}}
		{"source":"p1.png","width":200,"height":100,"annotation":[{"name":"a","bbox":[10,10,20,20],"keypoints":[15,15,2,20,20,1,30,30,2]}]}
	EOF
	ds-export -f yolo -o out two.jsonl 2>err
	echo '0 0.100000 0.200000 0.100000 0.200000 0.075000 0.150000 0.100000 0.200000' >want
	assert_file_equals out/labels/p1.txt want
	grep -q 'annotation.keypoints-beyond-shape is lost' err
	grep -q 'annotation.keypoints-visibility is lost' err
	ds-export -f yolo --yolo-task detect -o det two.jsonl 2>err
	echo '0 0.100000 0.200000 0.100000 0.200000' >want
	assert_file_equals det/labels/p1.txt want
	grep -q 'annotation.keypoints is lost' err
	must_fail 1 grep -q kpt_shape det/data.yaml
}

@test "turned boxes and polygons become rows of four corners, and come back" {
	poses
	ds-export -f yolo --yolo-task obb -o out pose.jsonl 2>err
	cat >want <<-'EOF'
		0 0.050000 0.100000 0.150000 0.100000 0.150000 0.300000 0.050000 0.300000
		1 0.000000 0.000000 0.050000 0.000000 0.050000 0.100000 0.000000 0.100000
		0 0.188397 0.313397 0.361603 0.513397 0.311603 0.686603 0.138397 0.486603
		1 0.005000 0.010000 0.025000 0.010000 0.025000 0.090000 0.005000 0.090000
		1 0.100000 0.200000 0.200000 0.200000 0.200000 0.500000 0.100000 0.500000
	EOF
	assert_file_equals out/labels/p1.txt want
	cat >want <<-'EOF'
		pose.jsonl:2: warning: annotation.keypoints is lost: yolo cannot hold it (1 in 1 sample, first p1) [loss]
		pose.jsonl:2: warning: annotation.polygon-as-rbox is lost: yolo cannot hold it (1 in 1 sample, first p1) [loss]
	EOF
	assert_file_equals err want
	ds-import --yolo-task obb out >back
	jq -c '.annotation[]?|.rbox|map(.*1000|round/1000)' back >got
	printf '%s\n' '[20,20,20,20,0]' '[5,5,10,10,0]' '[50,50,40,20,30]' '[3,5,4,8,0]' '[30,35,20,30,0]' >want
	assert_file_equals got want
	ds-export -f yolo -o again back
	assert_file_equals again/labels/p1.txt out/labels/p1.txt
	[ "$(ds-import out | grep -o '"polygon"' | wc -l)" -eq 5 ]
}

@test "the example of ds-export(1): DOTA to oriented boxes" {
	poses
	jq -c 'select(.source)|.annotation|=[.[2]]|{source,width,height,annotation}' pose.jsonl | ds-export -q -f dota -o DOTA
	example=$(sed -n 's/^\.Dl \$ \(.*--yolo-task obb.*\)/\1/p' "$srcdir/man/ds-export.1")
	eval "$example" 2>/dev/null
	awk '{ for (i = 2; i <= 9; i++) printf "%.4f ", $i } END { print NF }' obb/labels/p1.txt >got
	echo '0.1884 0.3134 0.3616 0.5134 0.3116 0.6866 0.1384 0.4866 9' >want
	assert_file_equals got want
}

@test "rows of both kinds in one file are warned of" {
	poses
	ds-export -f yolo -o out pose.jsonl 2>err
	grep -q '^ds-export: warning: 1 label file has boxes and outlines.*\[yolo-mixed\]$' err
	[ "$(awk '{ print NF }' out/labels/p1.txt | tr '\n' ' ')" = '5 5 9 9 11 ' ]
}

@test "holes and parts are joined into one outline" {
	picture p1.png 100 100
	echo '{"source":"p1.png","width":100,"height":100,"annotation":[{"name":"a","polygon":[[10,10,50,10,50,50,10,50],[20,20,20,30,30,30,30,20]],"holes":[1]}]}' >hole.jsonl
	ds-export -q -f yolo --yolo-task segment -o out hole.jsonl 2>err
	echo '0 0.100000 0.100000 0.200000 0.200000 0.200000 0.300000 0.300000 0.300000 0.300000 0.200000 0.200000 0.200000 0.100000 0.100000 0.500000 0.100000 0.500000 0.500000 0.100000 0.500000' >want
	assert_file_equals out/labels/p1.txt want
	grep -q 'annotation.polygon-parts-joined is lost' err
	# by COCO's rule the hole is a hole
	ds-import -q out | ds-export -q -f coco --mask-to rle -o rle.json
	[ "$(jq .annotations[0].area rle.json)" -eq 1500 ] || fail "$(cat rle.json)"
}

@test "a folder that is both splits is the one that its name says" {
	picture set/images/val/a.png 10 10
	printf 'train: images/val\nval: images/val\nnames: [a]\n' >set/data.yaml
	[ "$(ds-import set | jq -r 'select(.source)|.usage')" = EVAL ]
}

@test "pixels beside a box are not made into an outline that is not written" {
	echo '{"source":"a.jpg","width":20,"height":10,"annotation":[{"name":"a","bbox":[2,1,5,5],"rle":{"size":[10,20],"counts":[21,5,174]}}]}' >crowd.jsonl
	ds-export -f yolo --images none -o out crowd.jsonl 2>err
	grep -q 'annotation.rle is lost: yolo cannot hold it (1 in 1 sample,' err
	[ "$(wc -l <err)" = 2 ] # and that the class is in no header
	echo '0 0.225000 0.350000 0.250000 0.500000' >want
	assert_file_equals out/labels/a.txt want
	ds-export -f yolo --yolo-task segment --images none -o rows crowd.jsonl 2>err
	! grep -q 'annotation.rle' err || false
	[ "$(wc -w <rows/labels/a.txt)" -gt 5 ]
}

@test "yolo: a mask of eighty thousand specks is a row in no time" {
	# a regression: each part was held against each point before it, for minutes
	awk 'BEGIN { n = 401; printf "{\"source\":\"a.jpg\",\"width\":%d,\"height\":%d,\"annotation\":[{\"name\":\"x\",\"rle\":{\"size\":[%d,%d],\"counts\":[1", n, n, n, n
		for (i = 1; i < n * n; i++) printf ",1"; print "]}}]}" }' >r.jsonl
	timeout 20 ds-export -q -f yolo --yolo-task segment --images none -o out r.jsonl || [ $? -eq 1 ]
	[ -n "$(find out -name '*.txt')" ]
}

@test "a class beyond all numbers is no class" {
	picture set/a.png 10 10
	printf '1e40 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2 0.2\n' >set/a.txt
	printf 'cat\n' >set/classes.txt
	run --separate-stderr ds-import -f yolo set
	assert_status 1
	[ "$stderr" = 'set/a.txt:1:1: error: the class must be a whole number from 0: left out [yolo]' ]
}

@test "pixels have no more digits than the ratios give" {
	mkdir few
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\017\0\0\0\012\b\0\0\0\0\0\0\0\0' >few/a.png
	echo '0 0.133333 0.300000 0.266667 0.200000' >few/a.txt
	echo '0 0.1 0.3 0.7 0.3 0.7 0.123456789012345' >>few/a.txt
	ds-import -f yolo few 2>/dev/null | jq -c '.annotation[]? | .bbox // .polygon' >got
	printf '%s\n' '[-0.0000075,2,4.000005,2]' '[[1.5,3,10.5,3,10.5,1.23456789012345]]' >want
	assert_file_equals <(jq -c . got) <(jq -c . want)
	ds-import -q -f yolo few 2>/dev/null | ds-export -q -f yolo --images none -o back
	assert_file_equals back/labels/a.txt few/a.txt
}

@test "the layout that ModelArts imports as YOLO: two folders, two lists, boxes; it comes back" {
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' | tee a.png b.png c.png d.png >/dev/null
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"cat","id":0},{"name":"dog","id":1}]}}
{"source":"a.png","id":"a","width":200,"height":100,"usage":"TRAIN","annotation":[{"name":"dog","bbox":[50,25,100,50]},{"name":"cat","polygon":[[0,0,20,0,20,10]]}]}
{"source":"b.png","id":"b","width":200,"height":100,"usage":"EVAL","annotation":[]}
{"source":"c.png","id":"c","width":200,"height":100}
{"source":"d.png","id":"d","width":200,"height":100,"usage":"TEST","annotation":[{"name":"cat","bbox":[0,0,20,10]}]}
END
	run -0 --separate-stderr ds-export -f 'ModelArts YOLO 1.0' -o out in.jsonl
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
in.jsonl:2: warning: annotation.polygon is lost: darknet cannot hold it (1 in 1 sample, first a) [loss]
in.jsonl:5: warning: sample.usage is lost: darknet cannot hold it (1 in 1 sample, first d) [loss]
END
	assert_file_equals got want
	(cd out && find . -type f | LC_ALL=C sort && head -n 20 obj.* *.txt obj_*/*.txt) >got
	cat >want <<'END'
./obj.data
./obj.names
./obj_train_data/a.png
./obj_train_data/a.txt
./obj_train_data/c.png
./obj_valid_data/b.png
./obj_valid_data/b.txt
./obj_valid_data/d.png
./obj_valid_data/d.txt
./train.txt
./valid.txt
==> obj.data <==
classes = 2
train = train.txt
valid = valid.txt
names = obj.names
backup = backup/

==> obj.names <==
cat
dog

==> train.txt <==
obj_train_data/a.png
obj_train_data/c.png

==> valid.txt <==
obj_valid_data/b.png
obj_valid_data/d.png

==> obj_train_data/a.txt <==
1 0.500000 0.500000 0.500000 0.500000
0 0.050000 0.050000 0.100000 0.100000

==> obj_valid_data/b.txt <==

==> obj_valid_data/d.txt <==
0 0.050000 0.050000 0.100000 0.100000
END
	assert_file_equals got want
	ds-import -q -f darknet out | jq -c 'select(.source)|[.source,.usage,[.annotation[]?|[.name,.bbox]]]' >got
	cat >want <<'END'
["out/obj_train_data/a.png","TRAIN",[["dog",[50,25,100,50]],["cat",[0,0,20,10]]]]
["out/obj_train_data/c.png","TRAIN",[]]
["out/obj_valid_data/b.png","EVAL",[]]
["out/obj_valid_data/d.png","EVAL",[["cat",[0,0,20,10]]]]
END
	assert_file_equals got want
	# A set without any sample for training has no such list; an empty one has it.
	grep -v TRAIN in.jsonl | grep -v '"c"' | ds-export -q -f darknet --images none -o valid 2>/dev/null
	[ ! -e valid/train.txt ] && run ! grep train valid/obj.data
	head -n 1 in.jsonl | ds-export -q -f darknet -o none
	[ -f none/train.txt ] && [ ! -s none/train.txt ]
}
