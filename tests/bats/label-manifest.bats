# label-manifest.bats: ModelArts manifests in and out.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p V001/annotation
	cat >V001/annotation/a.xml <<'END'
<annotation>
	<folder>NA</folder>
	<filename>a.jpg</filename>
	<source>
		<database>Unknown</database>
	</source>
	<size>
		<width>20</width>
		<height>10</height>
		<depth>3</depth>
	</size>
	<segmented>0</segmented>
	<object>
		<name>cat</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<occluded>0</occluded>
		<difficult>1</difficult>
		<bndbox>
			<xmin>0</xmin>
			<ymin>1</ymin>
			<xmax>5</xmax>
			<ymax>10</ymax>
		</bndbox>
	</object>
	<object>
		<name>eye</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<occluded>0</occluded>
		<difficult>0</difficult>
		<circle>
			<cx>3</cx>
			<cy>4</cy>
			<r>1.50</r>
		</circle>
	</object>
</annotation>
END
}

manifest() {
	cat >V001/V001.manifest
}

@test "a detection line becomes its objects; with who labelled it, and when" {
	manifest <<'END'
{"source":"s3://b/data/a.jpg","usage":"train","id":"x1","hard":"true","annotation":[{"type":"modelarts/image_classification","name":"indoor"},{"annotation-format":"PASCAL VOC","type":"modelarts/object_detection","annotation-loc":"s3://b/out/annotation/a.xml","creation-time":"2019-02-20 03:16:58","annotated-by":"human"}]}
END
	ds-import V001 >got
	cat >want <<'END'
{"dataset":{"name":"V001","format":"manifest"}}
{"source":"s3://b/data/a.jpg","usage":"TRAIN","id":"x1","hard":"true","annotation":[{"type":"modelarts/image_classification","name":"indoor"},{"name":"cat","bbox":[0,1,5,9],"truncated":false,"occluded":false,"difficult":true,"property":{"pose":"Unspecified"},"annotated-by":"human","creation-time":"2019-02-20 03:16:58"},{"name":"eye","circle":[3,4,1.50],"truncated":false,"occluded":false,"difficult":false,"property":{"pose":"Unspecified"},"annotated-by":"human","creation-time":"2019-02-20 03:16:58"}],"width":20,"height":10,"voc":{"folder":"NA","filename":"a.jpg","source":{"database":"Unknown"},"size":{"depth":"3"},"segmented":"0"},"manifest":[{"annotation-format":"PASCAL VOC","type":"modelarts/object_detection","annotation-loc":"s3://b/out/annotation/a.xml","creation-time":"2019-02-20 03:16:58","annotated-by":"human"}]}
END
	assert_file_equals got want
	# A file instead of the folder finds the same.
	ds-import --name V001 V001/V001.manifest >file
	assert_file_equals file want
	# And back: the line points to a file of the export, the rest is as it was.
	ds-export -f manifest -o out got 2>err
	[ ! -s err ]
	sed 's|s3://b/out|.|; s|"train"|"TRAIN"|' V001/V001.manifest >want
	assert_file_equals out/V001.manifest want
	assert_file_equals out/annotation/a.xml V001/annotation/a.xml
}

@test "text, entities, relations, sound and speech have their fields, and go back" {
	manifest <<'END'
{"source":"content://I like it","annotation":[{"type":"modelarts/text_classification","name":" positive","property":{"@modelarts:color":"#3399ff"}}],"usage":"TRAIN","id":"7e.000000001"}
{"source":"content://Bob is from Shenzhen","annotation":[{"type":"modelarts/text_entity","id":"E1","name":"person","property":{"@modelarts:start_index":0,"@modelarts:end_index":3}},{"type":"modelarts/text_entity","id":"E2","name":"place","property":{"note":"x","@modelarts:start_index":12,"@modelarts:end_index":20}},{"type":"modelarts/text_triplet","id":"R1","name":"lives in","property":{"@modelarts:from":"E1","@modelarts:to":"E2"}}],"usage":"EVAL"}
{"source":"s3://b/a.wav","annotation":[{"type":"modelarts/audio_content","property":{"@modelarts:content":"di da \"di\""},"confidence":0.80}]}
{"source":"s3://b/c.wav","annotation":[{"type":"modelarts/audio_segmentation","property":{"@modelarts:source":"alto","@modelarts:start_time":"00:01:02.500","@modelarts:end_time":"01:00:03.007","@modelarts:content":"hi"}}]}
{"source":"s3://b/d.csv","source-type":"CarbonData","property":{"@modelarts:schema":[{"name":"age","type":"int"}]}}
{"source":"s3://b/flower.jpg","annotation":[{"name":"sunflowers","property":"[{\"type\":0,\"property\":{}}]","type":"modelarts/image_classification"}]}
END
	ds-import -f manifest V001 >got
	jq -c 'select(.source)|.annotation[]?|[.span,.unit,.from,.to,.time,.text]' got >fields
	cat >want <<'END'
[null,null,null,null,null,null]
[[0,3],"codepoint",null,null,null,null]
[[12,20],"codepoint",null,null,null,null]
[null,null,"E1","E2",null,null]
[null,null,null,null,null,"di da \"di\""]
[null,null,null,null,[62.5,3603.007],"hi"]
[null,null,null,null,null,null]
END
	assert_file_equals fields want
	grep -qF '"type":"modelarts/audio_segmentation","time":[62.500,3603.007],"text":"hi","speaker":"alto"}' got
	ds-export -f manifest -o out got
	jq -cS . V001/V001.manifest >want
	jq -cS . out/V001.manifest >back
	assert_file_equals back want
}

