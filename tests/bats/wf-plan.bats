# wf-plan.bats: what each step would do: skips and joins, selectors, scenes, assumptions, all outcomes, records.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	flow=$srcdir/samples/flow.json
	metrics=$srcdir/samples/metrics.json
}

# plan ARGUMENT...: the plan as "STEP ACTION" lines, sorted by step.
plan() {
	wf-plan "$@" >table 2>err || return
	awk 'NR > 1 { print $1, $3 }' table | LC_ALL=C sort >got
}

# planned WORD...: "STEP ACTION" pairs are all there is.
planned() {
	printf '%s %s\n' "$@" | LC_ALL=C sort >want
	assert_file_equals got want
}

# steps NAME [DEPENDS-ON,...]...: a workflow of jobs; arguments like "c:a,b" are a step and what it depends on.
flow() {
	local arg first=1
	printf '{"name":"w","steps":['
	for arg; do
		[ "$first" ] || printf ',\n'
		first=
		case $arg in
		'{'*) printf '%s' "$arg" ;;
		*:*) printf '{"name":"%s","type":"job","depend_steps":["%s"]}' "${arg%%:*}" "$(sed 's/,/","/g' <<<"${arg#*:}")" ;;
		*) printf '{"name":"%s","type":"job"}' "$arg" ;;
		esac
	done
	printf ']}\n'
}

# cond NAME THEN ELSE [DEPENDS]: a condition over the parameter of its own name.
cond() {
	printf '{"name":"%s","type":"condition","conditions":[{"type":"==","left":"$ref/consumptions/z/m/%s","right":1}],"if_then_steps":[%s],"else_then_steps":[%s],"depend_steps":["z"%s]}' \
		"$1" "$1" "$2" "$3" "${4-}"
}
z='{"name":"z","type":"job","outputs":[{"name":"m","type":"metrics","config":{}}]}'

@test "the sample, with metrics that are good enough" {
	wf-plan -m "train=$metrics" "$flow" >got 2>err
	[ ! -s err ]
	cat >want <<-'END'
		STEP         TYPE             ACTION   WHY
		import       dataset_import   run
		label        labeling         run
		clean        job              run
		release      release_dataset  run
		train        job              run
		good_enough  condition        run      true
		register     model            run
		retrain      job              skip     the condition 'good_enough' was true
		deploy       service          run
		summary      job              run      model from register/entry
	END
	assert_file_equals got want
}

@test "the sample, as JSON, with metrics that are not" {
	wf-plan -J -m "train=$metrics" -p threshold=0.99 "$flow" >got
	tail -n 5 got >tail
	cat >want <<-'END'
		{"step":"good_enough","type":"condition","action":"run","result":false,"inputs":[]}
		{"step":"register","type":"model","action":"skip","reason":"the condition 'good_enough' was false","through":"good_enough"}
		{"step":"retrain","type":"job","action":"run","inputs":[{"name":"data","step":"release","output":"version","state":"output"}]}
		{"step":"deploy","type":"service","action":"skip","reason":"the step 'register' was skipped","through":"register"}
		{"step":"summary","type":"job","action":"run","inputs":[{"name":"model","step":"retrain","output":"model","state":"output"}]}
	END
	assert_file_equals tail want
}

@test "without metrics the plan is open, and a note says why" {
	plan "$flow"
	grep -q "^$flow:.*note: .*\[M05\]" err
	planned import run label run clean run release run train run good_enough run \
		register maybe retrain maybe deploy maybe summary maybe
}

@test "a step is skipped when all before it are, and runs when one is not" {
	flow "$z" "$(cond c '"a"' '')" a:c b:a d:z j:b,d k:a,b >w.json
	plan -q -a c=false w.json
	planned z run c run a skip b skip d run j run k skip
	plan -q -a c=true w.json
	planned z run c run a run b run d run j run k run
}

@test "a condition that is skipped decides nothing" {
	flow "$z" "$(cond c '"d"' '')" "$(cond d '"t"' '"e"' | sed 's/"depend_steps":\["z"\]/"depend_steps":["c"]/')" t:d e:d u:z,t >w.json
	plan -q -a c=false w.json
	planned z run c run d skip t skip e skip u run
}

