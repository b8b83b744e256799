# label-csv.bats: the CSV family in and out, byte for byte.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

# round FORMAT IN OUT: through records and back; the labels alone
round() {
	ds-import -f "$1" "$2" >records && ds-export -f "$1" --images none -o "$3" records
}

@test "TF: rows of a picture are gathered wherever they stand; back they stand together" {
	cat >a.csv <<'END'
filename,width,height,class,xmin,ymin,xmax,ymax
a.jpg,20,10,"cat, big",1,2,5,7
b.jpg,8,8,dog,0,0,8,8.50
a.jpg,20,10,"say ""hi""",1.25,2,5,7
END
	round csv-tf a.csv out
	cat >want <<'END'
{"dataset":{"name":"a","format":"csv-tf"}}
{"source":"a.jpg","id":"a","width":20,"height":10,"annotation":[{"name":"cat, big","bbox":[1,2,4,5]},{"name":"say \"hi\"","bbox":[1.25,2,3.75,5],"corners":[1.25,2,5,7]}]}
{"source":"b.jpg","id":"b","width":8,"height":8,"annotation":[{"name":"dog","bbox":[0,0,8,8.50]}]}
END
	assert_file_equals records want
	cat >want <<'END'
filename,width,height,class,xmin,ymin,xmax,ymax
a.jpg,20,10,"cat, big",1,2,5,7
a.jpg,20,10,"say ""hi""",1.25,2,5,7
b.jpg,8,8,dog,0,0,8,8.50
END
	assert_file_equals out/_annotations.csv want
}

@test "other columns, another order, semicolons, a byte order mark, CR LF, an unknown column" {
	printf '\357\273\277image;label;xmax;ymax;xmin;ymin;note\r\na.jpg;cat;5;7;1;2;x y\r\n\r\na.jpg;dog;5;7;1;2;\r\n' >a.csv
	round csv-tf a.csv out
	tail -n 1 records >got
	echo '{"source":"a.jpg","id":"a","annotation":[{"name":"cat","bbox":[1,2,4,5],"csv":{"note":"x y"}},{"name":"dog","bbox":[1,2,4,5]}]}' >want
	assert_file_equals got want
	tr -d '\r' <a.csv | sed 's/^\xef\xbb\xbf//; /^$/d' >want
	assert_file_equals out/_annotations.csv want
}

@test "the kind is told by the first row, not by the name" {
	mkdir r && printf 'a.jpg,1,2,3,4,cat\nb.jpg,,,,,\n' >r/_annotations.csv
	ds-import r >got
	cat >want <<'END'
{"dataset":{"name":"r","format":"csv-retinanet"}}
{"source":"r/a.jpg","id":"a","annotation":[{"name":"cat","bbox":[1,2,2,2]}]}
{"source":"r/b.jpg","id":"b","annotation":[]}
END
	assert_file_equals got want
	ds-export -f csv-retinanet --images none -o out got
	assert_file_equals out/_annotations.csv r/_annotations.csv
}

@test "real RetinaNet and TF files come back byte for byte, split folders too" {
	need_corpora labels/facemask-csv
	round csv-retinanet "$DSUTILS_CORPORA/labels/facemask-csv" mask
	for s in train valid test; do
		sed '$a\' "$DSUTILS_CORPORA/labels/facemask-csv/$s/_annotations.csv" >want # it has no last line end
		assert_file_equals "mask/$s/_annotations.csv" want
	done
	need_corpora datasets/raccoon/data
	for f in raccoon_labels test_labels train_labels; do
		round csv-tf "$DSUTILS_CORPORA/datasets/raccoon/data/$f.csv" "$f"
		split=${f%_labels} # its name says the split
		assert_file_equals "$f/${split/#raccoon/.}/_annotations.csv" "$DSUTILS_CORPORA/datasets/raccoon/data/$f.csv"
	done
	round csv-tf "$DSUTILS_CORPORA/datasets/bccd/test.csv" bccd
	tr -d '\r' <"$DSUTILS_CORPORA/datasets/bccd/test.csv" >want
	assert_file_equals bccd/test/_annotations.csv want
}

