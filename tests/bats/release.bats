# release.bats: ds-release: the split as users see it, and the version that it publishes.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	export SOURCE_DATE_EPOCH=1700000000
}

# records FROM TO: samples of two classes, one in five a "b"
records() {
	seq "$1" "$2" | while read -r i; do
		printf '{"source":"x/%04d.jpg","id":"%04d","n":1.10,"annotation":[{"name":"%s"}]}\n' "$i" "$i" \
			"$([ $((i % 5)) -eq 0 ] && echo b || echo a)"
	done
}

count() { # count FILE USAGE [CLASS]
	jq -s --arg u "$2" --arg c "${3-}" \
		'map(select(.usage == $u and ($c == "" or any(.annotation[]; .name == $c)))) | length' "$1"
}

@test "a version appears with manifest, records, description and checksums" {
	records 1 20 | ds-release -q -s s --ratio 0.8 >out.jsonl
	[ "$(ls s/versions)" = V001 ]
	[ "$(ls s/versions/V001 | tr '\n' ' ')" = 'SHA256SUMS V001.manifest records.jsonl stats.json version.json ' ]
	(cd s/versions/V001 && sha256sum -c --quiet SHA256SUMS)
	[ "$(tail -n 1 s/versions/V001/SHA256SUMS | cut -c 67-)" = version.json ]
	[ "$(readlink s/current)" = versions/V001 ]
	sort out.jsonl | cmp - s/versions/V001/records.jsonl
	[ "$(jq -r .version_id s/current/version.json)" = "$(sha256sum <s/current/records.jsonl | cut -c -64)" ]
	[ "$(jq -r '.event + " " + .version' s/log.jsonl)" = 'publishDatasetVersion V001' ]
	[ -z "$(ls s/tmp)" ]
}

@test "the split is exact in total and in each class" {
	records 1 100 | ds-release -q --ratio 0.8 >out.jsonl
	[ "$(count out.jsonl TRAIN)" = 80 ]
	[ "$(count out.jsonl EVAL)" = 20 ]
	[ "$(count out.jsonl EVAL b)" = 4 ]
}

@test "nothing but usage changes in a record" {
	records 1 50 >in.jsonl
	ds-release -q --ratio 0.5 in.jsonl | sed 's/,"usage":"[A-Z]*"//' >out.jsonl
	assert_file_equals out.jsonl in.jsonl
}

@test "a header stays where it was, and is the version's first line" {
	{ records 1 2; echo '{"dataset":{"name":"d","classes":[{"name":"a","id":7}]}}'; records 3 5; } >in.jsonl
	ds-release -q -s s --ratio 0.8 in.jsonl >out.jsonl
	[ "$(sed -n 3p out.jsonl)" = '{"dataset":{"name":"d","classes":[{"name":"a","id":7}]}}' ]
	[ "$(head -n 1 s/current/records.jsonl)" = '{"dataset":{"name":"d","classes":[{"name":"a","id":7}]}}' ]
}

@test "the order of the input does not matter, and the version id does not either" {
	records 1 60 >in.jsonl
	ds-release -q -s s1 --ratio 0.7 in.jsonl | sort >1
	sort -R --random-source=in.jsonl in.jsonl | ds-release -q -s s2 --ratio 0.7 | sort >2
	assert_file_equals 2 1
	assert_file_equals s2/versions/V001/version.json s1/versions/V001/version.json
	assert_file_equals s2/versions/V001/SHA256SUMS s1/versions/V001/SHA256SUMS
}

@test "another seed is another split" {
	records 1 60 | ds-release -q --ratio 0.7 >1
	records 1 60 | ds-release -q --ratio 0.7 --seed other >2
	run ! cmp -s 1 2
}

@test "what was released stays on its side when the dataset grows" {
	records 1 50 | ds-release -q -s s --ratio 0.8 >1
	records 1 100 | ds-release -q -s s --ratio 0.8 >2
	head -n 50 2 | cmp - 1
	[ "$(count 2 EVAL)" = 20 ]
	[ "$(count 2 EVAL b)" = 4 ]
	[ "$(readlink s/current)" = versions/V002 ]
	[ "$(jq -r .previous.name s/current/version.json)" = V001 ]
}

