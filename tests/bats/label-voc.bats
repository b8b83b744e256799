# label-voc.bats: Pascal VOC in and out, byte for byte.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	# A grey picture of 20x10 (PNG), drawn once: its header is all that import looks at.
	mkdir -p voc/Annotations voc/JPEGImages voc/ImageSets/Main
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\024\0\0\0\n\b\0\0\0\0\0\0\0\0' >voc/JPEGImages/a.png
	cp voc/JPEGImages/a.png voc/JPEGImages/b.png
}

# object NAME XMIN YMIN XMAX YMAX [MORE]
object() {
	printf '\t<object>\n\t\t<name>%s</name>\n%s' "$1" "${6-}"
	printf '\t\t<bndbox>\n\t\t\t<xmin>%s</xmin>\n\t\t\t<ymin>%s</ymin>\n' "$2" "$3"
	printf '\t\t\t<xmax>%s</xmax>\n\t\t\t<ymax>%s</ymax>\n\t\t</bndbox>\n\t</object>\n' "$4" "$5"
}

# page FILENAME OBJECTS: an XML file as labelImg writes it
page() {
	printf '<annotation>\n\t<folder>JPEGImages</folder>\n\t<filename>%s</filename>\n' "$1"
	printf '\t<source>\n\t\t<database>Unknown</database>\n\t</source>\n'
	printf '\t<size>\n\t\t<width>20</width>\n\t\t<height>10</height>\n\t\t<depth>1</depth>\n\t</size>\n'
	printf '\t<segmented>0</segmented>\n%s</annotation>\n' "$2"
}

known='		<pose>Left</pose>
		<truncated>1</truncated>
		<difficult>0</difficult>
'

@test "a tree becomes records: box, flags, attributes, split, a picture that nobody looked at" {
	page a.png "$(object cat 1 2 5 10 "$known")
" >voc/Annotations/a.xml
	echo a >voc/ImageSets/Main/train.txt
	ds-import -f voc voc >got
	cat >want <<'END'
{"dataset":{"name":"voc","format":"voc","voc-base":1}}
{"source":"voc/JPEGImages/a.png","id":"a","width":20,"height":10,"usage":"TRAIN","voc":{"folder":"JPEGImages","source":{"database":"Unknown"},"size":{"depth":"1"},"segmented":"0"},"annotation":[{"name":"cat","bbox":[0,1,5,9],"truncated":true,"difficult":false,"property":{"pose":"Left"}}]}
{"source":"voc/JPEGImages/b.png","id":"b","width":20,"height":10}
END
	assert_file_equals got want
}

@test "import and export give the same files, with all digits and unknown elements" {
	part='		<part>
			<name>head</name>
			<bndbox>
				<xmin>2</xmin>
				<ymin>2</ymin>
				<xmax>3</xmax>
				<ymax>3.25</ymax>
			</bndbox>
		</part>
		<actions>
			<jumping>1</jumping>
			<other>0</other>
		</actions>
'
	page a.png "$(object cat 45.70000076293945 1.10 60.5 007 "$known")
$(object 'a <b> & "c" 猫' 1 1 20 10 "$known")
" >voc/Annotations/a.xml
	page b.png "$(object dog 3 3 3 3 "$known" | sed '$d')
$part	</object>
" >voc/Annotations/b.xml
	printf 'b\na\n' >voc/ImageSets/Main/val.txt
	sed -i 's/& "c"/\&amp; \&quot;c\&quot;/; s/<b>/\&lt;b\&gt;/' voc/Annotations/a.xml
	ds-import -f voc voc 2>/dev/null >voc.jsonl
	ds-export -f voc -o out voc.jsonl 2>err
	assert_file_equals out/Annotations/a.xml voc/Annotations/a.xml
	assert_file_equals out/Annotations/b.xml voc/Annotations/b.xml
	assert_file_equals out/JPEGImages/a.png voc/JPEGImages/a.png
	printf 'a\nb\n' >want
	assert_file_equals out/ImageSets/Main/val.txt want
	assert_file_equals out/ImageSets/Main/trainval.txt want
	[ ! -s err ]
}