@test "a step in a branch waits for the condition although it does not depend on it" {
	flow t "$z" "$(cond c '"t"' '')" u:t >w.json
	plan -q -a c=false w.json
	planned z run c run t skip u skip
}

@test "one predecessor that runs is enough, also beside one that may" {
	flow "$z" "$(cond c '"a"' '')" a:c b:z j:a,b >w.json
	plan -q w.json
	planned z run c run a maybe b run j run
}

@test "skip conditions skip one step, and those that depend on it alone" {
	flow '{"name":"a","type":"job","policy":{"skip_conditions":[{"type":"==","left":"$ref/parameters/x","right":1}]}}' b:a c |
		sed 's/"steps"/"parameters":[{"name":"x","type":"int","default":0}],&/' >w.json
	plan w.json
	planned a run b run c run
	plan -p x=1 w.json
	planned a skip b skip c run
	grep -q 'its skip conditions hold' table
}

@test "a failure blocks what is behind it, and nothing else" {
	flow a b:a c:b d j:b,d >w.json
	plan -a b=failed w.json
	planned a run b fail c blocked d run j blocked
	plan -a b=skipped w.json
	planned a run b skip c skip d run j run
}

@test "an input whose step is skipped is an error; the first of two selected is a warning" {
	cat >w.json <<-'END'
		{"name":"w","parameters":[{"name":"x","type":"int","default":1}],"steps":[
		{"name":"c","type":"condition","conditions":[{"type":"==","left":"$ref/parameters/x","right":1}],"if_then_steps":["a"]},
		{"name":"a","type":"job","depend_steps":["c"],"outputs":[{"name":"o","type":"obs"}]},
		{"name":"b","type":"job","outputs":[{"name":"o","type":"obs"}]},
		{"name":"r","type":"job","depend_steps":["a","b"],"inputs":[{"name":"i","type":"obs","data":"$ref/consumptions/a/o"}]},
		{"name":"s","type":"job","depend_steps":["a","b"],"inputs":[{"name":"i","type":"data_selector","data":["$ref/consumptions/b/o","$ref/consumptions/a/o"]}]}]}
	END
	wf-plan w.json >table 2>err
	echo 'w.json:6:104: warning: step "s": the selector "i" has more than one output to take; it takes the first [F05]' >want
	assert_file_equals err want
	grep -q '^s .*i from b/o$' table
	must_fail 1 wf-plan -p x=2 w.json >table 2>err
	echo 'w.json:5:93: error: step "r": its input "i" will not be there: step "a" is skipped [F07]' >want
	assert_file_equals err want
}

@test "delayed parameters and data without a value are waited for" {
	cat >w.json <<-'END'
		{"name":"w","parameters":[{"name":"x","type":"int","delay":true}],"data_requirements":[{"name":"q","type":"obs"}],"steps":[
		{"name":"a","type":"job","properties":{"v":"$ref/parameters/x"}},
		{"name":"b","type":"job","depend_steps":["a"],"inputs":[{"name":"i","type":"obs","data":"$ref/data_requirements/q"}]}]}
	END
	plan w.json
	planned a wait b wait
	grep -q "^b .*'q' has to be given first" table
	plan -p x=1 w.json
	planned a run b wait
}

@test "a scene, one step, a step and what is behind it" {
	plan -s 'data only' "$flow"
	planned import run label run clean run release run train outside good_enough outside \
		register outside retrain outside deploy outside summary outside
	plan -o train "$flow"
	planned import outside label outside clean outside release outside train run good_enough outside \
		register outside retrain outside deploy outside summary outside
	plan -f register "$flow"
	planned import outside label outside clean outside release outside train outside good_enough outside \
		register run retrain outside deploy run summary run
	must_fail 2 wf-plan -s data "$flow"
	run -2 wf-plan -f regster "$flow"
	[[ $output == *"no step 'regster'; did you mean 'register'?"* ]]
	must_fail 2 wf-plan -a train=ready "$flow"
	must_fail 2 wf-plan -a train=true "$flow"
}

