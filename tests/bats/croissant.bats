# croissant.bats: croissant.json beside exports, by the rules of the specification, version 1.1.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	local i
	for i in 1 2 3; do
		printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >p$i.png
	done
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"zebra","id":0},{"name":"apple","id":1}],"info":{"description":"Animals","url":"https://x.org","date_created":"2017/09/01"},"licenses":[{"id":1,"url":"https://x.org/l"}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"usage":"TRAIN","annotation":[{"name":"apple","bbox":[10,20,30,40]},{"name":"zebra","bbox":[0,0,200,100]}]}
{"source":"p2.png","id":"p2","width":200,"height":100,"usage":"EVAL","annotation":[{"name":"apple","bbox":[1,2,3,4]}]}
{"source":"p3.png","id":"p3","width":200,"height":100,"annotation":[]}
END
	rules >rules.jq
}

# The rules as one program, which gives what is broken.
rules() {
	cat <<'END'
def has_all(what; keys): . as $x | keys[] | select($x[.] == null) | "\(what) without \(.)";
. as $d
# what is required of a dataset
| has_all("dataset"; ["@context","@type","conformsTo","name","description","license","url","creator","datePublished","distribution"]),
  (select(."@type" != "sc:Dataset" or .conformsTo != "http://mlcommons.org/croissant/1.1" or .isLiveDataset != false) | "no dataset of 1.1"),
# of its parts
  (.distribution[] | if ."@type" == "cr:FileObject" then has_all("file"; ["@id","name","contentUrl","contentSize","encodingFormat","sha256"])
	elif ."@type" == "cr:FileSet" then has_all("set"; ["@id","name","encodingFormat","includes"]) else "strange \(."@type")" end),
  (.recordSet[] | select(."@type" != "cr:RecordSet" or (.field|length) == 0) | "no record set: \(."@id")"),
  (.recordSet[] | .field[] | select(."@type" != "cr:Field" or .dataType == null) | "no field: \(."@id")"),
  (.recordSet[] | select(.data == null) | .field[] | select(.source.extract == null) | "no source: \(."@id")"),
# data have the keys of the fields, and no others
  (.recordSet[] | select(.data) | [.field[]."@id"] as $f | .data[] | keys - $f | .[] | "no such field: \(.)"),
  (.recordSet[] | select(.data) | .key."@id" as $k | select([.data[][$k]] | length != (unique|length)) | "key twice"),
# ids are unique, a field is called after its record set, and every reference leads somewhere
  ([.. | objects | select(has("@id") and has("@type")) | ."@id"] as $ids | [.. | objects | select(keys == ["@id"]) | ."@id"] as $refs |
	(($refs - $ids)[] | "no \(.)"), (select(($ids|length) != ($ids|unique|length)) | "an id twice")),
  (.recordSet[] | ."@id" as $r | .field[] | select(."@id" != "\($r)/\(.name)") | "odd id \(."@id")"),
# no term without a place in the context
  ((."@context" | keys) as $c | ["@id","@type","name","description","conformsTo","license","url","creator","datePublished",
	"version","distribution","contentUrl","contentSize","encodingFormat","sha256"] as $sc |
	[del(."@context") | del(.recordSet[]?.data) | .. | objects | keys[]] | unique - $c - $sc | .[] | "unknown term \(.)")
END
}

# check DIR: the rules that a reader of Croissant holds a description to. Says what is broken.
check() {
	(
		cd "$1" || exit
		jq -rf ../rules.jq croissant.json
		# files are what is said of them
		jq -r '.distribution[] | select(.sha256) | .sha256 + "  " + .contentUrl' croissant.json >../sums
		[ ! -s ../sums ] || sha256sum -c --quiet ../sums
		jq -r '.distribution[] | select(.sha256) | (.contentSize|rtrimstr(" B")) + " " + .contentUrl' croissant.json >../sizes
		[ ! -s ../sizes ] || cut -d ' ' -f 2- ../sizes | tr '\n' '\0' | xargs -0 stat -c '%s %n' | diff - ../sizes
		# and each file is described once
		{
			jq -r '.distribution[] | select(.sha256) | .contentUrl' croissant.json
			jq -r '.distribution[] | select(.includes and .containedIn == null) | .includes | if type == "array" then .[] else . end' croissant.json |
				while read -r glob; do printf '%s\n' $glob; done
		} | LC_ALL=C sort >../said
		find . -type f ! -name croissant.json -printf '%P\n' | LC_ALL=C sort | diff - ../said
	)
}

