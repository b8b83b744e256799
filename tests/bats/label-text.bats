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
	[[ "$stderr" == "in:1: warning: annotation is lost: doccano cannot hold it (2 in 1 sample, "* ]]
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
ds-import: 1 label file read, 0 of them bad
ds-import: 3 samples with 1 annotation given
ds-import: 3 samples and 10 annotations left out
END
	assert_file_equals got want
}

# columns of CoNLL-2003: -DOCSTART-, blank lines, a trailing blank, no line end at the end
conll() {
	printf -- '-DOCSTART- -X- -X- O\n\nEU NNP I-NP B-ORG\nrejects VBZ I-VP O\nGerman JJ I-NP B-MISC\ncall NN I-NP I-MISC \n. . O O\n\n\nPeter NNP I-NP B-PER\nZürich NNP I-NP I-PER\n\n-DOCSTART- -X- -X- O\n\n😀 x x O\nRom x x B-LOC'
}

@test "doccano: relations to nowhere, entities without extent, and two of one id are named" {
	cat >d.jsonl <<'END'
{"id":1,"text":"hi 😀 bob","entities":[{"id":1,"label":"P","start_offset":5,"end_offset":8},{"id":2,"label":"Q","start_offset":3,"end_offset":3},{"id":2,"label":"R","start_offset":0,"end_offset":1}],"relations":[{"id":1,"from_id":1,"to_id":2,"type":"a"},{"id":2,"from_id":7,"to_id":"1","type":"b"}]}
{"id":2,"text":"ab","label":[[1,1,"X"]]}
END
	ds-import d.jsonl >got 2>err
	[ "$(jq -s '[.[].annotation//[]|length]|add' got)" = 6 ]
	cat >want <<'END'
d.jsonl:1:130: warning: the entity has no extent; it stays [doccano]
d.jsonl:1:154: warning: two entities have the id 2; both stay [doccano]
d.jsonl:1:275: warning: no entity of this text has the id 7; the relation stays [doccano]
d.jsonl:1:285: warning: no entity of this text has the id "1"; the relation stays [doccano]
d.jsonl:2:31: warning: the entity has no extent; it stays [doccano]
END
	assert_file_equals err want
	ds-export -f doccano -o back.jsonl got
	assert_file_equals back.jsonl d.jsonl
}