@test "base 0 is an option, and the header remembers it" {
	page a.png "$(object cat 0 2 5 10 "$known")
" >voc/Annotations/a.xml
	ds-import -f voc --voc-base 0 voc >got
	grep -q '"voc-base":0' got
	grep -q '"bbox":\[0,2,5,8\]' got
	ds-export -f voc -o out got
	assert_file_equals out/Annotations/a.xml voc/Annotations/a.xml
	ds-import -f voc voc >got 2>err
	grep -q 'use --voc-base 0 \[voc-base\]$' err
	[ "$(wc -l <err)" -eq 1 ]
}

@test "bad files are named with their position, the rest goes on" {
	page a.png "$(object cat 1 2 5 10 "$known")
" >voc/Annotations/a.xml
	printf '<annotation><object>\n<name>x</nam></object></annotation>' >voc/Annotations/b.xml
	: >voc/Annotations/c.xml
	printf '<!DOCTYPE a [<!ENTITY e "ha">]>\n<annotation>&e;</annotation>' >voc/Annotations/d.xml
	printf '<annotations/>' >voc/Annotations/e.xml
	run -1 --separate-stderr ds-import -v -f voc voc
	[ "${#lines[@]}" -eq 2 ]
	printf '%s\n' "$stderr" | grep -v 'voc-picture' >got
	cat >want <<'END'
voc/Annotations/b.xml:2:10: error: mismatched tag [xml]
voc/Annotations/c.xml: error: the file is empty [xml]
voc/Annotations/d.xml:1:25: error: declarations of entities are not accepted [xml]
voc/Annotations/e.xml:1:1: error: the root must be <annotation>, not <annotations> [voc]
ds-import: 5 label files read, 4 of them bad
ds-import: 1 sample with 1 annotation given
ds-import: 4 samples and 0 annotations left out
END
	assert_file_equals got want
}

@test "bad boxes: reversed and no numbers are left out, outside is kept; each is named" {
	page a.png "$(object reversed 9 1 3 4)
$(object text 1 1 x 4)
$(object outside 1 1 21 11)
$(object ok 1 1 20 10)
" >voc/Annotations/a.xml
	run -1 --separate-stderr ds-import -f voc voc
	[[ "${lines[1]}" == *'"annotation":[{"name":"outside","bbox":[0,0,21,11]},{"name":"ok","bbox":[0,0,20,10]}]}' ]]
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
voc/Annotations/a.xml:15:3: error: xmin 9 is greater than xmax 3 [voc-box]
voc/Annotations/a.xml:24:3: error: xmax must be a number, not 'x' [voc-box]
voc/Annotations/a.xml:33:3: warning: the box reaches outside the picture of 20x10 [voc-box]
END
	assert_file_equals got want
}

@test "encodings: by declaration, by mark, by option" {
	page a.png "$(object 猫 1 1 2 2)
" >utf8
	{ printf '<?xml version="1.0" encoding="gb2312"?>\n' && iconv -f UTF-8 -t GBK utf8; } >voc/Annotations/a.xml
	{ printf '<?xml version="1.0" encoding="UTF-16"?>\n' && cat utf8; } | iconv -f UTF-8 -t UTF-16 >voc/Annotations/b.xml
	run -0 ds-import -f voc voc
	[[ "${lines[1]}" == *'"name":"猫"'* ]]
	[[ "${lines[2]}" == *'"name":"猫"'* ]]
	rm voc/Annotations/b.xml
	page a.png "$(object 树 1 1 2 2)
" | iconv -f UTF-8 -t GBK >voc/Annotations/a.xml
	run -1 ds-import -f voc voc
	[[ "$output" == *'--encoding names another [xml]'* ]]
	run -0 ds-import -f voc --encoding GBK voc
	[[ "$output" == *'"name":"树"'* ]]
	run -2 ds-import -f voc --encoding KLINGON voc
	page a.png "$(object café 1 1 2 2)
" | { printf '<?xml version="1.0" encoding="ISO-8859-1"?>\n' && iconv -f UTF-8 -t ISO-8859-1; } >voc/Annotations/a.xml
	run -0 ds-import -f voc voc
	[[ "$output" == *'"name":"café"'* ]]
}

