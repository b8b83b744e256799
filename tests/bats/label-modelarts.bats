# label-modelarts.bats: the folder forms of ModelArts for pictures with classes and for texts.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "pictures with a text of classes: one, several, none, no file" {
	mkdir set set/cats
	touch set/a.jpg set/b.png set/c.jpg set/cats/d.jpg
	printf 'cat\r\nsitting down' >set/a.txt
	: >set/b.txt
	printf '\327\363\n' >set/cats/d.txt # GBK
	printf 'x\n' >set/alone.txt
	run -0 --separate-stderr ds-import -v -f 'ModelArts image classification 1.0' set
	cat >want <<'END'
{"dataset":{"name":"set","format":"modelarts-image"}}
{"source":"set/a.jpg","id":"a","annotation":[{"name":"cat"},{"name":"sitting down"}]}
{"source":"set/b.png","id":"b","annotation":[]}
{"source":"set/c.jpg","id":"c"}
{"source":"set/cats/d.jpg","id":"cats/d","annotation":[{"name":"左"}]}
END
	printf '%s\n' "$output" >got
	assert_file_equals got want
	cat >want <<'END'
set/alone.txt: warning: there is no picture for this file [modelarts-image]
ds-import: 3 label files read, 0 of them bad
ds-import: 4 samples with 3 annotations given
ds-import: 0 samples and 0 annotations left out
END
	printf '%s\n' "$stderr" >got
	assert_file_equals got want
	printf '%s\n' "$output" | ds-export -f modelarts-image -o out
	printf 'cat\nsitting down\n' >want
	assert_file_equals out/a.txt want
	[ -f out/b.txt ] && [ ! -s out/b.txt ]
	[ -f out/c.jpg ] && [ ! -e out/c.txt ]
	ds-import out >/dev/null
}

@test "texts and their results, in two files; the names may differ by blanks" {
	mkdir set
	printf '\357\273\277I like it\nso so\n\nbad, bad\n' >set/comments.txt
	printf 'positive\n\npositive,short\nnegative\n' >'set/comments _result.txt'
	ds-import -f 'ModelArts text classfication 1.0' set >got
	cat >want <<'END'
{"dataset":{"name":"set","format":"modelarts-text"}}
{"source":"content://I like it","id":"comments.000000001","annotation":[{"name":"positive"}]}
{"source":"content://so so","id":"comments.000000002"}
{"source":"content://","id":"comments.000000003","annotation":[{"name":"positive"},{"name":"short"}]}
{"source":"content://bad, bad","id":"comments.000000004","annotation":[{"name":"negative"}]}
END
	assert_file_equals got want
	ds-export -f modelarts-text -o out got
	tail -c +4 set/comments.txt >want
	assert_file_equals out/set.txt want
	assert_file_equals out/set_result.txt 'set/comments _result.txt'
	ds-import set | cmp - got
}

@test "texts and labels in one line, with separators of one's choice, in GBK" {
	printf 'a\tb\tx,y\nno label\n' >t.txt
	ds-import -f modelarts-text-combine t.txt >got
	cat >want <<'END'
{"dataset":{"name":"t","format":"modelarts-text-combine"}}
{"source":"content://a\tb","id":"t.000000001","annotation":[{"name":"x"},{"name":"y"}]}
{"source":"content://no label","id":"t.000000002"}
END
	assert_file_equals got want
	printf 'good|1;2\n' >s.txt
	ds-import -f modelarts-text-combine --text-separator '|' --label-separator ';' s.txt | grep -q '{"source":"content://good","id":"s.000000001","annotation":\[{"name":"1"},{"name":"2"}\]}'
	ds-import -f modelarts-text-combine --text-separator '|' --label-separator ';' s.txt |
		ds-export -f modelarts-text-combine --text-separator '\t' -o out
	printf 'good\t1,2\n' >want
	assert_file_equals out/s.txt want
	must_fail 2 ds-import --text-separator ab s.txt
	printf '\264\355\316\363\t\327\363\n' >g.txt
	run -0 --separate-stderr ds-import -f modelarts-text-combine g.txt
	[[ "${lines[1]}" == '{"source":"content://错误",'*'"name":"左"'* ]]
	[[ "$stderr" == *'note: not UTF-8; read as GBK [encoding]' ]]
	ds-import -q -f modelarts-text-combine --encoding GBK g.txt | tail -n 1 | grep -q '错误'
}

