# label-webdataset.bats: tar shards of samples.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

# A PNG of 200x100 as far as anybody looks.
png() {
	local name
	for name; do printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >"$name"; done
}

# members.tar of the files in folder $1, in the order of their names
pack() {
	(cd "$1" && LC_ALL=C tar cf ../"$1".tar ${2-*})
}

records() {
	png p1.png p2.png p3.png
	cat <<'END'
{"dataset":{"name":"set","classes":[{"name":"zebra","id":0},{"name":"apple","id":1},{"name":"unused","id":2}],"info":{"a":1.10}}}
{"source":"p1.png","id":"p1","width":200,"height":100,"usage":"TRAIN","annotation":[{"name":"apple","bbox":[10,20,30.50,40]},{"name":"zebra","polygon":[[1,2,3,4,5,6]],"x":12345678901234567890}],"k":1.10}
{"source":"p2.png","id":"d/p.2","usage":"EVAL","annotation":[{"name":"apple"}]}
{"source":"p3.png","id":"p3","annotation":[{"text":"a Zoë\nx"}]}
{"source":"content://hi there","id":"t","annotation":[]}
{"source":"s3://b/x.png","id":"u"}
END
}

@test "records go in and come back byte for byte" {
	records >in.jsonl
	ds-export -q -f webdataset -o x.tar in.jsonl 2>err
	grep -q 'picture.remote is lost' err
	tar tf x.tar >got
	cat >want <<'END'
p1.png
p1.json
p2.png
p2.cls
p2.json
p3.png
p3.txt
p3.json
t.txt
t.json
x.json
__dataset__
END
	assert_file_equals got want
	[ "$(tar xOf x.tar p2.cls)" = 1 ]
	ds-import x.tar | sed 's,x.tar!/,,' >got
	sed '1s/"name":"set",/"name":"x","format":"webdataset",/' in.jsonl | jq -c 'if .dataset then .dataset |= {name,format,info,classes} else . end' |
		sed 's/"a":1.1}/"a":1.10}/' | head -n 1 >want
	tail -n +2 in.jsonl >>want
	assert_file_equals got want
	ds-import -q x.tar | ds-export -q -f webdataset -o y.tar 2>/dev/null
	tar xOf y.tar p1.json | grep -q '"k":1.10'
	[ "$(tar tf y.tar)" = "$(tar tf x.tar)" ]
	ds-import -x out <x.tar | jq -r 'select(.source)|.source' | head -n 1 >got
	echo out/p1.png >want
	assert_file_equals got want
	cmp out/p1.png p1.png
}

@test "shards: by size, by number, by split; the same each time; read from a folder and by braces" {
	for i in $(seq 1 9); do
		head -c 3000 /dev/zero >"p$i.jpg"
		echo '{"source":"p'$i'.jpg","id":"k'$i'","usage":"'$([ "$i" = 9 ] && echo EVAL || echo TRAIN)'","annotation":[{"name":"c"}]}'
	done >in.jsonl
	ds-export -q -f webdataset --shard-size 20K -o size in.jsonl
	ds-export -q -f webdataset --shard-size 20K -o again in.jsonl
	diff -r size again
	[ "$(ls size | tr '\n' ' ')" = 'train-000000.tar train-000001.tar val-000000.tar ' ]
	ds-export -q -f webdataset --shard-count 2 -o count in.jsonl
	[ "$(ls count | tr '\n' ' ')" = 'train-000000.tar train-000001.tar val-000000.tar ' ]
	[ "$(tar tf count/train-000001.tar | grep -c json)" = 4 ]
	for d in size count; do
		ds-import -q "$d" | jq -r 'select(.source)|.id+" "+.usage' | sort >got
		jq -r '.id+" "+.usage' in.jsonl | sort >want
		assert_file_equals got want
	done
	ds-import -q -f webdataset 'size/train-{000000..000001}.tar' >got
	[ "$(jq -c 'select(.source)' got | wc -l)" = 8 ]
	[ "$(jq -r 'select(.dataset)|.dataset.name' got | sort -u)" = train ]
	must_fail 2 ds-export -f webdataset --shard-count 2 -o x.tar in.jsonl
	must_fail 2 ds-export -f webdataset --shard-count 2 --shard-size 1M -o x in.jsonl
	must_fail 2 ds-export -f webdataset --shard-count 9999 -o x in.jsonl
	must_fail 2 ds-export -f coco --shard-count 2 -o x in.jsonl
	must_fail 2 ds-export -f tfrecord --shard-size 1M -o x in.jsonl
	[ ! -e x ] && [ ! -e x.tar ]
	must_fail 2 ds-import -f webdataset 'none-{0..1}.tar' 2>err
	[ "$(grep -c 'cannot open none-[01].tar' err)" = 2 ]
}