@test "an archive gives what its folder gives" {
	page a.png "$(object cat 1 2 5 10 "$known")
" >voc/Annotations/a.xml
	ds-import -f voc voc >folder
	tar cf voc.tar voc
	ds-import -f voc voc.tar >tar
	sed 's|"source":"|&voc.tar!/|' folder >want
	assert_file_equals tar want
	ds-import -f voc -x raw voc.tar | sed 's|"source":"raw/|"source":"|' >extracted
	assert_file_equals extracted folder
	cmp raw/voc/JPEGImages/a.png voc/JPEGImages/a.png
	ds-export -f voc -o out.tar tar
	mkdir out && tar xf out.tar -C out
	assert_file_equals out/Annotations/a.xml voc/Annotations/a.xml
	cmp out/JPEGImages/b.png voc/JPEGImages/b.png
}

# same_for_any_j OPERAND STATUS: records and messages. The names of both files begin with it.
same_for_any_j() {
	run -"$2" --separate-stderr ds-import -v -f voc --max-text 2000 -j 1 "$1"
	printf '%s\n' "$output" >"$1.one"
	printf '%s\n' "$stderr" >"$1.one.err"
	run -"$2" --separate-stderr ds-import -v -f voc --max-text 2000 -j 4 "$1"
	printf '%s\n' "$output" >"$1.four"
	printf '%s\n' "$stderr" >"$1.four.err"
	assert_file_equals "$1.four" "$1.one"
	assert_file_equals "$1.four.err" "$1.one.err"
}

@test "records and messages do not depend on -j" {
	mkdir voc/SegmentationClass
	for i in $(seq -w 200); do
		page "p$i.png" "$(object cat 0 2 "$i" 10)
" >voc/Annotations/p$i.xml
		[ "${i%7}" = "$i" ] || echo mask >voc/SegmentationClass/p$i.png
		[ "${i%3}" = "$i" ] || echo '<annotation><object/></b>' >voc/Annotations/p$i.xml
		[ "${i%90}" = "$i" ] || head -c 3000 /dev/zero >voc/Annotations/p$i.xml
		[ "${i%5}" = "$i" ] || echo "p$i" >>voc/ImageSets/Main/val.txt
	done
	same_for_any_j voc 1
	[ "$(wc -l <voc.one)" -eq 181 ] # the header, 178 of the files and the two pictures
	[ "$(grep -c '"class-mask"' voc.one)" -eq 20 ]
	[ "$(grep -c '"usage":"EVAL"' voc.one)" -eq 20 ]
	[ "$(grep -c 'mismatched tag' voc.one.err)" -eq 20 ]
	[ "$(grep -c 'p[01]90.xml: error: larger than 2000 bytes (--max-text) \[max-text\]' voc.one.err)" -eq 2 ]
	grep -q 'voc/Annotations/p001.xml:15: warning: 178 boxes have a coordinate 0, first here' voc.one.err
	grep -q '200 label files read, 22 of them bad' voc.one.err
	tar cf voc.tar voc
	same_for_any_j voc.tar 1
	diff <(sed 's/voc.tar!.//g' voc.tar.one) voc.one
}

@test "masks of instances and of classes belong to the objects, and come along" {
	mkdir voc/SegmentationClass voc/SegmentationObject
	echo classes >voc/SegmentationClass/a.png
	echo instances >voc/SegmentationObject/a.png
	page a.png "$(object cat 1 2 5 10)
$(object dog 1 2 5 10)
" >voc/Annotations/a.xml
	ds-import -f voc voc >got
	jq -c 'select(.source)|[.source,.["class-mask"],[.annotation[]?.mask]]' got >short
	cat >want <<'END'
["voc/JPEGImages/a.png","voc/SegmentationClass/a.png",[{"source":"voc/SegmentationObject/a.png","value":1},{"source":"voc/SegmentationObject/a.png","value":2}]]
["voc/JPEGImages/b.png",null,[]]
END
	assert_file_equals short want
	ds-export -f voc -o out got 2>err
	[ ! -s err ]
	cmp out/SegmentationClass/a.png voc/SegmentationClass/a.png
	cmp out/SegmentationObject/a.png voc/SegmentationObject/a.png
	assert_file_equals out/Annotations/a.xml voc/Annotations/a.xml
	jq -c 'if .annotation then .annotation|=reverse else . end' got | ds-export -f voc -o other 2>err
	grep -q 'annotation.mask is lost' err
	[ ! -e other/SegmentationObject ]
}

