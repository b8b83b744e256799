# labels.sh: section "labels": reading and writing label formats. Sourced by run.sh in an empty folder.

# The faults that `coco` plants and what ds-import says of them: NAME TAB WORDS OF THE MESSAGE.
faults() {
	cat <<-'END'
		no bbox	has no "bbox"
		no area	has no "area"
		image_id as a string	"image_id" is a string
		unknown category	is not in the list of categories
		negative width	negative width or height
		outside the picture	reaches outside the picture
		polygon of two points	at least three points
		unknown image	is not in the list of images
		box without extent	has no extent
		iscrowd is no number	"iscrowd" must be
		id twice	was there before
	END
}

# A COCO file of which two annotations in a hundred are broken in one of these ways each.
dirty() {
	local name words
	coco "$IMAGES" "$ANNOTATIONS" 2 >dirty.json 2>planted
	begin "COCO with 2 % broken annotations ($(megabytes dirty.json))" dirty.json
	row 'floor: look at each byte' bytes 'bytes <dirty.json'
	row dsutils ds-import 'ds-import -f coco dirty.json'
	ds-import -f coco dirty.json 2>messages >/dev/null || true
	printf '\n| fault | planted | reported |\n| --- | ---: | ---: |\n'
	while IFS=$'\t' read -r name words; do
		echo "| $name | $(awk -F '\t' -v n="$name" '$1 == n { print $2 }' planted) | $(grep -c -F -e "$words" messages) |"
	done < <(faults)
	rm dirty.json
}

# pipe NAME OPTIONS TARGET: the whole pipe, into what people train from.
pipe() {
	row "dsutils, $1" ds-export "ds-import -f coco coco.json | ds-export --images none $2 -o out/$3"
}

coco "$IMAGES" "$ANNOTATIONS" >coco.json

printf '## Labels\n'
begin "Reading COCO ($(megabytes coco.json), $ANNOTATIONS annotations)" coco.json
row 'floor: look at each byte' bytes 'bytes <coco.json'
row dsutils ds-import 'ds-import -f coco coco.json'
row jq jq 'jq -c . coco.json'
row 'Python json' python3 "python3 -c 'import json; json.load(open(\"coco.json\"))'"

begin "COCO to YOLO ($(megabytes coco.json), $IMAGES files)" coco.json
row 'floor: write files of this size' files "files out/labels $IMAGES 250"
pipe 'boxes' '-f yolo --yolo-task detect' yolo
pipe 'boxes, as a tar' '-f yolo --yolo-task detect' yolo.tar
pipe 'polygons' '-f yolo --yolo-task segment' yolo
pipe 'polygons, as a tar' '-f yolo --yolo-task segment' yolo.tar
begin "COCO to VOC ($(megabytes coco.json), $IMAGES files)" coco.json
row 'floor: write files of this size' files "files out/labels $IMAGES 2000"
pipe 'a folder' '-f voc' voc
pipe 'a tar' '-f voc' voc.tar

ds-import -q -f coco coco.json >coco.jsonl 2>/dev/null || true
begin "Records to COCO ($(megabytes coco.jsonl))" coco.jsonl
row 'floor: look at each byte' bytes 'bytes <coco.jsonl'
row dsutils ds-export 'ds-export -f coco --images none -o out/coco.json coco.jsonl'
row jq jq 'jq -c . coco.jsonl'

# The system calls for a file are those of the floor: open, write, close.
for format in 'yolo --yolo-task detect' voc; do
	begin "Records to ${format%% *} ($(megabytes coco.jsonl), $IMAGES files)" coco.jsonl
	row 'floor: write files of this size' files "files out/labels $IMAGES $([ "$format" = voc ] && echo 2000 || echo 250)"
	row dsutils ds-export "ds-export -f $format --images none -o out/x coco.jsonl"
	row 'dsutils, 1 thread' ds-export "ds-export -j 1 -f $format --images none -o out/x coco.jsonl"
	row 'dsutils, a tar' ds-export "ds-export -f $format --images none -o out/x.tar coco.jsonl"
done

# As such a folder is: a picture for each file. They may be empty, for the files say how large the pictures are.
ds-export -q -f voc --images none -o voc coco.jsonl 2>/dev/null || true
rm coco.json coco.jsonl
mkdir voc/JPEGImages
find voc/Annotations -name '*.xml' -printf 'voc/JPEGImages/%f\0' | sed -z 's/xml$/jpg/' | xargs -0 touch
find voc -name '*.xml' -exec cat {} + >xml.cat
begin "Reading a VOC folder ($(find voc -name '*.xml' | wc -l) files, $(megabytes xml.cat))" xml.cat
row 'floor: cat' cat "find voc -name '*.xml' -print0 | xargs -0 cat >/dev/null"
row dsutils ds-import 'ds-import -f voc voc'
row 'dsutils, 1 thread' ds-import 'ds-import -j 1 -f voc voc'
row 'Python ElementTree' python3 "python3 -c 'import glob, xml.etree.ElementTree as e; [e.parse(f) for f in glob.iglob(\"voc/**/*.xml\", recursive=True)]'"
rm -rf voc xml.cat

awk -v n="$LINES" 'BEGIN {
	for (i = 0; i < n; i++)
		printf "{\"source\":\"s3://bucket/photos/%07d.jpg\",\"usage\":\"TRAIN\",\"id\":\"%032x\",\"annotation\":[{\"name\":\"class %d\"," \
			"\"type\":\"modelarts/image_classification\",\"confidence\":0.%02d,\"creation-time\":\"2019-02-20 08:23:06\"," \
			"\"annotated-by\":\"human\",\"property\":{\"@modelarts:color\":\"#ff0000\"}}]}\n", i, i, i % 10, i % 100
}' >in.manifest
begin "A ModelArts manifest of $LINES lines in and out ($(megabytes in.manifest))" in.manifest
row 'floor: look at each byte' bytes 'bytes <in.manifest'
row 'dsutils, in' ds-import 'ds-import -f manifest in.manifest'
ds-import -q -f manifest in.manifest >manifest.jsonl
row 'dsutils, out' ds-export 'ds-export -f manifest --images none -o out/m manifest.jsonl'
row 'dsutils, in and out' ds-export 'ds-import -f manifest in.manifest | ds-export -f manifest --images none -o out/m'
row jq jq 'jq -c . in.manifest'
rm in.manifest manifest.jsonl

dirty
