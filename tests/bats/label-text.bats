# label-text.bats: labelled texts: doccano's JSON Lines and CoNLL's columns.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "doccano: every kind of line becomes annotations, and goes back byte for byte" {
	cat >d.jsonl <<'END'
{"id": 1, "text": "\u00e9 😀 Bob lives in Z\u00fcrich", "label": [[4, 7, "person"], [17, 23, "place"]], "Comments": []}
{"id":2,"text":"Ann","label":[[0,3,"person"]]}
{"text":"x","labels":["a","b"]}
{"id":3,"text":"Ann is in Rom","entities":[{"id":7,"label":"p","start_offset":0,"end_offset":3},{"id":8,"label":"q","start_offset":10,"end_offset":13}],"relations":[{"id":9,"from_id":7,"to_id":8,"type":"in"}]}
{"id":3,"text":"Ann is in Rom","relations":[],"entities":[{"start_offset":0,"end_offset":3, "id":7,"label":"p","x":1}]}
{"id":4,"text":"fly to Rom","entities":[[7,10,"city"]],"cats":["fly"]}
{"id":5,"text":"none","label":[]}
{"id":6,"text":"unlabelled"}
{"id":7,"text":"one","label":"pos"}
{"id":8,"data":"d","label":["x"]}
END
	ds-import -v d.jsonl >got 2>err
	grep -q '10 samples with 13 annotations given' err
	jq -c 'select(.source)|[.source,.id,.annotation]' got >fields
	cat >want <<'END'
["content://é 😀 Bob lives in Zürich",1,[{"name":"person","span":[4,7],"unit":"codepoint"},{"name":"place","span":[17,23],"unit":"codepoint"}]]
["content://Ann",2,[{"name":"person","span":[0,3],"unit":"codepoint"}]]
["content://x","d.000000003",[{"name":"a"},{"name":"b"}]]
["content://Ann is in Rom",3,[{"id":7,"name":"p","span":[0,3],"unit":"codepoint"},{"id":8,"name":"q","span":[10,13],"unit":"codepoint"},{"id":9,"name":"in","from":7,"to":8}]]
["content://Ann is in Rom",3,[{"id":7,"name":"p","span":[0,3],"unit":"codepoint","doccano":{"start_offset":0,"end_offset":3,"id":7,"label":"p","x":1}}]]
["content://fly to Rom",4,[{"name":"city","span":[7,10],"unit":"codepoint"},{"name":"fly"}]]
["content://none",5,[]]
["content://unlabelled",6,null]
["content://one",7,[{"name":"pos"}]]
["content://d",8,[{"name":"x"}]]
END
	assert_file_equals fields want
	grep -c '"doccano":{"id":[23],"text":"Ann' got >kept || true
	[ "$(cat kept)" = 1 ] # a line that follows from its record is not kept
	ds-export -f doccano -o out got
	assert_file_equals out/d.jsonl d.jsonl
	ds-export -f doccano -o one.jsonl got
	assert_file_equals one.jsonl d.jsonl
	# What is changed in the record changes in the line, and nothing else of it.
	ds-export -f doccano --map person=human --map q=city --map x=y -o new.jsonl got
	sed '/^{"id": 1/s/.*/{"id": 1, "text": "\\u00e9 😀 Bob lives in Z\\u00fcrich", "label": [[4,7,"human"],[17,23,"place"]], "Comments": []}/; s/"person"/"human"/; s/"label":"q"/"label":"city"/; s/\["x"\]/["y"]/' d.jsonl >want
	assert_file_equals new.jsonl want
}

@test "doccano: a list of strings may be classes or texts, and is never guessed" {
	printf '{"text":"guten Tag","label":["good day"]}\n' >s.jsonl
	run -2 ds-import s.jsonl
	[[ "$output" == *"it may be doccano: 1 file (jsonl|json), lines with \"text\" and a list of strings, which may be classes [format]"* ]]
	[[ "$output" == *"it may be doccano-seq2seq: "*"which may be texts [format]"* ]]
	[[ "$output" == *"the label format is ambiguous; name it with -f" ]]
	ds-import -f doccano s.jsonl | tail -n 1 | grep -q '"annotation":\[{"name":"good day"}\]'
	ds-import -f doccano-seq2seq s.jsonl >got
	grep -q '"annotation":\[{"text":"good day"}\]' got
	ds-export -f doccano-seq2seq -o out got
	assert_file_equals out/s.jsonl s.jsonl
	printf '{"text":"","label":[]}\n{"text":"ab","label":[[0,1,"x"]]}\n' >e.jsonl
	ds-import e.jsonl | head -n 1 | grep -q '"format":"doccano"'
}

@test "doccano: offsets of other units are converted" {
	printf '%s\n' '{"source":"content://😀é Rom","annotation":[{"name":"p","span":[4,7],"unit":"utf-16"},{"name":"q","span":[7,10],"unit":"byte"},{"name":"r","span":[5,6],"unit":"byte"},{"name":"s","span":[1,9]}]}' >in
	run -0 --separate-stderr ds-export -f doccano -o out.jsonl in
	[[ "$stderr" == "in:1: warning: annotation is lost: doccano cannot hold it (2 in 1 samples"* ]]
	echo '{"text":"😀é Rom","label":[[3,6,"p"],[3,6,"q"]]}' >want
	assert_file_equals out.jsonl want
}

@test "doccano: bad lines have their place, the rest comes through" {
	cat >bad.jsonl <<'END'
{"label":[]}
{"text":7}
{"text":"ab","label":[[0,3,"x"],[1,0,"x"],[0,1],[0,1,2],[0,"1","x"],{"label":"x","start_offset":0},7,[0,1,"ok"]]}
{"text":"ab","label":{"x":1}}
{"text":"ab","relations":[{"id":1,"from_id":2,"type":"x"}],"entities":["x"]}
{"text":"ab" "label":[]}
END
	run -1 --separate-stderr ds-import -v -f doccano bad.jsonl
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
bad.jsonl:1:1: error: a line needs "text", a string [doccano]
bad.jsonl:2:1: error: a line needs "text", a string [doccano]
bad.jsonl:3:26: error: the offsets should lie in the text, the end behind the start [doccano]
bad.jsonl:3:36: error: the offsets should lie in the text, the end behind the start [doccano]
bad.jsonl:3:43: error: an entity should be [start, end, "label"] [doccano]
bad.jsonl:3:49: error: an entity should be [start, end, "label"] [doccano]
bad.jsonl:3:58: error: the offsets should be whole numbers [doccano]
bad.jsonl:3:97: error: the offsets should be whole numbers [doccano]
bad.jsonl:3:100: error: this is no label that doccano knows [doccano]
bad.jsonl:4:22: error: the labels should be a list [doccano]
bad.jsonl:5:72: error: this is no label that doccano knows [doccano]
bad.jsonl:5:27: error: a relation needs from_id, to_id and type [doccano]
bad.jsonl:6:14: error: ',' or '}' should be here [json]
ds-import: 1 label files read, 0 of them bad
ds-import: 3 samples with 1 annotations given
ds-import: 3 samples and 10 annotations left out
END
	assert_file_equals got want
}