@test "conll: a sentence a record, offsets in characters, and every byte comes back" {
	conll >ner.conll
	ds-import ner.conll >got
	cat >want <<'END'
{"dataset":{"name":"ner","format":"conll"}}
{"source":"content://EU rejects German call .","id":"ner.000000003","annotation":[{"name":"ORG","span":[0,2],"unit":"codepoint"},{"name":"MISC","span":[11,22],"unit":"codepoint"}],"conll":{"before":"-DOCSTART- -X- -X- O\n\n","rows":"EU NNP I-NP B-ORG\nrejects VBZ I-VP O\nGerman JJ I-NP B-MISC\ncall NN I-NP I-MISC \n. . O O\n"}}
{"source":"content://Peter Zürich","id":"ner.000000010","annotation":[{"name":"PER","span":[0,12],"unit":"codepoint"}],"conll":{"before":"\n","rows":"Peter NNP I-NP B-PER\nZürich NNP I-NP I-PER\n"}}
{"source":"content://😀 Rom","id":"ner.000000015","annotation":[{"name":"LOC","span":[2,5],"unit":"codepoint"}],"conll":{"before":"-DOCSTART- -X- -X- O\n\n","rows":"😀 x x O\nRom x x B-LOC","after":""}}
END
	assert_file_equals got want
	ds-export -f conll -o copy got
	assert_file_equals copy/ner.conll ner.conll
	# Line ends of Windows, TABs with a blank in a token, a byte order mark, blanks alone in a line.
	printf '\357\273\277New York\tx\tB-LOC\r\n.\tO\r\n \t\r\n\r\nb\tO\r\n\r\n\r\n' >odd.txt
	ds-import odd.txt >got
	[ "$(jq -c 'select(.source)|[.source,.annotation]' got)" = '["content://New York .",[{"name":"LOC","span":[0,8],"unit":"codepoint"}]]
["content://b",[]]' ]
	ds-export -f conll -o odd.conll got
	assert_file_equals odd.conll odd.txt
}

@test "conll: all schemes say the same, and keep their own when labels change" {
	want='[["A",[0,1]],["B",[2,5]],["B",[6,9]]]'
	printf 'a I-A\nb I-B\nc I-B\nd B-B\ne I-B\n\n' >iob1.txt
	printf 'a B-A\nb B-B\nc I-B\nd B-B\ne I-B\n\n' >iob2.txt
	printf 'a S-A\nb B-B\nc E-B\nd B-B\ne E-B\n\n' >iobes.txt
	printf 'a U-A\nb B-B\nc L-B\nd B-B\ne L-B\n\n' >bilou.txt
	for scheme in iob1 iob2 iobes bilou; do
		printf 'x O\ny O\nz O\n\n' >>$scheme.txt
		ds-import $scheme.txt >$scheme.jsonl
		[ "$(jq -c 'select(.annotation[0]?)|[.annotation[]|[.name,.span]]' $scheme.jsonl)" = "$want" ] || fail "$scheme"
		ds-export -f conll -o $scheme-copy.txt $scheme.jsonl
		assert_file_equals $scheme-copy.txt $scheme.txt
		# a new entity in the sentence without any is written in the scheme of the file
		jq -c 'if .annotation==[] then .annotation=[{"name":"N","span":[0,5]}] else . end' $scheme.jsonl |
			ds-export -f conll -o - | tar xOf - | tail -n 4
	done >got
	printf '%s\n' 'x I-N' 'y I-N' 'z I-N' '' 'x B-N' 'y I-N' 'z I-N' '' 'x B-N' 'y I-N' 'z E-N' '' 'x B-N' 'y I-N' 'z L-N' '' >want
	assert_file_equals got want
	printf 'x B-N\ny M-N\nz E-N\n\nu O\nv O\nw O\n\n' >bmes.txt
	ds-import bmes.txt | jq -c 'if .annotation==[] then .annotation=[{"name":"N","span":[0,5]}] else . end' |
		ds-export -f conll -o new.txt
	printf 'x B-N\ny M-N\nz E-N\n\nu B-N\nv M-N\nw E-N\n\n' >want
	assert_file_equals new.txt want
	# Renamed: only the tags change. Sentences in another order do not run together.
	conll >ner.conll
	ds-import ner.conll | ds-export -f conll --map MISC='some thing' --map PER= -o new.conll 2>err
	grep -q 'annotation.blank-in-name is lost' err
	sed 's/-MISC/-some_thing/; s/[BI]-PER/O/' ner.conll >want
	assert_file_equals new.conll want
	ds-import ner.conll | tac | ds-export -f conll -o turned.conll
	ds-import turned.conll | jq -r 'select(.source).source' >got
	printf 'content://%s\n' '😀 Rom' 'Peter Zürich' 'EU rejects German call .' >want
	assert_file_equals got want
}

@test "conll: texts from elsewhere are cut into tokens; what has no place is named" {
	cat >in <<'END'
{"source":"content://Ann (born 1990) likes don't, U.S.A.","usage":"TRAIN","annotation":[{"name":"p","span":[0,3]},{"name":"year","span":[10,14]},{"name":"inner","span":[11,12]},{"name":"all"}]}
{"source":"content://他在北京Uni。","usage":"TRAIN","annotation":[{"name":"place of","span":[2,4]}]}
{"source":"content://  two  blanks\n","usage":"EVAL","annotation":[]}
{"source":"content://not looked at","annotation":null}
{"source":"content:// \t"}
END
	run -1 --separate-stderr ds-export -v -f conll -o out in
	printf '%s\n' "$stderr" | sed 's/ ([0-9].*//' >got
	cat >want <<'END'
in:5:11: error: a text without a word cannot be a sentence of CoNLL [conll]
in:1: warning: sample.class is lost: conll cannot hold it
in:1: warning: sample.blanks is lost: conll cannot hold it
in:1: warning: annotation is lost: conll cannot hold it
in:2: warning: annotation.blank-in-name is lost: conll cannot hold it
in:4: warning: sample.unlabelled is lost: conll cannot hold it
ds-export: 4 samples with 3 annotations and 0 pictures written
ds-export: 1 sample and 2 annotations left out
END
	assert_file_equals got want
	printf '%s\n' 'Ann B-p' '( O' 'born O' '1 B-year' '9 I-year' '90 I-year' ') O' 'likes O' "don't O" ', O' 'U.S.A O' '. O' '' \
		'他 O' '在 O' '北 B-place_of' '京 I-place_of' 'Uni O' '。 O' '' >want
	assert_file_equals out/train/dataset.conll want
	printf 'two O\nblanks O\n\n' >want
	assert_file_equals out/valid/dataset.conll want
}

@test "conll: bad rows have their place and take their sentence with them" {
	printf 'a B-X\nb\n\nc O\nd x-Y\ne\tO\n\n\tO\n\n\377 O\nf O\n\nok B-X\n' >bad.conll
	run -1 --separate-stderr ds-import -v -f conll bad.conll
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
bad.conll:2:1: error: a row should have a token and, in its last column, a tag [conll-row]
bad.conll:5:3: error: the last column should be O or a tag as B-PER (of IOB, IOBES, BILOU, BMES) [conll-row]
bad.conll:8:2: error: the first column should be a token [conll-row]
bad.conll:10:1: error: the row is not UTF-8; --encoding names another [encoding]
ds-import: 1 label file read, 0 of them bad
ds-import: 1 sample with 1 annotation given
ds-import: 4 samples and 0 annotations left out
END
	assert_file_equals got want
	[ "$(printf '%s\n' "$output" | tail -n 1 | jq -r .source)" = content://ok ]
	printf '\344 B-X\n' >latin.conll
	ds-import --encoding latin1 latin.conll | grep -q '"source":"content://ä"'
	printf 'a O\nb O\nc O\n\nd O\n' >long.conll
	run -1 --separate-stderr ds-import -f conll --max-text 9 long.conll
	[[ "$stderr" == 'long.conll:3:1: error: a sentence '*' --max-text '*'[max-text]' ]]
	[ "$(printf '%s\n' "$output" | tail -n 1 | jq -r .source)" = content://d ]
	# Rows of O alone are not enough to be taken for it.
	cp long.conll long.txt
	run -2 ds-import long.txt
	[[ "$output" == *"no known label format; name it with -f"* ]]
}

@test "entities go from each format that holds them to each other one" {
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"p"},{"name":"q"}]}}
{"source":"content://😀 Ann lives in Zürich .","id":"a","annotation":[{"name":"p","span":[2,5],"unit":"codepoint"},{"name":"q","span":[15,21],"unit":"codepoint"}]}
{"source":"content://in Rom","id":"b","annotation":[{"name":"q","span":[3,6],"unit":"codepoint"}]}
END
	show() {
		jq -c 'select(.source)|[.source,[.annotation[]|[.name,.span,.unit]]]' "$1"
	}
	show in.jsonl >want
	formats=$(ds-import --list-formats --json | jq -r 'select(.read and .write and (.holds|index("span")))|.name')
	[ "$(wc -w <<<"$formats")" -ge 6 ]
	for a in $formats; do
		ds-export -q -f "$a" -o "one-$a" in.jsonl 2>/dev/null
		ds-import -q -f "$a" "one-$a" >one.jsonl 2>/dev/null
		for b in $formats; do
			rm -rf two
			ds-export -q -f "$b" -o two one.jsonl 2>/dev/null
			ds-import -q -f "$b" two >two.jsonl 2>/dev/null
			show two.jsonl >got
			cmp -s got want || { echo "$a to $b:" && diff got want; }
		done
	done >bad
	[ ! -s bad ] || fail "$(head -n 40 bad)"
}

