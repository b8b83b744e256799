# import-filter.bats: what ds-import does to samples of any format: renaming, choosing, repairing.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	cat >a.manifest <<'END'
{"source":"s3://b/1.jpg","annotation":[{"type":"modelarts/image_classification","name":"cat"},{"type":"modelarts/image_classification","name":"dog"}]}
{"source":"s3://b/2.jpg","annotation":[{"type":"modelarts/image_classification","name":"dog","hard":"true"}]}
{"source":"s3://b/3.jpg"}
{"source":"s3://b/4.jpg","hard":true}
{"source":"s3://b/5.jpg","property":{"@modelarts:hard":1.0}}
{"source":"s3://b/6.jpg","annotation":[{"type":"modelarts/image_classification","name":"cow","property":{"@modelarts:hard":"1","@modelarts:hard_reasons":"3-20"}}]}
{"source":"s3://b/7.jpg","property":{"@modelarts:hard":"false"}}
END
}

sources() {
	ds-import "$@" a.manifest | jq -r 'select(.source)|.source[-5:-4]' | tr -d '\n'
}

@test "samples are chosen by class and by being hard" {
	[ "$(sources)" = 1234567 ]
	[ "$(sources --include-class cat)" = 1 ]
	[ "$(sources --include-class cat --include-class dog)" = 12 ]
	[ "$(sources --exclude-class cat)" = 234567 ]
	[ "$(sources --include-class dog --exclude-class cat)" = 2 ]
	[ "$(sources --hard-only)" = 2456 ]
}

@test "classes are renamed, merged and dropped; the summary adds up" {
	ds-import -v --map dog=cat a.manifest >got 2>err
	[ "$(jq -r '.annotation[]?.name' got | tr '\n' ' ')" = "cat cat cat cow " ]
	ds-import -v --map dog= --include-class cat a.manifest >got 2>err
	[ "$(jq -r '.annotation[]?.name' got)" = cat ]
	cat >want <<'END'
ds-import: 1 label file read, 0 of them bad
ds-import: 1 sample with 1 annotation given
ds-import: 0 samples and 0 annotations left out
ds-import: 6 samples and 3 annotations not wanted
END
	assert_file_equals err want
}

@test "renaming reaches the class list" {
	mkdir -p set/cat set/dog
	touch set/cat/1.jpg set/dog/2.jpg
	ds-import -f imagenet --map dog=wolf set | head -n 1 >got
	echo '{"dataset":{"name":"set","format":"imagenet","classes":[{"name":"cat","id":0},{"name":"wolf","id":1}]}}' >want
	assert_file_equals got want
}

@test "repair: sizes, small boxes, boxes outside, empty samples" {
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\024\0\0\0\n\b\0\0\0\0\0\0\0\0' >a.png
	cp a.png b.png
	cat >a.xml <<'END'
<annotation><size><width>99</width><height>10</height></size>
<object><name>whole</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>20</xmax><ymax>10</ymax></bndbox></object>
<object><name>thin</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>1</xmax><ymax>10</ymax></bndbox></object>
<object><name>gone</name><bndbox><xmin>16</xmin><ymin>0</ymin><xmax>26</xmax><ymax>10</ymax></bndbox></object>
<object><name>clip</name><bndbox><xmin>-1.5</xmin><ymin>0</ymin><xmax>8</xmax><ymax>12</ymax></bndbox></object>
</annotation>
END
	echo '<annotation/>' >b.xml
	ds-import -f voc --voc-base 0 --repair . >got 2>err
	cat >want <<'END'
{"dataset":{"name":"dataset","format":"voc","voc-base":0}}
{"source":"a.png","id":"a","width":20,"height":10,"annotation":[{"name":"whole","bbox":[0,0,20,10]},{"name":"clip","bbox":[0,0,8,10]}],"property":{"@modelarts:data_checked":true}}
END
	sed 's|"\./|"|' got >got2
	assert_file_equals got2 want
	sed 's|^\./||' err | grep repair >got
	cat >want <<'END'
a.png: note: width and height are 20x10, not 99x10 [repair]
a.png: note: box 2 (thin) is shorter than 2 pixels: dropped [repair]
a.png: note: box 3 (gone) is more than half outside the picture: dropped [repair]
a.png: note: box 4 (clip) was clipped to the picture [repair]
b.png: note: the sample has no annotation: dropped [repair]
END
	assert_file_equals got want
}

