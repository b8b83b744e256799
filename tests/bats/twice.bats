# twice.bats: nothing that comes twice is silent. One small dataset a format in which a picture, a text or an id is there
# again; what comes out and what is said.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

png() {
	mkdir -p "$(dirname "$1")"
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >"$1"
}

# try FORMAT FILE: sources and ids, then what is said of them
try() {
	ds-import -f "$1" "$2" 2>err | jq -c 'select(.source)|[.source,.id]' | tr '\n' ' '
	echo
	sed -n 's/ was there before; both samples stay \[twice\]$//p' err
}

@test "JSON lists and objects" {
	{
		echo '{"images":[{"id":1,"file_name":"a.jpg"},
{"id":2,"file_name":"a.jpg"},
{"id":3,"file_name":"A.jpg"},{"id":4,"coco_url":"http://x/y/a.jpg"},
{"id":5,"coco_url":"http://x/y/a.jpg"}],"annotations":[],"categories":[]}' >coco.json
		try coco coco.json
		echo '[{"id":1,"data":{"image":"a.jpg"},"annotations":[]},
{"id":1,"data":{"image":"b.jpg"},"annotations":[]},
{"id":2,"data":{"image":"b.jpg"},"annotations":[]}]' >ls.json
		try labelstudio ls.json
		echo '{"a":{"filename":"a.jpg","size":1,"regions":[],"file_attributes":{}},
"b":{"filename":"a.jpg","size":2,"regions":[],"file_attributes":{}},
"c":{"filename":"a.jpg","size":1,"regions":[],"file_attributes":{}}}' >via.json
		try via via.json
		echo '[{"image":"a.jpg","annotations":[]},
{"image":"a.jpg","annotations":[]}, {"image":"a.png","annotations":[]}]' >createml.json
		try createml createml.json
		echo '<annotations><image id="0" name="a.jpg" width="2" height="2"/>
<image id="0" name="b.jpg" width="2" height="2"/>
 <image id="1" name="b.jpg" width="2" height="2"/></annotations>' >cvat.xml
		try cvat cvat.xml
	} >got
	cat >want <<'END'
["a.jpg",1] ["a.jpg",2] ["A.jpg",3] ["y/a.jpg",4] ["y/a.jpg",5] 
coco.json:2:1: warning: the source 'a.jpg'
coco.json:4:1: warning: the source 'y/a.jpg'
["a.jpg","1"] ["b.jpg","1"] ["b.jpg","2"] 
ls.json:2:1: warning: the id '1'
ls.json:3:1: warning: the source 'b.jpg'
["a.jpg","a"] ["a.jpg","a"] 
via.json:2:5: warning: the source 'a.jpg'
["a.jpg","a"] ["a.jpg","a"] ["a.png","a"] 
createml.json:2:1: warning: the source 'a.jpg'
createml.json:2:37: warning: the id 'a'
["a.jpg","a"] ["b.jpg","b"] ["b.jpg","b"] 
cvat.xml:3:2: warning: the source 'b.jpg'
END
	assert_file_equals got want
}