@test "every format, as a folder and as an archive, is described by the rules" {
	ds-export --list-formats --json | jq -r 'select(.write)|.name' >names
	[ "$(wc -l <names)" -ge 25 ]
	while read -r f; do
		ds-export -q -f "$f" --croissant --about creator=me -o out in.jsonl 2>/dev/null || true
		check out >bad1
		[ ! -s bad1 ] || { echo "$f:" && cat bad1; }
		rm -r out
		case $f in coco | tfrecord | webdataset | yolo) ;; *) continue ;; esac
		ds-export -q -f "$f" --croissant --about creator=me -o t.tar in.jsonl 2>/dev/null
		tar xf t.tar --one-top-level=out
		check out >bad1
		[ ! -s bad1 ] || { echo "$f.tar:" && cat bad1; }
		rm -r out t.tar
	done <names >bad
	[ ! -s bad ] || fail "$(head -n 40 bad)"
}

@test "the rules of this file find what is broken" {
	ds-export -q -f coco --croissant --about creator=me -o out in.jsonl
	cp out/croissant.json good
	for edit in 'del(.license)' '.recordSet[2].field[0].source.fileSet."@id" = "x"' '.distribution[0]."@id" = .distribution[1]."@id"' \
		'.distribution[0].contentSize = "7 B"' '.distribution[0].sha256 = .distribution[1].sha256' 'del(.distribution[1])' \
		'.recordSet[1].data[0].x = 1' '.recordSet[1].data[0]."classes/name" = "apple"' '.distribution[3].includes = "*"' '.frob = 1'; do
		jq "$edit" good >out/croissant.json
		check out >bad 2>&1 || true
		[ -s bad ] || fail "not found: $edit"
	done
}

@test "the description of a COCO export, byte for byte" {
	ds-export -q -f coco --croissant --about creator=me --about 'cite-as=@misc{x}' --about version=1.2.0 --about name=animals -o out in.jsonl 2>err
	[ ! -s err ] || fail "$(cat err)"
	jq -c '."@context"' out/croissant.json >context
	cat >want <<'END'
{"@language":"en","@vocab":"https://schema.org/","sc":"https://schema.org/","cr":"http://mlcommons.org/croissant/","rai":"http://mlcommons.org/croissant/RAI/","dct":"http://purl.org/dc/terms/","conformsTo":"dct:conformsTo","data":{"@id":"cr:data","@type":"@json"},"dataType":{"@id":"cr:dataType","@type":"@vocab"},"examples":{"@id":"cr:examples","@type":"@json"},"annotation":"cr:annotation","arrayShape":"cr:arrayShape","citeAs":"cr:citeAs","column":"cr:column","containedIn":"cr:containedIn","equivalentProperty":"cr:equivalentProperty","excludes":"cr:excludes","extract":"cr:extract","field":"cr:field","fileObject":"cr:fileObject","fileProperty":"cr:fileProperty","fileSet":"cr:fileSet","format":"cr:format","includes":"cr:includes","isArray":"cr:isArray","isLiveDataset":"cr:isLiveDataset","jsonPath":"cr:jsonPath","key":"cr:key","md5":"cr:md5","parentField":"cr:parentField","path":"cr:path","readLines":"cr:readLines","recordSet":"cr:recordSet","references":"cr:references","regex":"cr:regex","repeated":"cr:repeated","replace":"cr:replace","samplingRate":"cr:samplingRate","sdVersion":"cr:sdVersion","separator":"cr:separator","source":"cr:source","subField":"cr:subField","transform":"cr:transform","unArchive":"cr:unArchive","value":"cr:value"}
END
	assert_file_equals context want
	jq -c 'del(."@context") | del(.distribution[].sha256)' out/croissant.json >got
	cat >want <<'END'
{"@type":"sc:Dataset","name":"animals","description":"Animals","conformsTo":"http://mlcommons.org/croissant/1.1","version":"1.2.0","datePublished":"2017-09-01","license":"https://x.org/l","url":"https://x.org","citeAs":"@misc{x}","creator":{"@type":"sc:Organization","name":"me"},"isLiveDataset":false,"distribution":[{"@type":"cr:FileObject","@id":"annotations/instances_train.json","name":"annotations/instances_train.json","contentUrl":"annotations/instances_train.json","contentSize":"SIZE B","encodingFormat":"application/json"},{"@type":"cr:FileObject","@id":"annotations/instances_val.json","name":"annotations/instances_val.json","contentUrl":"annotations/instances_val.json","contentSize":"SIZE B","encodingFormat":"application/json"},{"@type":"cr:FileObject","@id":"annotations/instances_default.json","name":"annotations/instances_default.json","contentUrl":"annotations/instances_default.json","contentSize":"SIZE B","encodingFormat":"application/json"},{"@type":"cr:FileSet","@id":"pictures","name":"pictures","encodingFormat":"image/png","includes":["images/train/*.png","images/val/*.png","images/*.png"]}],"recordSet":[{"@type":"cr:RecordSet","@id":"splits","name":"splits","dataType":"cr:Split","key":{"@id":"splits/name"},"field":[{"@type":"cr:Field","@id":"splits/name","name":"name","dataType":"sc:Text"},{"@type":"cr:Field","@id":"splits/url","name":"url","dataType":"sc:URL"}],"data":[{"splits/name":"TRAIN","splits/url":"cr:TrainingSplit"},{"splits/name":"EVAL","splits/url":"cr:ValidationSplit"}]},{"@type":"cr:RecordSet","@id":"classes","name":"classes","dataType":"sc:Enumeration","key":{"@id":"classes/name"},"field":[{"@type":"cr:Field","@id":"classes/name","name":"name","dataType":"sc:Text"},{"@type":"cr:Field","@id":"classes/id","name":"id","dataType":"sc:Text"}],"data":[{"classes/name":"zebra","classes/id":"0"},{"classes/name":"apple","classes/id":"1"}]},{"@type":"cr:RecordSet","@id":"images","name":"images","field":[{"@type":"cr:Field","@id":"images/path","name":"path","dataType":"sc:Text","source":{"fileSet":{"@id":"pictures"},"extract":{"fileProperty":"fullpath"}}},{"@type":"cr:Field","@id":"images/content","name":"content","dataType":"sc:ImageObject","source":{"fileSet":{"@id":"pictures"},"extract":{"fileProperty":"content"}}}]}]}
END
	sed -i -E 's/"contentSize":"[0-9]+ B"/"contentSize":"SIZE B"/g' got
	assert_file_equals got want
	ds-export -q -f coco --croissant --about creator=me --about 'cite-as=@misc{x}' --about version=1.2.0 --about name=animals -o again in.jsonl
	diff -r out again
}