@test "Kaggle: the box in one column, with blanks or without" {
	cat >a.csv <<'END'
image_id,width,height,bbox,source
b6ab,1024,1024,"[834.0, 222.0, 56.0, 36.0]",usask_1
b6ab,1024,1024,"[226.0, 548.0, 130.0, 58.0]",usask_1
END
	round csv-kaggle a.csv out
	tail -n 1 records >got
	echo '{"source":"b6ab","id":"b6ab","width":1024,"height":1024,"annotation":[{"bbox":[834.0,222.0,56.0,36.0],"annotated-by":"usask_1"},{"bbox":[226.0,548.0,130.0,58.0],"annotated-by":"usask_1"}]}' >want
	assert_file_equals got want
	assert_file_equals out/train.csv a.csv
}

@test "Open Images: order of columns, flags with unknown, names of classes, classes verified absent" {
	mkdir o
	printf '/m/01,Cat\n/m/02,"Dog, big"\n' >o/class-descriptions.csv
	cat >o/train-annotations-bbox.csv <<'END'
ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside
0a,xclick,/m/01,1,0.25,0.750,0.1,0.2,0,1,-1,0,-1
END
	cat >o/train-annotations-human-imagelabels.csv <<'END'
ImageID,Source,LabelName,Confidence
0a,verification,/m/01,1
0a,verification,/m/02,0
END
	ds-import o >records
	cat >want <<'END'
{"dataset":{"name":"o","format":"openimages","classes":[{"name":"Cat","id":"/m/01"},{"name":"Dog, big","id":"/m/02"}]}}
{"source":"o/0a","id":"0a","usage":"TRAIN","annotation":[{"name":"Cat","bbox":[0.25,0.1,0.500,0.1],"unit":"ratio","confidence":1,"annotated-by":"xclick","occluded":false,"truncated":true,"csv":{"IsDepiction":"0","IsInside":"-1"}},{"name":"Cat","confidence":1,"annotated-by":"verification"}],"openimages-absent":[{"name":"Dog, big","confidence":0,"annotated-by":"verification"}]}
END
	assert_file_equals records want
	ds-export -f openimages --images none -o out records
	assert_file_equals out/class-descriptions.csv o/class-descriptions.csv
	assert_file_equals out/train/annotations-bbox.csv o/train-annotations-bbox.csv
	assert_file_equals out/train/annotations-human-imagelabels.csv o/train-annotations-human-imagelabels.csv
	ds-import --name o -f openimages out | sed 's#out/[a-z]*/#o/#' >got
	assert_file_equals got want
}

@test "ratios become pixels, and pixels ratios, by the size of the picture" {
	echo '{"source":"a.jpg","width":20,"height":10,"annotation":[{"name":"x","bbox":[5,1,10,2]}]}' >records
	ds-export -f openimages --images none -o oi records
	tail -n 1 oi/annotations-bbox.csv >got
	echo 'a,,x,1,0.25,0.75,0.1,0.3,-1,-1,-1,-1,-1' >want
	assert_file_equals got want
	echo '{"source":"a.jpg","width":20,"height":10,"annotation":[{"name":"x","bbox":[0.25,0.1,0.5,0.2],"unit":"ratio"}]}' >records
	ds-export -f csv-retinanet --images none -o rn records
	echo 'a.jpg,5,1,15,3,x' >want
	assert_file_equals rn/_annotations.csv want
}

