# pack.bats: ds-pack: a version as a package.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	export SOURCE_DATE_EPOCH=1700000000
	mkdir -p f/a
	for i in $(seq 1 10); do
		echo "content $i" >f/a/$i.v1.jpg
		printf '{"source":"f/a/%d.v1.jpg","id":"k%d","annotation":[{"name":"c"}]}\n' "$i" "$i"
	done >in
	ds-release -q -s flowers --snapshot --ratio 0.8 in >/dev/null
}

@test "a tree holds records, files and a description that fits them" {
	ds-pack -q -o out flowers
	[ "$(ls out | tr '\n' ' ')" = 'croissant.json data records.jsonl stats.json version.json ' ]
	jq -r '.source + " " + .sha256' out/records.jsonl | while read -r path sum; do
		[ "$(sha256sum <"out/$path" | cut -c -64)" = "$sum" ]
	done
	jq -r '.distribution[] | .sha256 + "  " + .contentUrl' out/croissant.json >sums
	(cd out && sha256sum -c --quiet ../sums)
	[ "$(jq -c '[.name, .version, .conformsTo]' out/croissant.json)" = '["flowers","1.0.0","http://mlcommons.org/croissant/1.1"]' ]
	[ "$(jq -c '[.recordSet[0].data[]."splits/name"]' out/croissant.json)" = '["TRAIN","EVAL"]' ]
	# every id that is referred to is there, and each is there once
	jq -e '[.. | objects | select(has("@id") and has("@type")) | ."@id"] as $ids |
		[.. | objects | select(has("@id") and (keys == ["@id"])) | ."@id"] as $refs |
		($ids | length) == ($ids | unique | length) and ($refs - $ids) == []' out/croissant.json
}

@test "archives have the same bytes each time, wherever they are made" {
	ds-pack -q -o 1.tar flowers
	sleep 1
	mkdir elsewhere && cp -a flowers f elsewhere
	(cd elsewhere && ds-pack -q -o ../2.tar flowers@V001)
	assert_file_equals 2.tar 1.tar
	tar xf 1.tar -C elsewhere --one-top-level=x
	ds-pack -q -o tree flowers
	diff -r tree elsewhere/x
	must_fail 2 ds-pack -q -o 1.tar flowers
	ds-pack -q --force -o 1.tar flowers
}

@test "shards hold each sample once, by side, with names that end at the first dot" {
	ds-pack -q -f webdataset --shard-samples 3 -o out flowers
	[ "$(ls out | tr '\n' ' ')" = 'croissant.json flowers-eval-000000.tar flowers-train-000000.tar flowers-train-000001.tar flowers-train-000002.tar ' ]
	for t in out/*.tar; do tar tf "$t"; done >members
	[ "$(wc -l <members)" = 20 ]
	[ "$(sed 's/\..*//' members | uniq | sort | uniq -c | awk '$1 != 1' | wc -l)" = 0 ]
	tar xf out/flowers-eval-000000.tar
	for j in k*.json; do
		[ "$(jq -r .usage "$j")" = EVAL ]
		[ "$(jq -r .sha256 "$j")" = "$(sha256sum <"${j%.json}.jpg" | cut -c -64)" ]
	done
	ds-pack -q -f webdataset --shard-samples 3 -o again flowers
	diff -r out again
	must_fail 2 ds-pack -q -f webdataset -o out flowers
	jq -r '.distribution[] | select(.sha256) | .sha256 + "  " + .contentUrl' out/croissant.json >sums
	(cd out && sha256sum -c --quiet ../sums)
}

@test "keys that are no member names get one each" {
	printf '%s\n' '{"source":"f/a/1.v1.jpg","id":"../x"}' '{"source":"f/a/2.v1.jpg","id":".._x"}' \
		'{"source":"f/a/3.v1.jpg","id":"a.b"}' '{"source":"f/a/4.v1.jpg","id":"a_b"}' >odd
	ds-release -q -s odd.s --ratio 1 odd >/dev/null
	ds-pack -q -f webdataset -o out odd.s
	tar tf out/*.tar | sed 's/\..*//' | sort | uniq -c >got
	[ "$(wc -l <got)" = 4 ]
	[ "$(awk '$1 != 2' got | wc -l)" = 0 ]
	run ! grep -q / got
}

