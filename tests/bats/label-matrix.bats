# label-matrix.bats: polygons and masks from each format that holds them to each other one (boxes: matrix.bats).

load helpers
load matrix

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	# grey, 200x100: the header is all that is looked at
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >p1.png
}

@test "polygons and turned boxes go through every two formats that hold areas" {
	record '{"name":"apple","polygon":[[10,20,40,20,40,60.5,30,70,10,60]]},{"name":"zebra","polygon":[[0,0,200,0,200,100]]},{"name":"apple","rbox":[50,50,40,20,30]},{"name":"zebra","rbox":[120.5,40,30,24,-75]}' >in.jsonl
	# DOTA has four corners a shape
	every_pair show polygon $(holders 'rbox|polygon' | grep -vx dota)
}

@test "turned boxes go through DOTA and every other format" {
	record '{"name":"apple","rbox":[50,50,40,20,30]},{"name":"zebra","rbox":[120.5,40,30,24,-75]}' >in.jsonl
	for b in $(holders 'rbox|polygon' | grep -vx dota); do every_pair show rbox dota "$b"; done
}

@test "lines go through every two formats that hold them" {
	record '{"name":"apple","polyline":[10,20,40.25,20,40,60.5]},{"name":"zebra","line":[0,0,200,100]}' >in.jsonl
	every_pair show polyline $(holders polyline)
}

@test "keypoints go through every two formats that hold them" {
	record '{"name":"apple","keypoints":[10,20,2,40.25,20.5,2,30,60,2]}' >in.jsonl
	every_pair show keypoints $(holders keypoints)
}

@test "points and circles go through every two formats that hold them" {
	record '{"name":"apple","point":[10,20.5]},{"name":"zebra","circle":[50,40,12.5]}' >in.jsonl
	# these two know ellipses, which are polygons to those that do not
	every_pair show circle $(holders circle | grep -vx 'cvat\|labelstudio')
	every_pair show circle cvat labelstudio via csv-via
}

@test "polygons in parts of width and height become pixels" {
	echo '{"source":"p1.png","width":200,"height":100,"annotation":[{"name":"a","polygon":[[0.25,0.5,0.5,0.5,0.5,0.75],[0,0,0.1,0,0.1,0.25]],"unit":"ratio"}]}' >ratio.jsonl
	for f in csv-via cvat labelme labelstudio supervisely via; do
		through "$f" ratio.jsonl one.jsonl
		jq -c '[.annotation[]?.polygon[0]][0]|select(.)|map(.*1000|round/1000)' one.jsonl
	done >got
	for f in 1 2 3 4 5 6; do echo '[50,50,100,50,100,75]'; done >want
	assert_file_equals got want
}

@test "annotations that mean nothing are counted, and never spoil a file" {
	echo '{"source":"p1.png","width":200,"height":100,"annotation":[{"name":"a\u0000b/\n ","bbox":[1e400,0,1,1]},{"name":"c","polygon":[]},{"name":"c","polygon":[[1,2,3]]},{"name":"e","rle":{"size":[1,1],"counts":[5]}},{"name":"ok","bbox":[1,2,3,4]}]}' >odd.jsonl
	for f in createml csv-automl csv-kaggle csv-retinanet csv-tf csv-via cvat dota kitti labelme labelstudio openimages supervisely via; do
		ds-export -q -f "$f" --images link -o "out-$f" odd.jsonl 2>err
		grep -q 'is lost' err || echo "$f loses in silence"
		ds-import -q -f "$f" "out-$f" >back.jsonl 2>err || echo "$f is spoilt: $(head -n 2 err)"
		grep -q '"name":"ok"' back.jsonl || echo "$f has lost the good one"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
}

# example FORMAT: what its section of ds-formats(7) says to type.
example() {
	sed -n "/^\.Ss $1\( \|\$\)/,/^\.Ed/s/^\\$ //p" "$srcdir/man/ds-formats.7"
}

# try_example FORMAT INPUT: the example, whose input is there; what it wrote has to hold the class "a".
try_example() {
	local command to
	command=$(example "$1")
	to=$(sed 's/.*-o \([^ ]*\).*/\1/' <<<"$command")
	rm -rf "$to"
	eval "$command" 2>err || echo "$1: $command: $(cat err)"
	ds-import -q -f "$(sed 's/.*-f \([^ ]*\).*/\1/' <<<"$command")" "$to" >back 2>err || echo "$1: $(cat err)"
	grep -q '"name":"a"' back || echo "$1: nothing came back"
}

# lay_out FORMAT RECORDS: export them as the input that the example of the format reads.
lay_out() {
	local input file
	input=$(example "$1" | cut -d ' ' -f 4)
	rm -rf tree "${input%%/*}"
	ds-export -q -f "$1" -o tree "$2" 2>/dev/null
	case $input in
	*/) mv tree "$input" ;;
	*/*) mv tree "${input%/*}" && file=$(find "${input%/*}" -name "*.${input##*.}") && [ "$file" = "$input" ] || mv "$file" "$input" ;;
	*) find tree -name "*.${input##*.}" -exec mv {} "$input" \; ;;
	esac
}

@test "the examples of ds-formats(7) do what they say" {
	echo '{"dataset":{"name":"s","classes":[{"name":"a"}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"a","bbox":[10,20,30,40]}]}' >boxes.jsonl
	echo '{"source":"p1.png","id":"p1","annotation":[{"name":"a"}]}' >classes.jsonl
	mkdir comments
	printf 'good film\n' >comments/c.txt
	printf 'a\n' >comments/c_result.txt
	printf 'good film\ta\n' >a.txt
	for f in $(ds-import --list-formats --json | jq -r .name); do
		[ -n "$(example "$f")" ] || echo "$f has no example"
		case $f in
		coco-panoptic | audacity | conll | doccano* | kaldi | nemo) continue ;; # tested with their own data
		modelarts-text*) ;;
		imagenet | modelarts-image) lay_out "$f" classes.jsonl ;;
		*) lay_out "$f" boxes.jsonl ;;
		esac
		try_example "$f"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
}

@test "label files of many blocks come back whole" {
	awk 'BEGIN { for (i = 0; i < 2500; i++)
		printf "{\"source\":\"p%d.png\",\"width\":200,\"height\":100,\"annotation\":[{\"name\":\"some class\",\"bbox\":[1,2,3,4]}," \
			"{\"name\":\"some class\",\"polygon\":[[10,20,40,20,40,60]]}]}\n", i }' >many.jsonl
	for f in $(holders bbox); do
		case $f in coco-panoptic | darknet | tfrecord | webdataset) continue ;; esac # these want pixels, or pictures
		ds-export -q -f "$f" --images none -o "out-$f" many.jsonl 2>err || echo "$f: $(head -n 1 err)"
		ds-import -q -f "$f" "out-$f" 2>err >back.jsonl || echo "$f is spoilt: $(head -n 1 err)"
		[ "$(grep -c '^{"source"' back.jsonl)" = 2500 ] || echo "$f has other samples"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
}