@test "AutoML: two corners, four, none" {
	cat >a.csv <<'END'
TRAIN,gs://b/a.jpg,cat,0.1,0.2,,,0.5,0.75,,
VALIDATE,gs://b/b.jpg,dog,,,,,,,,
UNASSIGNED,gs://b/c.jpg,cat,0.1,0.2,,,0.5,0.75,,
END
	ds-import -f csv-automl a.csv >records
	cat >want <<'END'
{"dataset":{"name":"a","format":"csv-automl"}}
{"source":"gs://b/a.jpg","id":"a","usage":"TRAIN","annotation":[{"name":"cat","bbox":[0.1,0.2,0.4,0.55],"unit":"ratio"}]}
{"source":"gs://b/b.jpg","id":"b","usage":"EVAL","csv":{"ml_use":"VALIDATE"},"annotation":[{"name":"dog"}]}
{"source":"gs://b/c.jpg","id":"c","csv":{"ml_use":"UNASSIGNED"},"annotation":[{"name":"cat","bbox":[0.1,0.2,0.4,0.55],"unit":"ratio"}]}
END
	assert_file_equals records want
	ds-export -f csv-automl --images none -o out records
	assert_file_equals out/annotations.csv a.csv
	echo 'TEST,gs://b/a.jpg,cat,0.1,0.1,0.2,0.1,0.2,0.2,0.1,0.2' >a.csv
	ds-import -f csv-automl a.csv | tail -n 1 | jq -c '.annotation' >got
	echo '[{"name":"cat","polygon":[[0.1,0.1,0.2,0.1,0.2,0.2,0.1,0.2]],"unit":"ratio"}]' >want
	assert_file_equals got want
}

@test "VIA's CSV: JSON in cells" {
	cat >a.csv <<'END'
filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes
a.jpg,4711,"{""caption"":""x""}",2,0,"{""name"":""rect"",""x"":1,""y"":2,""width"":3,""height"":4}","{""class"":""cat""}"
a.jpg,4711,"{""caption"":""x""}",2,1,"{""name"":""polygon"",""all_points_x"":[1,2,3],""all_points_y"":[4,5,6]}","{""class"":""dog"",""pose"":""left""}"
b.jpg,12,{},0,0,{},{}
END
	round csv-via a.csv out
	sed -n 2,3p records >got
	cat >want <<'END'
{"source":"a.jpg","id":"a","via":{"size":4711,"file_attributes":{"caption":"x"}},"annotation":[{"name":"cat","bbox":[1,2,3,4]},{"name":"dog","polygon":[[1,4,2,5,3,6]],"property":{"pose":"left"}}]}
{"source":"b.jpg","id":"b","via":{"size":12},"annotation":[]}
END
	assert_file_equals got want
	assert_file_equals out/via_region_data.csv a.csv
}

@test "TF with small fractions is taken for ratios, and that is said" {
	printf 'filename,class,xmin,ymin,xmax,ymax\na.jpg,x,0.1,0.2,0.5,0.75\n' >a.csv
	ds-import -f csv-tf a.csv 2>err | tail -n 1 | jq -c '.annotation[0].unit' >got
	echo '"ratio"' >want
	assert_file_equals got want
	echo 'a.csv:2:1: note: boxes here are taken for parts of width and height [csv-ratio]' >want
	assert_file_equals err want
}

@test "faults are named with their line, the other rows come through" {
	cat >a.csv <<'END'
filename,class,xmin,ymin,xmax,ymax
a.jpg,x,1,2,3
a.jpg,x,1,2,3,four
,x,1,2,3,4
a.jpg,"x
y",1,2,3,4
a.jpg,"open,1,2,3,4
END
	must_fail 1 ds-import -f csv-tf a.csv >got 2>err
	cat >want <<'END'
a.csv:2:1: error: 5 fields; there should be 6 [csv-row]
a.csv:3:1: error: the box needs four numbers [csv-box]
a.csv:4:1: error: the file name is empty [csv-row]
a.csv:7:1: error: a quote is opened here and never closed [csv]
END
	assert_file_equals err want
	tail -n 1 got | jq -c '[.annotation[].name]' >names
	echo '["x\ny"]' >want
	assert_file_equals names want
	printf 'date,temperature\n1,2\n' >a.csv
	must_fail 1 ds-import -f csv-tf a.csv 2>err
	echo 'a.csv:1:1: error: the first row is none of TF, RetinaNet, Kaggle, Open Images, VIA, AutoML [csv-header]' >want
	assert_file_equals err want
}