@test "samples of one key are two samples" {
	# a regression: the third one got the name of the second
	for i in 1 2 3 4; do printf '{"source":"f/a/%d.v1.jpg","id":"0"}\n' $i; done >same
	ds-release -q -s same.s --ratio 1 same >/dev/null 2>&1
	ds-verify same.s 2>err # and this one died
	grep -q duplicate-key err
	ds-pack -q -f webdataset -o out same.s 2>/dev/null
	[ "$(tar tf out/*.tar | sed 's/\..*//' | sort -u | wc -l)" = 4 ]
}

@test "a file that cannot be had is named, and its record stays" {
	ds-release -q -s plain --ratio 0.8 in >/dev/null
	rm f/a/3.v1.jpg
	must_fail 1 ds-pack -o out plain 2>err
	grep -qF 'records.jsonl:4:1: error: the file '"'f/a/3.v1.jpg'"' of the sample cannot be had [source]' err
	[ "$(wc -l <out/records.jsonl)" = 10 ]
	[ "$(find out/data -type f | wc -l)" = 9 ]
}

# What the record tells of a file was not looked at: a package could hold other pictures than were released.
@test "a file that is not what was released is not packed" {
	sum=$(sha256sum <f/a/3.v1.jpg | cut -c -64)
	sed "3s/}]}/}],\"sha256\":\"$sum\"}/" in >known
	ds-release -q -s plain --ratio 0.8 known >/dev/null
	ds-pack -q -o out plain
	echo other >f/a/3.v1.jpg
	for form in tree webdataset; do
		must_fail 1 ds-pack -f $form -o "$form" plain 2>err
		grep -qF "error: the file 'f/a/3.v1.jpg' of the sample is not what was released [content]" err
	done
	[ ! -e tree/data/f/a/3.v1.jpg ] && [ -e tree/data/f/a/4.v1.jpg ]
	# from the snapshot it is packed as it was; a damaged object is not
	ds-pack -q -o snapshot flowers
	[ "$(sha256sum <snapshot/data/f/a/3.v1.jpg | cut -c -64)" = "$sum" ]
	chmod u+w "flowers/objects/${sum:0:2}/${sum:2}"
	echo damaged >"flowers/objects/${sum:0:2}/${sum:2}"
	must_fail 1 ds-pack -q -o damaged flowers 2>err
	grep -qF "[content]" err
}

@test "a file too large for memory is packed, and looked at, too" {
	truncate -s 70M f/big
	tar cf big.tar f/big
	echo '{"source":"big.tar!/f/big"}' | ds-release -q -s member.s --ratio 1 >/dev/null
	ds-pack -q -o member.out member.s
	cmp f/big member.out/data/f/big
	printf '{"source":"f/big","sha256":"%s"}\n' "$(sha256sum <f/big | cut -c -64)" >big
	ds-release -q -s big.s --ratio 1 big >/dev/null
	ds-pack -q -o big.out big.s
	cmp f/big big.out/data/f/big
	printf x | dd of=f/big bs=1 seek=1000 conv=notrunc 2>/dev/null
	must_fail 1 ds-pack -q -o big.out2 big.s 2>err
	grep -qF "[content]" err
}

# Files are read in parallel: the package and what is said must not depend on how many do it.
@test "a package is the same for any number of threads" {
	mkdir many
	for i in $(seq 100 399); do
		echo "content $i" >"many/é水$i.jpg"
		printf '{"source":"many/é水%d.jpg","id":"é%d","sha256":"%s"}\n' $i $i \
			"$(sha256sum <"many/é水$i.jpg" | cut -c -64)"
	done >list
	tar cf many.tar many
	sed 's,"many/\(é水3[0-4]\),"many.tar!/many/\1,' list >mixed
	ds-release -q -s mixed.s --ratio 0.5 mixed >/dev/null
	rm many/é水150.jpg
	echo other >many/é水151.jpg
	for form in tree webdataset; do
		for j in 1 4; do
			must_fail 1 ds-pack -f $form -j $j -o $form.$j mixed.s 2>$form.$j.err
		done
		diff -r $form.1 $form.4
		assert_file_equals $form.4.err $form.1.err
		[ "$(grep -c 'cannot be had \[source\]' $form.4.err)" = 1 ]
		[ "$(grep -c 'is not what was released \[content\]' $form.4.err)" = 1 ]
	done
	[ "$(find tree.4/data -type f | wc -l)" = 298 ]
	for j in 1 4; do
		must_fail 1 ds-pack -q -j $j -o $j.tar mixed.s 2>/dev/null
	done
	assert_file_equals 4.tar 1.tar
	tar xf 4.tar --one-top-level=x
	diff -r tree.4 x
}