@test "JSON Lines: pictures, sounds, ids of texts; equal texts are no fault" {
	{
		cat >m.manifest <<'END'
{"source":"a.jpg"}
{"source":"s3://x/a"}
{"source":"s3:\/\/x/a"}
{"usage":"TRAIN","source":"./a.jpg"}
{"source":"content://x"}
{"source":"content://x"}
{"source":"A.jpg"}
{"source":"b/a.jpg"}
END
		try manifest m.manifest
		c='"c":0,"c-metadata":{"class-name":"x","type":"groundtruth/image-classification"}'
		printf '{"source-ref":"s3://b/a.jpg",%s}\n' "$c" "$c" >sagemaker.manifest
		try sagemaker sagemaker.manifest
		printf '{"imageGcsUri":"gs://b/a.jpg","classificationAnnotation":{"displayName":"%s"}}\n' x y >vertex.jsonl
		try vertex vertex.jsonl
		printf '{"image_url":"azureml://b/a.jpg","label":"%s"}\n' x y >azure.jsonl
		try azure azure.jsonl
		printf '{"file_name":"%s","label":1}\n' a.jpg a.jpg a.png s/a.jpg >metadata.jsonl
		try hf metadata.jsonl
		printf '{"id":%s,"text":"x","label":["a"]}\n' 1 '"1"' 2 >doccano.jsonl
		try doccano doccano.jsonl
		printf '{"audio_filepath":"a.wav","offset":%s,"duration":1,"text":"x"}\n' 0 1 >nemo.json
		printf '{"audio_filepath":"%s.wav","text":"x"}\n' b a >>nemo.json
		printf '{"audio_filepath":"b.wav","offset":1,"duration":1,"text":"x"}\n' >>nemo.json
		try nemo nemo.json
	} >got
	cat >want <<'END'
["a.jpg",null] ["s3://x/a",null] ["s3://x/a",null] ["a.jpg",null] ["content://x",null] ["content://x",null] ["A.jpg",null] ["b/a.jpg",null] 
m.manifest:3:11: warning: the source 's3://x/a'
m.manifest:4:27: warning: the source 'a.jpg'
["s3://b/a.jpg","sagemaker.000000001"] ["s3://b/a.jpg","sagemaker.000000002"] 
sagemaker.manifest:2:1: warning: the source 's3://b/a.jpg'
["gs://b/a.jpg","vertex.000000001"] ["gs://b/a.jpg","vertex.000000002"] 
vertex.jsonl:2:1: warning: the source 'gs://b/a.jpg'
["azureml://b/a.jpg","azure.000000001"] ["azureml://b/a.jpg","azure.000000002"] 
azure.jsonl:2:1: warning: the source 'azureml://b/a.jpg'
["a.jpg","a"] ["a.jpg","a"] ["a.png","a"] ["s/a.jpg","s/a"] 
metadata.jsonl:2:1: warning: the source 'a.jpg'
metadata.jsonl:3:1: warning: the id 'a'
["content://x",1] ["content://x","1"] ["content://x",2] 
doccano.jsonl:2:1: warning: the id '1'
["a.wav","nemo.000000001"] ["b.wav","nemo.000000003"] ["a.wav","nemo.000000004"] ["b.wav","nemo.000000005"] 
nemo.json:4:1: warning: the source 'a.wav'
nemo.json:5:1: warning: the source 'b.wav'
END
	assert_file_equals got want
}

@test "rows: those of a picture are gathered wherever they are; other names of one picture and of one recording" {
	{
		printf 'filename,width,height,class,xmin,ymin,xmax,ymax\n' >tf.csv
		printf '%s,9,9,x,1,1,2,2\n' a.jpg b.jpg a.jpg a ./a.jpg >>tf.csv
		try csv-tf tf.csv
		printf 'file_name,label\na.jpg,1\na.jpg,2\n' >metadata.csv
		try hf metadata.csv
		mkdir kaldi
		printf 'r1 a.wav\nr2 a.wav\n' >kaldi/wav.scp
		try kaldi kaldi
	} >got
	cat >want <<'END'
["a.jpg","a"] ["b.jpg","b"] ["a","a"] ["a.jpg","./a"] 
tf.csv:5:1: warning: the id 'a'
tf.csv:6:1: warning: the source 'a.jpg'
["a.jpg","a"] ["a.jpg","a"] 
metadata.csv:3:1: warning: the source 'a.jpg'
["a.wav","r1"] ["a.wav","r2"] 
kaldi/wav.scp:2:1: warning: the source 'a.wav'
END
	assert_file_equals got want
}