@test "shapes beside the box go back into VOC files that had them; from elsewhere they are a loss" {
	page a.png "$(object cat 1 2 5 10 '		<polygon>
			<x1>1</x1>
			<y1>2</y1>
			<x2>5</x2>
			<y2>2</y2>
			<x3>5</x3>
			<y3>10</y3>
		</polygon>
')
" >voc/Annotations/a.xml
	ds-import -f voc voc >got
	grep -q '"polygon":\[\[0,1,4,1,4,9\]\]' got
	ds-export -f voc -o out got 2>err
	[ ! -s err ]
	grep -A 7 '<polygon>' voc/Annotations/a.xml >want
	grep -A 7 '<polygon>' out/Annotations/a.xml >again
	assert_file_equals again want
	sed 's/"format":"voc"/"format":"coco"/' got | ds-export -f voc -o boxes 2>err
	grep -q 'annotation.polygon is lost: voc cannot hold it (1 in 1 sample, first a)' err
	! grep -q polygon boxes/Annotations/a.xml || false
	sed 's/"format":"voc"/"format":"coco"/; s/"bbox":[^]]*],//' got | ds-export -f voc -o hull 2>err
	sed -n '/<bndbox>/,/<.bndbox>/p' voc/Annotations/a.xml >want
	sed -n '/<bndbox>/,/<.bndbox>/p' hull/Annotations/a.xml >again
	assert_file_equals again want
	! grep -q polygon hull/Annotations/a.xml || false
}

@test "modelarts-voc: shapes, attributes, counted from 0, all flags written" {
	mkdir flat
	cp voc/JPEGImages/a.png flat/
	cat >flat/a.xml <<'END'
<annotation>
	<folder>NA</folder>
	<filename>a.png</filename>
	<source>
		<database>Unknown</database>
	</source>
	<size>
		<width>20</width>
		<height>10</height>
		<depth>1</depth>
	</size>
	<segmented>0</segmented>
	<object>
		<name>road</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<occluded>1</occluded>
		<difficult>0</difficult>
		<polygon>
			<x1>0</x1>
			<y1>0</y1>
			<x2>9</x2>
			<y2>0</y2>
			<x3>9</x3>
			<y3>8</y3>
		</polygon>
		<properties>
			<property>
				<key>surface of it</key>
				<value>wet</value>
			</property>
		</properties>
	</object>
</annotation>
END
	ds-import -f 'ModelArts PASCAL VOC 1.0' flat >got
	grep -q '"polygon":\[\[0,0,9,0,9,8\]\],"truncated":false,"occluded":true,"difficult":false,"property":{"pose":"Unspecified","surface of it":"wet"}' got
	ds-export -f modelarts-voc -o out got
	assert_file_equals out/a.xml flat/a.xml
	cmp out/a.png flat/a.png
}

@test "real files come back number for number" {
	need_corpora datasets/bccd
	need_program python3
	cat >same.py <<'END'
import os, sys, xml.etree.ElementTree as E
def flat(e, p=""):
    out = [(p + "/@" + k, v) for k, v in e.attrib.items()]
    for c in e:
        out += flat(c, p + "/" + c.tag) if len(c) else [(p + "/" + c.tag, (c.text or "").strip())]
    return out
a, b = sys.argv[1:]
names = sorted(f for f in os.listdir(a) if f.endswith(".xml"))
assert names and names == sorted(os.listdir(b))
for f in names:
    x, y = (E.parse(d + "/" + f).getroot() for d in (a, b))
    assert sorted(flat(x)) == sorted(flat(y)), f
    for path in ("object/name", "object/bndbox/xmin", "object/bndbox/ymax"):
        assert [e.text for e in x.findall(path)] == [e.text for e in y.findall(path)], f
END
	for set in bccd/BCCD/Annotations raccoon/annotations; do
		ds-import -f voc "$DSUTILS_CORPORA/datasets/${set%/*}" | ds-export -f voc --images none -o out
		python3 same.py "$DSUTILS_CORPORA/datasets/$set" out/Annotations
		rm -r out
	done
}