@test "parameters and metrics of nothing in the workflow are not left out in silence" {
	run -1 wf-plan -p treshold=1 "$flow"
	[[ $output == *"no parameter 'treshold'; did you mean 'threshold'?"* ]]
	run -1 wf-plan -p threshold=high "$flow"
	[[ $output == *"[V01]"* ]]
	run -2 wf-plan -m "trian=$metrics" "$flow"
	[[ $output == *"no step 'trian'; did you mean 'train'?"* ]]
	wf-plan -m "train/metrics=$metrics" "$flow" | grep -q '^good_enough .*true'
}

@test "--all counts the outcomes in which each step runs" {
	flow "$z" "$(cond c '"a"' '"b"')" "$(cond d '"b"' '')" a:c b:c,d j:a,b >w.json
	wf-plan -A w.json >got 2>err
	cat >want <<-'END'
		STEP  TYPE       RUNS       OUTCOMES
		z     job        always     4 of 4
		c     condition  always     4 of 4
		d     condition  always     4 of 4
		a     job        sometimes  2 of 4
		b     job        sometimes  1 of 4
		j     job        sometimes  3 of 4
	END
	LC_ALL=C sort got >a
	LC_ALL=C sort want >b
	assert_file_equals a b
	wf-plan -A -J w.json | grep -qF '{"step":"b","type":"job","runs":"sometimes","in":1,"of":4}'
}

@test "--all agrees with the plan of every single outcome" {
	local n=0 c d e
	flow "$z" "$(cond c '"a","d"' '"b"')" "$(cond d '"b","f"' '"g"' ',"c"' | sed 's/"z","c"/"c"/')" "$(cond e '"g"' '"h"' ',"a"')" \
		a:c b:c f:d,a g:d,e h:e,b i:a,b,h >w.json
	for c in true false; do for d in true false; do for e in true false; do
		wf-plan -qJ -a c=$c -a d=$d -a e=$e w.json >>plans
		n=$((n + 1))
	done; done; done
	wf-plan -qAJ w.json | sed 's/.*"step":"\([a-z]\)".*"in":\([0-9]*\),.*/\1 \2/' | LC_ALL=C sort >all
	for c in a b c d e f g h i z; do echo "$c $(grep "\"step\":\"$c\"" plans | grep -c '"action":"run"')"; done >each
	assert_file_equals all each
}

@test "--all reports by the F rules what cannot work in some outcome" {
	grep $'^F0[1378]\t' "$srcdir/tests/data/workflow/rules.tsv" >cases
	while IFS=$'\t' read -r rule bad good; do
		echo "$bad" >bad.json
		echo "$good" >good.json
		wf-plan -A bad.json >/dev/null 2>err
		grep -q "\[$rule\]" err || fail "$rule"
		wf-plan -A good.json >/dev/null 2>err
		! grep -q "\[$rule\]" err || fail "$rule in the good one"
	done <cases
}

# 17 conditions, of which all but the last choose one of their own steps
@test "more conditions than are tried are said, and --max-conditions tries them" {
	local i steps=()
	for i in $(seq 17); do steps+=("$(cond "c$i" "\"t$i\"" '')" "t$i:c$i"); done
	flow "$z" "${steps[@]}" >w.json
	wf-plan -A w.json >got 2>err
	grep -q '17 different conditions: 65536 of their outcomes were tried, not all; see --max-conditions \[F09\]' err
	grep -q '^t17 .*sometimes' got
	wf-plan -A --max-conditions 17 w.json >got 2>err
	[ ! -s err ]
	grep -q '^t17 .* 65536 of 131072$' got
	wf-plan -A --max-conditions 3 w.json >got 2>err
	grep -q 'of their outcomes were tried' err
	must_fail 2 wf-plan -A --max-conditions 99 w.json
}

@test "a workflow with errors is not planned" {
	echo '{"name":"w","steps":[{"name":"a","type":"job","depend_steps":["b"]},{"name":"b","type":"job","depend_steps":["a"]}]}' >w.json
	must_fail 1 wf-plan w.json >got 2>err
	[ ! -s got ]
	grep -q '\[G03\]' err
	# two conditions that wait for each other's branches: no cycle of depend_steps
	flow "$z" "$(cond c '"s"' '')" "$(cond d '"c"' '' ',"s"')" s >w.json
	must_fail 1 wf-plan w.json >got 2>err
	[ ! -s got ]
}

