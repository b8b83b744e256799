# wf-check.bats: what is wrong with a workflow document: one case a rule, and what holds for all of them.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	data=$srcdir/tests/data/workflow
}

# The rules that wf-check itself reports: those of metrics files are wf-cond's, X06 is wf-plan's.
own_rules() {
	wf-check --list-rules | cut -d' ' -f1 | grep -v -e '^M' -e X06
}

# rules.tsv has a line for each case: the rule, a document that breaks it, one that does not.
@test "every rule has a case" {
	own_rules | sort >rules
	{ cut -f1 "$data/rules.tsv"; printf 'X01\nX04\n'; } | sort -u >cases
	assert_file_equals cases rules
	[ "$(wc -l <rules)" -gt 100 ]
}

@test "documents that break a rule: exactly these findings, at these places" {
	cut -f2 "$data/rules.tsv" >bad.jsonl
	must_fail 1 wf-check <bad.jsonl 2>got
	assert_file_equals got "$data/rules.expected"
}

@test "each of them is found by its rule, and the document beside it is not" {
	local rule n=0 bad=
	cut -f2 "$data/rules.tsv" >bad.jsonl
	cut -f3 "$data/rules.tsv" >good.jsonl
	must_fail 1 wf-check <bad.jsonl 2>bad
	wf-check <good.jsonl 2>good
	while read -r rule; do
		n=$((n + 1))
		grep -q "^<stdin>:$n:[0-9]*: .*\[$rule\]\$" bad || bad="$bad $n:$rule"
		! grep -q "^<stdin>:$n:.*\[$rule\]\$" good || bad="$bad $n:$rule(good)"
	done < <(cut -f1 "$data/rules.tsv")
	[ -z "$bad" ] || fail "wrong:$bad"
	[ "$n" -gt 100 ]
}

@test "a finding has the level of the list, and starred rules become errors with -W strict" {
	local rule level n=0
	cut -f2 "$data/rules.tsv" >bad.jsonl
	wf-check <bad.jsonl 2>plain || true
	must_fail 1 wf-check -W strict <bad.jsonl 2>strict
	wf-check --list-rules >list
	while read -r rule; do
		n=$((n + 1))
		# rules whose second case is of another level than the first
		case "$rule" in N08 | R10 | C02 | C11 | V05) continue ;; esac
		level=$(sed -n "s/^$rule *\([a-z*]*\) .*/\1/p" list)
		grep "^<stdin>:$n:.*\[$rule\]" plain | grep -q ": ${level%\*}: " || fail "$rule is no $level"
		[ "$level" != 'warning*' ] || grep "^<stdin>:$n:.*\[$rule\]" strict | grep -q ': error: ' || fail "$rule"
	done < <(cut -f1 "$data/rules.tsv")
}

@test "lines and columns are those of the file" {
	printf '{\n\t"name": "w",\n\t"steps": [\n\t\t{"name": "train", "type": "job"},\n\t\t{"name": "b", "type": "job",\n\t\t "depend_steps": ["trian"]}\n\t]\n}\n' >flow.json
	must_fail 1 wf-check flow.json 2>err
	echo 'flow.json:6:21: error: step "b": it depends on the unknown step "trian"; did you mean "train"? [G01]' >want
	assert_file_equals err want
}

@test "a metrics file is checked by its rules" {
	wf-check "$srcdir/samples/metrics.json" 2>err
	[ ! -s err ]
	printf '[{"key":"a","title":"a","type":"float","data":{"value":"0.5"}},\n{"key":"a","title":"a","type":"float","data":{"value":1}}]' >m.json
	must_fail 1 wf-check m.json 2>err
	grep -q '^m.json:1:.*\[M02\]' err
	grep -q '^m.json:2:.*\[M04\]' err
	must_fail 1 wf-check -k create m.json 2>err
	grep -q '\[S01\]' err
}

@test "several files, standard input and JSON Lines" {
	echo '{"name":"w","steps":[{"name":"a","type":"job"}]}' >good.json
	printf '\n{"name":"w","steps":[{"name":"a","type":"job"}]}\n\n{"name":"w"}\n{"name":\n{"name":"w","steps":[]}\n' >lines
	wf-check good.json - <good.json 2>err
	[ ! -s err ]
	must_fail 1 wf-check good.json lines 2>err
	cut -d: -f1,2,4 err >places
	printf 'lines:4: error\nlines:5: error\nlines:6: error\n' >want
	assert_file_equals places want
	run -2 wf-check missing.json good.json
	[[ $output == *missing.json* ]]
}

