# hazards.bats: odd files that the world has, one hazard a line, for formats of one file a picture: LabelMe, Supervisely,
# CVAT, VOC. What comes out, and what is said, is in one table a format.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

png() {
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >"$1"
}

# show FORMAT DIR: a line of what came out: names, shapes, size; and of the rules of what was said
show() {
	ds-import -f "$1" "$2" >out 2>err || true
	printf '%s: ' "$2"
	jq -c 'select(.source)|[.width,(.annotation|if . then [.[]|[.name,(.bbox // .polygon // .polyline)]] else . end)]' out | tr '\n' ' '
	sed -n 's/.*: \(error\|warning\|note\): .*\[\(.*\)\]$/\1 \2/p' err | sort | uniq -c | awk '{printf "%s%s %s %s", (NR>1 ? ", " : ""), $1, $2, $3}'
	echo
}

# JSON with the edits of sed
labelme() {
	mkdir "$1"
	png "$1/a.png"
	printf '%s' '{"version":"5.0","flags":{},"shapes":[{"label":"x","points":[[1,2],[30,40]],"group_id":null,"shape_type":"rectangle","flags":{}}],"imagePath":"a.png","imageData":null,"imageHeight":100,"imageWidth":200}' |
		sed "$2" >"$1/a.json"
	show labelme "$1"
}

