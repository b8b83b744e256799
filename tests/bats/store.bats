# store.bats: versions after they are published: ds-diff, ds-verify, ds-store, and versions as inputs.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	export SOURCE_DATE_EPOCH=1700000000
}

# two versions of a small dataset: 6 boxes, then one moved, one relabelled, one gone, one new
versions() {
	for i in 1 2 3 4 5 6; do
		printf '{"source":"%d.jpg","id":"%d","annotation":[{"name":"cat","bbox":[10,10,%d,20]}]}\n' $i $i $((20 + i))
	done >1.jsonl
	sed -e '2s/22,20/23,20/' -e '3s/cat/dog/' -e '4d' 1.jsonl >2.jsonl
	printf '%s\n' '{"source":"7.jpg","id":"7","annotation":[]}' >>2.jsonl
	ds-release -q -s s --ratio 0.5 1.jsonl >/dev/null 2>&1
	ds-release -q -s s --ratio 0.5 2.jsonl >/dev/null 2>&1
}

damage() { # damage FILE SED-SCRIPT
	chmod u+w "$(dirname "$1")" "$1"
	sed -i "$2" "$1"
}

@test "ds-diff tells what changed, sample by sample" {
	versions
	must_fail 1 ds-diff s@V001 s >got 2>err
	cat >want <<-'END'
		~ 2: cat moved (IoU 0.957)
		~ 3: cat relabelled to dog
		- 4
		+ 7
	END
	assert_file_equals got want
	[ "$(cat err)" = 'ds-diff: 6 samples, then 6: 1 added, 1 removed, 2 changed (label 1, box 1); a major change' ]
	must_fail 1 ds-diff --json s@V001 s@V002 | jq -c 'del(.usage)' >got
	cat >want <<-'END'
		{"change":"changed","key":"2","kinds":["box"],"labels":[{"change":"moved","name":"cat","iou":0.957}]}
		{"change":"changed","key":"3","kinds":["label"],"labels":[{"change":"relabelled","name":"cat","to":"dog"}]}
		{"change":"removed","key":"4"}
		{"change":"added","key":"7"}
	END
	assert_file_equals got want
}

@test "ds-diff of files does not depend on their order; equal ones are equal" {
	versions
	sort -r 2.jsonl >2r.jsonl
	must_fail 1 ds-diff -q 1.jsonl 2r.jsonl >a
	must_fail 1 ds-diff -q 1.jsonl - <2.jsonl >b
	assert_file_equals a b
	ds-diff 2.jsonl 2r.jsonl >c
	[ ! -s c ]
}

@test "ds-diff sees usage, hard, content, source and unknown fields" {
	echo '{"source":"a","id":"1","usage":"EVAL","hard":true,"sha256":"x","z":1}' >1
	echo '{"source":"b","id":"1","usage":"TRAIN","hard":false,"sha256":"y","z":1.0}' >2
	must_fail 1 ds-diff -q 1 2 >got
	[ "$(cat got)" = '~ 1: usage EVAL to TRAIN; hard; source; content; attribute' ]
	must_fail 1 ds-diff --summary 1 2 >got
	grep -q '1 left EVAL or TEST for TRAIN' got
}

@test "the description says what changed, and the number follows" {
	versions
	[ "$(jq -r .semver s/versions/V001/version.json)" = 1.0.0 ]
	[ "$(jq -c '[.semver,.add_sample_count,.modified_sample_count,.deleted_sample_count]' s/current/version.json)" = '["2.0.0",1,2,1]' ]
	cat 2.jsonl <(echo '{"source":"8"}') | ds-release -q -s s --ratio 0.5 >/dev/null 2>&1
	[ "$(jq -r .semver s/current/version.json)" = 2.1.0 ]
	cat 2.jsonl <(echo '{"source":"8"}') | ds-release -q -s s --ratio 0.5 >/dev/null 2>&1
	[ "$(jq -r .semver s/current/version.json)" = 2.1.1 ]
}

@test "ds-verify finds nothing in what was published" {
	versions
	ds-verify s >got 2>err
	[ "$(cut -f 1,2 got)" = "$(printf 'V001\tok\nV002\tok')" ]
	[ ! -s err ]
	ds-verify s@V001 s/current
}

@test "ds-verify finds each kind of damage" {
	versions
	cp -a s good
	try() { # try RULE COMMAND...
		local rule=$1
		shift
		rm -rf s && cp -a good s && chmod -R u+w s/versions
		"$@"
		must_fail 1 ds-verify s >out 2>err
		grep -qF "[$rule]" err || fail "no [$rule] in: $(cat err)"
		grep -q '^V002.DAMAGED' out
	}
	v=s/versions/V002
	try checksum sed -i 's/IoU/x/;s/TRAIN/EVAL/' $v/stats.json
	try damaged sed -i '1s/"id":"1"/"id":"0"/' $v/records.jsonl
	try missing rm $v/V002.manifest
	try missing rm $v/SHA256SUMS
	try extra touch $v/core
	try counts sed -i 's/"total_sample_count":6/"total_sample_count":7/' $v/version.json
	try name sed -i 's/"name":"V002"/"name":"V003"/' $v/version.json
	try manifest sed -i '$d' $v/V002.manifest
	try order sed -i '1{h;d};2{G}' $v/records.jsonl
	try ledger sed -i '1s/V001/V009/' $v/ledger.jsonl
}