@test "what is required and was not said is named; wrong options are refused" {
	grep -v dataset in.jsonl >plain.jsonl
	ds-export -q -f voc --croissant -o out plain.jsonl 2>err
	echo 'croissant.json: warning: Croissant requires license, url, creator, datePublished: --about KEY=VALUE says them [croissant]' | cmp - err
	[ "$(jq -r .name out/croissant.json)" = dataset ]
	must_fail 2 ds-export -f voc --croissant --about owner=me -o x plain.jsonl 2>err
	grep -q "'owner=me' should be KEY=VALUE" err
	must_fail 2 ds-export -f coco --croissant -o x.json plain.jsonl
	must_fail 2 ds-export -f voc --about url=u -o x plain.jsonl
	[ ! -e x ] && [ ! -e x.json ]
}

@test "many files of one kind are a set; shards and their records" {
	seq 70 | sed 's/.*/{"source":"p1.png","id":"&","annotation":[{"name":"a","bbox":[1,1,2,2]}]}/' >many.jsonl
	ds-export -q -f yolo --images link --croissant --about license=l --about url=u --about creator=c --about date=2026-01-01 -o out many.jsonl 2>/dev/null
	check out >bad
	[ ! -s bad ] || fail "$(cat bad)"
	jq -c '[.distribution[]|[."@type",."@id",.includes]]' out/croissant.json >got
	jq -e '[.distribution[]|select(."@type"=="cr:FileSet")|.includes] | length == 2' out/croissant.json || fail "$(cat got)"
	ds-export -q -f webdataset --shard-count 2 --croissant --about license=l --about url=u --about creator=c --about date=2026-01-01 -o shards in.jsonl
	check shards >bad
	[ ! -s bad ] || fail "$(cat bad)"
	jq -c '[.distribution[]|select(.containedIn)|[."@id",.includes,[.containedIn[]."@id"]]]' shards/croissant.json >got
	echo '[["labels","*.json",["data-000000.tar","train-000000.tar","val-000000.tar"]]]' >want
	assert_file_equals got want
}

@test "packages of ds-pack keep the rules, too" {
	ds-release -q -s s --snapshot --ratio 0.5 in.jsonl >/dev/null
	for f in tree webdataset; do
		ds-pack -q -f $f -o $f --license l --url u --creator c s
		jq --arg d 2026-01-01 '.datePublished = $d' $f/croissant.json >fixed && mv fixed $f/croissant.json
		[ $f = webdataset ] || rm -r $f/data
		check $f >bad
		[ ! -s bad ] || fail "$f: $(cat bad)"
	done
}