@test "voc: names with blanks keep their side" {
	for n in 'a b' 'photo 1' plain; do
		printf '{"source":"%s.jpg","id":"%s","usage":"EVAL","width":9,"height":9,"annotation":[]}\n' "$n" "$n"
	done >r.jsonl
	ds-export -q -f voc --images none -o out r.jsonl
	ds-import -q out 2>err | jq -r 'select(.source) | .id + ":" + .usage' | sort >got
	printf '%s:EVAL\n' 'a b' 'photo 1' plain >want
	assert_file_equals got want
	[ ! -s err ]
	echo 'plain 1' >out/ImageSets/Main/val.txt # as lists of a class are written
	rm out/ImageSets/Main/trainval.txt
	[ "$(ds-import -q out 2>/dev/null | jq -r 'select(.usage) | .id')" = plain ]
}

# A set of three pictures of 4 x 2 that has PNGs and no XML files, with classes in the colours of a labelmap.txt.
segmented() {
	need_program python3
	mkdir -p set/JPEGImages set/SegmentationClass set/ImageSets/Segmentation
	for i in a b c; do printf '0 0 0 0\n0 0 0 0\n' | python3 "$srcdir/tests/png.py" set/JPEGImages/$i.png grey 8; done
	printf '1 1 0 0\n1 0 0 2\n' | python3 "$srcdir/tests/png.py" set/SegmentationClass/a.png palette 2 000000 800000 008000
	printf '2 2 255 0\n1 0 0 21\n' | python3 "$srcdir/tests/png.py" set/SegmentationClass/b.png grey 8
	printf 'a\n' >set/ImageSets/Segmentation/train.txt
	printf 'b\nc\n' >set/ImageSets/Segmentation/val.txt
}

masks_of() {
	jq -c 'select(.source)|[.id,.usage,.["class-mask"],[.annotation[]?|[.name,.mask.source,(.mask.value//.mask.color),.mask.kind]]]' "$1"
}

@test "pictures of classes without XML files: each class is a mask of kind class" {
	segmented
	ds-import set >got 2>err
	echo "set: note: there is no labelmap.txt: the numbers in SegmentationClass are taken for the classes of Pascal VOC [mask]" >want
	assert_file_equals err want
	masks_of got >short
	cat >want <<'END'
["a","TRAIN",null,[["aeroplane","set/SegmentationClass/a.png",1,"class"],["bicycle","set/SegmentationClass/a.png",2,"class"]]]
["b","EVAL",null,[["aeroplane","set/SegmentationClass/b.png",1,"class"],["bicycle","set/SegmentationClass/b.png",2,"class"],["21","set/SegmentationClass/b.png",21,"class"]]]
["c","EVAL",null,[]]
END
	assert_file_equals short want
	[ "$(head -n 1 got | jq -c '[.dataset.classes|length,.[0],.[19]]')" = '[20,{"name":"aeroplane","id":1},{"name":"tvmonitor","id":20}]' ]
	# they come back as they were, without XML files
	ds-export -f voc -o out got 2>err
	[ ! -s err ] || fail "$(cat err)"
	diff -r set/SegmentationClass out/SegmentationClass
	[ ! -e out/Annotations ] && [ ! -e out/SegmentationObject ]
	# in COCO each class is one annotation, which is said
	ds-export -f coco -o coco.json got 2>err
	jq -c '.annotations[]|[.category_id,.iscrowd,.bbox,.area,(.segmentation|type)]' coco.json >short
	cat >want <<'END'
[1,0,[0,0,2,2],3,"object"]
[2,0,[3,1,1,1],1,"object"]
[1,0,[0,1,1,1],1,"object"]
[2,0,[0,0,2,1],2,"object"]
[21,0,[3,1,1,1],1,"object"]
END
	assert_file_equals short want
	grep -qF 'annotation.class-mask is lost: coco cannot hold it (5 in 2 samples, first a) [loss]' err
	# SageMaker holds them
	ds-export -f sagemaker -o sm got 2>err
	must_fail 1 grep -q class-mask err
	cmp sm/masks/a.png set/SegmentationClass/a.png
	# and VOC gets them from there, painted, for its numbers are others
	ds-import -q sm | ds-export -q -f voc -o back
	[ ! -e back/SegmentationObject ] && [ ! -e back/Annotations ]
	ds-import -q back | ds-export -q -f coco -o again.json
	jq -c '.annotations[]|[.bbox,.area]' coco.json >want
	jq -c '.annotations[]|[.bbox,.area]' again.json >short
	assert_file_equals short want
}