@test "ds-verify finds leaks and samples that were trained on" {
	for i in 1 2 3 4 5 6; do printf '{"source":"%d","sha256":"%064d","usage":"%s"}\n' $i $((i / 2)) "$([ $((i % 2)) = 0 ] && echo TRAIN || echo EVAL)"; done >in
	must_fail 1 ds-release -s s --usage keep --ratio 0.5 in >/dev/null 2>err
	grep -qF '[leak]' err
	[ -z "$(ls s/versions)" ]
	ds-release -q -s s --usage keep --ratio 0.5 --allow-leak in >/dev/null 2>&1
	ds-verify s 2>err
	grep -q 'warning: "3" is EVAL, and a sample that it belongs with (same content or group) is TRAIN \[leak\]' err
}

@test "ds-verify notes a ratio that was out of reach" {
	printf '{"source":"%d"}\n' 1 2 3 4 >in
	ds-release -q -s s --ratio 1.00 in >/dev/null
	ds-release -q -s s --ratio 0.5 in >/dev/null 2>&1
	ds-verify s 2>err
	[ "$(cat err)" = 's/versions/V002/version.json: note: EVAL has 0 samples; a ratio of 0.5 asks for 2 [ratio]' ]
}

@test "a release from a damaged parent is refused" {
	versions
	damage s/versions/V002/records.jsonl '1s/"id":"1"/"id":"0"/'
	must_fail 1 ds-release -s s --ratio 0.5 1.jsonl 2>err
	grep -qF '[damaged]' err
	[ "$(ls s/versions)" = "$(printf 'V001\nV002')" ]
}

@test "list, show, current, tag, untag" {
	versions
	ds-store list s | cut -f 1,2,4- >got
	printf 'V001\t1.0.0\t2023-11-14T22:13:20Z\t6\nV002\t2.0.0\t2023-11-14T22:13:20Z\t6\tcurrent\n' >want
	assert_file_equals got want
	[ "$(ds-store show s@V001 | jq -r .name)" = V001 ]
	ds-store current s@V001
	[ "$(ds-store show s | jq -r .name)" = V001 ]
	ds-store tag s@V002 stable
	[ "$(ds-store show s@stable | jq -r .name)" = V002 ]
	must_fail 2 ds-store tag s@V002 V001
	must_fail 2 ds-store tag s@V002 ../x
	ds-store untag s stable
	must_fail 2 ds-store show s@stable
	[ "$(jq -r .event s/log.jsonl | tail -n 1)" = updateDataset ]
}

@test "delete is refused where it would hurt, and a number is never given again" {
	versions
	must_fail 1 ds-store delete s@V002
	must_fail 1 ds-store delete s@V001
	ds-store -q delete -f s@V001
	[ "$(ls s/versions)" = "$(printf 'V001.deleted\nV002')" ]
	ds-verify s # its ledger still tells
	ds-store tag s@V002 t
	ds-store -q delete -f s@V002
	[ ! -e s/current ] && [ -z "$(ls s/tags)" ] && [ -z "$(ls s/tmp)" ]
	ds-release -q -s s --ratio 0.5 1.jsonl >/dev/null 2>&1
	[ "$(readlink s/current)" = versions/V003 ]
	must_fail 2 ds-release -s s --name V001 --ratio 0.5 1.jsonl
}

@test "a version is an input of every program" {
	versions
	ds-release -q s@V001 >1
	assert_file_equals 1 s/versions/V001/records.jsonl
	ds-release -q s >2
	assert_file_equals 2 s/versions/V002/records.jsonl
	ds-release -q s/versions/V001 >3
	assert_file_equals 3 1
	must_fail 2 ds-release -q s@V009
}

@test "a version is an input of each program: export, clean, pack, verify, diff" {
	versions
	tar xf "$builddir/samples/shapes-voc.tar"
	ds-import -q -f voc shapes 2>/dev/null | grep -v 004 | ds-release -q -s p --snapshot --ratio 0.8 >/dev/null 2>&1 || true
	cp p/versions/V001/records.jsonl r.jsonl
	ds-store -q tag p@V001 t
	for op in p p@V001 p@t p@current p/versions/V001 p/current; do
		ds-export -q -f coco -o coco.json --force r.jsonl 2>/dev/null
		ds-export -q -f coco -o coco2.json --force "$op" 2>/dev/null
		assert_file_equals coco2.json coco.json
		ds-clean -q -o clean --force "$op" 2>/dev/null >got || true
		ds-clean -q -o clean --force r.jsonl 2>/dev/null >want || true
		[ -s got ] && assert_file_equals got want
		ds-diff "$op" r.jsonl
		ds-verify -q "$op" >/dev/null
		ds-pack -q -o p.tar --force "$op"
	done
}

@test "a version is the dataset of a workflow" {
	need_program make
	versions
	mkdir -p obs/lab && mv s obs/lab/s
	for op in s s@V001 s/versions/V001; do
		cat >flow.json <<-END
			{"name":"data","steps":[
			 {"name":"release","type":"release_dataset","properties":{"version_name":"V1","train_evaluate_sample_ratio":"0.5"},
			  "inputs":[{"name":"in","type":"obs","data":{"obs_url":"/lab/$op"}}],
			  "outputs":[{"name":"out","type":"dataset","config":{"obs_url":"/lab/released/"}}]}]}
		END
		rm -rf flow.run obs/lab/released flow.mk
		wf-make --obs-root obs flow.json >flow.mk 2>err || fail "$(cat err)"
		make -s -f flow.mk >out 2>err || fail "$(cat err)"
		jq -r .id obs/lab/released/records.jsonl >got
		jq -r .id "$(case $op in s) echo obs/lab/s/current ;; *) echo obs/lab/s/versions/V001 ;; esac)/records.jsonl" >want
		assert_file_equals got want
	done
}

@test "a store that is read-only can be read and verified" {
	versions
	[ "$(id -u)" -ne 0 ] || skip "root may write anywhere"
	chmod -R a-w s
	ds-verify s
	ds-store list s
	chmod -R u+w s
}