@test "the examples of ds-formats(7) for texts and sounds do what they say" {
	printf 'Ann B-p\nis O\n\n' >ner.conll
	printf '{"id":1,"text":"Ann is","label":[[0,3,"p"]]}\n' >ner.jsonl
	printf '{"text":"a","label":["b"]}\n' >mt.jsonl
	mkdir -p speech data/train
	printf '1.0\t2.0\tso\n' >speech/a.txt
	touch speech/a.wav
	printf '{"audio_filepath":"/a.wav","duration":1.0,"text":"so"}\n' >asr.json
	printf 'r1 /a.wav\n' >data/train/wav.scp
	printf 'r1 so\n' >data/train/text
	printf 'r1 r1\n' | tee data/train/utt2spk >data/train/spk2utt
	for f in conll doccano doccano-seq2seq audacity nemo kaldi; do
		example=$(sed -n "/^\.Ss $f\( \|\$\)/,/^\.Ed/s/^\\$ //p" "$srcdir/man/ds-formats.7")
		[ -n "$example" ] || { echo "$f has no example" && continue; }
		input=$(cut -d ' ' -f 4 <<<"$example")
		output=$(grep -o 'copy[^ ]*' <<<"$example")
		rm -rf copy copy.*
		eval "$example" 2>err || echo "$f: $example: $(cat err)"
		[ ! -s err ] || cat err
		diff -r "${input%/}" "${output%/}" || echo "$f: the copy differs"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
}