@test "masks that were exported without their pictures" {
	segmented
	rm -r set/JPEGImages
	sed -i /c/d set/ImageSets/Segmentation/val.txt
	ds-import set 2>err | jq -c 'select(.source)|[.source,.id,.usage,.width,.height,[.annotation[].name]]' >got
	cat >want <<'END'
["set/JPEGImages/a.jpg","a","TRAIN",4,2,["aeroplane","bicycle"]]
["set/JPEGImages/b.jpg","b","EVAL",4,2,["aeroplane","bicycle","21"]]
END
	assert_file_equals got want
	grep -q '^ds-import: set: no pictures here, only masks$' err
	[ "$(grep -c warning err)" -eq 0 ] || fail "$(cat err)"
}

@test "classes by the colours of labelmap.txt, by the lines of class_names.txt, in coloured PNGs" {
	segmented
	printf '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:0,128,0::\nroad:128,0,0::\nignored:224,224,192::\n' >set/labelmap.txt
	ds-import set >got 2>err
	[ ! -s err ] || fail "$(cat err)"
	masks_of got >short
	cat >want <<'END'
["a","TRAIN",null,[["road","set/SegmentationClass/a.png",[128,0,0],"class"],["cat","set/SegmentationClass/a.png",[0,128,0],"class"]]]
["b","EVAL",null,[["cat","set/SegmentationClass/b.png",1,"class"],["road","set/SegmentationClass/b.png",2,"class"],["21","set/SegmentationClass/b.png",21,"class"]]]
["c","EVAL",null,[]]
END
	assert_file_equals short want
	ds-export -q -f voc -o out got
	diff -r set/SegmentationClass out/SegmentationClass
	printf '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:0,128,0::\nroad:128,0,0::\n' >want
	assert_file_equals out/labelmap.txt want
	# one folder deeper, and in an archive, where the PNGs are only referred to unless they are put down
	mkdir deep && cp -r set deep/
	ds-import -q deep | masks_of - | sed 's|deep/||g; s|"set/\([abc]\)"|"\1"|' >deeper
	assert_file_equals deeper short
	tar cf set.tar set
	ds-import -q -f voc set.tar | masks_of - | head -n 1 >got
	echo '["set/a","TRAIN","set.tar!/set/SegmentationClass/a.png",[]]' >want
	assert_file_equals got want
	ds-import -q -f voc --extract put set.tar | masks_of - | sed 's|put/||g; s|"set/\([abc]\)"|"\1"|' >got
	assert_file_equals got short
	rm set/labelmap.txt
	printf '_background_\nsky\nroad\n' >set/class_names.txt
	printf '0 0 0 12640480\n128 0 32768 128\n' | python3 "$srcdir/tests/png.py" set/SegmentationClass/b.png rgb 8
	ds-import -q set | masks_of - >short
	cat >want <<'END'
["a","TRAIN",null,[["sky","set/SegmentationClass/a.png",1,"class"],["road","set/SegmentationClass/a.png",2,"class"]]]
["b","EVAL",null,[["sky","set/SegmentationClass/b.png",[128,0,0],"class"],["road","set/SegmentationClass/b.png",[0,128,0],"class"]]]
["c","EVAL",null,[]]
END
	assert_file_equals short want
}

@test "pictures of instances without XML files: their classes are those of their pixels" {
	segmented
	mkdir set/SegmentationObject
	printf '1 2 0 0\n1 0 0 3\n' | python3 "$srcdir/tests/png.py" set/SegmentationObject/a.png palette 2 000000 800000 008000 808000
	printf '1 2 0\n' | python3 "$srcdir/tests/png.py" set/SegmentationObject/b.png grey 8
	must_fail 1 ds-import set >got 2>err
	grep -q 'set/SegmentationClass/b.png: error: the PNGs of classes and of objects have different sizes \[mask\]' err
	masks_of got >short
	cat >want <<'END'
["a","TRAIN","set/SegmentationClass/a.png",[["aeroplane","set/SegmentationObject/a.png",1,null],["aeroplane","set/SegmentationObject/a.png",2,null],["bicycle","set/SegmentationObject/a.png",3,null]]]
["b","EVAL","set/SegmentationClass/b.png",[]]
["c","EVAL",null,[]]
END
	assert_file_equals short want
	ds-export -q -f coco -o coco.json got
	jq -c '.annotations[]|[.category_id,.bbox,.area]' coco.json >short
	printf '%s\n' '[1,[0,0,1,2],2]' '[1,[1,0,1,1],1]' '[2,[3,1,1,1],1]' >want
	assert_file_equals short want
}