@test "faults of the world: each has its outcome" {
	manifest <<'END'
{"source ":"s3://b/blank.jpg","usage":"Eval"}
{"source":"s3://b/null.jpg","annotation":null}
{"source":"s3://b/empty.jpg","annotation":[]}
{"source":"s3://b/gone.jpg","annotation":[{"type":"modelarts/object_detection","annotation-loc":"s3://b/gone.xml"}]}
{"source":"s3://b/noloc.jpg","annotation":[{"type":"modelarts/object_detection"}]}
{"source":"s3://b/old.jpg","annotation":[{"type":"modelarts/object_detection","annotation_loc":"./annotation/a.xml"}]}
{"source":"a "quote".jpg"}
{"usage":"TRAIN"}
{"source":"./data/rel.jpg"}
{"source":"s3://b/up.jpg","annotation":[{"type":"modelarts/object_detection","annotation-loc":"../../../../etc/passwd"}]}
END
	run -1 --separate-stderr ds-import -v -f manifest V001
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
V001/V001.manifest:1:1: warning: the key "source " has a blank; taken for "source" [manifest]
V001/V001.manifest:4:97: error: the file 's3://b/gone.xml' is not here, not by a tail of its path either [manifest-loc]
V001/V001.manifest:5:44: error: an annotation of this type needs "annotation-loc" [manifest]
V001/V001.manifest:7:15: error: ',' or '}' should be here [json]
V001/V001.manifest:8:1: error: a record needs "source" (a sample) or "dataset" (a header) [record]
V001/V001.manifest:10:95: error: the file '../../../../etc/passwd' is not here, not by a tail of its path either [manifest-loc]
ds-import: 2 label files read, 0 of them bad
ds-import: 8 samples with 5 annotations given
ds-import: 2 samples and 0 annotations left out
END
	assert_file_equals got want
	[ "${lines[1]}" = '{"source":"s3://b/blank.jpg","usage":"EVAL"}' ]
	[ "${lines[2]}" = '{"source":"s3://b/null.jpg"}' ]
	[ "${lines[3]}" = '{"source":"s3://b/empty.jpg"}' ]
	[[ "${lines[6]}" == *'"bbox":[0,1,5,9]'* ]]
	[ "${lines[7]}" = '{"source":"V001/data/rel.jpg"}' ]
}

@test "records of other formats: boxes to a VOC file, pictures below data/" {
	echo p >a.jpg
	mkdir b && echo q >b/a.jpg
	cat >in <<'END'
{"dataset":{"name":"pets/cats","classes":[{"name":"cat"}]}}
{"source":"a.jpg","width":20,"height":10,"usage":"TRAIN","annotation":[{"name":"cat","bbox":[1,2,3,4]},{"bbox":[0,0,1,1]}]}
{"source":"b/a.jpg","annotation":[{"name":"dog"}]}
END
	run -0 --separate-stderr ds-export -f manifest -o out in
	[ "$stderr" = 'in:2: warning: annotation is lost: manifest cannot hold it (1 in 1 sample, first a.jpg) [loss]' ]
	cat >want <<'END'
{"source":"./data/a.jpg","usage":"TRAIN","annotation":[{"type":"modelarts/object_detection","annotation-format":"PASCAL VOC","annotation-loc":"./annotation/a.xml"}]}
{"source":"./data/a-2.jpg","annotation":[{"name":"dog","type":"modelarts/image_classification"}]}
END
	assert_file_equals "out/pets_cats.manifest" want
	cmp out/data/a-2.jpg b/a.jpg
	ds-import -f manifest out | jq -c 'select(.source)|[.source,[.annotation[]|[.name,.bbox]]]' >got
	cat >want <<'END'
["out/data/a.jpg",[["cat",[1,2,3,4]]]]
["out/data/a-2.jpg",[["dog",null]]]
END
	assert_file_equals got want
}