@test "repair: each rule of the service, on a file that breaks it" {
	sized='<size><width>200</width><height>100</height><depth>3</depth></size>'
	page() { # NAME SIZE OBJECTS
		printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >"set/$1.png"
		printf '<annotation>%s%s</annotation>' "$2" "$3" >"set/$1.xml"
	}
	box() {
		printf '<object><name>%s</name><bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax></bndbox></object>' "$@"
	}
	mkdir set
	page broken "$sized" '<object>'                        # 1: no XML
	page empty "$sized" ''                                 # 2: no object
	page nobox "$sized" '<object><name>a</name></object>'  # 2: no box at all
	page half "$sized" "<object><name>a</name></object>$(box b 10 10 20 20)"
	page size '<size><width>7</width></size>' "$(box a 10 10 20 20)" # 3
	page nosize '' "$(box a 10 10 20 20)"
	page wrong '<size><width>50</width><height>100</height></size>' "$(box a 10 10 20 20)"
	page reversed "$sized" "$(box a 20 20 10 10)$(box b 1 1 9 9)" # 4
	page thin "$sized" "$(box a 20 20 21 30)$(box b 1 1 9 9)"
	page outside "$sized" "$(box a 190 10 215 20)$(box c 190 10 205 20)" # 5
	ds-import -q --repair -f modelarts-voc set 2>err |
		jq -c 'select(.source)|[.id,.width,.height,[.annotation[]|[.name,.bbox]]]' >got || true
	cat >want <<'END'
["half",200,100,[["b",[10,10,10,10]]]]
["nosize",200,100,[["a",[10,10,10,10]]]]
["outside",200,100,[["c",[190,10,10,10]]]]
["reversed",200,100,[["b",[1,1,8,8]]]]
["size",200,100,[["a",[10,10,10,10]]]]
["thin",200,100,[["b",[1,1,8,8]]]]
["wrong",200,100,[["a",[10,10,10,10]]]]
END
	assert_file_equals got want
}

@test "repair: each sample that passed is marked as the service does it, and a second run finds nothing" {
	mkdir set
	sized='<size><width>200</width><height>100</height></size>'
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' | tee set/{a,b,c}.png >/dev/null
	echo "<annotation><object><name>x</name><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object></annotation>" >set/a.xml
	echo "<annotation>$sized<object><name>x</name><bndbox><xmin>198.5</xmin><ymin>9</ymin><xmax>201</xmax><ymax>20</ymax></bndbox></object><object><name>y</name><polygon><x1>1</x1><y1>1</y1><x2>9</x2><y2>1</y2><x3>9</x3><y3>9</y3></polygon></object></annotation>" >set/b.xml
	tar cf set.tar set
	ds-import -f modelarts-voc --repair set >got 2>err
	cat >want <<'END'
{"dataset":{"name":"set","format":"modelarts-voc","voc-base":0}}
{"source":"set/a.png","id":"a","annotation":[{"name":"x","bbox":[9,9,11,11]}],"property":{"@modelarts:data_checked":true},"width":200,"height":100}
{"source":"set/b.png","id":"b","width":200,"height":100,"annotation":[{"name":"y","polygon":[[1,1,9,1,9,9]]}],"property":{"@modelarts:data_checked":true}}
{"source":"set/c.png","id":"c","width":200,"height":100,"property":{"@modelarts:data_checked":true}}
END
	assert_file_equals got want
	grep repair err >notes
	cat >want <<'END'
set/a.png: note: width and height are 200x100, which was not said [repair]
set/b.png: note: box 1 (x) is shorter than 2 pixels inside the picture: dropped [repair]
END
	assert_file_equals notes want
	# Pictures in an archive are measured, too.
	ds-import -q -f modelarts-voc --repair set.tar 2>/dev/null | sed 's|set.tar!/||; s|"id":"set/|"id":"|' >packed
	assert_file_equals packed got
	# What was repaired passes as it is; a property in a string stays one; short boxes are found without a size.
	ds-export -q -f manifest --images link -o out got
	[ "$(ds-import -f manifest --repair out 2>err | grep -c '{"@modelarts:data_checked":true}')" = 3 ]
	run -1 grep dropped err
	cat >s.manifest <<'END'
{"source":"s3://b/1.jpg","property":"{\"k\":1}","annotation":[{"type":"x","name":"a","bbox":[1,1,1.5,9]},{"type":"x","name":"b","bbox":[1,1,2,9]}]}
{"source":"s3://b/2.jpg","property":[1]}
END
	run --separate-stderr ds-import --repair -f manifest s.manifest
	printf '%s\n' "${lines[@]:1}" >got
	cat >want <<'END'
{"source":"s3://b/1.jpg","property":"{\"k\":1,\"@modelarts:data_checked\":true}","annotation":[{"type":"x","name":"b","bbox":[1,1,2,9]}]}
{"source":"s3://b/2.jpg","property":[1]}
END
	assert_file_equals got want
	[[ $stderr == *'s3://b/1.jpg: note: box 1 (a) is shorter than 2 pixels: dropped [repair]'* ]]
}