@test "LabelMe" {
	{
		labelme bom '1s/^/\xef\xbb\xbf/'
		labelme crlf 's/,/,\r\n/g'
		labelme nul 's/"x"/"x\\u0000y"/'
		labelme empty d
		labelme nan 's/\[1,2\]/[NaN,2]/'
		labelme huge 's/\[1,2\]/[1e400,2]/'
		labelme strings 's/\[1,2\]/["1","2"]/'
		labelme key-twice 's/"label":"x"/"label":"x","label":"y"/'
		labelme two-points 's/rectangle/polygon/'
		labelme closed-twice 's/rectangle/polygon/; s/\[\[1,2\],\[30,40\]\]/[[1,2],[30,40],[5,6],[1,2],[1,2]]/'
		labelme self-crossing 's/rectangle/polygon/; s/\[\[1,2\],\[30,40\]\]/[[0,0],[40,40],[40,0],[0,40]]/'
		labelme odd-count 's/rectangle/polygon/; s/\[30,40\]/[30,40],[5]/'
		labelme no-points 's/\[\[1,2\],\[30,40\]\]/[]/'
		labelme null-points 's/\[\[1,2\],\[30,40\]\]/null/'
		labelme size-zero 's/"imageHeight":100,"imageWidth":200/"imageHeight":0,"imageWidth":0/'
		labelme size-absent 's/,"imageHeight":100,"imageWidth":200//'
		labelme name 's|"x"|"a, \\"b\\"/\\ud83d\\ude00\\n "|'
		labelme number-label 's/"x"/7/'
		labelme zero-box 's/\[30,40\]/[1,2]/'
		labelme outside 's/\[30,40\]/[300,-40]/'
		labelme edge 's/\[1,2\],\[30,40\]/[0,0],[200,100]/'
		labelme windows-path 's|"a.png"|"..\\\\x\\\\a.png"|'
		mkdir twice
		cp bom/* twice
		cp twice/a.json twice/b.json
		show labelme twice
		mkdir windows-path/b.json
		cp windows-path/a.json windows-path/._c.json
		mv windows-path folder
		show labelme folder
	} >got
	cat >want <<'END'
bom: [200,[["x",[1,2,29,38]]]] 
crlf: [200,[["x",[1,2,29,38]]]] 
nul: [200,[["x\u0000y",[1,2,29,38]]]] 
empty: 1 error json
nan: 1 error json
huge: [200,[]] 1 error labelme-shape
strings: [200,[]] 1 error labelme-shape
key-twice: [200,[["x",[1,2,29,38]]]] 
two-points: [200,[["x",[[1,2,30,40]]]]] 1 warning polygon
closed-twice: [200,[["x",[[1,2,30,40,5,6,1,2,1,2]]]]] 
self-crossing: [200,[["x",[[0,0,40,40,40,0,0,40]]]]] 
odd-count: [200,[]] 1 error labelme-shape
no-points: [200,[]] 1 error labelme-shape
null-points: [200,[]] 1 error labelme-shape
size-zero: [200,[["x",[1,2,29,38]]]] 
size-absent: [200,[["x",[1,2,29,38]]]] 
name: [200,[["a, \"b\"/😀\n ",[1,2,29,38]]]] 
number-label: [200,[]] 1 error labelme-shape
zero-box: [200,[["x",[1,2,0,0]]]] 1 warning box
outside: [200,[["x",[1,-40,299,42]]]] 1 warning box
edge: [200,[["x",[0,0,200,100]]]] 
windows-path: [200,[["x",[1,2,29,38]]]] 
twice: [200,[["x",[1,2,29,38]]]] [200,[["x",[1,2,29,38]]]] 1 warning twice
folder: [200,[["x",[1,2,29,38]]]] 
END
	assert_file_equals got want
	# a picture that a path with backslashes means is found by its name
	[ "$(jq -r 'select(.source).source' out)" = folder/a.png ]
}

supervisely() {
	mkdir -p "$1/ds/img" "$1/ds/ann"
	png "$1/ds/img/a.png"
	printf '%s{"classes":[{"title":"x","shape":"any","color":"#FF0000"}],"tags":[]}' "${3-}" >"$1/meta.json"
	printf '%s' '{"description":"","tags":[],"size":{"height":100,"width":200},"objects":[{"classTitle":"x","geometryType":"rectangle","points":{"exterior":[[1,2],[30,40]],"interior":[]}}]}' |
		sed "$2" >"$1/ds/ann/a.png.json"
	show supervisely "$1"
}

@test "Supervisely" {
	{
		supervisely bom '1s/^/\xef\xbb\xbf/' $'\xef\xbb\xbf' # a regression: was refused
		supervisely crlf 's/,/,\r\n/g'
		supervisely empty d
		supervisely huge 's/\[1,2\]/[1e400,2]/'
		supervisely strings 's/\[1,2\]/["1","2"]/'
		supervisely key-twice 's/"x"/"x","classTitle":"y"/'
		supervisely two-points 's/rectangle/polygon/'
		supervisely no-points 's/\[\[1,2\],\[30,40\]\]/[]/'
		supervisely size-absent 's/"size":[^}]*},//'
		supervisely size-zero 's/"height":100,"width":200/"height":0,"width":0/' # a regression: had no size
		supervisely one-pixel 's/\[30,40\]/[1,2]/'
		supervisely outside 's/\[30,40\]/[-3,400]/'
		supervisely unknown-class 's/"x"/"y "/'
		mkdir -p unknown-class/ds/ann/b.png.json
		cp unknown-class/ds/ann/a.png.json unknown-class/ds/ann/._a.png.json
		mv unknown-class folder
		show supervisely folder
	} >got
	cat >want <<'END'
bom: [200,[["x",[1,2,30,39]]]] 
crlf: [200,[["x",[1,2,30,39]]]] 
empty: 1 error json
huge: [200,[]] 1 error supervisely-object
strings: [200,[]] 1 error supervisely-object
key-twice: [200,[["x",[1,2,30,39]]]] 
two-points: [200,[["x",[[1,2,30,40]]]]] 1 warning polygon
no-points: [200,[]] 1 error supervisely-object
size-absent: [200,[["x",[1,2,30,39]]]] 
size-zero: [200,[["x",[1,2,30,39]]]] 
one-pixel: [200,[["x",[1,2,1,1]]]] 
outside: [200,[["x",[-3,2,5,399]]]] 1 warning box
unknown-class: [200,[["y ",[1,2,30,39]]]] 
folder: [200,[["y ",[1,2,30,39]]]] 
END
	assert_file_equals got want
}

cvat() {
	mkdir -p "$1/images"
	png "$1/images/a.png"
	printf '%s' '<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><image id="0" name="a.png" width="200" height="100"><box label="x" occluded="0" xtl="1" ytl="2" xbr="30" ybr="40"></box></image></annotations>' |
		sed "$2" | ${3-cat} >"$1/annotations.xml"
	show cvat "$1"
}

utf16() {
	sed 's/utf-8/UTF-16/' | iconv -t UTF-16
}

@test "CVAT" {
	{
		cvat bom '1s/^/\xef\xbb\xbf/'
		cvat crlf 's/></>\r\n</g'
		cvat cr 's/></>\r</g'
		cvat utf-16 '' utf16
		cvat cdata 's/<box/<!-- c --><![CDATA[ x ]]><box/'
		cvat empty d
		cvat nan 's/xtl="1"/xtl="NaN"/'
		cvat huge 's/xtl="1"/xtl="1e400"/'
		cvat size-zero 's/width="200" height="100"/width="0" height="0"/'
		cvat size-absent 's/ width="200" height="100"//'
		cvat zero-box 's/xbr="30"/xbr="1"/; s/ybr="40"/ybr="-4"/'
		cvat name 's/label="x"/label="a, \&quot;b\&quot; 😀"/'
		cvat polygons 's/<box [^>]*><\/box>/<polygon label="x" points="1,2;3,4"\/><polygon label="x" points="1,2;3"\/><polygon label="x" points=""\/><polyline label="x" points="1,2"\/>/'
		cvat twice 's/\(<image.*<\/image>\)/\1\1/' # a regression: nothing was said
		cvat subsets 's/\(<image\)\(.*<\/image>\)/\1 subset="Train"\2\1 subset="Test"\2/'
		cvat windows-path 's|name="a.png"|name="..\\images\\a.png"|'
	} >got
	cat >want <<'END'
bom: [200,[["x",[1,2,29,38]]]] 
crlf: [200,[["x",[1,2,29,38]]]] 
cr: [200,[["x",[1,2,29,38]]]] 
utf-16: [200,[["x",[1,2,29,38]]]] 
cdata: [200,[["x",[1,2,29,38]]]] 
empty: 1 error xml
nan: [200,[]] 1 error cvat-shape
huge: [200,[]] 1 error cvat-shape
size-zero: [200,[["x",[1,2,29,38]]]] 
size-absent: [200,[["x",[1,2,29,38]]]] 
zero-box: [200,[["x",[1,-4,0,6]]]] 1 warning box
name: [200,[["a, \"b\" 😀",[1,2,29,38]]]] 
polygons: [200,[["x",[[1,2,3,4]]],["x",[1,2]]]] 2 error cvat-shape, 1 warning polygon
twice: [200,[["x",[1,2,29,38]]]] [200,[["x",[1,2,29,38]]]] 1 warning twice
subsets: [200,[["x",[1,2,29,38]]]] [200,[["x",[1,2,29,38]]]] 1 warning twice
windows-path: [200,[["x",[1,2,29,38]]]] 
END
	assert_file_equals got want
	[ "$(jq -r 'select(.source).source' out)" = windows-path/images/a.png ]
	ds-import -q -f cvat twice 2>err >out
	echo "twice/annotations.xml:1:202: warning: the source 'twice/images/a.png' was there before; both samples stay [twice]" >want
	assert_file_equals err want
}

voc() {
	mkdir "$1"
	png "$1/a.png"
	printf '%s' '<annotation><filename>a.png</filename><size><width>200</width><height>100</height><depth>3</depth></size><object><name>x</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>' |
		sed "$2" >"$1/a.xml"
	show voc "$1"
}

@test "VOC" {
	{
		voc bom '1s/^/\xef\xbb\xbf/'
		voc crlf 's/></>\r\n</g'
		voc cr 's/></>\r</g'
		voc cdata 's/>x</><!-- c --><![CDATA[x\&y]]></'
		voc nul 's/>x</>x\x00y</'
		voc empty d
		voc nan 's/>2</>NaN</'
		voc huge 's/>2</>1e400</'
		voc fraction 's/>2</>2.50</'
		voc size-zero 's/>200</>0</; s/>100</>0</'
		voc size-absent 's/<size>.*<\/size>//'
		voc edge 's/>2</>1</; s/>3<\/ym/>1<\/ym/; s/>30</>200</; s/>40</>100</'
		voc outside 's/>30</>300</'
		voc name 's/>x</>a, "b" 😀\&amp;</'
		voc two-names 's/<name>x/<name>y<\/name><name>x/'
		voc no-box 's/<bndbox>.*<\/bndbox>//'
		voc two-shapes 's/<bndbox>/<polygon><x1>1<\/x1><y1>1<\/y1><x2>9<\/x2><y2>1<\/y2><x3>9<\/x3><y3>9<\/y3><\/polygon><bndbox>/'
		mkdir two-shapes/b.xml
		cp two-shapes/a.xml two-shapes/._a.xml
		mv two-shapes folder
		show voc folder
	} >got
	cat >want <<'END'
bom: [200,[["x",[1,2,29,38]]]] 
crlf: [200,[["x",[1,2,29,38]]]] 
cr: [200,[["x",[1,2,29,38]]]] 
cdata: [200,[["x&y",[1,2,29,38]]]] 
nul: 1 error xml
empty: 1 error xml
nan: [200,[]] 1 error voc-box
huge: [200,[]] 1 error voc-box
fraction: [200,[["x",[1.5,2,28.5,38]]]] 
size-zero: [200,[["x",[1,2,29,38]]]] 1 warning voc-size
size-absent: [200,[["x",[1,2,29,38]]]] 
edge: [200,[["x",[0,0,200,100]]]] 
outside: [200,[["x",[1,2,299,38]]]] 1 warning voc-box
name: [200,[["a, \"b\" 😀&",[1,2,29,38]]]] 
two-names: [200,[["y",[1,2,29,38]]]] 
no-box: [200,[]] 1 error voc-object
two-shapes: [200,[["x",[1,2,29,38]]]] 
folder: [200,[["x",[1,2,29,38]]]] 
END
	assert_file_equals got want
}

@test "VOC: of p.jpg and p.png the label file's is the one that it names; Windows-1252" {
	mkdir set
	png set/p.png
	png set/p.jpg
	for name in p.png p.jpg elsewhere.bmp; do
		printf '<?xml version="1.0" encoding="windows-1252"?><annotation><filename>%s</filename><object><name>caf\351 \200</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>' $name >set/p.xml
		ds-import -f voc set 2>>err | tail -n +2 | jq -c '[.source,(.annotation|if . then .[0].name else . end)]'
	done >got
	cat >want <<'END'
["set/p.png","café €"]
["set/p.jpg",null]
["set/p.jpg","café €"]
["set/p.png",null]
["set/p.jpg","café €"]
["set/p.png",null]
END
	assert_file_equals got want
	cat >want <<'END'
set/p.jpg: warning: the id 'p' was there before; both samples stay [twice]
set/p.png: warning: the id 'p' was there before; both samples stay [twice]
set/p.png: warning: the id 'p' was there before; both samples stay [twice]
END
	assert_file_equals err want
}

@test "LVIS and COCO: ids, images and categories that do not fit, odd numbers, empty and wrong segmentations" {
	cat >lvis.json <<'END'
{"info":{},"images":[{"id":1,"width":200,"height":100,"coco_url":"http://x/train2017/000000000001.jpg","neg_category_ids":[2],"not_exhaustive_category_ids":[1]},{"id":2,"width":200,"height":100,"file_name":"a.jpg"},{"id":2,"width":200,"height":100,"file_name":"b.jpg"}],
"annotations":[{"id":9007199254740993,"image_id":1,"category_id":1,"bbox":[1.10,2,3,4],"area":12,"segmentation":[[1,2,3,4,5,6]]},
{"id":2,"image_id":"1","category_id":1,"bbox":[1,2,3,4]},
{"id":3,"image_id":1,"category_id":7,"bbox":[1,2,3,4]},
{"id":4,"image_id":99,"category_id":1,"bbox":[1,2,3,4]},
{"id":5,"image_id":1,"category_id":1,"bbox":["1",2,3,4]},
{"id":6,"image_id":1,"category_id":1,"bbox":[1,2,1e400,4]},
{"id":7,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":{}},
{"id":8,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":[[]]},
{"id":9,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":null},
{"id":10,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":{"size":[100,200],"counts":[5,5]}},
{"id":11,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":{"size":[200,100],"counts":[20000]}}],
"categories":[{"id":1,"name":"a","synset":"a.n.01","frequency":"r"},{"id":2,"name":"b "},{"id":3,"name":"B"}]}
END
	must_fail 1 ds-import -f coco lvis.json >got 2>err
	cat >want <<'END'
lvis.json:1:216: error: an image of this id was there before: left out [coco]
lvis.json:5:1: error: image_id 99 is not in the list of images: left out [coco]
lvis.json:3:1: warning: "image_id" is a string, the image's "id" is a number [coco]
lvis.json:4:36: error: category_id 7 is not in the list of categories: left out [coco]
lvis.json:6:45: error: "bbox" must be four numbers x, y, width, height: left out [coco]
lvis.json:7:45: error: "bbox" must be four numbers x, y, width, height: left out [coco]
lvis.json:11:71: warning: the sum of the counts is not height * width; kept as it is [coco]
lvis.json:12:71: warning: the mask's size is [200,100], the picture's is [height,width] = [100,200] [coco]
END
	assert_file_equals err want
	cat >want <<'END'
{"dataset":{"name":"lvis","format":"coco","classes":[{"id":1,"name":"a","synset":"a.n.01","frequency":"r"},{"id":2,"name":"b "},{"id":3,"name":"B"}],"info":{}}}
{"source":"train2017/000000000001.jpg","id":1,"width":200,"height":100,"coco_url":"http://x/train2017/000000000001.jpg","neg_category_ids":[2],"not_exhaustive_category_ids":[1],"annotation":[{"id":9007199254740993,"name":"a","bbox":[1.10,2,3,4],"area":12,"polygon":[[1,2,3,4,5,6]]},{"id":2,"name":"a","bbox":[1,2,3,4]},{"id":7,"name":"a","bbox":[1,2,3,4],"segmentation":{}},{"id":8,"name":"a","bbox":[1,2,3,4],"segmentation":[[]]},{"id":9,"name":"a","bbox":[1,2,3,4],"segmentation":null},{"id":10,"name":"a","bbox":[1,2,3,4],"segmentation":{"size":[100,200],"counts":[5,5]}},{"id":11,"name":"a","bbox":[1,2,3,4],"rle":{"size":[200,100],"counts":[20000]}}]}
{"source":"a.jpg","id":2,"width":200,"height":100,"file_name":"a.jpg","annotation":[]}
END
	assert_file_equals got want
	# all of LVIS's own members come back
	ds-export -q -f coco --images none -o back.json got
	jq -c '.images[0],.categories' back.json >two
	jq -c '.images[0],.categories' lvis.json >one
	assert_file_equals two one
}

@test "COCO results and captions: mixed kinds, odd scores, text with NUL" {
	cat >res.json <<'END'
[{"image_id":1,"category_id":1,"bbox":[1,2,3,4],"score":0.5},
{"image_id":"1","category_id":1,"bbox":[1,2,3,4],"score":"x"},
{"image_id":1,"bbox":[1,2,3,4]},
{"image_id":2,"category_id":3,"segmentation":{"size":[2,2],"counts":"04"},"score":0.1},
{"image_id":3,"caption":"hi"},
{"image_id":4,"category_id":1,"keypoints":[1,2,2,3,4],"score":1}, 7]
END
	must_fail 1 ds-import -f coco res.json >got 2>err
	cat >want <<'END'
res.json:6:67: error: an annotation must be an object: left out [coco]
res.json:3:1: warning: the annotation has no "category_id" [coco]
res.json:5:1: warning: the annotation has no "category_id" [coco]
res.json:6:43: warning: "keypoints" must be numbers x, y, v by threes; kept as it is [coco]
END
	assert_file_equals err want
	cat >want <<'END'
{"dataset":{"name":"res","format":"coco"}}
{"source":"1","id":1,"annotation":[{"name":"1","bbox":[1,2,3,4],"confidence":0.5},{"name":"1","bbox":[1,2,3,4],"coco:score":"x"},{"bbox":[1,2,3,4]}]}
{"source":"2","id":2,"annotation":[{"name":"3","rle":{"size":[2,2],"counts":"04"},"confidence":0.1}]}
{"source":"3","id":3,"annotation":[{"text":"hi"}]}
{"source":"4","id":4,"annotation":[{"name":"1","coco:keypoints":[1,2,2,3,4],"confidence":1}]}
END
	assert_file_equals got want
	echo '{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[{"id":1,"image_id":1,"caption":"a \u0000 b\n"},{"id":2,"image_id":1,"caption":7},{"id":2,"image_id":1,"caption":""}]}' >cap.json
	ds-import -f coco cap.json 2>err | tail -n 1 >got
	grep -q 'annotation id 2 was there before; both annotations stay' err
	echo '{"source":"a.jpg","id":1,"file_name":"a.jpg","annotation":[{"id":1,"text":"a \u0000 b\n"},{"id":2,"coco:caption":7},{"id":2,"text":""}]}' >want
	assert_file_equals got want
}

@test "COCO stuff: category 0 and gaps, runs of the whole picture, a name for two ids" {
	cat >stuff.json <<'END'
{"info":{},"images":[{"id":0,"file_name":"a, \"b\"/\u00e9\ud83d\ude00.jpg","width":4,"height":3}],"annotations":[{"id":1,"image_id":0,"category_id":92,"segmentation":{"size":[3,4],"counts":"084"},"area":8.0,"bbox":[0.0,0.0,4.0,3.0],"iscrowd":0},{"id":2,"image_id":0,"category_id":0,"segmentation":{"size":[3,4],"counts":"84"},"area":4,"bbox":[0,0,4,3],"iscrowd":0}],"categories":[{"id":92,"name":"banner","supercategory":"textile"},{"id":183,"name":"other","supercategory":"other"},{"id":0,"name":"Banner "},{"id":7,"name":"banner"}]}
END
	ds-import -f coco stuff.json >got 2>err
	sed 's/^stuff.json:[0-9:]* //' err >said
	echo 'warning: the name "banner" was there before, with another id [coco]' >want
	assert_file_equals said want
	ds-export -q -f coco --images none -o back.json got
	jq -S . back.json >one
	jq -S . stuff.json >two
	assert_file_equals one two
}

@test "YOLO: mixed rows, classes that are no whole number, two pictures of a stem, CR LF, a mark, no last line end" {
	mkdir -p set/images set/labels
	png set/images/a.png
	printf 'names: [x, y]\ntrain: images\n' >set/data.yaml
	try() {
		printf "$2" >set/labels/a.txt
		show yolo set | sed "s/^set/$1/"
	}
	{
		try mixed '0 .5 .5 .1 .1\n0 .1 .1 .2 .2 .3 .3\n'
		try float '0.0 .5 .5 .1 .1\n1.5 .5 .5 .1 .1\n-1 .5 .5 .1 .1\n'
		try crlf '0 .5 .5 .1 .1\r\n'
		try mark '\357\273\2770 .5 .5 .1 .1\n'
		try no-end '1 .5 .5 .1 .1'
		try empty ''
		png set/images/a.jpg
		try stem '0 .5 .5 .1 .1\n'
	} >got
	cat >want <<'END'
mixed: [200,[["x",[90,45,20,10]],["x",[[20,10,40,20,60,30]]]]] 1 warning yolo-mixed
float: [200,[["x",[90,45,20,10]]]] 2 error yolo
crlf: [200,[["x",[90,45,20,10]]]] 
mark: [200,[["x",[90,45,20,10]]]] 
no-end: [200,[["y",[90,45,20,10]]]] 
empty: [200,[]] 
stem: [200,[["x",[90,45,20,10]]]] [200,[["x",[90,45,20,10]]]] 1 warning twice
END
	assert_file_equals got want
}

@test "Open Images masks: no name, a name with a quote, a file twice or gone, no box, a reversed box" {
	mkdir -p oi/masks
	png oi/p1.png
	cat >oi/m.csv <<'END'
MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks
m.png,p1,/m/a,b1,0.1,0.5,0.1,0.6,0.90,0.1 0.2 1;0.3 0.4 0
m.png,p1,/m/a,b1,0.1,0.5,0.1,0.6,0.90,
,p1,/m/a,b2,0.1,0.5,0.1,0.6,,
n.png,p1,/m/a,,,,,,,
"a, ""b"".png",p1,/m/a,,0.5,0.1,0.1,0.6,x,
END
	ds-import -f openimages oi >rec
	jq -c '.annotation[]?|[.bbox,.mask.source,.csv.PredictedIoU]' rec >got
	cat >want <<'END'
[[0.1,0.1,0.4,0.5],"oi/masks/m.png","0.90"]
[[0.1,0.1,0.4,0.5],"oi/masks/m.png","0.90"]
[[0.1,0.1,0.4,0.5],null,null]
[null,"oi/masks/n.png",null]
[[0.1,0.1,0.4,0.5],"oi/masks/a, \"b\".png","x"]
END
	assert_file_equals got want
	# what is not here is named, and nothing is made up for it
	run -1 ds-export -q -f openimages --images none -o out rec
	[ "$(grep -c "error: cannot take the mask 'oi/masks/[^:]*': No such file or directory \[picture\]" <<<"$output")" -eq 3 ]
	[[ $output == *"warning: annotation is lost: openimages cannot hold it (1 in 1 sample, first p1) [loss]"* ]] # n.png
	[ ! -e out/annotations-object-segmentation.csv ]
	[ ! -e out/masks ]
}

@test "CreateML: a picture listed twice" {
	png a.png
	echo '[{"image":"a.png","annotations":[{"label":"x","coordinates":{"x":5,"y":5,"width":2,"height":2}}]},
{"image":"a.png","annotations":[]}]' >a.json
	ds-import -f createml a.json 2>err | jq -c 'select(.source)|.annotation|length' >got
	printf '%s\n' 1 0 >want
	assert_file_equals got want
	echo "a.json:2:1: warning: the source 'a.png' was there before; both samples stay [twice]" >want
	assert_file_equals err want
}

@test "YOLO: list files with absolute, Windows and relative paths" {
	mkdir -p set/images set/labels
	for i in a b c; do
		png set/images/$i.png
		echo '0 .5 .5 .1 .1' >set/labels/$i.txt
	done
	printf 'train: train.txt\nnames: [x]\n' >set/data.yaml
	printf '/home/u/set/images/a.png\r\nC:\\set\\images\\b.png\nimages\\c.png\n./images/c.png' >set/train.txt
	ds-import -f yolo set 2>err | jq -r 'select(.source)|[.source,.usage,(.annotation|length)]|@tsv' >got
	printf 'set/images/%s.png\tTRAIN\t1\n' a b c >want
	assert_file_equals got want
	[ ! -s err ]
}

@test "XML: entities are never followed, from outside or in a bomb" {
	echo secret >outside.txt
	for declared in '<!ENTITY e SYSTEM "outside.txt">' "<!ENTITY e SYSTEM \"file://$PWD/outside.txt\">" \
		'<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY e "&c;&c;&c;&c;&c;&c;&c;&c;">'; do
		echo "<!DOCTYPE annotation [$declared]><annotation><filename>a.png</filename><object><name>&e;</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>" >a.xml
		run -1 ds-import -f voc a.xml
		[[ $output == *'[xml]'* && $output != *secret* && $output != *aaaaaaaaaa* ]] || fail "$output"
		echo "<!DOCTYPE annotations [$declared]><annotations><image id=\"0\" name=\"a.png\" width=\"9\" height=\"9\"><tag label=\"&e;\"/></image></annotations>" >a.xml
		run -1 ds-import -f cvat a.xml
		[[ $output == *'[xml]'* && $output != *secret* && $output != *aaaaaaaaaa* ]] || fail "$output"
	done
}

@test "COCO: keypoints of two numbers, a skeleton from 0, boxes of no, negative and outside extent, at the edge" {
	cat >k.json <<'END'
{"images":[{"id":1,"file_name":"a.jpg","width":9,"height":9}],"annotations":[
{"id":1,"image_id":1,"category_id":1,"keypoints":[1,2,3,4],"num_keypoints":2,"bbox":[0,0,9,9]},
{"id":2,"image_id":1,"category_id":1,"bbox":[1,1,0,2]},
{"id":3,"image_id":1,"category_id":1,"bbox":[5,5,-2,2]},
{"id":4,"image_id":1,"category_id":1,"bbox":[5,5,7,2]}],"categories":[{"id":1,"name":"p","keypoints":["a","b"],"skeleton":[[0,1]]}]}
END
	must_fail 1 ds-import -f coco k.json >rec 2>err
	cat >want <<'END'
k.json:2:50: warning: "keypoints" must be numbers x, y, v by threes; kept as it is [coco]
k.json:3:45: warning: the box has no extent [coco]
k.json:4:45: error: the box has a negative width or height: left out [coco]
k.json:5:45: warning: the box reaches outside the picture of 9x9 [coco]
END
	assert_file_equals err want
	ds-export -q -f coco --images none -o back.json rec
	jq -S . back.json >one
	jq -S 'del(.annotations[2])' k.json >two
	assert_file_equals one two
}

@test "voc: corners of a polygon go by the numbers of their tags, as numbers" {
	mkdir d
	cat >d/a.xml <<-'END'
		<annotation><filename>a.jpg</filename><size><width>10</width><height>10</height><depth>3</depth></size>
		<object><name>p</name><polygon><x3>7</x3><y3>8</y3><x1>1</x1><y1>2</y1><x2>5</x2><y2>2</y2><x10>1</x10><y10>8</y10></polygon></object></annotation>
	END
	ds-import -q -f modelarts-voc d | jq -c '.annotation[]?' >got
	echo '{"name":"p","polygon":[[1,2,5,2,7,8,1,8]]}' >want
	assert_file_equals got want
}

@test "labelme: megabytes of imageData are passed over, and that is said" {
	mkdir d
	{
		printf '{"version":"5.0.1","flags":{},"shapes":[{"label":"a","points":[[1,1],[5,5]],"group_id":null,"shape_type":"rectangle","flags":{}}],"imagePath":"a.jpg","imageData":"'
		head -c 20000000 /dev/zero | tr '\0' A
		printf '","imageHeight":10,"imageWidth":10}'
	} >d/a.json
	ds-import -f labelme d >out 2>err
	[ "$(wc -c <out)" -lt 500 ]
	grep -q '^d/a.json: warning: the picture is only in imageData, which is left out \[labelme-image\]$' err
	jq -c '.annotation[]?' out >got
	echo '{"name":"a","bbox":[1,1,4,4]}' >want
	assert_file_equals got want
}

@test "line ends that are a CR alone: read where a row is a line, named elsewhere" {
	mkdir -p y k/label_2 d/labelTxt m a
	printf '0 0.5 0.5 0.2 0.4\r0 0.5 0.5 0.1 0.4\r' >y/a.txt
	[ "$(ds-import -q -f yolo y 2>/dev/null | jq -c '[.annotation[]?.bbox]' | tail -n 1)" = '[[0.4,0.3,0.2,0.4],[0.45,0.3,0.1,0.4]]' ]
	printf '0 0.5 0.5 0.2 0.4\n0 0.5 0.5 0.2 0.2\r0 0.5 0.5 0.1 0.4\n' >y/a.txt # not a polygon of four points
	[ "$(ds-import -q -f yolo y 2>/dev/null | jq -c '[.annotation[]?.bbox]' | tail -n 1)" = '[[0.4,0.3,0.2,0.4],[0.4,0.4,0.2,0.2],[0.45,0.3,0.1,0.4]]' ]
	printf 'Car 0 0 0 1 2 3 4 1 1 1 1 1 1 1\rVan 0 0 0 1 2 3 4 1 1 1 1 1 1 1\r' >k/label_2/a.txt
	[ "$(ds-import -f kitti k | jq -c '[.annotation[]?.name]' | tail -n 1)" = '["Car","Van"]' ]
	printf '1 1 2 1 2 2 1 2 car 0\r1 1 2 1 2 2 1 2 van 0\r' >d/labelTxt/a.txt
	[ "$(ds-import -f dota d | jq -c '[.annotation[]?.name]' | tail -n 1)" = '["car","van"]' ]
	printf 'a.jpg,1,2,3,4,cat\rb.jpg,1,2,3,4,dog\r' >r.csv
	[ "$(ds-import -f csv-retinanet r.csv | jq -r '.annotation[]?.name' | paste -s)" = $'cat\tdog' ]
	printf '{"text":"a","label":["x"]}\r{"text":"b","label":["y"]}\r' >j.jsonl
	[ "$(ds-import -f doccano j.jsonl | jq -r '.annotation[]?.name' | paste -s)" = $'x\ty' ]
	: >m/a.jpg
	printf 'cat\rdog\r' >m/a.txt
	[ "$(ds-import -f modelarts-image m | jq -c '[.annotation[]?.name]' | tail -n 1)" = '["cat","dog"]' ]
	printf 'EU B-ORG\rrejects O\r' >c.conll
	must_fail 1 ds-import -f conll c.conll 2>err
	grep -q '^c.conll:1:9: error: a CR stands alone here; lines should end with LF or CR LF \[conll-row\]' err
	: >a/x.wav
	printf '0.0\t1.0\ta\r1.0\t2.0\tb\r' >a/x.txt
	must_fail 1 ds-import -f audacity a 2>err
	grep -q '^a/x.txt:1:10: error: a CR stands alone here; lines should end with LF or CR LF \[audacity\]' err
}

@test "a folder whose label files say nothing, or have no objects, is a dataset of that; other files are named" {
	mkdir d
	for text in '' ' ' $'\n\n'; do
		printf '%s' "$text" >d/x.jsonl
		for format in azure doccano hf nemo sagemaker vertex; do
			ds-import -f $format d >out 2>err || fail "$format: $(cat err)"
			[ "$(wc -l <out)" -eq 1 ]
		done
	done
	rm d/x.jsonl
	while read -r format text; do
		printf '\xef\xbb\xbf%s\n' "$text" >d/x.json
		ds-import -f $format d >out 2>err || fail "$format: $(cat err)"
		[ "$(wc -l <out)" -eq 1 ]
	done <<'END'
coco []
coco {}
createml [ ]
labelstudio []
via {}
END
	echo '[{"image":"a.png","annotations":[]}]' >d/x.json
	[ "$(ds-import -f createml d | jq -c 'select(.source)|.annotation')" = '[]' ]
	echo '[{"data":{"image":"a.png"}}]' >d/x.json
	[ "$(ds-import -f labelstudio d | jq -c 'select(.source)|.source')" = '"d/a.png"' ]
	echo '{"a":1}' >d/other.json
	cp d/other.json d/third.json
	ds-import -f labelstudio d 2>err >out
	echo "d: note: 2 files do not look like labelstudio and were not read, first 'd/other.json' [not-read]" >want
	assert_file_equals err want
	mkdir sly
	echo '{"classes":[],"tags":[]}' >sly/meta.json
	ds-import -f supervisely sly
	printf 'names:\n' >sly/data.yaml
	mkdir sly/images
	png sly/images/a.png
	ds-import -f yolo sly 2>err >out
	[ ! -s err ] || fail "$(cat err)"
}

@test "a mask that leads out of the dataset's folder is left out; a picture is only named" {
	mkdir -p top/oi/masks
	png secret.png
	png top/oi/p1.png
	cat >top/oi/m.csv <<END
MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks
m.png,p1,/m/a,,,,,,,
$PWD/secret.png,p1,/m/a,,,,,,,
../../../secret.png,p1,/m/a,,,,,,,
../p1.png,p1,/m/a,,,,,,,
END
	must_fail 1 ds-import -f openimages top/oi >out 2>err
	jq -c '.annotation[]?.mask.source' out >got
	printf '"%s"\n' top/oi/masks/m.png top/oi/p1.png >want
	assert_file_equals got want
	printf 'top/oi/m.csv:%d:1: error: MaskPath leads out of the dataset'"'"'s folder; it should be a file in masks/ [csv-mask]\n' 3 4 >want
	assert_file_equals err want
	cat >pan.json <<END
{"images":[{"id":1,"file_name":"$PWD/secret.png","width":200,"height":100}],"categories":[{"id":1,"name":"x","isthing":1}],"annotations":[
{"image_id":1,"file_name":"../secret.png","segments_info":[{"id":1,"category_id":1}]},
{"image_id":1,"file_name":"$PWD/secret.png","segments_info":[{"id":1,"category_id":1}]},
{"image_id":1,"file_name":"p1.png","segments_info":[{"id":1,"category_id":1}]}]}
END
	must_fail 1 ds-import -f coco-panoptic pan.json >out 2>err
	jq -c 'select(.source)|[.source,(.annotation[]|.mask.source)]' out >got
	echo "[\"$PWD/secret.png\",\"pan/p1.png\"]" >want
	assert_file_equals got want
	printf 'pan.json:%d:27: error: "file_name" should be a PNG below the folder of the segments: left out [coco]\n' 2 3 >want
	grep -v warning err >said
	assert_file_equals said want
	# what leads elsewhere is not opened either
	if command -v strace >/dev/null && [ -z "$SANITIZER" ]; then
		strace -f -o calls ds-import -f coco-panoptic pan.json >/dev/null 2>&1 || true
		! grep 'open.*secret' calls
	fi
}

@test "label files in UTF-16 and in GBK, in each format of JSON, rows and CSV" {
	need_program iconv
	coco='{"images":[{"id":1,"file_name":"a.png","width":20,"height":10}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"area":12,"iscrowd":0}],"categories":[{"id":1,"name":"狗"}]}'
	labelme='{"version":"5.0.1","flags":{},"shapes":[{"label":"狗","points":[[1,2],[3,4]],"shape_type":"rectangle"}],"imagePath":"a.png","imageData":null,"imageHeight":10,"imageWidth":20}'
	csv_tf=$'filename,width,height,class,xmin,ymin,xmax,ymax\na.png,20,10,狗,1,2,3,4'
	doccano='{"text":"a狗","label":[[0,1,"狗"]]}'
	via='{"a.png1":{"filename":"a.png","size":1,"regions":[{"shape_attributes":{"name":"rect","x":1,"y":2,"width":3,"height":4},"region_attributes":{"class":"狗"}}],"file_attributes":{}}}'
	createml='[{"image":"a.png","annotations":[{"label":"狗","coordinates":{"x":10,"y":5,"width":3,"height":4}}]}]'
	labelstudio='[{"id":1,"data":{"image":"a.png"},"annotations":[{"result":[{"id":"a","type":"rectanglelabels","original_width":20,"original_height":10,"value":{"x":50,"y":20,"width":30,"height":40,"rotation":0,"rectanglelabels":["狗"]}}]}]}]'
	for format in coco labelme csv-tf doccano via createml labelstudio; do
		text=${format/-/_}
		mkdir plain wide local
		printf '%s\n' "${!text}" >plain/file.json
		[ $format != csv-tf ] || mv plain/file.json plain/file.csv
		file=$(basename plain/*)
		iconv -f UTF-8 -t UTF-16 plain/$file >wide/$file
		iconv -f UTF-8 -t GBK plain/$file >local/$file
		ds-import -f $format --name set plain/$file | sed 's#plain/##' >want
		grep -q '"name":"狗"' want
		ds-import -f $format --name set wide/$file | sed 's#wide/##' >got
		assert_file_equals got want
		ds-import -f $format --name set --encoding GBK local/$file | sed 's#local/##' >got
		assert_file_equals got want
		ds-import -f $format --name set - <wide/$file | sed 's#wide/##' >got
		[ "$(jq -c '.annotation' got)" = "$(jq -c '.annotation' want)" ]
		must_fail 1 ds-import -f $format local/$file 2>err
		grep -q "^local/$file:[0-9]*:[0-9]*: error: .*UTF-8" err
		rm -r plain wide local
	done
}

@test "names of classes of YOLO in GBK: --encoding, else they are named" {
	need_program iconv
	mkdir y
	: >y/a.png
	echo '0 .5 .5 .1 .1' >y/a.txt
	echo 狗 | iconv -f UTF-8 -t GBK >y/classes.txt
	must_fail 1 ds-import -f yolo y 2>err
	grep -q '^y/classes.txt:1:1: error: the name is not UTF-8; --encoding names another \[encoding\]$' err
	ds-import -f yolo --encoding GBK y 2>err | grep -q '"classes":\[{"name":"狗"'
	echo 'names: [狗]' | iconv -f UTF-8 -t GBK >y/data.yaml
	ds-import -f yolo --encoding GBK y 2>err | grep -q '"classes":\[{"name":"狗"'
}

@test "UTF-16 without -f, and in an archive" {
	need_program iconv
	mkdir set
	: >set/a.png
	printf '{"version":"5.0.1","flags":{},"shapes":[],"imagePath":"a.png","imageData":null,"imageHeight":10,"imageWidth":20}' |
		iconv -f UTF-8 -t UTF-16 >set/a.json
	ds-import set | head -n 1 | grep -q '"format":"labelme"'
	tar cf set.tar set
	ds-import set.tar | head -n 1 | grep -q '"format":"labelme"'
}

@test "a file that is read twice comes from a pipe, too" {
	echo '{"a.png1":{"filename":"a.png","size":1,"regions":[],"file_attributes":{}}}' >v.json
	ds-import -f via --name v - <v.json >got
	ds-import -f via --name v v.json >want
	assert_file_equals got want
}

@test "boxes without extent, with a negative one, outside: said in formats of all kinds, where their sample is" {
	png a.png
	cat >c.json <<'END'
[{"image":"b.png","annotations":[]},
 {"image":"a.png","annotations":[{"label":"x","coordinates":{"x":10,"y":10,"width":-4,"height":6}},{"label":"y","coordinates":{"x":10,"y":10,"width":20,"height":20}}]}]
END
	printf 'filename,width,height,class,xmin,ymin,xmax,ymax\na.png,200,100,x,0,0,200,100\na.png,200,100,x,10,16,14,10\nb.png,200,100,z,10,10,14,10\na.png,200,100,,10,10,14,200\n' >t.csv
	cat >x.jsonl <<'END'
{"imageGcsUri":"a.png","boundingBoxAnnotations":[{"displayName":"x","xMin":0,"yMin":0.1,"xMax":1.005,"yMax":1}]}
{"imageGcsUri":"b.png","boundingBoxAnnotations":[{"displayName":"x","xMin":0.1,"yMin":0.1,"xMax":20,"yMax":0.2}]}
END
	printf '{"file_name":"a.png","objects":{"bbox":[%s],"categories":["x"]}}\n' '[1e400,1,2,2]' '[1,1,2,0]' >metadata.jsonl
	{
		ds-import -f createml c.json
		ds-import -f csv-tf t.csv
		ds-import -f vertex x.jsonl
		ds-import -f hf metadata.jsonl
	} 2>err >out || true
	grep -v 'twice' err >said
	cat >want <<'END'
c.json:2:2: warning: box 1 (x) has a negative width or height; it stays [box]
t.csv:2:1: warning: box 3 reaches outside the picture; it stays [box]
t.csv:4:1: warning: box 1 (z) has no extent; it stays [box]
x.jsonl:2:1: warning: box 1 (x) reaches outside the picture; it stays [box]
metadata.jsonl:1:41: error: an object needs a "bbox" [x,y,w,h] [hf]
metadata.jsonl:2:1: warning: box 1 (x) has no extent; it stays [box]
END
	assert_file_equals said want
}

@test "rows and lists that do not agree: sizes of a picture, lengths of columns, a flag" {
	printf 'filename,width,height,class,xmin,ymin,xmax,ymax\na.png,9,9,x,1,1,2,2\na.png,9,9,x,1,1,2,2\na.png,10,9,x,1,1,2,2\na.png,x,9,x,1,1,2,2\na.png,,,x,1,1,2,2\n' >t.csv
	ds-import -f csv-tf t.csv 2>err | jq -c 'select(.source)|[.width,(.annotation|length)]' >got
	echo '[9,5]' >want
	assert_file_equals got want
	printf 't.csv:%d:1: warning: width and height should be those of the picture'"'"'s first row (line 2), which count [csv-size]\n' 4 5 >want
	assert_file_equals err want
	echo '{"file_name":"a.png","objects":{"bbox":[[1,1,2,2],[2,2,3,3]],"categories":["x"]}}' >metadata.jsonl
	ds-import -f hf metadata.jsonl 2>err | jq -c '.annotation[]?|[.name,.bbox]' >got
	printf '%s\n' '["x",[1,1,2,2]]' '[null,[2,2,3,3]]' >want
	assert_file_equals got want
	echo 'metadata.jsonl:1:32: warning: the lists of "objects" should be of one length: some objects lack a part [hf]' >want
	assert_file_equals err want
	echo '<annotations><image id="0" name="a.png" width="200" height="100"><box label="x" xtl="1" ytl="1" xbr="2" ybr="2" occluded="5"/></image></annotations>' >c.xml
	ds-import -f cvat c.xml 2>err >out
	echo "c.xml:1:66: warning: \"occluded\" should be 0 or 1, not '5': left out [cvat]" >want
	assert_file_equals err want
}
