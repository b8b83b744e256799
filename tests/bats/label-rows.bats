# label-rows.bats: KITTI and DOTA, text files with a row an object.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

picture() {
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\024\0\0\0\n\b\0\0\0\0\0\0\0\0' >"$1"
}

@test "KITTI rows become records" {
	mkdir -p k/label_2 k/image_2 k/calib && picture k/image_2/1.png
	echo 'P0: 7.2e+02 0' >k/calib/1.txt
	printf 'Car 0.88 3 -0.69 0.00 190.25 400 380 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29\r\nDontCare -1 -1 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10 0.5' >k/label_2/1.txt
	ds-import k >got
	cat >want <<'END'
{"dataset":{"name":"k","format":"kitti"}}
{"source":"k/image_2/1.png","id":"1","width":20,"height":10,"annotation":[{"name":"Car","bbox":[0.00,190.25,400.00,189.75],"corners":[0.00,190.25,400,380],"truncated":true,"property":{"truncated":0.88,"occluded":3,"alpha":-0.69,"dimensions":[1.60,1.57,3.23],"location":[-2.70,1.74,3.68],"rotation_y":-1.29}},{"name":"DontCare","bbox":[1,2,2,2],"confidence":0.5,"property":{"truncated":-1,"occluded":-1,"alpha":-10,"dimensions":[-1,-1,-1],"location":[-1000,-1000,-1000],"rotation_y":-10}}]}
END
	assert_file_equals got want
	ds-export -f kitti --images none -o out got
	tr -d '\r' <k/label_2/1.txt >want
	echo >>want
	assert_file_equals out/label_2/1.txt want
}

@test "a KITTI row from flags, without a class, with a blank in its class" {
	cat >records <<'END'
{"source":"x.png","annotation":[{"name":"traffic light","bbox":[1,2,3,4],"truncated":false,"occluded":true},{"bbox":[1.5,2,3,4]},{"name":"whole"}]}
{"source":"y.png","annotation":[]}
END
	ds-export -f kitti --images none -o out records 2>err
	cat >want <<'END'
traffic_light 0.00 1 -10 1 2 4 6 -1 -1 -1 -1000 -1000 -1000 -10
DontCare -1 -1 -10 1.5 2 4.5 6 -1 -1 -1 -1000 -1000 -1000 -10
END
	assert_file_equals out/label_2/x.txt want
	[ ! -s out/label_2/y.txt ]
	grep -c 'annotation.blank-in-name is lost' err
	grep -c 'annotation.without-class is lost' err
	grep -c 'sample.class is lost' err
}

@test "real KITTI files come back byte for byte" {
	need_corpora labels/datumaro/tests/assets/kitti_dataset
	mkdir out
	for d in kitti_3d kitti_detection/training kitti_3d_with_subset; do
		in=$DSUTILS_CORPORA/labels/datumaro/tests/assets/kitti_dataset/$d
		ds-import -f kitti "$in" | ds-export -f kitti --images none -o "out/$(basename $d)"
		find "$in/label_2" -name '*.txt' -print | while read -r f; do
			assert_file_equals "out/$(basename $d)/label_2/$(basename "$f")" "$f"
		done
	done
}

@test "faults of KITTI rows are named, the others come through" {
	mkdir -p k/label_2
	printf 'Car 0 0 0 1 2 3\nCar 0 0 0 1 2 x 4 1 1 1 1 1 1 1\nCar 0 0 0 1 2 3 nan 1 1 1 1 1 1 1\nVan 0 0 0 1 2 3 4 1 1 1 1 1 1 1\n' >k/label_2/1.txt
	must_fail 1 ds-import -f kitti k >got 2>err
	tail -n 1 got | jq -c '[.annotation[].name]' >names
	echo '["Van"]' >want
	assert_file_equals names want
	cat >want <<'END'
k/label_2/1.txt:1:1: error: 7 columns; a row has 15, or 16 with a score [kitti-row]
k/label_2/1.txt:2:15: error: column 7 should be a number [kitti-row]
k/label_2/1.txt:3:17: error: column 8 should be a number [kitti-row]
END
	assert_file_equals err want
}

@test "DOTA rows become records and come back, head lines, splits and difficult 2 too" {
	mkdir -p d/train/labelTxt d/train/images && picture d/train/images/P1.png
	printf 'imagesource:GoogleEarth\ngsd:0.146\n2753.0 2408.0 2861.0 2385.0 2888.0 2468.0 2805.0 2502.0 plane 0\n-1 0 2 0 2.50 3 0 3 small-vehicle 2\n' >d/train/labelTxt/P1.txt
	ds-import d >got
	cat >want <<'END'
{"dataset":{"name":"d","format":"dota"}}
{"source":"d/train/images/P1.png","id":"train/P1","width":20,"height":10,"usage":"TRAIN","annotation":[{"name":"plane","polygon":[[2753.0,2408.0,2861.0,2385.0,2888.0,2468.0,2805.0,2502.0]],"difficult":false},{"name":"small-vehicle","polygon":[[-1,0,2,0,2.50,3,0,3]],"difficult":true,"dota":2}],"dota":{"imagesource":"GoogleEarth","gsd":"0.146"}}
END
	assert_file_equals got want
	ds-export -f dota -o out got
	diff -r d out
}

@test "DOTA from boxes, turned boxes and polygons" {
	cat >records <<'END'
{"source":"x.png","width":20,"height":10,"annotation":[{"name":"a","bbox":[1,2,3.5,4]},{"name":"b","rbox":[5,5,4,2,90]},{"name":"c","polygon":[[0,0,2,0,4,0,4,2,0,2]]},{"name":"d","bbox":[0.5,0.5,0.25,0.5],"unit":"ratio"}]}
END
	ds-export -f dota --images none -o out records 2>err
	cat >want <<'END'
1 2 4.5 2 4.5 6 1 6 a 0
6 3 6 7 4 7 4 3 b 0
0 0 4 0 4 2 0 2 c 0
10 5 15 5 15 10 10 10 d 0
END
	assert_file_equals out/labelTxt/x.txt want
	grep -c 'annotation.polygon is lost' err
}

@test "faults of DOTA rows are named" {
	mkdir -p d/labelTxt
	printf '1 1 2 1 2 2 1 2\n1 1 2 1 2 2 1 x a 0\n1 1 2 1 2 2 1 2 a b\n1 1 2 1 2 2 1 2 a 0\n' >d/labelTxt/1.txt
	must_fail 1 ds-import -f dota d >got 2>err
	cat >want <<'END'
d/labelTxt/1.txt:1:1: error: 8 columns; a row has 8 coordinates, a class and difficult [dota-row]
d/labelTxt/1.txt:2:15: error: column 8 should be a number [dota-row]
d/labelTxt/1.txt:3:19: error: difficult should be 0, 1 or 2 [dota-row]
END
	assert_file_equals err want
	tail -n 1 got | jq '.annotation|length' | grep -qx 1
}

@test "dota: a row without difficult stays without it; other formats give 0" {
	mkdir -p d/labelTxt
	echo '1 2 3 4 5 6 7 8 ship' >d/labelTxt/a.txt
	ds-import -f dota d >d.jsonl 2>/dev/null
	ds-export -q -f dota --images none -o same d.jsonl
	assert_file_equals same/labelTxt/a.txt d/labelTxt/a.txt
	sed 's/"format":"dota"/"format":"cvat"/' d.jsonl | ds-export -q -f dota --images none -o other
	assert_file_equals other/labelTxt/a.txt <(echo '1 2 3 4 5 6 7 8 ship 0')
}