@test "the manifests of the SDK come back" {
	need_corpora labels/modelarts
	for f in "$DSUTILS_CORPORA"/labels/modelarts/resources/*.manifest; do
		# A sample with two VOC files gets one. Lines that point nowhere are errors, and still come back.
		ds-import -f manifest "$f" >got 2>err || [ $? -eq 1 ]
		ds-export -q -f manifest --images none -o out got 2>/dev/null
		one='if .annotation then .annotation |= [.[]|select(.["annotation-loc"]|not)]
			+ [first(.[]|select(.["annotation-loc"])|.["annotation-loc"]=1)] else . end'
		jq -cS "$one" out/*.manifest >back
		jq -cS "$one | if .usage then .usage|=ascii_upcase else . end" "$f" >want
		assert_file_equals back want
		rm -r out
	done
}

@test "VOC to manifest and back keeps every number" {
	need_corpora datasets/bccd
	ds-import -f voc "$DSUTILS_CORPORA/datasets/bccd" >voc
	ds-export -f manifest --images none -o out voc
	ds-import -f manifest out >back
	jq -c 'select(.source)|[.source,.usage,.annotation]' voc >want
	jq -c 'select(.source)|[.source,.usage,(.annotation|map(del(.occluded)))]' back >got
	assert_file_equals got want
}

@test "video frames, tables, masks and old spellings: typed where records have a field, and nothing is lost" {
	manifest <<'END'
{"source":"s3://b/v_t1.jpg","sample-type":0,"property":{"@modelarts:parent_duration":12.5,"@modelarts:parent_source":"s3://b/v.mp4","@modelarts:time_in_video":1.25},"annotation":[{"type":"modelarts/object_detection","annotation-loc":"s3://b/out/annotation/a.xml"}]}
{"source":"s3://b/t.csv","sample-type":4,"property":{"@modelarts:schema":[{"name":"a","type":"INTEGER"}]}}
{"source":"s3://b/x.wav","annotation":[{"type":"modelarts/sound_classification","name":"dog","annotated_by":"human/x/x","creation_time":"2019-01-01 00:00:00"}]}
{"source":"content://Bob is from Shenzhen","annotation":[{"type":"modelarts/text_entity","name":"p","property":"{\"@modelarts:start_index\":0,\"@modelarts:end_index\":3,\"k\":1}"},{"type":"modelarts/text_entity","name":"far","property":{"@modelarts:start_index":12,"@modelarts:end_index":21}}]}
{"source":"s3://b/y.wav","annotation":[{"type":"modelarts/audio_content","property":{"@modelarts:content":"hi","@modelarts:source":"bob","k":2}}]}
{"source":"s3://b/x.jpg","inference_loc":"s3://b/inf","annotation":[{"type":"modelarts/image_segmentation","annotation_loc":"./annotation/seg.xml","annotation_format":"PASCAL VOC"}]}
END
	sed -n '1,/<segmented>/p' V001/annotation/a.xml | sed 's/a.jpg/x.jpg/; s|<segmented>0|<segmented>1|; s|^\t<size>|\t<mask_source>s3://b/mask.png</mask_source>\n&|' >V001/annotation/seg.xml
	cat >>V001/annotation/seg.xml <<'END'
	<object>
		<name>cat</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<occluded>0</occluded>
		<difficult>0</difficult>
		<mask_color>10,20,30</mask_color>
		<polygon>
			<x1>0</x1>
			<y1>0</y1>
			<x2>5</x2>
			<y2>0</y2>
			<x3>5</x3>
			<y3>5</y3>
			<x4>0</x4>
			<y4>0</y4>
		</polygon>
	</object>
</annotation>
END
	run -0 --separate-stderr ds-import V001/V001.manifest
	[ "$stderr" = 'V001/V001.manifest:4:181: warning: the entity from 12 to 21 does not lie in the text, which has 20 characters [manifest-span]' ]
	printf '%s\n' "$output" >got
	jq -c 'select(.source)|[.annotation[]?|[.name,.bbox,.polygon,.mask,.span,.text,.speaker,."annotated-by",."creation-time",.property.k]|map(values)]' got >fields
	cat >want <<'END'
[["cat",[0,1,5,9]],["eye"]]
[]
[["dog","human/x/x","2019-01-01 00:00:00"]]
[["p",[0,3],1],["far",[12,21]]]
[["hi","bob",2]]
[["cat",[[0,0,5,0,5,5,0,0]],{"source":"s3://b/mask.png","color":[10,20,30]}]]
END
	assert_file_equals fields want
	ds-export -f manifest -o out got
	assert_file_equals out/annotation/x.xml V001/annotation/seg.xml
	# The same lines, with today's spelling.
	jq -cS 'if .annotation then .annotation |= map(with_entries(.key|=sub("_(?<x>by|time|loc|format)$";"-\(.x)"))
		| if .property|type=="string" then .property|=fromjson else . end
		| if .["annotation-loc"] then .["annotation-loc"]=1 else . end) else . end' V001/V001.manifest >want
	jq -cS 'if .annotation then .annotation |= map(if .["annotation-loc"] then .["annotation-loc"]=1 else . end) else . end' out/V001.manifest >back
	assert_file_equals back want
}

@test "times finer than milliseconds are rounded, and that is said" {
	echo '{"source":"a.wav","annotation":[{"time":[0.1234,2],"text":"x"},{"time":[0.25,3599.999],"text":"y"}]}' >in
	run -0 --separate-stderr ds-export -f manifest --images none -o out in
	[ "$stderr" = 'in:1: warning: annotation.time-finer-than-ms is lost: manifest cannot hold it (1 in 1 sample, first a.wav) [loss]' ]
	ds-import -f manifest out | jq -c 'select(.source)|[.annotation[].time]' >got
	echo '[[0.123,2.000],[0.250,3599.999]]' | jq -c . >want
	assert_file_equals got want
}

# A version of ModelArts' image segmentation: two cats in one colour and a dog on 6 x 4.
segmentation() {
	need_program python3
	local to=ma/annotation/V001
	mkdir -p $to/annotation/segmentationClassRaw
	printf '0 8388736 8388736 0 8388736 8388736\n0 8388736 8388736 0 8388736 8388736\n0 0 0 0 0 0\n32768 32768 0 0 0 0\n' |
		python3 "$srcdir/tests/png.py" $to/annotation/segmentationClassRaw/a.png rgb 8
	shape() {
		printf '<object><name>%s</name><pose>Unspecified</pose><truncated>0</truncated><occluded>0</occluded><difficult>0</difficult><mask_color>%s</mask_color><polygon><x1>%s</x1><y1>%s</y1><x2>%s</x2><y2>%s</y2><x3>%s</x3><y3>%s</y3><x4>%s</x4><y4>%s</y4></polygon></object>' "$@"
	}
	{
		printf '<annotation><folder>NA</folder><filename>a.png</filename><source><database>Unknown</database></source><size><width>6</width><height>4</height><depth>3</depth></size><mask_source>obs://b/out/annotation/V001/annotation/segmentationClassRaw/a.png</mask_source><segmented>1</segmented>'
		shape cat 128,0,128 1 0 3 0 3 2 1 2
		shape cat 128,0,128 4 0 6 0 6 2 4 2
		shape dog 0,128,0 0 3 2 3 2 4 0 4
		printf '</annotation>'
	} >$to/annotation/a.xml
	echo '{"source":"s3://b/data/a.png","usage":"TRAIN","annotation":[{"type":"modelarts/image_segmentation","annotation-format":"PASCAL VOC","annotation-loc":"s3://b/out/annotation/V001/annotation/a.xml"}]}' >$to/V001.manifest
}

# Class, box and area of each annotation in COCO.
areas() {
	ds-export -q -f coco --mask-to rle --images none -o areas.json --force "$1" 2>/dev/null
	jq -c '. as $all|.annotations[]|[(.category_id as $c|$all.categories[]|select(.id==$c).name),.bbox,.area]' areas.json
}

@test "image segmentation: masks are found, and go to VOC, COCO, YOLO and back" {
	need_program jq
	segmentation
	ds-import -q ma >got
	jq -c '.annotation[]?.mask' got | sort -u >short
	cat >want <<'END'
{"source":"ma/annotation/V001/annotation/segmentationClassRaw/a.png","color":[0,128,0]}
{"source":"ma/annotation/V001/annotation/segmentationClassRaw/a.png","color":[128,0,128]}
END
	assert_file_equals short want
	# two objects have one colour: it is their outlines that tell them apart
	printf '%s\n' '["cat",[1,0,2,2],4]' '["cat",[4,0,2,2],4]' '["dog",[0,3,2,1],2]' >want
	areas got >short
	assert_file_equals short want
	for f in voc coco "yolo --yolo-task segment" manifest modelarts-voc coco-panoptic; do
		rm -rf out
		ds-export -q -f $f --images none -o out got 2>/dev/null
		ds-import -q -f ${f%% *} out 2>/dev/null | jq -c 'if .source then .width=6|.height=4 else . end' >back
		areas back >short
		cmp -s short want || { echo "$f:" && cat short; }
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
	# the PNG goes along
	ds-export -q -f manifest -o copy got
	cmp copy/annotation/segmentationClassRaw/a.png ma/annotation/V001/annotation/segmentationClassRaw/a.png
	grep -q '<mask_source>./annotation/segmentationClassRaw/a.png</mask_source>' copy/annotation/a.xml
	[ "$(ds-import -q copy | jq -r '.annotation[2]?.mask.source//empty')" = copy/annotation/segmentationClassRaw/a.png ]
}

@test "image segmentation: pictures are painted from pixels and polygons when they are wished" {
	need_program jq
	need_program python3
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"dog"},{"name":"cat"}]}}
{"source":"s3://b/a.png","id":"a","width":6,"height":4,"annotation":[{"name":"cat","bbox":[1,0,2,2],"rle":{"size":[4,6],"counts":[4,2,2,2,14]}},{"name":"dog","polygon":[[4,0,6,0,6,2,4,2]]}]}
END
	ds-export -f manifest --mask-to png -o out in.jsonl 2>err
	[ ! -s err ] || fail "$(cat err)"
	sed -n 's/^\t*<\(mask_color\|mask_source\|segmented\)>\(.*\)<.*/\2/p' out/annotation/a.xml >short
	printf '%s\n' ./annotation/segmentationClassRaw/a.png 1 0,128,0 128,0,0 >want
	assert_file_equals short want
	[ "$(jq -r '.annotation[0].type' out/set.manifest)" = modelarts/image_segmentation ]
	# the PNG says the same: of it alone
	ds-import -q out | jq -c 'if .source then .annotation|=map(del(.polygon)|del(.bbox)) else . end' >back
	areas back >short
	printf '%s\n' '["cat",[1,0,2,2],4]' '["dog",[4,0,2,2],4]' >want
	assert_file_equals short want
	ds-export -q -f modelarts-voc --mask-to png -o flat in.jsonl
	cmp flat/segmentationClassRaw/a.png out/annotation/segmentationClassRaw/a.png
	grep -q '<mask_source>segmentationClassRaw/a.png</mask_source>' flat/a.xml
	[ "$(ds-import -q -f modelarts-voc flat | jq -r '.annotation[0]?.mask.source//empty')" = flat/segmentationClassRaw/a.png ]
	# two pictures of one name
	{ cat in.jsonl && sed '1d; s|/a.png|/c/a.png|; s/"id":"a"/"id":"c"/' in.jsonl; } >twice.jsonl
	for f in manifest modelarts-voc; do
		ds-export -q -f $f --mask-to png -o "twice-$f" twice.jsonl
		[ "$(find "twice-$f" -name '*.png' | wc -l)" -eq 2 ]
		grep -q segmentationClassRaw/a-2.png "$(find "twice-$f" -name a-2.xml)"
	done
	ds-export -q -f manifest -o plain in.jsonl
	[ ! -e plain/annotation/segmentationClassRaw ]
}