@test "a stream of documents is read line by line, in the memory of one" {
	need_plain_build
	need_program prlimit
	echo '{"name":"w","steps":[{"name":"a","type":"job"},{"name":"b","type":"job","depend_steps":["a"],"description":"'"$(printf '%900s')"'"}]}' >line
	for i in $(seq 100); do cat line; done >hundred
	for i in $(seq 1000); do cat hundred; done | prlimit --as=40000000 wf-check 2>err
	[ ! -s err ]
	# a report comes while the stream is still open
	mkfifo in out
	wf-check <in 2>out &
	exec 8>in 9<out
	printf '{"name":"w","steps":[{"name":"a","type":"job"}]}\n{"name":"w"}\n' >&8
	read -r -t 10 said <&9
	[[ $said == '<stdin>:2:1: error: '*'[S06]' ]]
	exec 8>&- 9<&-
	must_fail 1 wait $!
}

@test "the answers to show and list calls are checked; places are those of the file" {
	cat >list.json <<-'END'
		{"total":2,"count":2,"items":[
		 {"name":"w","workflow_id":"1","created_at":"2024-01-01 00:00:00","steps":[{"name":"a","type":"job"}]}, {"name":"v",
		"workflow_id":"2","created_at":"2024-01-01 00:00:00","run_count":3,"steps":[{"name":"a","type":"job","depend_steps":["b"]}]}]}
	END
	echo 'list.json:3:118: error: step "a": it depends on the unknown step "b"; did you mean "a"? [G01]' >want
	must_fail 1 wf-check list.json 2>err
	assert_file_equals err want
	must_fail 1 wf-check -k list list.json 2>err
	assert_file_equals err want
	# the list by itself, after another one in JSON Lines, and one workflow of it
	tr -d '\n' <list.json | sed 's/^[^[]*//; s/}$//' >array.json
	echo 'array.json:1:235: error: step "a": it depends on the unknown step "b"; did you mean "a"? [G01]' >want
	must_fail 1 wf-check array.json 2>err
	assert_file_equals err want
	{ echo '{"items":[]}'; cat array.json; } >two.json
	sed 's/array.json:1/two.json:2/' want >want2
	must_fail 1 wf-check two.json 2>err
	assert_file_equals err want2
	sed 's/^\[//; s/}, {.*/}/' array.json >show.json
	wf-check show.json 2>err
	[ ! -s err ]
}

@test "each M rule: a metrics file that breaks it, and one that does not" {
	local rule bad good f='"title":"t","type":"float","data":{"value":1}' chart='"title":"t","type":"line chart","data"'
	while IFS='|' read -r rule bad good; do
		echo "$bad" >bad.json
		wf-check bad.json 2>err || [ $? -eq 1 ]
		[ "$(grep -c "\[$rule\]\$" err)" -ge 1 ] || fail "$rule is not found: $(cat err)"
		[ "$(grep -vc "\[$rule\]\$" err)" -eq 0 ] || fail "more than $rule is found: $(cat err)"
		echo "$good" >good.json
		wf-check good.json 2>err
		[ ! -s err ] || fail "$rule: $(cat err)"
	done <<-END
		M01|[{$f}]|[{"key":"a",$f}]
		M02|[{"key":"a","title":"t","type":"float","data":{"value":"1"}}]|[{"key":"a","title":"t","type":"float","data":{"value":1e-3}}]
		M03|[{"key":"a<b",$f}]|[{"key":"a b",$f}]
		M04|[{"key":"a",$f},{"key":"a",$f}]|[{"key":"a",$f},{"key":"A",$f}]
		M06|[{"key":"a","title":"t","type":"pie","data":{}}]|[{"key":"a","title":"t","type":"table","data":{"rows":1,"cols":1,"row_labels":["r"],"col_labels":["c"],"cell_value":[[1]]}}]
		M07|[{"key":"a",$chart:{"x_axis":[{"title":"x","value":[1,2]}],"y_axis":[{"title":"y","value":[1]}]}}]|[{"key":"a",$chart:{"x_axis":[{"title":"x","value":[1,2]}],"y_axis":[{"title":"y","value":[3,4]}]}}]
	END
	# M05 is of a condition and its metrics together
	echo "[{\"key\":\"a\",$f}]" >m.json
	run -2 --separate-stderr wf-cond -m m.json 'b > 0'
	[[ $stderr == *'[M05]' ]]
	wf-cond -m m.json 'a > 0' 2>err
	[ ! -s err ]
}

