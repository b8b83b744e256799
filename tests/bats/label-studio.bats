# label-studio.bats: Label Studio's tasks in and out.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

# result ID TYPE VALUE: of a picture of 800x600
result() {
	printf '{"original_width":800,"original_height":600,"image_rotation":0,"value":%s,"id":"%s","from_name":"label","to_name":"image","type":"%s","origin":"manual"}' "$3" "$1" "$2"
}

# task RESULTS: a picture, one annotation
task() {
	printf '[{"id":7,"annotations":[{"id":3,"completed_by":1,"result":[%s],"was_cancelled":false,"lead_time":2.50}],"predictions":[],"data":{"image":"/data/upload/1/a.jpg"},"meta":{}}]\n' "$1"
}

# back IN: through records and back gives the same, key for key
back() {
	ds-import -f labelstudio "$1" >records && ds-export -f labelstudio --images none -o out records
	jq -Sc '.[]' "$1" >want
	jq -Sc '.[]' out/tasks.json >got
	assert_file_equals got want
}

@test "percent become pixels, exactly; every shape comes back as it was" {
	task "$(result a rectanglelabels '{"x":12.5,"y":10,"width":33.333333333333336,"height":50,"rotation":0,"rectanglelabels":["cat","big"]}'),$(result b polygonlabels '{"points":[[1.1,2],[3.7,4],[5,6.25]],"closed":true,"polygonlabels":["dog"]}'),$(result c rectanglelabels '{"x":50,"y":50,"width":10,"height":20,"rotation":90,"rectanglelabels":["cat"]}'),$(result d ellipselabels '{"x":50,"y":50,"radiusX":10,"radiusY":20,"rotation":0,"ellipselabels":["cat"]}'),$(result e keypointlabels '{"x":50,"y":50,"width":0.3,"keypointlabels":["eye"]}')" >t.json
	ds-import -f labelstudio t.json | tail -n 1 | sed 's/"polygon":\[\[4[^]]*\]\],//' | grep -o '"annotation":.*' | sed 's/,"labelstudio":{"task".*//; s/},{"name/}\n{"name/g' | sed 's/,"labelstudio".*//' >got
	cat >want <<'END'
"annotation":[{"name":"cat","id":"a","bbox":[100,60,266.666666666666688,300]
{"name":"dog","id":"b","polygon":[[8.8,12,29.6,24,40,37.5]]
{"name":"cat","id":"c","rbox":[340,340,80,120,90]
{"name":"cat","id":"d","ellipse":[400,300,80,120,0]
{"name":"eye","id":"e","point":[400,300]
END
	assert_file_equals got want
	back t.json
}

@test "several annotators: one is taken, ground truth first; all come back" {
	printf '[{"id":1,"data":{"image":"s3://b/a.jpg"},"annotations":[{"id":1,"was_cancelled":true,"result":[]},{"id":2,"result":[%s]},{"id":3,"ground_truth":true,"result":[%s]}],"predictions":[{"model_version":"m","score":0.5,"result":[]}]}]' \
		"$(result x choices '{"choices":["no"]}')" "$(result y choices '{"choices":["yes","maybe"]}')" >t.json
	ds-import -f labelstudio t.json 2>err | tail -n 1 | jq -c '[.source,.id,[.annotation[]|[.id,.name]]]' >got
	echo '["s3://b/a.jpg","1",[["y","yes"],["y","maybe"]]]' >want
	assert_file_equals got want
	echo 'ds-import: note: 1 task has several annotations; one is taken, the others are kept aside [labelstudio-several]' >want
	assert_file_equals err want
	back t.json
}

@test "text offsets count UTF-16 units and become characters; relations" {
	cat >t.json <<'END'
[{"id":1,"data":{"text":"a😀 Bob met Eve"},"annotations":[{"result":[{"value":{"start":4,"end":7,"text":"Bob","labels":["PER"]},"id":"p","from_name":"label","to_name":"text","type":"labels"},{"value":{"start":12,"end":15,"text":"Eve","labels":["PER"]},"id":"q","from_name":"label","to_name":"text","type":"labels"},{"from_id":"p","to_id":"q","type":"relation","direction":"right"}]}]}]
END
	ds-import -f labelstudio t.json | tail -n 1 | jq -c '.source, .annotation[]' >got
	cat >want <<'END'
"content://a😀 Bob met Eve"
{"name":"PER","id":"p","span":[3,6],"unit":"codepoint","labelstudio":{"from_name":"label","to_name":"text"}}
{"name":"PER","id":"q","span":[11,14],"unit":"codepoint","labelstudio":{"from_name":"label","to_name":"text"}}
{"from":"p","to":"q","labelstudio":{"direction":"right"}}
END
	assert_file_equals got want
	back t.json
}

@test "sound, transcripts, ratings; a task that nobody looked at" {
	cat >t.json <<'END'
[{"id":1,"data":{"audio":"s3://b/a.wav"},"annotations":[{"result":[{"original_length":9.5,"value":{"start":0.50,"end":1.25,"channel":0,"labels":["speech"]},"id":"a","from_name":"l","to_name":"audio","type":"labels"},{"original_length":9.5,"value":{"start":0.50,"end":1.25,"channel":0,"text":["hello","you"]},"id":"a","from_name":"t","to_name":"audio","type":"textarea"},{"value":{"rating":4},"id":"r","from_name":"q","to_name":"audio","type":"rating"}]}]},
{"id":2,"data":{"audio":"s3://b/b.wav"},"annotations":[]}]
END
	ds-import -f labelstudio t.json | jq -c 'select(.source)|.annotation|if . then .[]|del(.labelstudio) else . end' >got
	cat >want <<'END'
{"name":"speech","id":"a","time":[0.5,1.25]}
{"id":"a","text":"hello\nyou"}
{"id":"r","property":{"rating":{"rating":4}}}
null
END
	assert_file_equals got want
	back t.json
}

@test "brush masks become RLE; what another packer wrote comes back" {
	cat >records <<'END'
{"source":"x.png","id":"5","width":6,"height":4,"annotation":[{"name":"m","rle":{"size":[4,6],"counts":[5,2,2,2,13]}}]}
END
	ds-export -f labelstudio --images none -o out records
	jq -c '.[0].annotations[0].result[0]|[.type,.original_width,.value.format,.value.brushlabels]' out/tasks.json >got
	echo '["brushlabels",6,"rle",["m"]]' >want
	assert_file_equals got want
	ds-import -f labelstudio out/tasks.json | tail -n 1 | jq -c '.annotation[0].rle' >got
	echo '{"size":[4,6],"counts":"5220;"}' >want
	assert_file_equals got want
	# 2 pixels, words one by one: another packing of the same
	printf '[{"data":{"image":"a.png"},"annotations":[{"result":[{"original_width":2,"original_height":1,"value":{"format":"rle","rle":[0,0,0,8,57,27,252,96,1,128,129,1,255,128],"brushlabels":["m"]},"id":"a","from_name":"t","to_name":"i","type":"brushlabels"}]}]}]' >t.json
	rm -rf out
	back t.json
}

@test "an annotation that was changed is made anew, the others stay" {
	task "$(result a rectanglelabels '{"x":12.5,"y":10.10,"width":25,"height":50,"rotation":0,"rectanglelabels":["cat"]}'),$(result b choices '{"choices":["sunny"]}')" >t.json
	ds-import -f labelstudio t.json | ds-export --map cat=lion -f labelstudio --images none -o out
	jq -c '.[0].annotations[0].result[]|.value' out/tasks.json >got
	cat >want <<'END'
{"x":12.5,"y":10.1,"width":25,"height":50,"rotation":0,"rectanglelabels":["lion"]}
{"choices":["sunny"]}
END
	assert_file_equals got want
}

@test "records of other formats" {
	cat >records <<'END'
{"source":"d/x.jpg","id":"d/x","width":200,"height":100,"annotation":[{"name":"b","bbox":[20,10,50,25],"confidence":0.5},{"name":"day"}]}
{"source":"content://Ann ran","annotation":[{"name":"PER","span":[0,3],"unit":"codepoint"}]}
{"source":"y.jpg"}
END
	ds-export -f labelstudio --images none -o out records
	cat >want <<'END'
[
{"data":{"image":"images/x.jpg"},"annotations":[{"result":[{"original_width":200,"original_height":100,"value":{"x":10,"y":10,"width":25,"height":25,"rotation":0,"rectanglelabels":["b"]},"id":"r1","from_name":"label","to_name":"image","type":"rectanglelabels","score":0.5},{"value":{"choices":["day"]},"id":"r2","from_name":"choice","to_name":"image","type":"choices"}]}]},
{"data":{"text":"Ann ran"},"annotations":[{"result":[{"value":{"start":0,"end":3,"text":"Ann","labels":["PER"]},"id":"r3","from_name":"label","to_name":"text","type":"labels"}]}]},
{"data":{"image":"images/y.jpg"},"annotations":[]}
]
END
	assert_file_equals out/tasks.json want
}

@test "faults are named, the rest comes through" {
	printf '[{"id":1},\n{"id":2,"data":{"image":"a"},"annotations":[{"result":[{"type":"rectanglelabels","value":{"x":1}},{"value":{}},{"type":"brushlabels","original_width":2,"original_height":2,"value":{"rle":[1]}},%s]}]}]' "$(result ok choices '{"choices":["ok"]}')" >t.json
	must_fail 1 ds-import -f labelstudio t.json >got 2>err
	cat >want <<'END'
t.json:1:2: error: a task needs "data", an object [labelstudio]
t.json:2:1: error: a result of type rectanglelabels: a picture's result needs original_width and original_height [labelstudio-result]
t.json:2:1: error: a result of type "": it has no type [labelstudio-result]
t.json:2:1: error: a result of type brushlabels: the size of the brush mask is not that of its picture [labelstudio-result]
END
	assert_file_equals err want
	tail -n 1 got | jq -c '[.annotation[].name]' | grep -qxF '["ok"]'
}

@test "regions with several labels are counted, for other formats take one" {
	echo '[{"id":1,"data":{"image":"a.png"},"annotations":[{"result":[{"id":"a","type":"rectanglelabels","original_width":20,"original_height":10,"value":{"x":50,"y":20,"width":30,"height":40,"rotation":0,"rectanglelabels":["cat","dog"]}}]}]}]' >two.json
	ds-import -f labelstudio two.json 2>err | ds-export -f labelstudio --images none -o out
	grep -q 'warning: 1 region has several labels; the first is the class' err
	jq -c '.[0].annotations[0].result[0].value.rectanglelabels' out/*.json >got
	echo '["cat","dog"]' >want
	assert_file_equals got want
}

@test "the export JSON_MIN: the same annotations as the export JSON, which is what is written" {
	cat >min.json <<'END'
[{"image":"/data/a.png","id":1,"label":[{"x":10.0,"y":25,"width":30,"height":50,"rotation":0,"rectanglelabels":["cat"],"original_width":100,"original_height":80}],"sky":{"choices":["sunny","dry"]},"mood":"fine","annotator":3,"annotation_id":7,"lead_time":3.5},
{"text":"Ann is here","id":2,"ner":[{"start":0,"end":3,"text":"Ann","labels":["PER"]}],"annotator":1,"annotation_id":8},
{"image":"/data/b.png","id":3,"annotator":1,"annotation_id":9}]
END
	ds-import min.json >got 2>err
	[[ $(<err) == 'ds-import: note: 3 tasks are of the export JSON_MIN'* ]]
	jq -c 'select(.source)|[.source,.id,.width,[.annotation[]|[.name,.bbox,.span]]]' got >short
	cat >want <<'END'
["data/a.png","1",100,[["cat",[10,20,30,40],null],["sunny",null,null],["dry",null,null]]]
["content://Ann is here","2",null,[["PER",null,[0,3]]]]
["data/b.png","3",null,[]]
END
	assert_file_equals short want
	ds-export -q -f labelstudio --images none -o out got
	jq -c '.[0]|[.id,.data,(.annotations[0]|[.completed_by,.id,.lead_time,[.result[]|[.from_name,.to_name,.type]]])]' out/tasks.json >short
	echo '[1,{"image":"/data/a.png","mood":"fine"},[3,7,3.5,[["label","image","rectanglelabels"],["sky","image","choices"]]]]' >want
	assert_file_equals short want
}