@test "text files and JSON Lines are never guessed: what fits is named, or nothing is" {
	# any text
	printf 'so it goes\tx\n' >a.txt
	run -2 ds-import a.txt
	[[ "$output" == *"no known label format"* ]]
	printf '{"text":"no label of doccano","label":3}\n' >a.jsonl
	run -2 ds-import a.jsonl
	[[ "$output" == *"no known label format"* ]]
	printf '{"text":"x"}\n' >b.jsonl
	run -2 ds-import b.jsonl
	[[ "$output" == *"no known label format"* ]]
	# rows of one kind that begin like another: KITTI's and YOLO's are not CoNLL's, a table is not Audacity's
	printf '1\t2\n3\t4\n' >b.txt
	run -2 ds-import b.txt
	[[ "$output" == *"no known label format"* ]]
	# two kinds in one folder
	mkdir two
	printf 'Ann B-p\nis O\n' >two/ner.txt
	printf '1.0\t2.0\tso\n' >two/a.txt
	touch two/a.wav
	run -2 ds-import two
	[[ "$output" == *"it may be audacity: "*"it may be conll: "*"ambiguous; name it with -f"* ]]
	mkdir tie
	printf '{"id":1,"text":"Ann is","label":[[0,3,"p"]]}\n' >tie/a.jsonl
	printf '{"audio_filepath":"/a.wav","duration":1.0,"text":"so"}\n' >tie/b.json
	run -2 ds-import tie
	[[ "$output" == *"it may be doccano: "*"it may be nemo: "*"ambiguous; name it with -f"* ]]
}

@test "real manifests of texts and speech go to other formats and back with what they say" {
	need_corpora labels/modelarts
	way() { # MANIFEST FORMAT FIELDS: there and back
		ds-import -q -f manifest "$DSUTILS_CORPORA/labels/modelarts/resources/$1" >there 2>/dev/null || true
		rm -rf mid
		ds-export -q -f "$2" -o mid there 2>/dev/null
		ds-import -q -f "$2" mid 2>/dev/null | jq -c "select(.source)|[.source,$3]" | LC_ALL=C sort >got
		jq -c "select(.source)|[.source,$3]" there | LC_ALL=C sort >want
		[ -s want ]
		assert_file_equals got want
	}
	way text_entity.manifest doccano '[.annotation[]?|[.name,.span]]'
	way text_entity_duplicate_label.manifest doccano '[.annotation[]?|[.name,.span]]'
	way text_entity.manifest conll '[.annotation[]?|[.name,.span]]'
	way text_classification.manifest doccano '[.annotation[]?|.name]'
	way audio_content.manifest nemo '[.annotation[]?|.text]'
	way audio_content.manifest kaldi '[.annotation[]?|.text]'
	way audio_classification.manifest nemo '[.annotation[]?|.name]'
}