@test "levels reach the rules of metrics files, also in JSON Lines" {
	printf '[{"key":"a","title":"a","type":"float","data":{"value":"x"}},{"key":"b","title":"b","type":"odd","data":{}}]' >m.json
	must_fail 1 wf-check m.json 2>err
	grep -q '^m.json:1:.*: error: .*\[M02\]$' err
	grep -q '^m.json:1:.*: warning: .*\[M06\]$' err
	wf-check -W M=off m.json 2>err
	[ ! -s err ]
	wf-check -W M02=note,M06=note m.json 2>err
	[ "$(grep -c ': note: ' err)" -eq 2 ]
	must_fail 1 wf-check -W M02=note,error m.json 2>err
	grep -q ': error: .*\[M06\]$' err
	{ echo '{"name":"w","steps":[{"name":"a","type":"job"}]}'; cat m.json; } >lines
	must_fail 1 wf-check lines 2>err
	grep -q '^lines:2:.*\[M02\]$' err
}

@test "one document on several lines is one document" {
	printf '{"name":"w","steps":[{"name":"a","type":"job"}\n,{"name":"b","type":"job","depend_steps":["a"]}]}\n' >flow.json
	wf-check flow.json 2>err
	[ ! -s err ]
}

@test "what is no document is reported in its place, and the rest goes on" {
	echo '"x"' >string.json
	printf '{"name":"w",\n"steps":[}\n' >broken.json
	: >empty.json
	must_fail 1 wf-check string.json broken.json empty.json 2>err
	cat >want <<-'END'
		string.json:1:1: error: a workflow document is a JSON object {...} [S01]
		broken.json:2:10: error: a value should be here [S01]
		empty.json:1:1: error: the text ends where a value should be [S01]
	END
	assert_file_equals err want
}

@test "the body of an update call has other names and members" {
	echo '{"name":"w 1","steps":[{"name":"a","type":"job"}],"data":[]}' >u.json
	must_fail 1 wf-check -k update u.json 2>err
	grep -q ':1:9: error: .*\[N01\]' err
	grep -q ':1:51: warning: the body of an update call has no member "data".*\[S04\]' err
	wf-check -k create u.json 2>/dev/null
}

@test "an execution record against its workflow" {
	echo '{"name":"w","steps":[{"name":"a","type":"job"},{"name":"b","type":"job","depend_steps":["a"]}]}' >flow.json
	echo '{"execution_id":"e","steps_execution":[{"step_name":"a","status":"failed"},{"step_name":"b","status":"completed"},{"step_name":"c","status":"init"}]}' >e.json
	wf-check e.json
	must_fail 1 wf-check -w flow.json e.json 2>err
	cat >want <<-'END'
		e.json:1:102: warning: step "b" is completed, but "a", which it depends on, is failed [X04]
		e.json:1:128: error: the workflow flow.json has no step "c" [X01]
	END
	assert_file_equals err want
	sed 's/,{"step_name":"c"[^}]*}//; s/failed/skipped/' e.json >good.json
	wf-check -w flow.json good.json 2>err
	[ ! -s err ]
}

@test "-W sets the level of a rule, of a family, of all" {
	echo '{"name":"w","steps":[{"name":"a","type":"jbo"}],"labels":["x","x"]}' >flow.json
	wf-check -W no-T01,N=off flow.json 2>err
	[ ! -s err ]
	wf-check -W T01=note,N11=off flow.json 2>err
	grep -q ': note: .*\[T01\]' err
	must_fail 1 wf-check -W error flow.json 2>/dev/null
	must_fail 1 wf-check -W t01=error flow.json 2>/dev/null
	must_fail 2 wf-check -W T77=off flow.json
	must_fail 2 wf-check -W T01=loud flow.json
}

@test "--explain and --list-rules speak of the same rules" {
	local rule
	for rule in S01 R06 F05 X05; do
		wf-check --explain "$rule" >text
		grep -qF "$(wf-check --list-rules | sed -n "s/^$rule  *[a-z*]*  *//p")" text
		[ "$(wc -l <text)" -ge 2 ]
	done
	must_fail 2 wf-check --explain Q1
}

@test "--json-errors gives the same findings as JSON" {
	need_program jq
	cut -f2 "$data/rules.tsv" >bad.jsonl
	must_fail 1 wf-check --json-errors <bad.jsonl 2>json
	jq -r '"\(.file):\(.line):\(.column): \(.level): \(.message) [\(.rule)]"' json >text
	assert_file_equals text "$data/rules.expected"
}

@test "--strict stops at the first error" {
	cut -f2 "$data/rules.tsv" >bad.jsonl
	must_fail 1 wf-check --strict <bad.jsonl 2>err
	[ "$(wc -l <err)" -eq 1 ]
}

# the examples that the service's own pages and tests give break starred rules only
@test "published documents are accepted" {
	wf-check "$data/published.jsonl" 2>err
	! grep -q ': error:' err
}