@test "a picture of classes beside objects stays with the sample; a damaged one is named" {
	segmented
	mkdir set/Annotations
	page a.png "$(object cat 1 2 5 10)
" >set/Annotations/a.xml
	page c.png "" >set/Annotations/c.xml
	cp set/SegmentationClass/a.png set/SegmentationClass/c.png
	echo no PNG >set/SegmentationClass/b.png
	must_fail 1 ds-import set >got 2>err
	echo 'set/SegmentationClass/b.png: error: it is no PNG [mask]' >want
	assert_file_equals err want
	masks_of got >short
	cat >want <<'END'
["a","TRAIN","set/SegmentationClass/a.png",[["cat",null,null,null]]]
["b","EVAL","set/SegmentationClass/b.png",[]]
["c","EVAL",null,[["aeroplane","set/SegmentationClass/c.png",1,"class"],["bicycle","set/SegmentationClass/c.png",2,"class"]]]
END
	assert_file_equals short want
	ds-export -f labelme -o other got 2>err
	grep -q 'sample.class-mask is lost: labelme cannot hold it (2 in 2 samples' err
	ds-export -q -f voc -o out got
	for i in a b c; do cmp out/SegmentationClass/$i.png set/SegmentationClass/$i.png; done
	[ -e out/Annotations/c.xml ]
}

@test "blanks at the ends of a class are dropped with a note, once for each such name; line ends are layout" {
	for i in 1 2 3; do
		page "$i.png" "$(object 'cat ' 1 2 5 10)$(object $'\n\tdog\n' 1 2 5 10)$(object cat 1 2 5 10)" >"$i.xml"
	done
	page 4.png "$(object '  c&amp;t' 1 2 5 10)" >4.xml
	mkdir x && mv ?.xml x
	ds-import x >got 2>err
	[ "$(jq -r '.annotation[]?.name' got | LC_ALL=C sort | uniq -c | tr -s ' \n' ' ')" = ' 1 c&t 6 cat 3 dog ' ]
	grep -v 'no pictures here' err >notes
	cat >want <<'END'
x/1.xml:14: note: blanks at the ends of a class are no part of it: "cat " is "cat" [class-blanks]
x/4.xml:14: note: blanks at the ends of a class are no part of it: "  c&t" is "c&t" [class-blanks]
END
	assert_file_equals notes want
	printf 'a.jpg,1,2,3,4,cat \na.jpg,1,2,3,4,cat\na.jpg,1,2,3,4,cat \n' >m.csv
	ds-import -f csv-retinanet m.csv >got 2>err
	echo 'm.csv:1:1: note: blanks at the ends of a class are no part of it: "cat " is "cat" [class-blanks]' >want
	assert_file_equals err want
}

@test "a file of MIT's LabelMe has the same root, and is named as what it is" {
	mkdir mit
	printf '<annotation><filename>a.jpg</filename><object><name>car</name><polygon><username>u</username><pt><x>1</x><y>2</y></pt></polygon></object></annotation>' >mit/a.xml
	must_fail 1 ds-import mit >got 2>err
	[ "$(grep -c . got)" = 1 ]
	grep -v 'no pictures here' err >said
	echo "mit/a.xml:1:1: error: a file of MIT's LabelMe (polygons of <pt>), another format, which is not read: convert it to the JSON of labelme first [voc]" >want
	assert_file_equals said want
}

@test "folders in one tree have their own splits, in which lines may be empty" {
	page a.png "$(object cat 1 1 2 2)
" >voc/Annotations/a.xml
	printf '\na\n \t\n' >voc/ImageSets/Main/val.txt
	mkdir both
	cp -R voc both/x
	cp -R voc both/y
	echo a >both/y/ImageSets/Main/val.txt
	echo b >both/y/ImageSets/Main/train.txt
	ds-import -f voc both 2>err | grep -o '"id":"[^"]*"\|"usage":"[^"]*"' >got
	printf '"%s":"%s"\n' id x/a usage EVAL id x/b id y/a usage EVAL id y/b usage TRAIN >want
	assert_file_equals got want
	[ ! -s err ]
}