@test "folders: two extensions of one stem, two label files of one picture; one stem in two folders is fine" {
	{
		png yolo/images/a.jpg
		png yolo/images/a.png
		png yolo/images/s/a.jpg
		mkdir -p yolo/labels/s
		echo '0 .5 .5 .1 .1' | tee yolo/labels/s/a.txt >yolo/labels/a.txt
		printf 'names: [x]\ntrain: images\n' >yolo/data.yaml
		try yolo yolo
		png imagenet/x/a.jpg
		png imagenet/x/a.png
		png imagenet/y/a.png
		try imagenet imagenet
		png modelarts/a.jpg
		png modelarts/a.png
		echo x >modelarts/a.txt
		try modelarts-image modelarts
		png voc/JPEGImages/a.jpg
		mkdir voc/Annotations
		for i in a b; do
			echo '<annotation><filename>a.jpg</filename><size><width>2</width><height>2</height></size></annotation>' >voc/Annotations/$i.xml
		done
		try voc voc
		for i in a.jpg a.png; do
			png sly/d/img/$i
			mkdir -p sly/d/ann
			echo '{"size":{"width":2,"height":2},"tags":[],"objects":[]}' >sly/d/ann/$i.json
		done
		echo '{"classes":[],"tags":[]}' >sly/meta.json
		try supervisely sly
		png labelme/a.png
		for i in a b; do
			echo '{"version":"5","flags":{},"shapes":[],"imagePath":"a.png","imageData":null,"imageHeight":1,"imageWidth":1}' >labelme/$i.json
		done
		try labelme labelme
	} >got
	cat >want <<'END'
["yolo/images/a.jpg","a"] ["yolo/images/a.png","a"] ["yolo/images/s/a.jpg","s/a"] 
yolo/images/a.png: warning: the id 'a'
["imagenet/x/a.jpg","x/a"] ["imagenet/x/a.png","x/a"] ["imagenet/y/a.png","y/a"] 
imagenet/x/a.png: warning: the id 'x/a'
["modelarts/a.jpg","a"] ["modelarts/a.png","a"] 
modelarts/a.png: warning: the id 'a'
["voc/JPEGImages/a.jpg","a"] ["voc/JPEGImages/a.jpg","b"] 
voc/Annotations/b.xml: warning: the source 'voc/JPEGImages/a.jpg'
["sly/d/img/a.jpg","d/a"] ["sly/d/img/a.png","d/a"] 
sly/d/ann/a.png.json: warning: the id 'd/a'
["labelme/a.png","a"] ["labelme/a.png","b"] 
labelme/b.json: warning: the source 'labelme/a.png'
END
	assert_file_equals got want
}

@test "a hundred are named, then they are counted; what an option leaves out was not there; operands are sets of their own" {
	for ((i = 0; i < 203; i++)); do
		echo '{"source":"a.jpg","annotation":[{"name":"x"}]}'
	done >m.manifest
	ds-import -f manifest m.manifest 2>err >out
	[ "$(wc -l <out)" -eq 204 ]
	[ "$(grep -c "^m.manifest:[0-9]*:11: warning: the source 'a.jpg' was there" err)" -eq 100 ]
	tail -n 1 err >got
	echo 'm.manifest: warning: 202 samples in all have a source or an id that was there before [twice]' >want
	assert_file_equals got want
	printf '{"source":"a.jpg","annotation":[{"name":"%s"}]}\n' x y >m.manifest
	ds-import -f manifest --exclude-class y m.manifest 2>err >out
	[ ! -s err ]
	echo '{"source":"b.jpg"}' >n.manifest
	ds-import -f manifest n.manifest n.manifest 2>err >out
	[ ! -s err ]
}

@test "names are remembered up to a limit, which is said" {
	for i in a b c a c d b; do
		echo '{"source":"'$i.jpg'"}'
	done >m.manifest
	ds-import -f manifest --max-names 2 m.manifest 2>err >out
	cat >want <<'END'
m.manifest:4:11: warning: the source 'a.jpg' was there before; both samples stay [twice]
m.manifest:7:11: warning: the source 'b.jpg' was there before; both samples stay [twice]
m.manifest: note: after 2 sources and ids no more were remembered: what comes twice among the other 3 is not found (--max-names) [max-names]
END
	assert_file_equals err want
	ds-import -f manifest --max-names 0 m.manifest 2>err >out
	[ ! -s err ]
	[ "$(wc -l <out)" -eq 8 ]
}

@test "no false alarm among 200000 sources and ids" {
	awk 'BEGIN { print "["; for (i = 0; i < 100000; i++) printf "{\"image\":\"%x.jpg\",\"annotations\":[]},\n", i; print "{\"image\":\"x\"}]" }' >c.json
	ds-import -f createml c.json 2>err >out
	[ "$(wc -l <out)" -eq 100002 ]
	[ ! -s err ]
}