@test "rows that are not UTF-8 are named, and read with --encoding" {
	printf 'filename,class,xmin,ymin,xmax,ymax\na.jpg,caf\351,1,2,3,4\na.jpg,x,1,2,3,4\n' >a.csv
	must_fail 1 ds-import -f csv-tf a.csv >got 2>err
	echo 'a.csv:2:10: error: the row is not UTF-8; --encoding names another [encoding]' >want
	assert_file_equals err want
	ds-import -f csv-tf --encoding ISO-8859-1 a.csv | tail -n 1 | jq -c '[.annotation[].name]' >got
	echo '["café","x"]' >want
	assert_file_equals got want
	printf 'caf\351 0 0 0 1 2 3 4 1 1 1 1 1 1 1\n' >1.txt
	must_fail 1 ds-import -f kitti 1.txt 2>err
	grep -q '^1.txt:1:4: error: the row is not UTF-8; --encoding names another \[encoding\]$' err
	ds-import -f kitti --encoding ISO-8859-1 1.txt | tail -n 1 | jq -r '.annotation[0].name' | grep -qx 'café'
}

@test "odd files: empty, only a header, no last line end, a lone CR, NUL, huge numbers" {
	: >a.csv
	ds-import -f csv-tf a.csv | tail -n +2 >got
	[ ! -s got ]
	printf 'filename,class,xmin,ymin,xmax,ymax' >a.csv
	ds-import -f csv-tf a.csv | tail -n +2 >got
	[ ! -s got ]
	printf 'filename,class,xmin,ymin,xmax,ymax\na.jpg,x,1,2,3,1e400\na.jpg,x,nan,2,3,4\na.jpg,x\0y,1,2,3,4\na.jpg,x,+1,2.,.5,04' >a.csv
	must_fail 1 ds-import -f csv-tf a.csv >got 2>err
	cat >want <<'END'
a.csv:2:1: error: the box needs four numbers [csv-box]
a.csv:3:1: error: the box needs four numbers [csv-box]
END
	assert_file_equals err want
	tail -n 1 got >line
	echo '{"source":"a.jpg","id":"a","annotation":[{"name":"x\u0000y","bbox":[1,2,2,2]},{"name":"x","bbox":[0.5,2,0.5,2],"corners":[1,2,0.5,4]}]}' >want
	assert_file_equals line want
}

@test "zero, reversed and outside boxes are carried as they are" {
	cat >a.csv <<'END'
filename,width,height,class,xmin,ymin,xmax,ymax
a.jpg,20,10,x,5,5,5,5
a.jpg,20,10,x,9,8,1,2
a.jpg,20,10,x,-5,-5,25,25
END
	ds-import -f csv-tf a.csv | ds-export -f csv-tf --images none -o out
	assert_file_equals out/_annotations.csv a.csv
}

@test "a picture in two files: the rows are joined, and that is said" {
	mkdir d
	printf 'a.jpg,1,2,3,4,cat\n' >d/1.csv
	printf 'a.jpg,1,2,3,4,dog\nb.jpg,1,2,3,4,dog\n' >d/2.csv
	ds-import d 2>err | jq -c '[.annotation[]?.name]' >got
	printf '[]\n["cat","dog"]\n["dog"]\n' >want
	assert_file_equals got want
	echo 'd/2.csv: warning: 1 of its pictures was in an earlier file; the rows are joined [csv-twice]' >want
	assert_file_equals err want
}

@test "the split is in the file's name, or in its folder" {
	mkdir set set/valid
	printf 'filename,class,xmin,ymin,xmax,ymax\na.jpg,x,1,2,3,4\n' >set/train_labels.csv
	printf 'filename,class,xmin,ymin,xmax,ymax\nb.jpg,x,1,2,3,4\n' >set/test_labels.csv
	printf 'filename,class,xmin,ymin,xmax,ymax\nc.jpg,x,1,2,3,4\n' >set/valid/_annotations.csv
	printf 'filename,class,xmin,ymin,xmax,ymax\nd.jpg,x,1,2,3,4\n' >set/labels.csv
	ds-import -f csv-tf set | jq -r 'select(.source) | .source + " " + .usage' | sort >got
	printf '%s\n' 'set/a.jpg TRAIN' 'set/b.jpg TEST' 'set/d.jpg ' 'set/valid/c.jpg EVAL' >want
	assert_file_equals got want
}