@test "lines come back byte for byte: reserved keys where they were, blanks, numbers" {
	manifest <<'END'
{"annotation":[{"name":"who","property":{"@modelarts:start_index":0,"@modelarts:end_index":3},"type":"modelarts/text_entity","id":"E1"},{"property":{"k":1.10,"@modelarts:start_index":"12","@modelarts:end_index":20}, "name":"place","type":"modelarts/text_entity","id":"E2" },{"type":"modelarts/text_triplet","property":{"@modelarts:from":"E1","@modelarts:to":"E2"},"id":"R1","name":"from"}],"source":"content://Bob is from Shenzhen","id":"1"}
{"annotation":[{"property":{"@modelarts:content":"di da"},"type":"modelarts/audio_content","confidence": 0.80}],"source":"s3://b/a.wav"}
{"source":"s3://b/a.wav","annotation":[{"type":"modelarts/audio_segmentation","property":{"@modelarts:start_time":"00:01:10.123","@modelarts:end_time":"00:01:15.456","@modelarts:source":"Tom","@modelarts:content":"How are you?"},"annotated-by":"human"}]}
END
	ds-import V001 >got
	ds-export -f manifest --images none -o out got
	sed 's/"12"/12/' V001/V001.manifest >want
	assert_file_equals out/V001.manifest want
	# A member of the record's own name is not written twice.
	echo '{"source":"content://ab","annotation":[{"span":[7,8],"type":"modelarts/text_entity","name":"n","property":{"@modelarts:start_index":0,"@modelarts:end_index":1}}]}' >x.manifest
	[ "$(ds-import -q -f manifest x.manifest | tail -n 1)" = '{"source":"content://ab","annotation":[{"span":[0,1],"type":"modelarts/text_entity","name":"n","unit":"codepoint"}]}' ]
}

