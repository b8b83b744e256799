# snapshot.bats: the files of a version, kept in the store by their contents.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	export SOURCE_DATE_EPOCH=1700000000
	mkdir f
	for i in 1 2 3 4; do
		echo "content $((i % 3))" >f/$i
		printf '{"source":"f/%d"}\n' $i
	done >in
}

objects() {
	find s/objects -type f ! -name stat | LC_ALL=C sort
}

@test "each content is kept once, by its SHA-256, and the records tell it" {
	ds-release -q -s s --snapshot --ratio 0.5 in >out
	[ "$(objects | wc -l)" = 3 ]
	objects | while read -r o; do
		[ "$(sha256sum <"$o" | cut -c -64)" = "$(echo "$o" | cut -d/ -f3,4 | tr -d /)" ]
	done
	[ "$(head -n 1 out | jq -r .sha256)" = "$(sha256sum <f/1 | cut -c -64)" ]
	[ "$(head -n 1 out | jq .bytes)" = 10 ]
	[ "$(jq .export_images s/current/version.json)" = true ]
	ds-verify s
}

@test "equal contents are on one side although no record said that they are equal" {
	for i in $(seq 1 40); do echo $((i % 20)) >f/$i; printf '{"source":"f/%d"}\n' "$i"; done >in
	ds-release -q -s s --snapshot --ratio 0.5 in | jq -r '.sha256 + .usage' | sort | uniq -c >got
	[ "$(wc -l <got)" = 20 ]
}