# elements of arrays have no key, and a key of no bytes and length 7 was once compared with "example"
@test "odd strings in arrays" {
	printf '{"name":"w","steps":[{"name":"a","type":"job","properties":{"v":[' >flow.json
	for i in $(seq 0 20); do printf '"run it $now %d",' "$i"; done >>flow.json
	printf '"x=$ref/data/y"]}}]}' >>flow.json
	wf-check flow.json 2>err
	[ "$(wc -l <err)" -eq 1 ]
	grep -q '\[R07\]' err
}

@test "a member name with an escape is that member; twice is twice, in either order" {
	printf '%s\n' '{"name":"w","steps":[{"n\u0061me":"a","\u0074ype":"job"}]}' >fine.json
	wf-check fine.json 2>err
	[ ! -s err ]
	[ "$(wf-plan fine.json | sed 1d)" = "a     job   run" ]
	printf '%s\n' '{"name":"w","steps":[{"name":"a","type":"job","\u0074ype":"job"}]}' >one.json
	printf '%s\n' '{"name":"w","steps":[{"name":"a","\u0074ype":"job","type":"job"}]}' >two.json
	must_fail 1 wf-check one.json two.json 2>err
	printf '%s\n' 'one.json:1:47: error: member "\u0074ype" stands in this object twice; the first is in line 1 [S01]' \
		'two.json:1:52: error: member "type" stands in this object twice; the first is in line 1 [S01]' >want
	assert_file_equals err want
}

@test "a chain of 100,000 steps, forwards, backwards and as one cycle" {
	awk 'BEGIN { printf "{\"name\":\"w\",\"steps\":["; for (i = 0; i < 100000; i++) {
		printf "%s{\"name\":\"s%d\",\"type\":\"job\"", i ? "," : "", i
		if (i) printf ",\"depend_steps\":[\"s%d\"]", i - 1
		printf "}" } print "]}" }' >up.json
	awk 'BEGIN { printf "{\"name\":\"w\",\"steps\":["; for (i = 0; i < 100000; i++) {
		printf "%s{\"name\":\"s%d\",\"type\":\"job\",\"depend_steps\":[\"s%d\"]}", i ? "," : "", i, (i + 1) % 100000
		} print "]}" }' >cycle.json
	timeout 20 wf-check -W no-N12 up.json 2>err
	[ ! -s err ]
	must_fail 1 timeout 20 wf-check -W no-N12 cycle.json 2>err
	[ "$(wc -l <err)" -eq 1 ]
	grep -q 'a cycle, .*: s0 -> s1 -> .*(99949 more) -> s99999 -> s0 \[G03\]' err
}

# each of these was, or is easily, quadratic: 20,000 of something that all others are compared with
@test "nothing takes time by the square" {
	local form
	for form in \
		'{"name":"s%d","type":"job","depend_steps":["s%d","s0"]}' \
		'{"name":"s%d","type":"job","depend_steps":["t%d"]}' \
		'{"name":"same","type":"job","properties":{"v%d":"$ref/parameters/x%d"}}' \
		'{"name":"s%d","type":"condition","conditions":[{"type":"==","left":"$ref/parameters/x","right":%d}],"if_then_steps":["s1","s2"],"else_then_steps":["s3"]}'; do
		awk -v form="$form" 'BEGIN { printf "{\"name\":\"w\",\"steps\":["; for (i = 0; i < 20000; i++) printf (i ? ",\n" : "") form, i, i - 1; print "]}" }' >w.json
		timeout 20 wf-check w.json 2>err || [ $? -eq 1 ] || fail "too slow: $form"
		timeout 20 wf-graph w.json >graph 2>err || [ $? -eq 1 ] || fail "too slow to draw: $form"
	done
	awk 'BEGIN { printf "{\"name\":\"w\",\"steps\":[{\"name\":\"a\",\"type\":\"job\",\"outputs\":["
		for (i = 0; i < 20000; i++) printf "%s{\"name\":\"o%d\",\"type\":\"obs\"}", i ? "," : "", i
		printf "]},{\"name\":\"b\",\"type\":\"job\",\"depend_steps\":[\"a\"],\"inputs\":["
		for (i = 0; i < 20000; i++) printf "%s{\"name\":\"i%d\",\"type\":\"obs\",\"data\":\"$ref/consumptions/a/o%d\"}", i ? "," : "", i, i
		print "]}]}" }' >w.json
	timeout 20 wf-check w.json
	timeout 20 wf-plan w.json >plan
	timeout 20 wf-plan -A w.json >plan
}