@test "the manifests of the SDK come back byte for byte, but for the place of VOC files and the case of usage" {
	need_corpora labels/modelarts
	for f in "$DSUTILS_CORPORA"/labels/modelarts/resources/*.manifest; do
		ds-import -f manifest "$f" >got 2>err || [ $? -eq 1 ]
		ds-export -q -f manifest --images none -o out got 2>/dev/null
		case $f in */detect-multi-local* | */detect-multi-s3*) ;; # the last line has two VOC files
		*)
			sed -E 's/("usage":)"train"/\1"TRAIN"/; s/("usage":)"inference"/\1"INFERENCE"/; $a\' "$f" >want
			cmp out/*.manifest want
			;;
		esac
		rm -r out
	done
}

@test "texts with characters above U+FFFF: counted as one each, which is said; other units are converted" {
	cat >in <<'END'
{"source":"content://😀 Bob","annotation":[{"name":"p","span":[3,6],"unit":"utf-16"},{"name":"q","span":[5,8],"unit":"byte"}]}
{"source":"s3://b/t.txt","annotation":[{"name":"p","span":[3,6],"unit":"utf-16"}]}
{"source":"content://😀","annotation":[{"name":"p","span":[0,9],"unit":"utf-16"}]}
END
	run -0 --separate-stderr ds-export -f manifest --images none -o out in
	[ "$stderr" = 'in:2: warning: annotation.unit is lost: manifest cannot hold it (2 in 2 samples, first s3://b/t.txt) [loss]' ]
	jq -c '[.annotation[].property|.["@modelarts:start_index"],.["@modelarts:end_index"]]' out/dataset.manifest >got
	printf '%s\n' '[2,5,2,5]' '[3,6]' '[0,9]' >want
	assert_file_equals got want
	# Characters for doccano, UTF-16 units for Label Studio.
	head -n 1 out/dataset.manifest >one.manifest
	run -0 --separate-stderr ds-import -f manifest one.manifest
	[ "$stderr" = 'one.manifest:1:46: note: 1 texts with entities have characters above U+FFFF, first here: each is counted as one, and ModelArts does not say whether it does so [manifest-span]' ]
	printf '%s\n' "$output" >one
	ds-export -q -f doccano -o dc one
	cat dc/*.jsonl | jq -c '.label // .entities' >got
	ds-export -q -f labelstudio -o ls one
	jq -c '[.[0].annotations[0].result[].value|[.start,.end,.text]]' ls/tasks.json >>got
	printf '%s\n' '[[2,5,"p"],[2,5,"q"]]' '[[3,6,"Bob"],[3,6,"Bob"]]' >want
	assert_file_equals got want
	# An offset that fits only UTF-16 is told.
	echo '{"source":"content://😀 Bob","annotation":[{"type":"modelarts/text_entity","name":"p","property":{"@modelarts:start_index":3,"@modelarts:end_index":6}}]}' >u.manifest
	run -0 --separate-stderr ds-import -q -f manifest u.manifest
	[ "$stderr" = 'u.manifest:1:46: warning: the entity from 3 to 6 does not lie in the text, which has 5 characters; it does when it is counted in UTF-16 units [manifest-span]' ]
}

@test "a table's rows are checked against its schema: columns, each type, names as first row" {
	manifest <<'END'
{"source":"./t.csv","sample-type":4,"property":{"@modelarts:schema":[{"name":"a","type":"INTEGER"},{"name":"b","type":"byte"},{"name":"when","type":"Date"},{"name":"t","type":"TIMESTAMP"},{"name":"yes","type":"BOOLEAN"},{"name":"d","type":"DOUBLE"},{"name":"s","type":"STRING"}]}}
{"source":"s3://b/V001/old.csv","property":"{\"@modelarts:schema\":\"{\\\"x\\\":\\\"short\\\",\\\"y\\\":\\\"binary\\\"}\"}"}
{"source":"s3://b/gone.csv","property":{"@modelarts:schema":[{"name":"a","type":"INTEGER"}]}}
{"source":"./old.csv","property":{"@modelarts:schema":["x"]}}
END
	cat >V001/t.csv <<'END'
a,b,when,t,yes,d,s
-2147483648,-128,2024-02-29,2024-02-29 23:59:59,TRUE,1e3,"x, y"
,,,,,,
1,2
2147483648,128,2024-13-01,2024-02-29,1,x,
x,y,2024-1-1,2024-02-29 24:00:00,no,1,"two
lines"
1,1,2024-01-01,2024-01-01 00:00:00,false,0.5,s,more
END
	printf '32768,z\n-32768,z\n' >V001/old.csv
	run -0 --separate-stderr ds-import -q -f manifest V001
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
V001/t.csv:4: warning: 2 rows have another number of columns than the schema's 7, first here with 2; ModelArts leaves such rows out [table-row]
V001/t.csv:5: warning: 2 values of column 'a' are no INTEGER, first here; in ModelArts they become null [table-type]
V001/t.csv:5: warning: 2 values of column 'b' are no BYTE, first here; in ModelArts they become null [table-type]
V001/t.csv:5: warning: 2 values of column 'when' are no DATE, first here; in ModelArts they become null [table-type]
V001/t.csv:5: warning: 2 values of column 't' are no TIMESTAMP, first here; in ModelArts they become null [table-type]
V001/t.csv:5: warning: 2 values of column 'yes' are no BOOLEAN, first here; in ModelArts they become null [table-type]
V001/t.csv:5: warning: 1 values of column 'd' are no DOUBLE, first here; in ModelArts they become null [table-type]
V001/old.csv:1: warning: 1 values of column 'x' are no SHORT, first here; in ModelArts they become null [table-type]
V001/V001.manifest:4:34: warning: @modelarts:schema must be a list of columns with name and type [manifest]
END
	assert_file_equals got want
	# The same of a manifest that was given as a file.
	ds-import -q -f manifest V001/V001.manifest 2>got >/dev/null
	assert_file_equals got want
}

# The form of the service's API: the shape in the line, and no VOC file.
features() {
	manifest <<'END'
{"source":"s3://b/1.jpg","width":100,"height":80,"annotation":[{"type":"modelarts/object_detection","name":"car","property":{"@modelarts:shape":"bndbox","@modelarts:feature":[[10,20],[40.50,60.0]]},"hard":"false"},{"name":"dog","property":{"@modelarts:feature":[[1,2],[3,4.10],[5,60]],"age":3,"@modelarts:shape":"polygon"},"type":"modelarts/object_detection"}]}
{"source": "s3://b/2.jpg", "annotation": [{"name": "a", "type": "modelarts/object_detection", "property": {"@modelarts:shape": "circle", "@modelarts:feature": [[5, 6], [1.50]]}}, {"property": {"@modelarts:shape": "circle", "@modelarts:feature": [5, 6, 7], "k": "v"}, "name": "b", "type": "modelarts/object_detection"}]}
{"source":"s3://b/3.jpg","annotation":[{"name":"c","type":"modelarts/object_detection","property":{"@modelarts:shape":"line","@modelarts:feature":[[5,6],[7,8]]}},{"name":"d","type":"modelarts/object_detection","property":{"@modelarts:shape":"dashed","@modelarts:feature":[[5,6],[7,8]]}},{"name":"e","type":"modelarts/object_detection","property":{"@modelarts:shape":"point","@modelarts:feature":[[5,6]]}},{"name":"f","type":"modelarts/object_detection","property":{"@modelarts:shape":"polyline","@modelarts:feature":[[5,6],[7,8],[9,9]]}}]}
{"source":"s3://b/4.jpg","annotation":[{"name":"old","type":"modelarts/object_detection","property":"{\"@modelarts:shape\":\"bndbox\",\"@modelarts:feature\":[[1,2],[3,4]]}"},{"name":"old","type":"modelarts/object_detection","property":{"k":1.10,"@modelarts:shape":"bndbox","@modelarts:feature":"[[1,2],[3,4]]"}},{"name":"p","type":"modelarts/object_detection","property":{"@modelarts:feature":[[5,6]]}}]}
END
}

@test "shapes in the line are shapes, and go back byte for byte" {
	features
	ds-import -f manifest V001 >got 2>err
	[ ! -s err ]
	cat >want <<'END'
{"dataset":{"name":"V001","format":"manifest"}}
{"source":"s3://b/1.jpg","width":100,"height":80,"annotation":[{"type":"modelarts/object_detection","name":"car","bbox":[10,20,30.50,40.0],"manifest":{"@modelarts:shape":"bndbox","@modelarts:feature":[[10,20],[40.50,60.0]]},"hard":"false"},{"name":"dog","polygon":[[1,2,3,4.10,5,60]],"manifest":{"@modelarts:feature":[[1,2],[3,4.10],[5,60]],"age":3,"@modelarts:shape":"polygon"},"property":{"age":3},"type":"modelarts/object_detection"}]}
{"source": "s3://b/2.jpg", "annotation": [{"name": "a", "type": "modelarts/object_detection", "circle": [5,6,1.50], "manifest": {"@modelarts:shape": "circle", "@modelarts:feature": [[5, 6], [1.50]]}}, {"circle": [5,6,7],"manifest": {"@modelarts:shape": "circle", "@modelarts:feature": [5, 6, 7], "k": "v"},"property": { "k": "v"}, "name": "b", "type": "modelarts/object_detection"}]}
{"source":"s3://b/3.jpg","annotation":[{"name":"c","type":"modelarts/object_detection","line":[5,6,7,8],"manifest":{"@modelarts:shape":"line","@modelarts:feature":[[5,6],[7,8]]}},{"name":"d","type":"modelarts/object_detection","line":[5,6,7,8],"dashed":true,"manifest":{"@modelarts:shape":"dashed","@modelarts:feature":[[5,6],[7,8]]}},{"name":"e","type":"modelarts/object_detection","point":[5,6],"manifest":{"@modelarts:shape":"point","@modelarts:feature":[[5,6]]}},{"name":"f","type":"modelarts/object_detection","polyline":[5,6,7,8,9,9],"manifest":{"@modelarts:shape":"polyline","@modelarts:feature":[[5,6],[7,8],[9,9]]}}]}
{"source":"s3://b/4.jpg","annotation":[{"name":"old","type":"modelarts/object_detection","bbox":[1,2,2,2],"manifest":"{\"@modelarts:shape\":\"bndbox\",\"@modelarts:feature\":[[1,2],[3,4]]}"},{"name":"old","type":"modelarts/object_detection","bbox":[1,2,2,2],"manifest":{"k":1.10,"@modelarts:shape":"bndbox","@modelarts:feature":"[[1,2],[3,4]]"},"property":{"k":1.10}},{"name":"p","type":"modelarts/object_detection","point":[5,6],"manifest":{"@modelarts:feature":[[5,6]]}}]}
END
	assert_file_equals got want
	ds-export -f manifest --images none -o out got 2>err
	[ ! -s err ]
	assert_file_equals out/V001.manifest V001/V001.manifest
	[ ! -e out/annotation ]
	# A published version has them so, too.
	ds-release -q -s store --ratio 0.5 got >released 2>/dev/null
	sed 's/,"usage":"[A-Z]*"}$/}/' store/versions/V001/V001.manifest >published
	assert_file_equals published V001/V001.manifest
}

@test "shapes in the line reach other formats" {
	features
	head -n 1 V001/V001.manifest >one.manifest
	ds-import -f manifest one.manifest >got
	ds-export -q -f yolo --yolo-task detect --images none -o yolo got
	printf '0 0.252500 0.500000 0.305000 0.500000\n1 0.030000 0.387500 0.040000 0.725000\n' >want
	assert_file_equals yolo/labels/1.txt want
	ds-export -q -f coco --images none -o coco got
	grep -qF '"bbox":[10,20,30.50,40.0]' coco/annotations/*.json
	grep -qF '"segmentation":[[1,2,3,4.10,5,60]]' coco/annotations/*.json
	ds-export -q -f modelarts-voc --images none -o voc got
	[ "$(sed -n '/<bndbox>/,/bndbox>/p' voc/1.xml | tr -d '\n\t')" = '<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>40.50</xmax><ymax>60.0</ymax></bndbox>' ]
	[ "$(sed -n '/<polygon>/,/polygon>/p' voc/1.xml | tr -d '\n\t')" = '<polygon><x1>1</x1><y1>2</y1><x2>3</x2><y2>4.10</y2><x3>5</x3><y3>60</y3></polygon>' ]
	run -1 grep -r 'modelarts:' voc
}

@test "a shape in the line that was changed on the way is written anew" {
	{
		printf 'BM\x96\x09\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x28\0\0\0\x14\0\0\0\x01\0\x18\0'
		head -c 2424 /dev/zero
	} >1.bmp # 40 x 20
	cat >one.manifest <<'END'
{"source":"1.bmp","annotation":[{"name":"car","type":"modelarts/object_detection","property":{"@modelarts:shape":"bndbox","@modelarts:feature":[[10,2],[20,12]],"k":1.10}},{"name":"x","property":"{\"@modelarts:shape\":\"circle\",\"@modelarts:feature\":[8,6,4]}","type":"modelarts/object_detection"},{"name":"l","type":"modelarts/object_detection","property":{"@modelarts:shape":"dashed","@modelarts:feature":[[2,2],[4,6]]}},{"name":"p","type":"modelarts/object_detection","property":{"@modelarts:feature":[[2,2],[4,6],[8,8]],"@modelarts:shape":"polygon"}}]}
END
	ds-import -f manifest one.manifest | ds-clean -q --resize 20 -o clean |
		ds-export -q -f manifest --images none -o out
	cat >want <<'END'
[{"name":"car","type":"modelarts/object_detection","property":{"k":1.10,"@modelarts:shape":"bndbox","@modelarts:feature":[[5,1],[10,6]]}},{"name":"x","property":{"@modelarts:shape":"circle","@modelarts:feature":[[4,3],[2]]},"type":"modelarts/object_detection"},{"name":"l","type":"modelarts/object_detection","property":{"@modelarts:shape":"dashed","@modelarts:feature":[[1,1],[2,3]]}},{"name":"p","type":"modelarts/object_detection","property":{"@modelarts:shape":"polygon","@modelarts:feature":[[1,1],[2,3],[4,4]]}}]
END
	grep -o '\[{"name":"car".*}}\]' out/*.manifest >got
	assert_file_equals got want
	[ ! -e out/annotation ]
}

@test "what is not in the line goes to a VOC file, and what is in the line does not" {
	echo '{"source":"a.jpg","width":4,"height":2,"annotation":[{"name":"r","rle":{"size":[2,4],"counts":[2,4,2]},"manifest":{"@modelarts:shape":"point","@modelarts:feature":[[1,1]]}},{"name":"v","bbox":[0,0,1,1]},{"name":"two","point":[1,2],"circle":[1,1,1],"manifest":{"@modelarts:feature":[[1,1]],"@modelarts:shape":"point"}},{"name":"in","point":[1,2],"manifest":{"@modelarts:feature":[[1,1]],"@modelarts:shape":"point"}},{"name":"gone","manifest":{"@modelarts:feature":[[1,1]],"@modelarts:shape":"point"}}]}' >in
	ds-export -q -f manifest --images none -o mixed in
	cat >want <<'END'
{"source":"a.jpg","annotation":[{"name":"r","property":{"@modelarts:shape":"polygon","@modelarts:feature":[[1,0],[3,0],[3,2],[1,2]]},"type":"modelarts/object_detection"},{"type":"modelarts/object_detection","annotation-format":"PASCAL VOC","annotation-loc":"./annotation/a.xml"},{"name":"in","property":{"@modelarts:shape":"point","@modelarts:feature":[[1,2]]},"type":"modelarts/object_detection"},{"name":"gone","type":"modelarts/image_classification"}]}
END
	assert_file_equals mixed/dataset.manifest want
	[ "$(grep -o '<name>.*</name>' mixed/annotation/a.xml | tr '\n' ' ')" = '<name>v</name> <name>two</name> ' ]
}

@test "bad shapes in the line: each is said at its place and left out, the rest goes on" {
	local n=0 feature
	while IFS= read -r feature; do
		n=$((n + 1))
		printf '{"source":"s3://b/%d.jpg","annotation":[{"name":"x","type":"modelarts/object_detection","property":{%s}},{"name":"y","type":"modelarts/object_detection","property":{"@modelarts:feature":[[7,8]]}}]}\n' "$n" "$feature"
	done >one.manifest <<'END'
"@modelarts:feature":[[1,2],[3,4],[5,6]],"@modelarts:shape":"bndbox"
"@modelarts:feature":[[3,2],[1,4]],"@modelarts:shape":"bndbox"
"@modelarts:feature":[[1,"2"],[3,4]],"@modelarts:shape":"line"
"@modelarts:feature":[[1,2,3],[4,5,6]],"@modelarts:shape":"polyline"
"@modelarts:feature":[[1,2],[4,5]],"@modelarts:shape":"polygon"
"@modelarts:feature":[[1,2],[4,5]],"@modelarts:shape":"circle"
"@modelarts:feature":[1,2,-3],"@modelarts:shape":"circle"
"@modelarts:feature":[[1,2],[4,5]],"@modelarts:shape":"star"
"@modelarts:feature":[[1,2],[4,5]]
"@modelarts:feature":7,"@modelarts:shape":"point"
"@modelarts:feature":"[[1,","@modelarts:shape":"point"
"@modelarts:feature":[[1,1e999]],"@modelarts:shape":"point"
END
	run -1 --separate-stderr ds-import -v -f manifest one.manifest
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
one.manifest:1:121: error: a bndbox is two points, [[x0,y0],[x1,y1]] [manifest-feature]
one.manifest:2:121: error: the points of a bndbox must be the top left, then the bottom right one: x0 is not above x1, y0 not above y1 [manifest-feature]
one.manifest:3:125: error: @modelarts:feature must hold numbers [manifest-feature]
one.manifest:4:121: error: a polyline is two points or more, [[x,y],...] [manifest-feature]
one.manifest:5:121: error: a polygon is three points or more, [[x,y],...] [manifest-feature]
one.manifest:6:121: error: a circle is [[cx,cy],[r]] or [cx,cy,r] [manifest-feature]
one.manifest:7:121: error: the radius of a circle must not be negative [manifest-feature]
one.manifest:8:154: error: @modelarts:shape must be bndbox, polygon, circle, line, dashed, point or polyline [manifest-feature]
one.manifest:9:121: error: @modelarts:feature needs @modelarts:shape: its points may be more than one shape [manifest-feature]
one.manifest:10:122: error: @modelarts:feature must be a list of points [manifest-feature]
one.manifest:11:122: error: @modelarts:feature must be a list of points [manifest-feature]
one.manifest:12:126: error: @modelarts:feature must hold numbers [manifest-feature]
ds-import: 1 label file read, 0 of them bad
ds-import: 12 samples with 12 annotations given
ds-import: 0 samples and 12 annotations left out
END
	assert_file_equals got want
	[ "${lines[12]}" = '{"source":"s3://b/12.jpg","annotation":[{"name":"y","type":"modelarts/object_detection","point":[7,8],"manifest":{"@modelarts:feature":[[7,8]]}}]}' ]
}