@test "a second version adds only what is new, and reads only what changed" {
	touch -d '1 hour ago' f/*
	sleep 2.1 # ctime cannot be set
	ds-release -s s --snapshot --ratio 0.5 in >/dev/null 2>err
	grep -q '3 new objects .*; 0 files did not change' err
	echo new >f/5
	echo '{"source":"f/5"}' >>in
	ds-release -s s --snapshot --ratio 0.5 in >/dev/null 2>err
	grep -q '1 new object of 4 bytes; 4 files did not change' err
	ds-release -s s --snapshot --paranoid --ratio 0.5 in >/dev/null 2>err
	grep -q '; 0 files did not change' err
	ds-verify s
}

@test "an edited file is seen, whatever its size and time say" {
	sleep 2.1
	ds-release -q -s s --snapshot --ratio 0.5 in >/dev/null
	touch -r f/1 time
	printf 'CONTENT 1\n' >f/1
	touch -r time f/1
	ds-release -q -s s --snapshot --ratio 0.5 in >out
	[ "$(head -n 1 out | jq -r .sha256)" = "$(sha256sum <f/1 | cut -c -64)" ]
}

@test "a missing file, or one that is not what its record says, means no version" {
	echo '{"source":"f/9"}' >>in
	must_fail 1 ds-release -s s --snapshot --ratio 0.5 in >out 2>err
	grep -qF 'f/9: error: the file of a sample cannot be read [source]' err
	[ ! -s out ] && [ -z "$(ls s/versions)" ] && [ -z "$(objects)" ]
	printf '{"source":"f/1","sha256":"%064d"}\n' 1 >in
	must_fail 1 ds-release -s s --snapshot --ratio 0.5 in 2>err
	grep -qF '[content]' err
	[ -z "$(objects)" ]
}

@test "a member of an archive is a file, a URI is none" {
	tar cf a.tar f
	printf '%s\n' '{"source":"a.tar!/f/1"}' '{"source":"a.tar!/f/2"}' '{"source":"s3://b/x.jpg"}' >in
	ds-release -s s --snapshot --ratio 0.5 in >out 2>err
	[ "$(objects | wc -l)" = 2 ]
	[ "$(head -n 1 out | jq -r .sha256)" = "$(sha256sum <f/1 | cut -c -64)" ]
	grep -q '1 source is no file' err
	ds-verify s
}

# A link changes the time by which a file is known to be unchanged, so all of them were read again.
@test "a second version by links reads only what changed" {
	sleep 2.1
	ds-release -s s --snapshot --link --ratio 0.5 in >/dev/null 2>err
	grep -q '3 new objects of .* bytes; 0 files did not change' err
	echo new >f/5
	echo '{"source":"f/5"}' >>in
	ds-release -s s --snapshot --link --ratio 0.5 in >/dev/null 2>err
	grep -q '1 new object of 4 bytes; 4 files did not change' err
	ds-verify s
	[ -z "$(find s/objects -name '.*')" ]
	# an edit in place with the old size and time is seen
	sleep 2.1
	touch -r f/4 time
	chmod u+w f/4
	printf 'CONTENT 1\n' >f/4
	touch -r time f/4
	ds-release -s s --snapshot --link --ratio 0.5 in 2>err | jq -r .sha256 | sed -n 4p >sum
	[ "$(cat sum)" = "$(sha256sum <f/4 | cut -c -64)" ]
}

@test "hard links share the file" {
	ds-release -q -s s --snapshot --link --ratio 0.5 in >/dev/null
	[ "$(stat -c %h f/2)" -ge 2 ]
	ds-verify s
}

@test "a damaged object is found, and mended by --paranoid" {
	ds-release -q -s s --snapshot --ratio 0.5 in >/dev/null
	o=$(objects | head -n 1)
	chmod u+w "$o"
	printf 'CONTENT x\n' >"$o"
	ds-verify --quick s
	must_fail 1 ds-verify s 2>err
	grep -qF '[object]' err
	ds-release -q -s s --snapshot --paranoid --ratio 0.5 in >/dev/null
	ds-verify s
	touch -d '2000-01-01' "$o"
	ds-release -q -s s --snapshot --paranoid --ratio 0.5 in >/dev/null
	[ "$(stat -c %y "$o" | cut -c -4)" = 2000 ] # what is sound is not written again
	rm "$o"
	must_fail 1 ds-verify --quick s 2>err
	grep -qF '[missing]' err
}

@test "gc finds what no version needs, and removes it only when told" {
	ds-release -q -s s --snapshot --ratio 0.5 in >/dev/null
	head -n 2 in >in2
	ds-release -q -s s --snapshot --ratio 0.5 in2 >/dev/null
	ds-store -q delete -f s@V001
	[ "$(ds-store gc s)" = '2 objects kept, 1 object of 10 bytes not needed (--force removes them)' ]
	[ "$(objects | wc -l)" = 3 ]
	ds-store gc -f s
	[ "$(objects | wc -l)" = 2 ]
	ds-verify s
}

# A version kept its pictures and lost the masks that label them.
@test "masks of annotations are kept, verified, and packed with their samples" {
	mkdir m
	echo 'mask 1' >m/1.png
	echo 'mask 2' >m/2.png
	printf '%s\n' '{"source":"f/1","annotation":[{"name":"a","mask":{"source":"m/1.png", "value":1.0}} , {"name":"b","mask":{"source":"m/1.png","value":2}},{"name":"c","mask":{"source":"m/2.png","value":1}}]}' \
		'{"source":"f/2","annotation":[{"name":"a","mask":{"source":"s3://b/m.png","value":1}}]}' '{"source":"f/3"}' >in
	ds-release -s s --snapshot --ratio 0.5 in >out 2>err
	one=$(sha256sum <m/1.png | cut -c -64) two=$(sha256sum <m/2.png | cut -c -64)
	[ "$(objects | wc -l)" = 5 ]
	[ -e "s/objects/${one:0:2}/${one:2}" ]
	[ "$(head -n 1 out | sed 's/.*,"annotation"//;s/,"usage.*//')" = ':[{"name":"a","mask":{"source":"m/1.png", "value":1.0,"sha256":"'$one'","bytes":7}} , {"name":"b","mask":{"source":"m/1.png","value":2,"sha256":"'$one'","bytes":7}},{"name":"c","mask":{"source":"m/2.png","value":1,"sha256":"'$two'","bytes":7}}]' ]
	[ "$(sed -n 2p out | jq -c .annotation)" = '[{"name":"a","mask":{"source":"s3://b/m.png","value":1}}]' ]
	ds-verify s
	[ "$(ds-store gc s)" = '5 objects kept, 0 objects of 0 bytes not needed (--force removes them)' ]
	# packed from the store alone
	mv f m ..
	ds-pack -q -o tree s
	[ "$(cat tree/data/m/1.png tree/data/m/2.png)" = "$(printf 'mask 1\nmask 2')" ]
	[ "$(jq -r '.annotation[]?.mask.source' tree/records.jsonl | tr '\n' ' ')" = 'data/m/1.png data/m/1.png data/m/2.png s3://b/m.png ' ]
	ds-pack -q -f webdataset -o shards s
	cat shards/*.tar | tar xif -
	[ "$(cat f_1-*.mask-2.png)" = 'mask 2' ]
	[ "$(jq -r '.annotation[1].mask.source' f_1-*.json)" = "$(echo f_1-*.mask-1.png)" ]
	mv ../f ../m .
	# a mask that is gone, or another, is found
	rm "s/objects/${two:0:2}/${two:2}"
	must_fail 1 ds-verify s 2>err
	grep -qF '[missing]' err
	ds-release -q -s s --snapshot --paranoid --ratio 0.5 in >/dev/null
	ds-verify --sources s
	echo 'mask X' >m/2.png
	must_fail 1 ds-verify --sources s 2>err
	grep -qF "m/2.png: error: its SHA-256 is not the one it should have [source]" err
	must_fail 1 ds-release -q -s s --snapshot --ratio 0.5 out 2>err
	grep -qF 'm/2.png: error: its SHA-256 is not the one that its record has [content]' err
	rm m/2.png
	must_fail 1 ds-release -q -s s --snapshot --ratio 0.5 in 2>err
	grep -qF 'm/2.png: error: the file of a sample cannot be read [source]' err
}