@test "what a line cannot hold becomes blanks, and is reported; what is no text is left out" {
	printf 'from a\nfile\n' >f.txt
	cat >in <<'END'
{"source":"content://two\nlines","annotation":[{"name":"a,b"}]}
{"source":"f.txt","annotation":[{"name":"c"}]}
{"source":"photo.jpg","annotation":[{"name":"c"}]}
END
	run -1 --separate-stderr ds-export -v -f modelarts-text -o out in
	cat >want <<'END'
in:3:11: error: 'photo.jpg' is no text that can be read: content://... or a .txt file [modelarts-text]
in:1: warning: sample.line-ends is lost: modelarts-text cannot hold it (2 in 2 samples, first content://two\x0alines) [loss]
in:1: warning: class.separator is lost: modelarts-text cannot hold it (1 in 1 sample, first content://two\x0alines) [loss]
ds-export: 2 samples with 2 annotations and 0 pictures written
ds-export: 1 sample and 1 annotation left out
END
	printf '%s\n' "$stderr" >got
	assert_file_equals got want
	printf 'two lines\nfrom a file\n' >want
	assert_file_equals out/dataset.txt want
	printf 'a b\nc\n' >want
	assert_file_equals out/dataset_result.txt want
}

@test "each name of ModelArts for a folder is known, also as its older texts print it" {
	mkdir -p dir/dog flat text
	touch dir/dog/a.jpg flat/b.jpg
	printf 'cat\n' >flat/b.txt
	printf 'so\n' >text/t.txt
	printf 'good\n' >text/t_result.txt
	printf 'so\tgood\n' >comb.txt
	printf '<annotation><size><width>9</width><height>9</height><depth>3</depth></size><object><name>box</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></object></annotation>' >flat/b.xml
	show() {
		ds-import -q -f "$1" "$2" 2>/dev/null | jq -c 'select(.source)|[.annotation[]?|[.name,.bbox]|map(values)]'
	}
	show 'ModelArts imageNet 1.0' dir >got
	show 'ModelArts image classification 1.0' flat >>got
	show 'ModelArts image classfication 1.0' flat >>got
	show 'ModelArts PASCAL VOC 1.0' flat >>got
	show 'ModelArts image segmentation 1.0' flat >>got
	show 'ModelArts text classification 1.0' text >>got
	show 'ModelArts text classfication combine 1.0' comb.txt >>got
	mkdir -p sound/bark && touch sound/bark/a.wav sound/b.wav
	show 'ModelArts audio classfication dir 1.0' sound >>got
	show 'ModelArts audio classification dir 1.0' sound >>got
	mkdir -p yolo/obj_train_data && printf '0 0.5 0.5 0.5 0.5\n' >yolo/obj_train_data/a.txt
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >yolo/obj_train_data/a.png
	echo 'obj_train_data/a.png' >yolo/train.txt
	echo thing >yolo/obj.names
	printf 'classes = 1\ntrain = train.txt\nnames = obj.names\n' >yolo/obj.data
	show YOLO yolo >>got
	cat >want <<'END'
[["dog"]]
[["cat"]]
[["cat"]]
[["box",[1,1,3,3]]]
[["box",[1,1,3,3]]]
[["good"]]
[["good"]]
[]
[["bark"]]
[]
[["bark"]]
[["thing",[50,25,100,50]]]
END
	assert_file_equals got want
}

@test "faults of the official texts and of the SDK: what can be read is, the rest is said and nothing else lost" {
	mkdir s
	object() { # NAME MORE SHAPE
		printf '<object><name>%s</name><pose>0</pose><truncated>0</truncated><difficult>0</difficult>%s</object>' "$1" "$2"
	}
	page() {
		printf '<annotation><size><width>200</width><height>100</height><depth>3</depth></size>%s</annotation>' "$2" >"s/$1.xml"
	}
	page point "$(object a '<point><x1>5</x1><y1>6</y1></point>')$(object b '<point><x>5</x><y>6</y></point>')"
	page shapes "$(object c '<dashed><y2>4</y2><x2>3</x2><x1>1</x1><y1>2</y1></dashed>')$(object d '<polyline><x2>3</x2><y2>4</y2><x10>9</x10><y10>9</y10><x1>1</x1><y1>2</y1></polyline>')"
	page coefficient "$(object e '<hard-coefficient>0.80</hard-coefficient><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>12.5</xmax><ymax>9</ymax></bndbox>')$(object f '<difficult-coefficient>0.5</difficult-coefficient><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>12</xmax><ymax>9</ymax></bndbox>')"
	page circle "$(object g '<circle><cx>100</cx><cy>100</cy><r>100<r></circle>')"
	run -1 --separate-stderr ds-import -q -f 'ModelArts PASCAL VOC 1.0' s
	[[ $stderr == *'s/circle.xml:1:'*': error: '*' [xml]' ]]
	printf '%s\n' "$output" >records
	jq -c 'select(.source)|.annotation[]|[.name,.point,.line,.polyline,.dashed,.bbox]|map(values)' records >got
	cat >want <<'END'
["e",[1,1,11.5,8]]
["f",[1,1,11,8]]
["a",[5,6]]
["b",[5,6]]
["c",[1,2,3,4],true]
["d",[1,2,3,4,9,9]]
END
	assert_file_equals got want
	# The two words for one thing go back where they were.
	ds-export -q -f modelarts-voc --images none -o out records
	grep -h 'coefficient>' out/*.xml >got
	printf '\t\t<%s>%s</%s>\n' hard-coefficient 0.80 hard-coefficient difficult-coefficient 0.5 difficult-coefficient >want
	assert_file_equals got want
	# Quotes in the text of the triplet example: no JSON; the lines around it are read.
	cat >x.manifest <<'END'
{"source":"content://a","annotation":[{"type":"modelarts/text_classification","name":" positive"}]}
{"source":"content://"Three Body" is a series","annotation":[{"type":"modelarts/text_triplet","id":"R1"}]}
{"source":"content://\"Three Body\" is a series","annotation":[{"type":"modelarts/text_entity","name":"Book","id":"E1","property":{"@modelarts:start_index":0,"@modelarts:end_index":12}}],"hard":"True","hard-coefficient":"0.8"}
END
	run -1 --separate-stderr ds-import -q -f manifest x.manifest
	[ "$stderr" = "x.manifest:2:23: error: ',' or '}' should be here [json]" ]
	[ "$(jq -c '[.annotation[]?|.name,.span]' <<<"${lines[2]}")" = '["Book",[0,12]]' ]
	ds-import -q --hard-only -f manifest x.manifest 2>/dev/null | grep -c '"E1"' | grep -qx 1
}