@test "members of others: cls, txt, json, bytes, more pictures; and back" {
	mkdir u
	png u/a.JPG u/a.seg.png u/b.b.jpg u/c.png
	(
		cd u
		echo 7 >a.cls
		printf hello >a.txt
		printf '\377\0' >a.npy
		echo '{ "x" : 1.10 }' >a.json
		printf 'q\n' >b.x.txt
		echo cat >c.cls
		echo nodot >nodot
		echo x >__meta__
		printf 'only text' >d.txt
		printf '[1,2]' >e.json
	)
	pack u
	ds-import -f webdataset u.tar >got 2>err
	echo 'u.tar!/nodot: warning: a member needs a name with a dot, KEY.KIND: left out [webdataset]' | cmp - err
	cat >want <<'END'
{"dataset":{"name":"u","format":"webdataset"}}
{"source":"u.tar!/a.JPG","id":"a","width":200,"height":100,"annotation":[{"name":"7"},{"text":"hello"}],"webdataset":{"json":{"x":1.10},"npy":{"base64":"/wA="},"seg.png":{"source":"u.tar!/a.seg.png"}}}
{"source":"u.tar!/b.b.jpg","id":"b","width":200,"height":100,"webdataset":{"x.txt":"q\n"}}
{"source":"u.tar!/c.png","id":"c","width":200,"height":100,"annotation":[{"name":"cat"}]}
{"source":"content://only text","id":"d"}
{"source":"u.tar!/e.json","id":"e","webdataset":{"json":[1,2]}}
END
	assert_file_equals got want
	ds-import -q u.tar >got # .cls gives it away
	assert_file_equals got want
	grep -v '"id":"e"' got | ds-export -q -f webdataset -o v.tar
	mkdir v && tar xf v.tar -C v
	for m in a.npy a.seg.png a.txt d.txt; do cmp "v/$m" "u/$m"; done
	cmp v/b_b-*.x.txt u/b.x.txt # a stem with a dot cannot be a key
	cmp v/a.jpg u/a.JPG
	[ "$(cat v/a.cls v/c.cls v/a.json)" = '71{"x":1.10}' ] # cat is the second of the list
}

@test "a cls or txt that says something else than the record is kept" {
	mkdir u
	png u/a.png
	echo '{"source":"x.png","annotation":[{"name":"cat"}]}' >u/a.json
	printf 5 >u/a.cls
	printf t >u/a.txt
	pack u
	ds-import u.tar | tail -n 1 >got
	echo '{"source":"u.tar!/a.png","annotation":[{"name":"cat"}],"id":"a","webdataset":{"cls":"5","txt":"t"}}' >want
	assert_file_equals got want
	ds-export -q -f webdataset -o v.tar got
	[ "$(tar xOf v.tar a.cls a.txt)" = 5t ]
}

@test "bad members are named, the rest goes on" {
	mkdir u
	png u/{1,2,3,4,5,6}.png
	printf '{"source":"x",}' >u/1.json
	printf '{"source":"x","width":"wide"}' >u/2.json
	printf '\377' >u/3.cls
	printf '\377' >u/4.txt
	printf '{\n  "source": "x",\r\n "id": "six"\n}\n' >u/6.json
	printf ' ' >u/5.cls
	printf '\377' >u/7.txt
	: >u/8.json
	pack u
	must_fail 1 ds-import -v -f webdataset u.tar >got 2>err
	cat >want <<'END'
u.tar!/1.json:1:15: error: a string is wanted here, the name of a member [json]
u.tar!/2.json:1:23: error: "width" should be a number [record]
u.tar!/3.cls: error: a class should be a number or a name [webdataset]
u.tar!/4.txt: error: the text is not UTF-8: left out [webdataset]
u.tar!/5.cls: error: a class should be a number or a name [webdataset]
u.tar!/7.txt: error: the text is not UTF-8: left out [webdataset]
u.tar!/8.json:1:1: error: a value is missing [json]
ds-import: 1 label file read, 0 of them bad
ds-import: 4 samples with 0 annotations given
ds-import: 4 samples and 3 annotations left out
END
	sed -i -E '/^u.tar!.[128].json/s/: error: .*\[/: error: [/' want err
	assert_file_equals err want
	[ "$(jq -r 'select(.source).id' got | tr '\n' ' ')" = '3 4 5 six ' ]
	echo hello >x.tar
	must_fail 1 ds-import -f webdataset x.tar 2>&1 >/dev/null | grep -qxF 'x.tar: error: is no tar archive [webdataset]'
	tar cf empty.tar -T /dev/null
	[ "$(ds-import -f webdataset empty.tar)" = '{"dataset":{"name":"empty","format":"webdataset"}}' ]
	# a member there twice, names that lead outside, and a limit
	mkdir w
	png w/a.png
	echo 1 >w/a.cls
	pack w
	tar rf w.tar -C w a.cls --transform 's,^,../,' 2>/dev/null
	tar rf w.tar -C w a.cls
	must_fail 1 ds-import -f webdataset w.tar >got 2>err
	grep -qF 'a member must have a relative name that stays in its folder: left out [archive]' err
	grep -qF 'w.tar!/a.cls: warning: is there more than once: the last one counts [archive]' err
	[ "$(jq -c 'select(.source).annotation' got)" = '[{"name":"1"}]' ]
	must_fail 1 ds-import -f webdataset --max-text 1 w.tar 2>&1 >/dev/null | grep -qF 'larger than 1 bytes (--max-text)'
}