@test "a class to rename that is not here is named: it may be a slip of the pen" {
	printf 'a.jpg,1,2,3,4,cat\n' >m.csv
	ds-import -f csv-retinanet --map caat=dog --map cat=Cat m.csv >m.jsonl 2>err
	echo 'ds-import: warning: no class "caat" was here to be renamed [map]' >want
	assert_file_equals err want
	grep -q '"name":"Cat"' m.jsonl
	ds-export -q -f csv-retinanet --images none --map Cat=x --map y=z -o out m.jsonl 2>err
	echo 'ds-export: warning: no class "y" was here to be renamed [map]' >want
	assert_file_equals err want
}

@test "a class to rename to two names is a usage error that names both; the same twice is once" {
	printf 'a.jpg,1,2,3,4,cat\n' >m.csv
	must_fail 2 ds-import -f csv-retinanet --map cat=dog --map cat=wolf m.csv >got 2>err
	[ ! -s got ]
	grep -qF "ds-import: error: --map: 'cat=wolf' gives a class a second new name, beside 'cat=dog'" err
	printf 'dog=wolf\ncat=dog\n\ncat=\nnothing\n' >map
	must_fail 2 ds-import -f csv-retinanet --map-file map m.csv >got 2>err
	[ ! -s got ]
	cat >want <<'END'
map:4:1: error: 'cat=' gives a class a second new name, beside 'cat=dog' [map]
map:5:1: error: 'nothing' is not OLD=NEW [map]
ds-import: error: cannot go on with this --map-file
END
	assert_file_equals err want
	printf 'cat=dog\n' >map
	must_fail 2 ds-export -f csv-retinanet --map cat=wolf --map-file map -o out /dev/null 2>err
	grep -qF "map:1:1: error: 'cat=dog' gives a class a second new name, beside 'cat=wolf' [map]" err
	ds-import -f csv-retinanet --map cat=dog --map-file map m.csv >got 2>err
	[ ! -s err ]
	grep -q '"name":"dog"' got
}

@test "classes that differ only in case stay two, which is a note" {
	printf 'a.jpg,1,2,3,4,cat\na.jpg,1,2,3,4,Cat\na.jpg,1,2,3,4,dog\n' >m.csv
	ds-import -f csv-retinanet m.csv >m.jsonl
	ds-export -f coco --images none -o m.json m.jsonl 2>err
	grep class-case err >got
	echo 'ds-export: note: "Cat" and "cat" differ only in case: they are two classes (--map makes them one) [class-case]' >want
	assert_file_equals got want
	[ "$(jq -c '[.categories[].name]' m.json)" = '["Cat","cat","dog"]' ]
	ds-export -f coco --images none --map Cat=cat -o one.json m.jsonl 2>err
	must_fail 1 grep class-case err
	[ "$(jq -c '[.categories[].name]' one.json)" = '["cat","dog"]' ]
}
