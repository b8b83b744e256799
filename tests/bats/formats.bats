# formats.bats: the table of formats, its manual, and ways from one format to another.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "ds-formats(7) has each format with its other names, and no more" {
	ds-import --list-formats --json >table
	jq -r '"\(.name) (\(.aliases|join(", ")))"' table | sed 's/ ()$//' | LC_ALL=C sort >want
	sed -n 's/^\.Ss //p' "$srcdir/man/ds-formats.7" | LC_ALL=C sort >got
	# The manual leaves out misprints of others; the rest of the lines are equal.
	sed -i -E 's/[|]?, [^,(]*classfication[^,)]*//g; s/ \(\)$//' want
	assert_file_equals got want
}

@test "the table is sorted, and both programs list the same" {
	ds-import --list-formats --json >one
	ds-export --list-formats --json >two
	cmp one two
	jq -r .name one >names
	LC_ALL=C sort -c -u names
	ds-import --list-formats | grep -c '^[a-z]' >text
	[ "$(cat text)" -eq "$(wc -l <names)" ]
}

@test "each name and alias works for -f, in any case; unknown ones get a proposal" {
	ds-import --list-formats --json | jq -r 'select(.read)|.name,.aliases[]' >names
	while read -r name; do
		run ds-import -f "${name^^}" no-such-file
		[[ "$output" != *"unknown format"* ]] || fail "$name is unknown"
	done <names
	run -2 ds-import -f vco .
	[[ "$output" == *"did you mean 'voc'?"* ]]
	run -2 ds-export -f nonsense -o out
	[[ "$output" == *"--list-formats shows them"* ]]
}

@test "a tree that is nothing, and one that is two things alike, are refused" {
	mkdir empty two
	run -2 ds-import empty
	[[ "$output" == *": no known label format; name it with -f (--list-formats)" ]]
	printf '{"source":"s3://b/1.jpg","annotation":[{"type":"modelarts/image_classification","name":"a"}]}\n' >two/a.manifest
	mkdir two/Annotations
	printf '<annotation><object><name>a</name></object></annotation>' >two/Annotations/a.xml
	run -2 ds-import two
	[[ "$output" == *"it may be manifest: a.manifest is a manifest of ModelArts [format]"* ]]
	[[ "$output" == *"it may be voc: 1 XML file, 1 of the first 1 with <annotation> [format]"* ]]
	[[ "$output" == *"the label format is ambiguous; name it with -f" ]]
}

# A small dataset with whole-number boxes, in a split, of all kinds of names.
records() {
	local i
	for i in 1 2 3; do
		printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >"p$i.png"
	done
	cat <<'END'
{"dataset":{"name":"set","classes":[{"name":"zebra","id":0},{"name":"apple","id":1},{"name":"unused","id":2}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"apple","bbox":[10,20,30,40]},{"name":"zebra","bbox":[0,0,200,100]}]}
{"source":"p2.png","id":"p2","width":200,"height":100,"annotation":[{"name":"zebra","bbox":[1,2,3,5]}]}
{"source":"p3.png","id":"p3","width":200,"height":100,"annotation":[{"name":"apple","bbox":[199,99,1,1]}]}
END
}

@test "what each export writes is found without -f" {
	records >boxes.jsonl
	sed -E 's/,"bbox":\[[^]]*\]//g' boxes.jsonl >classes.jsonl
	ds-import --list-formats --json | jq -r 'select(.read and .write)|.name' >names
	while read -r a; do
		case $a in
		modelarts-text* | doccano*) continue ;; # no pictures
		audacity | conll | kaldi | nemo) continue ;; # the same
		modelarts-voc) continue ;;              # looks like voc
		darknet) continue ;;                    # read as yolo
		*image*) cp classes.jsonl in.jsonl ;;   # of classes
		*) cp boxes.jsonl in.jsonl ;;
		esac
		ds-export -q -f "$a" -o "out-$a" in.jsonl 2>/dev/null
		ds-import -q "out-$a" 2>err | head -n 1 | jq -r .dataset.format >got || true
		[ "$(cat got)" = "$a" ] || echo "$a is taken for '$(cat got)': $(head -n 3 err)"
	done <names >bad
	[ ! -s bad ] || fail "$(cat bad)"
}

@test "VOC to COCO to YOLO to VOC stays within half a pixel, on real data" {
	need_corpora datasets/bccd
	for set in bccd raccoon; do
		ds-import -f voc "$DSUTILS_CORPORA/datasets/$set" >voc.jsonl 2>/dev/null
		ds-export -q -f coco --images link -o coco voc.jsonl 2>/dev/null
		ds-import -q -f coco coco | ds-export -q -f yolo --images link -o yolo 2>/dev/null
		ds-import -q -f yolo yolo | ds-export -q -f voc --images link -o voc 2>/dev/null
		ds-import -q -f voc voc >back.jsonl
		jq -c 'select(.source)|[.id,.usage,[.annotation[].name]]' voc.jsonl >want
		jq -c 'select(.source)|[.id,.usage,[.annotation[].name]]' back.jsonl >got
		assert_file_equals got want
		jq -n --slurpfile a voc.jsonl --slurpfile b back.jsonl '
			def numbers: [.[]|select(.source)|.annotation[].bbox[]];
			[$a|numbers, ($b|numbers)]|transpose|map(.[0]-.[1]|fabs)|max < 0.5' >close
		[ "$(cat close)" = true ]
		rm -r coco yolo voc
	done
}