@test "names with dots, of other alphabets, and in folders are kept apart" {
	mkdir -p x y
	for name in a.b a_b 'a b' 'ä' x/y y/y '😀,"q"' .hidden; do
		png "$name.png"
		jq -cn --arg n "$name" '{source:($n+".png"),id:$n,annotation:[{name:"c d,\"e\""}]}'
	done >in.jsonl
	echo '{"source":"content://x","id":"","annotation":[{"name":"a"}]}' >>in.jsonl
	ds-export -q -f webdataset -o x.tar in.jsonl 2>/dev/null
	[ "$(tar tf x.tar | grep -c 'json$')" = 9 ]
	run ! grep -q / <(tar tf x.tar)
	tar tf x.tar | sed 's/\..*//' | uniq | sort | uniq -d >twice
	[ ! -s twice ]
	ds-import -q x.tar | jq -c 'select(.source)|[.id,.annotation]' >got
	jq -c '[.id,.annotation]' in.jsonl >want
	assert_file_equals got want
}

@test "masks in files go along, and are named where they lie" {
	png p.png m.png
	printf '\1' >>m.png
	echo '{"source":"p.png","id":"p","annotation":[{"name":"a","mask":{"source":"m.png","value":1}},{"name":"b","mask":{"source":"m.png","value":2}},{"name":"c","mask":{"source":"none.png","value":3}}]}' >in.jsonl
	must_fail 1 ds-export -q -f webdataset -o x.tar in.jsonl 2>err
	grep -qF "in.jsonl:1:10: error: cannot take the mask 'none.png': No such file or directory [picture]" err
	[ "$(tar tf x.tar | tr '\n' ' ')" = 'p.png p.mask-1.png p.json __dataset__ ' ]
	ds-import -q -x out x.tar | tail -n 1 >got
	echo '{"source":"out/p.png","id":"p","annotation":[{"name":"a","mask":{"source":"out/p.mask-1.png","value":1}},{"name":"b","mask":{"source":"out/p.mask-1.png","value":2}},{"name":"c","mask":{"source":"none.png","value":3}}]}' >want
	assert_file_equals got want
	cmp out/p.mask-1.png m.png
}

@test "what ds-pack packs is read" {
	for i in 1 2 3 4; do
		echo "content $i" >"$i.jpg"
		echo '{"source":"'$i'.jpg","id":"k'$i'","annotation":[{"name":"c"}]}'
	done >in.jsonl
	ds-release -q -s s --snapshot --ratio 0.5 in.jsonl >/dev/null
	ds-pack -q -f webdataset -o packed s
	ds-import -q packed >got # found by its numbered shards
	[ "$(jq -r 'select(.source)|.id' got | sort | tr '\n' ' ')" = 'k1 k2 k3 k4 ' ]
	[ "$(jq -r 'select(.source)|.usage' got | sort | uniq -c | tr -s ' \n' ' ')" = ' 2 EVAL 2 TRAIN ' ]
	ds-import -q -x out packed | jq -r 'select(.source)|.source+" "+.sha256' | while read -r f sum; do
		[ "$(sha256sum <"$f" | cut -c -64)" = "$sum" ]
	done
}

@test "shards that are compressed are read; shards packed in an archive are named, with what to do" {
	mkdir d gz
	printf 3 >d/k.cls
	printf hi >d/k.txt
	tar -cf t-000000.tar -C d k.cls k.txt
	ds-import t-000000.tar | tail -n +2 | sed 's/t-000000[^!]*!/!/' >want
	[ -s want ]
	gzip -c t-000000.tar >gz/t-000000.tar.gz
	ds-import gz | tail -n +2 | sed 's,gz/t-000000[^!]*!,!,' >got
	assert_file_equals got want
	tar -cf pack.tar t-000000.tar
	must_fail 1 ds-import pack.tar >got 2>err
	echo 'pack.tar: error: 1 shard is packed in this archive and not read: unpack it, and read the folder [webdataset]' >want
	assert_file_equals err want
	must_fail 1 ds-import - <pack.tar >got 2>err
	sed -i s/pack.tar:/'<stdin>:'/ want
	assert_file_equals err want
}