@test "a record that agrees, and one that does not" {
	cat >good.json <<-'END'
		{"execution_id":"e","status":"completed","steps_execution":[
		{"step_name":"train","status":"completed"},
		{"step_name":"good_enough","status":"completed","conditions_execution":{"result":"false"}},
		{"step_name":"register","status":"skipped"},
		{"step_name":"retrain","status":"completed"},
		{"step_name":"deploy","status":"skipped"},
		{"step_name":"summary","status":"completed"}]}
	END
	wf-plan -q -c good.json "$flow" >table 2>err
	[ ! -s err ]
	must_fail 1 wf-plan -q -m "train=$metrics" -c good.json "$flow" >table 2>err
	cat >want <<-'END'
		good.json:3:82: error: step "good_enough": its condition was false, but is true by the document [X06]
		good.json:4:34: error: step "register": it is skipped, but by the document it is to run [X06]
		good.json:5:33: error: step "retrain": it is completed, but by the document it is to be skipped: the condition 'good_enough' was true [X06]
		good.json:6:32: error: step "deploy": it is skipped, but by the document it is to run [X06]
	END
	assert_file_equals err want
	sed 's/"train","status":"completed"/"train","status":"failed"/' good.json >bad.json
	must_fail 1 wf-plan -q -c bad.json "$flow" >table 2>err
	grep -q 'step "retrain": it is completed, but by the document it is to be blocked' err
}

@test "names of two columns a letter stand in line" {
	flow 训练 b:训练 | wf-plan >got
	printf 'STEP  TYPE  ACTION   WHY\n训练  job   run\nb     job   run\n' >want
	assert_file_equals got want
}

# Two nested conditions, a join, a branch step that does not depend on its condition, skip conditions: all eight outcomes.
@test "make does what the plan says" {
	local x y s action want
	need_program make
	unset MAKEFLAGS MAKELEVEL MFLAGS
	command -v wf-make >/dev/null || skip "wf-make is not built"
	param() { printf '{"type":"==","left":"$ref/parameters/%s","right":1}' "$1"; }
	cond_on() { printf '{"name":"%s","type":"condition","conditions":[%s],"if_then_steps":[%s],"else_then_steps":[%s],"depend_steps":[%s]}' "$1" "$(param "$2")" "$3" "$4" "$5"; }
	flow a b:a "$(cond_on c x '"d","t"' '"e"' '"a"')" d:c,b e:c "$(cond_on f y '"g"' '"h"' '"d"')" g:f h:f j:g,h,e k:j t u:t \
		"{\"name\":\"s\",\"type\":\"job\",\"depend_steps\":[\"b\"],\"policy\":{\"skip_conditions\":[$(param s)]}}" v:s |
		sed 's/"type":"job"/&,"properties":{"algorithm":{"command":"true"}}/g
			s/"steps"/"parameters":[{"name":"x","type":"int","default":0},{"name":"y","type":"int","default":0},{"name":"s","type":"int","default":0}],&/' >w.json
	for x in 0 1; do for y in 0 1; do for s in 0 1; do
		wf-plan -qJ -p x=$x -p y=$y -p s=$s w.json 2>err |
			sed 's/.*"step":"\([a-z]\)".*"action":"\([a-z]*\)".*/\1 \2/; s/ run/ completed/; s/ skip/ skipped/' | LC_ALL=C sort >planned
		[ ! -s err ]
		mkdir "$x$y$s"
		(cd "$x$y$s" && wf-make -q -p x=$x -p y=$y -p s=$s ../w.json >flow.mk 2>err && make -j4 -f flow.mk >log 2>&1 || fail "$(cat err log)"
			make -f flow.mk status | awk 'NR > 1 { print $1, $2 }' | LC_ALL=C sort >done)
		assert_file_equals "$x$y$s/done" planned
	done; done; done
	grep -q skipped planned
	[ "$(wc -l <planned)" -eq 14 ]
}
