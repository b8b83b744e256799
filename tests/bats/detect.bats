# detect.bats: what ds-import takes a tree for when no format is named.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p set/Annotations
	cat >set/Annotations/a.xml <<-'END'
		<annotation><filename>a.jpg</filename><size><width>10</width><height>8</height></size>
		<object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>5</ymax></bndbox></object>
		</annotation>
	END
}

@test "one format that fits is taken without a word" {
	ds-import set >out 2>err || [ $? -eq 1 ] # the picture is not there
	run ! grep -q '\[format\]' err
	head -n 1 out | grep -q '"format":"voc"'
}

@test "what looks like a second format too is named" {
	printf 'filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,10,8,cat,1,1,4,5\n' >set/labels.csv
	run ds-import set
	[ "$status" -le 2 ]
	[[ $output == *"csv-tf: "*"[format]"* ]]
	[[ $output == *"voc"* ]]
}

@test "of two formats that fit equally well none is taken" {
	mkdir tie
	printf '{"images":[],"annotations":[],"categories":[]}\n' >tie/instances.json
	for f in a b c; do
		printf '{"version":"5.0.1","flags":{},"shapes":[],"imagePath":"%s.jpg","imageData":null}\n' $f >tie/$f.json
	done
	must_fail 2 ds-import tie >out 2>err
	[ ! -s out ]
	grep -q 'it may be coco: ' err
	grep -q 'it may be labelme: ' err
	grep -q '^ds-import: error: tie: the label format is ambiguous; name it with -f' err
}

@test "nothing known is said so" {
	mkdir none
	echo hello >none/readme
	must_fail 2 ds-import none >out 2>err
	grep -q '^ds-import: error: none: no known label format; name it with -f' err
}

@test "a TFRecord file beside the files it was made of is not taken for the dataset" {
	mkdir made
	ds-import -q set >records.jsonl 2>/dev/null || [ $? -eq 1 ]
	ds-export -q -f tfrecord --images none -o made records.jsonl
	ds-import made >out 2>err || [ $? -eq 1 ]
	head -n 1 out | grep -q '"format":"tfrecord"'
	mkdir -p set/data
	find made -name '*.record*' -exec cp {} set/data/ \;
	[ -n "$(ls set/data)" ]
	ds-import set >out 2>err || [ $? -eq 1 ]
	head -n 1 out | grep -q '"format":"voc"'
	grep -q 'it may also be tfrecord: ' err
}

@test "a format that is only possible is taken with a word" {
	mkdir -p frames/a frames/b
	for f in a b; do
		: >frames/$f/1.jpg
	done
	ds-import frames >out 2>err
	head -n 1 out | grep -q '"format":"imagenet"'
	run ! grep -q '\[format\]' err
	echo 'video,1,person' >frames/actions.csv
	ds-import frames >out 2>err
	head -n 1 out | grep -q '"format":"imagenet"'
	grep -qF 'ds-import: note: it is taken for imagenet: 2 of 2 files in 2 folders, with 1 file beside that may be labels; -f names another [format]' err
}

@test "rows of numbers that are no ratios are not YOLO" {
	mkdir pixels
	: >pixels/a.jpg
	echo '0 108 225 132 20' >pixels/a.txt
	must_fail 2 ds-import pixels >out 2>err
	grep -q 'pixels: no known label format' err
	echo '0 0.5 0.5 1.005 0.2' >pixels/a.txt # a little outside
	ds-import pixels >out 2>err || [ $? -eq 1 ]
	head -n 1 out | grep -q '"format":"yolo"'
}

@test "one file from standard input is known by what is in it" {
	while IFS='|' read -r format text; do
		printf '%b\n' "$text" >file
		ds-import <file >out 2>err || [ $? -eq 1 ] || fail "$format: $(cat err)"
		head -n 1 out | grep -q "\"format\":\"$format\"" || fail "$format: $(head -n 1 out)"
		[ "$(grep -c '"source"' out)" -eq 1 ] || fail "$format: $(cat out)"
	done <<-'END'
		voc|<annotation><filename>a.jpg</filename><size><width>1</width><height>1</height></size></annotation>
		cvat|<annotations><version>1.1</version><image id="0" name="a.jpg" width="1" height="1"/></annotations>
		labelme|{"version":"5.0.1","flags":{},"shapes":[],"imagePath":"a.jpg","imageData":null}
		via|{"a.jpg1":{"filename":"a.jpg","size":1,"regions":[{"shape_attributes":{"name":"point","cx":1,"cy":2},"region_attributes":{}}],"file_attributes":{}}}
		createml|[{"image":"a.jpg","annotations":[{"label":"x","coordinates":{"x":1,"y":1,"width":1,"height":1}}]}]
		csv-tf|filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,10,8,cat,1,1,4,5
		csv-retinanet|a.jpg,1,1,4,5,cat
		azure|{"image_url":"a.jpg","label":"x"}
		vertex|{"imageGcsUri":"a.jpg","boundingBoxAnnotations":[]}
	END
}