@test "a sample that was taken out and comes back is on its old side" {
	records 1 50 | ds-release -q -s s --ratio 0.8 >1
	records 1 25 | ds-release -q -s s --ratio 0.8 >2
	records 1 50 | ds-release -q -s s --ratio 0.8 >3
	assert_file_equals 3 1
	[ "$(wc -l <s/current/ledger.jsonl)" = 50 ]
	[ "$(head -n 1 s/current/ledger.jsonl)" = "{\"key\":\"0001\",\"$(head -n 1 1 | jq -r .usage)\":\"V001\"}" ]
}

@test "a ratio out of reach is reported, not forced" {
	records 1 50 | ds-release -q -s s --ratio 1.00 >1
	records 1 60 | ds-release -s s --ratio 0.5 >2 2>err
	head -n 50 2 | cmp - 1
	grep -q 'EVAL has .* samples and not 30' err
}

@test "usage of the input: cleared at first and said so, kept, required" {
	printf '%s\n' '{"source":"1","usage":"train"}' '{"source":"2","usage":"eval"}' '{"source":"3"}' '{"source":"4"}' >in
	ds-release --ratio 0.5 in >1 2>err
	grep -qxF 'ds-release: the usage of 2 records was not kept (--usage keep keeps it)' err
	ds-release -q --ratio 0.5 --usage keep in >2
	[ "$(head -n 2 2)" = '{"source":"1","usage":"TRAIN"}
{"source":"2","usage":"EVAL"}' ]
	[ "$(count 2 EVAL)" = 2 ]
	must_fail 1 ds-release -s s --ratio 0.5 --usage require in >3 2>err
	[ ! -s 3 ] && [ -z "$(ls s/versions)" ]
	grep -qF 'ds-release: error: 2 samples have no usage, and --usage require is given [usage-missing]' err
}

@test "without a ratio usage stays as it is" {
	printf '%s\n' '{"source":"1","usage":"EVAL"}' '{"source":"2"}' >in
	ds-release -q in >out
	assert_file_equals out in
}

@test "groups stay together: by field, by path, by content" {
	for i in $(seq 1 90); do
		printf '{"source":"v%d/%d.jpg","video":{"n":%d},"sha256":"%064d"}\n' $((i / 9)) "$i" $((i / 9)) $((i / 3))
	done >in
	straddle() { jq -r --arg f "$1" '"\(.source | split("/")[0]) \(.sha256) \(.usage)" | split(" ") |
		(if $f == "video" then .[0] else .[1] end) + " " + .[2]' | sort -u | cut -d' ' -f1 | uniq -d; }
	ds-release -q --ratio 0.8 --group video.n in >1
	[ -z "$(straddle video <1)" ]
	ds-release -q --ratio 0.8 --group-match '^(v[0-9]+)/' in >2
	[ -z "$(straddle video <2)" ]
	ds-release -q --ratio 0.8 in >3
	[ -z "$(straddle sha256 <3)" ]
	[ -n "$(straddle video <3)" ]
}

# Who forgot --group at the second release got frames of one video on both sides.
@test "groups of the parent stay together without being asked for again" {
	for i in $(seq 1 120); do printf '{"source":"v%d/%d.jpg","v":%d}\n' $((i % 12)) "$i" $((i % 12)); done >all
	head -n 60 all >half
	for by in '--group v' '--group-match ^(v[0-9]+)/'; do
		rm -rf s && ds-release -q -s s --ratio 0.8 $by half >/dev/null
		ds-release -q -s s --ratio 0.8 all >2
		[ "$(jq -r '"\(.v) \(.usage)"' 2 | sort -u | wc -l)" = 12 ]
		[ "$(jq -c '[.group,.group_match]' s/versions/V001/version.json)" = "$(jq -c '[.group,.group_match]' s/versions/V002/version.json)" ]
		ds-verify -q s >/dev/null
		must_fail 2 ds-release -s s --ratio 0.8 --stream all 2>err
		grep -q 'version V002 keeps groups of samples together, which --stream cannot' err
		{ cat all; printf '{"source":"v%d/x%d.jpg","v":%d}\n' $(for i in $(seq 1 20); do echo $((i % 12)) $i $((i % 12)); done); } >more
		ds-release -q -s s --ratio 0.5 --group '' more >3 2>/dev/null
		[ "$(jq -r '"\(.v) \(.usage)"' 3 | sort -u | wc -l)" -gt 12 ]
	done
}

@test "three sides, and folds" {
	records 1 100 | ds-release -q --ratios train=0.7,eval=0.2,test=0.1 >1
	[ "$(count 1 TRAIN) $(count 1 EVAL) $(count 1 TEST)" = '70 20 10' ]
	records 1 100 | ds-release -q --kfold 3 >2
	[ "$(jq -r .fold 2 | sort | uniq -c | tr -s ' \n' ' ')" = ' 33 0 34 1 33 2 ' ]
}

# A parent's folds were drawn anew in each version, so a model was tested on what another fold had trained on.
@test "folds stay when the dataset grows, and samples that belong together stay in one" {
	records 1 50 | ds-release -q -s s --kfold 5 >1
	records 1 80 | sort -R --random-source=1 | ds-release -q -s s --kfold 5 | sort >2
	head -n 50 2 | cmp - 1
	[ "$(jq -r .fold 2 | sort | uniq -c | tr -s ' \n' ' ')" = ' 16 0 16 1 16 2 16 3 16 4 ' ]
	[ "$(jq -r 'select(.annotation[0].name == "b") | .fold' 2 | sort | uniq -c | awk '$1 < 3 || $1 > 4' | wc -l)" = 0 ]
	[ "$(jq -c '[.kfold, .semver]' s/current/version.json)" = '[5,"1.1.0"]' ]
	[ "$(jq -c '.sides["fold 4"]' s/current/stats.json)" = '{"target":16,"samples":16,"locked":10}' ]
	ds-verify -q s >/dev/null
	# the input cannot overrule it; asking for another number of folds, or to begin anew, can
	sed 's/"fold":[0-9]/"fold":0/' 2 | ds-release -q -s s --kfold 5 | sort | cmp - 2
	ds-release -s s --kfold 4 2 2>err | sort >3
	grep -q 'version V003 has 5 folds and not 4, so its folds were not kept' err
	[ "$(jq -r .fold 3 | sort | uniq -c | tr -s ' \n' ' ')" = ' 20 0 20 1 20 2 20 3 ' ]
	ds-release -q -s s --kfold 4 --usage reset --seed x 2 | sort >4
	run ! cmp -s 3 4
	# without a store, folds of the input are drawn anew unless they shall be kept
	tail -n +1 2 | ds-release -q --kfold 5 --seed x | sort >5
	run ! cmp -s 2 5
	ds-release -q --kfold 5 --seed x --usage keep 2 | cmp - 2
}

@test "two old folds that turn out to hold one group are a leak" {
	printf '{"source":"%s"}\n' a b c d e f >in
	ds-release -q -s s --kfold 2 in >1
	one=$(jq -r 'select(.fold == 0) | .source' 1 | head -n 1) two=$(jq -r 'select(.fold == 1) | .source' 1 | head -n 1)
	jq -c --arg a "$one" --arg b "$two" 'if .source == $a or .source == $b then .v = 1 else . end' 1 >2
	echo '{"source":"g","v":1}' >>2
	must_fail 1 ds-release -q -s s --kfold 2 --group v 2 2>err
	grep -qF 'is on two sides by their earlier fold; --allow-leak publishes them all the same [leak]' err
	ds-release -q -s s --kfold 2 --group v --allow-leak 2 >3 2>/dev/null
	head -n 6 3 | jq -c 'del(.v)' | cmp - 1
	[ "$(tail -n 1 3)" = '{"source":"g","v":1}' ]
	ds-verify s 2>err
	grep -q 'warning: ".*" is in fold [01], and a sample that it belongs with (same content or group) is in fold [01] \[leak\]' err
}

@test "a class that cannot be on every side is named, with what each side has" {
	records 1 40 | sed '1s/"a"/"rare"/;2,3s/"name":"a"/"name":"video"/' >in
	sed -i '2,3s/"n":1.10/"n":"v"/;4,$s/"n":1.10,//' in
	ds-release -q -s s --ratios train=0.7,eval=0.2,test=0.1 --group n in >out 2>err
	grep -qF 'warning: class "rare" has one sample; it cannot be on 3 sides [one-sided]' err
	grep -qE 'warning: class "video" is not on every side: (TRAIN 2, EVAL 0, TEST 0|TRAIN 0, EVAL 2, TEST 0|TRAIN 0, EVAL 0, TEST 2); they belong together, or other classes hold them \[one-sided\]' err
}

@test "by hash, shards agree with the whole; in one pass the total is right" {
	records 1 100 >in
	ds-release -q --ratio 0.8 --by-hash in >whole
	{ head -n 30 in | ds-release -q --ratio 0.8 --by-hash; tail -n 70 in | ds-release -q --ratio 0.8 --by-hash; } >parts
	assert_file_equals parts whole
	ds-release -q --ratio 0.8 --stream in >stream
	[ "$(count stream EVAL)" -ge 19 ] && [ "$(count stream EVAL)" -le 21 ]
	[ "$(count stream EVAL b)" -ge 3 ] && [ "$(count stream EVAL b)" -le 5 ]
}

@test "in one pass and by hash, too, what was released stays" {
	for rule in stream by-hash; do
		records 1 50 | ds-release -q -s "$rule.s" --ratio 0.8 "--$rule" >1
		records 1 80 | sort -R --random-source=1 | ds-release -q -s "$rule.s" --ratio 0.5 "--$rule" | sort | head -n 50 >2
		assert_file_equals 2 1
		ds-verify -q "$rule.s" >/dev/null
	done
}

@test "bad records are left out, named, and the rest is released" {
	{ records 1 5; echo '{"id":"x"}'; echo '{'; } >in
	must_fail 1 ds-release -s s --ratio 0.8 in >out 2>err
	[ "$(wc -l <out)" = 5 ]
	grep -q '^in:6:1: error: ' err
	grep -q '^in:7:2: error: ' err
	[ "$(jq .total_sample_count s/current/version.json)" = 5 ]
}

@test "an empty input makes no version" {
	must_fail 1 ds-release -s s --ratio 0.8 </dev/null
	[ -z "$(ls s/versions)" ]
}

@test "a name is given only once, and a folder of other things is no store" {
	records 1 5 | ds-release -q -s s --name first --ratio 0.8 >/dev/null
	[ -e s/versions/first/first.manifest ]
	records 1 5 >in
	must_fail 2 ds-release -s s --name first --ratio 0.8 in
	must_fail 2 ds-release -s s --name ../x --ratio 0.8 in
	mkdir other && touch other/file
	must_fail 2 ds-release -s other --ratio 0.8 in
	[ "$(ls other)" = file ]
}

@test "wrong options are refused" {
	for bad in '--ratio 1.5' '--ratio 0.8x' '--ratios train=0.5' '--kfold 1' '--ratio 0.8 --kfold 3' '--stream' \
		'--stream --ratio 0.8 --group x' '--name x' '--usage never'; do
		must_fail 2 ds-release $bad </dev/null
	done
}

@test "an input that cannot be read means no version" {
	records 1 5 >in
	must_fail 2 ds-release -s s --ratio 0.8 in missing >out
	[ -z "$(ls s/versions)" ] && [ ! -s out ]
}

@test "pictures that look alike: counted, limited, kept together" {
	for i in $(seq 0 99); do
		# pairs: the odd one differs from the even one before it in one bit, pairs from each other in many
		printf '{"source":"%d","phash":"%s%x"}\n' "$i" "$(echo $((i / 2)) | sha256sum | cut -c -15)" $((i % 2))
	done >in
	ds-release --ratio 0.8 in >out 2>err
	grep -q 'warning: ".*" tests and looks like ".*", which trains (1 of 64 bits differ) \[near-leak\]' err
	must_fail 1 ds-release -q --ratio 0.8 --max-leak 0 in >out 2>err
	grep -q 'error: .* --max-leak allows 0' err
	[ ! -s out ]
	ds-release --ratio 0.8 --max-leak 0 --group-near 1 in >out 2>err
	[ "$(count out EVAL)" = 20 ]
	! grep -q near-leak err
}

@test "unlabelled samples: split as a class of their own, without usage, or left out" {
	for i in $(seq 1 60); do printf '{"source":"%d","annotation":[]}\n' "$i"; done >in
	for i in $(seq 61 100); do printf '{"source":"%d"}\n' "$i"; done >>in
	unlabelled() { jq -r 'select(has("annotation") | not) | .usage' "$1" | sort | uniq -c | tr -s ' \n' ' '; }
	ds-release -q --ratio 0.8 in >1
	[ "$(unlabelled 1)" = ' 8 EVAL 32 TRAIN ' ]
	ds-release -q -s s --ratio 0.8 --unlabelled apart in >2
	[ "$(unlabelled 2)" = ' 40 null ' ]
	[ "$(jq -r .usage 2 | sort | uniq -c | tr -s ' \n' ' ')" = ' 12 EVAL 48 TRAIN 40 null ' ]
	[ "$(jq -c '[.total_sample_count,.usage]' s/current/version.json)" = '[100,{"TRAIN":48,"EVAL":12,"none":40}]' ]
	ds-release -s s --ratio 0.8 --unlabelled out in >3 2>err
	[ "$(wc -l <3)" = 60 ]
	grep -qF '40 unlabelled samples were left out (--unlabelled out)' err
	# labelled later, they are placed
	jq -c '.annotation //= []' in | ds-release -q -s s --ratio 0.8 | jq -r .usage | sort | uniq -c | tr -s ' \n' ' ' >4
	[ "$(cat 4)" = ' 20 EVAL 80 TRAIN ' ]
	ds-verify -q s >/dev/null
}

@test "hard samples are shared out when asked to, and forgotten when asked to" {
	for i in $(seq 1 100); do
		printf '{"source":"%d","annotation":[{"name":"a"}]%s}\n' "$i" "$([ "$i" -le 10 ] && echo ',"hard":true,"hard-coefficient":0.5')"
	done >in
	for seed in 1 2 3 4; do
		ds-release -q --ratio 0.8 --stratify-hard --seed $seed in >1
		[ "$(jq -c 'select(.hard and .usage == "EVAL")' 1 | wc -l)" = 2 ]
	done
	ds-release -q -s s --ratio 0.8 in >2
	[ "$(jq -c '[.hard_sample_count,.clear_hard_property]' s/current/version.json)" = '[10,false]' ]
	[ "$(grep -c '"hard":true,"hard-coefficient":0.5' s/current/V001.manifest)" = 10 ]
	ds-release -q -s s --ratio 0.8 --clear-hard-property in >3
	sed 's/,"hard":true,"hard-coefficient":0.5//' 2 | cmp - 3
	[ "$(jq -c '[.hard_sample_count,.clear_hard_property]' s/current/version.json)" = '[0,true]' ]
	ds-verify -q s >/dev/null
}

@test "annotations are shared out as well as samples when asked to" {
	for i in $(seq 1 100); do
		printf '{"source":"%d","annotation":[{"name":"a"}' "$i"
		for k in $(seq 1 $((i % 10 * (i % 7)))); do printf ',{"name":"a"}'; done
		echo ']}'
	done >in
	all=$(jq '.annotation | length' in | awk '{ n += $1 } END { print n }')
	for seed in 1 2 3; do
		ds-release -q --ratio 0.8 --stratify-boxes --seed $seed in >out
		[ "$(count out EVAL)" = 20 ]
		eval=$(jq 'select(.usage == "EVAL") | .annotation | length' out | awk '{ n += $1 } END { print n }')
		[ $((eval * 5)) -ge $((all - 10)) ] && [ $((eval * 5)) -le $((all + 10)) ] || fail "$eval of $all"
	done
}

@test "beginning anew tells how many samples that tested are trained on now" {
	records 1 50 | ds-release -q -s s --ratio 0.8 >1
	records 1 50 | ds-release -s s --ratio 0.8 --remove-sample-usage --seed x >2 2>err
	again=$(paste -d ' ' <(jq -r .usage 1) <(jq -r .usage 2) | grep -c 'EVAL TRAIN')
	spoiled=$(paste -d ' ' <(jq -r .usage 1) <(jq -r .usage 2) | grep -c 'TRAIN EVAL')
	[ "$again" -gt 0 ]
	grep -qF "$again samples that tested in an earlier version are in TRAIN now" err
	grep -qF "warning: $spoiled samples that test were trained on in an earlier version [ledger]" err
	[ "$(jq -c '[.remove_sample_usage,.semver]' s/current/version.json)" = '[true,"2.0.0"]' ]
	ds-verify s 2>err >/dev/null
	[ "$(grep -c 'is EVAL, and was TRAIN in an earlier version \[ledger\]' err)" = "$spoiled" ]
	# without that consent it is an error
	{ jq -c '.usage = "EVAL"' 1 | head -n 5; } >3
	must_fail 1 ds-release -q -s s --parent V001 --usage require 3 2>err
	grep -qE 'error: [1-5] samples that test were trained on in an earlier version \[ledger\]' err
}

@test "classes of few samples are named" {
	records 1 20 | sed '1,3s/"name":"a"/"name":"few"/' | ds-release -s s --ratio 0.8 2>err >/dev/null
	grep -qF 'warning: class "few" has only 3 samples (training services ask for 5) [few-samples]' err
	[ "$(grep -c 'few-samples' err)" = 2 ] # and "b" has four
}
