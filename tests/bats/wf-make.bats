# wf-make.bats: workflows run by make: what runs, what is skipped, what happens after a failure, and again.

load helpers

setup() {
	need_program make
	cd "$BATS_TEST_TMPDIR"
	unset MAKEFLAGS MAKELEVEL MFLAGS
}

# Has the process ended? (One that nobody waits for may still be in the table.)
gone() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" || return 0
		sleep 0.05
	done
	fail "process $1 is still there"
}

# A workflow with a metric condition: train, gate, then publish or again, then end.
write_flow() {
	cat >flow.json <<-'END'
		{"name":"demo",
		 "parameters":[{"name":"limit","type":"float","default":0.9,"used_steps":["gate"]},
		               {"name":"epochs","type":"int","default":3,"enum":[1,3,9],"used_steps":["train"]}],
		 "storages":[{"name":"out","type":"obs","path":"/lab/run/"}],
		 "steps":[
		 {"name":"train","type":"job","properties":{"algorithm":{"command":"sh train.sh","code_dir":"/lab/code/",
		   "parameters":[{"name":"epochs","value":"$ref/parameters/epochs"}]}},
		  "outputs":[{"name":"metrics","type":"metrics","config":{"metric_files":"$ref/storages(with_execution_id=True, create_dir=True)/out/m/metrics.json"}},
		             {"name":"model","type":"obs","config":{"obs_url":"$ref/storages(with_execution_id=True, create_dir=True)/out/model/"}}]},
		 {"name":"gate","type":"condition","depend_steps":["train"],
		  "conditions":[{"type":">=","left":"$ref/consumptions/train/metrics/accuracy","right":"$ref/parameters/limit"}],
		  "if_then_steps":["publish"],"else_then_steps":["again"]},
		 {"name":"publish","type":"model","depend_steps":["gate","train"],"properties":{"model_name":"shapes"},
		  "inputs":[{"name":"src","type":"obs","data":"$ref/consumptions/train/model"}]},
		 {"name":"again","type":"job","depend_steps":["gate"],"properties":{"algorithm":{"command":"echo again"}}},
		 {"name":"end","type":"job","depend_steps":["publish","again"],"properties":{"algorithm":{"command":"echo end"}}}]}
	END
	mkdir -p obs/lab/code
	cat >obs/lab/code/train.sh <<-'END'
		echo "args $*"
		pwd
		echo run >>"$WF_OBS_ROOT/../trained"
		echo weights >"$WF_OUTPUT_model/weights"
		rmdir "$WF_OUTPUT_metrics" 2>/dev/null
		echo '[{"key":"accuracy","title":"a","type":"float","data":{"value":0.93}}]' >"$WF_OUTPUT_metrics"
	END
	sed -i 's|create_dir=True)/out/m/|create_dir=False)/out/m/|' flow.json
}

# small FILE STEP...: a workflow of the steps given as JSON.
small() {
	local file=$1 IFS=,
	shift
	echo "{\"name\":\"small\",\"steps\":[$*]}" >"$file"
}

job() {
	echo "{\"name\":\"$1\",\"type\":\"job\",\"depend_steps\":[${3-}],\"properties\":{\"algorithm\":{\"command\":\"$2\"}}}"
}

make_flow() {
	wf-make "${1:-flow}.json" >"${1:-flow}.mk" 2>err || { cat err && return 1; }
}

# statuses: "step=status ..." in the order of the document.
statuses() {
	make -s -f flow.mk status | sed 1d | awk '{ printf "%s%s=%s", sep, $1, $2; sep = " " }'
}

@test "a workflow runs: the branch that is taken, the other one skipped, and the join" {
	write_flow
	make_flow
	make -f flow.mk -j4 2>err
	[ "$(statuses)" = "train=completed gate=completed publish=completed again=skipped end=completed" ]
	grep -q "step 'again' skipped: the condition 'gate' was true" err
	[ "$(cat obs/models/shapes/0001/weights)" = weights ]
	jq -e '.files == [{"path":"weights","bytes":8,"sha256":"1b465fa6b6bcbc06a3199e3d2d8aec35d37494a712f888b6d5536684dd89d0f0"}]' obs/models/shapes/0001/model.json
}

@test "the other outcome, with a parameter from the command line" {
	write_flow
	wf-make -p limit=0.95 flow.json >flow.mk 2>err
	make -f flow.mk -j4 2>err
	[ "$(statuses)" = "train=completed gate=completed publish=skipped again=completed end=completed" ]
}

@test "a second make does nothing; make -n and -q know it" {
	write_flow
	make_flow
	make -f flow.mk 2>err
	[ "$(make -f flow.mk)" = "make: Nothing to be done for 'all'." ]
	make -q -f flow.mk
	[ -z "$(make -s -n -f flow.mk)" ]
	[ "$(cat trained)" = run ]
}

@test "a command gets its parameters, outputs and folder" {
	write_flow
	make_flow
	make -f flow.mk step-train 2>err
	cat >want <<-END
		args --epochs=3 --metrics=$PWD/obs/lab/run/execution-001/m/metrics.json --model=$PWD/obs/lab/run/execution-001/model
		$PWD/obs/lab/code
	END
	assert_file_equals flow.run/execution-001/log/train.log want
	[ "$(statuses)" = "train=completed gate=waiting publish=waiting again=waiting end=waiting" ]
}

@test "a change of the document runs again what it concerns, and nothing else" {
	write_flow
	make_flow
	make -f flow.mk 2>err
	sed -i 's/"default":0.9,/"default":0.95,/' flow.json
	make -f flow.mk 2>err
	[ "$(statuses)" = "train=completed gate=completed publish=skipped again=completed end=completed" ]
	[ "$(cat trained)" = run ]
}

@test "rerun-STEP, from-STEP, another execution" {
	write_flow
	make_flow
	make -f flow.mk 2>err
	make -f flow.mk rerun-train 2>err
	[ "$(wc -l <trained)" -eq 2 ]
	make -f flow.mk 2>err
	[ "$(wc -l <trained)" -eq 2 ]
	rm flow.run/execution-001/log/end.log
	make -f flow.mk from-gate 2>err
	[ "$(wc -l <trained)" -eq 2 ]
	[ -e flow.run/execution-001/log/end.log ]
	must_fail 2 make -f flow.mk from-nothing 2>err
	must_fail 2 make -f flow.mk rerun-nothing 2>err
	make -f flow.mk RUN=flow.run/two EXECUTION=two 2>err
	[ "$(wc -l <trained)" -eq 3 ]
	[ -e obs/lab/run/two/m/metrics.json ]
	ls obs/models/shapes >out
	[ "$(cat out)" = 0001 ]
}

@test "a step that fails stops what comes after it, and a second make goes on there" {
	small flow.json "$(job a 'touch a.ran; test -e fixed')" "$(job b 'echo b >>b.ran' '"a"')" "$(job c 'echo c >>c.ran')" "$(job d 'true' '"b","c"')"
	make_flow
	must_fail 2 make -k -f flow.mk 2>err
	[ "$(statuses)" = "a=failed b=waiting c=completed d=waiting" ]
	grep -q "step 'a' failed: exit status 1; see flow.run/execution-001/log/a.log" err
	[ ! -e b.ran ]
	touch fixed
	make -f flow.mk -j4 2>err
	[ "$(statuses)" = "a=completed b=completed c=completed d=completed" ]
	[ "$(cat c.ran)" = c ]
}

@test "clean-failed forgets failures and nothing else" {
	small flow.json "$(job a false)" "$(job c true)"
	make_flow
	must_fail 2 make -k -f flow.mk 2>err
	make -f flow.mk clean-failed
	[ "$(statuses)" = "a=waiting c=completed" ]
}

@test "kill -9 in the middle, and a second make ends in the same state" {
	small flow.json "$(job a 'echo begin >>a.log; sleep 0.5; echo end >>a.log')" "$(job b 'cat a.log >b.copy' '"a"')"
	make_flow
	setsid make -f flow.mk >out 2>err 3>&- &
	until [ -s a.log ]; do sleep 0.02; done
	kill -9 -- -$!
	wait $! || true
	[ ! -e flow.run/execution-001/done/a ]
	make -f flow.mk 2>err
	[ "$(statuses)" = "a=completed b=completed" ]
	tail -n 2 a.log >last
	printf 'begin\nend\n' >want
	assert_file_equals last want
}

@test "what a killed run left behind is ended before the step runs again" {
	# the command is a grandchild that outlives its shell
	small flow.json "$(job a 'echo $$ >>pids; sleep 30 & echo $! >>strays; test -e second || wait')"
	make_flow
	setsid make -f flow.mk >out 2>err 3>&- &
	until [ -s strays ]; do sleep 0.02; done
	kill -9 -- -$!
	kill -9 "$(sed -n 's/ .*//p' flow.run/execution-001/running/a)" 2>/dev/null || true
	wait $! || true
	touch second
	make -f flow.mk 2>err
	gone "$(head -n 1 strays)"
	kill "$(tail -n 1 strays)" 2>/dev/null || true
}

@test "what a killed program had not finished is removed from the outputs, and nothing else" {
	cat >flow.json <<-'END'
		{"name":"w","steps":[{"name":"a","type":"job","properties":{"algorithm":{"command":"echo new >\"$WF_OUTPUT_o/f\" #"}},
		  "outputs":[{"name":"o","type":"obs","config":{"obs_url":"/lab/o/"}}]}]}
	END
	make_flow
	make -f flow.mk 2>err
	mkdir -p obs/lab/o/deep/.c.jpg.4e20-7.tmp
	touch obs/lab/o/.a.jpg.4e20-0.tmp obs/lab/o/deep/.b.4e20-1.tmp obs/lab/o/deep/.c.jpg.4e20-7.tmp/x
	touch obs/lab/o/.a.jpg.4e21-0.tmp obs/lab/o/a.4e20-0.tmp obs/lab/o/.4e20
	mv flow.run/execution-001/done/a kept
	echo "20000 $(hostname)" >flow.run/execution-001/running/a
	make -f flow.mk 2>err
	find obs/lab/o | LC_ALL=C sort >got
	printf 'obs/lab/o%s\n' '' /.4e20 /.a.jpg.4e21-0.tmp /a.4e20-0.tmp /deep /f >want
	assert_file_equals got want
	[ "$(statuses)" = "a=completed" ]
}

@test "a step that runs already is not started twice" {
	small flow.json "$(job a 'echo x >started; sleep 1')"
	make_flow
	make -f flow.mk >out 2>err 3>&- &
	until [ -s started ]; do sleep 0.02; done
	[ "$(statuses)" = "a=running" ]
	must_fail 2 wf-step -r flow.run/execution-001 a 2>err2
	grep -q "the step 'a' is running already" err2
	wait $!
	[ "$(statuses)" = "a=completed" ]
}

@test "a step that takes too long is ended, with all its processes" {
	small flow.json "$(job a 'sleep 31 & echo $! >stray; wait')"
	make_flow
	must_fail 2 make -f flow.mk WF_STEP='wf-step --timeout 0.3' 2>err
	grep -q "step 'a' timeout: it took longer than 0.005 minutes" err
	[ "$(statuses)" = "a=timeout" ]
	gone "$(cat stray)"
}

@test "a signal to make reaches the step" {
	need_program pkill
	small flow.json "$(job a 'echo $$ >pid; exec sleep 31')"
	make_flow
	make -f flow.mk >out 2>err 3>&- &
	until [ -s pid ]; do sleep 0.02; done
	pkill -TERM -P "$!" wf-step
	wait $! || true
	gone "$(cat pid)"
	[ "$(statuses)" = "a=stopped" ]
}

@test "names with odd characters" {
	small flow.json "$(job '训练 步骤' 'echo one')" "$(job 'a b-c_d' 'echo $WF_STEP' '"训练 步骤"')"
	make_flow
	grep -q '^# "训练 步骤"$' flow.mk
	make -f flow.mk -j2 2>err
	make -s -f flow.mk status >out
	sed 's/ [0-9.]*$//; s/ *$//' out >got
	printf '%s\n' 'step       status      seconds  why' '训练 步骤  completed' 'a b-c_d    completed' >want
	assert_file_equals got want
	make -f flow.mk step-a+20b-c_d
	[ "$(cat flow.run/execution-001/log/a+20b-c_d.log)" = "a b-c_d" ]
}

@test "values with quotes, dollars and hashes come through" {
	cat >flow.json <<-'END'
		{"name":"q","parameters":[{"name":"text","type":"str","used_steps":["a"]}],
		 "steps":[{"name":"a","type":"job","properties":{"algorithm":{"command":"printf '%s\\n'","parameters":[{"name":"t","value":"$ref/parameters/text"}]}}}]}
	END
	wf-make -p "text=it's \$HOME #1 \\ \"x\" %" flow.json >flow.mk 2>err
	make -f flow.mk 2>err
	[ "$(cat flow.run/execution-001/log/a.log)" = "--t=it's \$HOME #1 \\ \"x\" %" ]
	must_fail 2 wf-make -p $'text=two\nlines' flow.json >out 2>err
	echo '{"text":"two\nlines"}' >p.json
	wf-make --params p.json flow.json >flow.mk 2>err
	make -f flow.mk 2>err
	printf -- '--t=two\nlines\n' >want
	assert_file_equals flow.run/execution-001/log/a.log want
}

@test "with an error in the document nothing is made" {
	small flow.json "$(job a true '"b"')" "$(job b true '"a"')"
	must_fail 1 wf-make flow.json >out 2>err
	[ ! -s out ]
	grep -q '\[G03\]' err
	echo '{"name":' >flow.json
	must_fail wf-make flow.json >out 2>err
	[ ! -s out ]
	must_fail 2 wf-make missing.json >out 2>err
	[ ! -s out ]
}

@test "parameters are checked before anything runs" {
	write_flow
	must_fail 1 wf-make -p epochs=2 flow.json 2>err
	grep -q "the parameter 'epochs' cannot be 2; it is one of \[1,3,9\] \[V02\]" err
	must_fail 1 wf-make -p epochs=1.5 flow.json 2>err
	grep -q "the parameter 'epochs' is of type int: 1.5 is not a whole number \[V01\]" err
	must_fail 1 wf-make -p epoch=3 flow.json 2>err
	grep -q "the workflow has no parameter 'epoch'; did you mean 'epochs'? \[R02\]" err
	sed -i 's/"default":0.9,/"description":"how good it has to be",/' flow.json
	must_fail 1 wf-make flow.json >out 2>err
	grep -q "the parameter 'limit' has no value (how good it has to be); give it one with --param limit=VALUE \[V06\]" err
	[ ! -s out ]
	wf-make -p limit=0.5 flow.json >flow.mk 2>err
	make -f flow.mk 2>err
}

@test "the constraint of a flavor is checked against what is known of the flavor" {
	cat >flow.json <<-'END'
		{"name":"w","parameters":[{"name":"flavor","type":"json","format":"train_flavor","used_steps":["a"],
		  "constraint":{"flavor_type":["GPU","Ascend"],"device_distributed_mode":"multiple"}}],
		 "steps":[{"name":"a","type":"job","properties":{"algorithm":{"command":"true"},"spec":{"resource":{"flavor":"$ref/parameters/flavor"}}}}]}
	END
	wf-make -p 'flavor={"flavor_id":"x","flavor_type":"GPU","device_distributed_mode":"multiple"}' flow.json >out 2>err
	wf-make -p 'flavor={"flavor_id":"x"}' flow.json >out 2>err
	wf-make -p flavor=gpu.v100 flow.json >out 2>err
	must_fail 1 wf-make -p 'flavor={"flavor_type":"CPU","device_distributed_mode":"single"}' flow.json >out 2>err
	[ ! -s out ]
	grep -q "the parameter 'flavor' cannot have flavor_type \"CPU\"; its constraint says \[\"GPU\",\"Ascend\"\] \[V02\]" err
	grep -q "cannot have device_distributed_mode \"single\"; its constraint says \"multiple\" \[V02\]" err
	# of a name, the site's table tells
	echo '{"cpu.2":{"flavor_type":"CPU","options":"-p cpu"},"gpu.v100":{"flavor_type":"GPU","options":"-p gpu"},"old":"-p old"}' >site.json
	must_fail 1 wf-make --flavors site.json -p flavor=cpu.2 flow.json >out 2>err
	grep -q "cannot have flavor_type \"CPU\"" err
	wf-make --flavors site.json -p flavor=old flow.json >out 2>err
	wf-make --flavors site.json -p flavor=gpu.v100 --engine slurm flow.json >flow.sh 2>err
	grep -qx "submit 0 a 'a' ' -p gpu' ''" flow.sh
	# the document's own value, at its place
	sed -i 's/"format"/"default":{"flavor_type":"CPU"},"format"/' flow.json
	must_fail 1 wf-make flow.json >out 2>err
	grep -q '^flow.json:1:68: error: .*flavor_type' err
}

@test "paths that make cannot hold are refused" {
	write_flow
	cp flow.json 'a b.json'
	must_fail 2 wf-make 'a b.json' >out 2>err
	must_fail 2 wf-make -r 'run$x' flow.json >out 2>err
	[ ! -s out ]
}

@test "a selector takes the output of the step that ran" {
	cat >flow.json <<-'END'
		{"name":"pick","parameters":[{"name":"big","type":"bool","default":false,"used_steps":["choose"]}],
		 "storages":[{"name":"out","type":"obs","path":"/lab/run/"}],
		 "steps":[
		 {"name":"choose","type":"condition","conditions":[{"type":"==","left":"$ref/parameters/big","right":true}],
		  "if_then_steps":["large"],"else_then_steps":["small"]},
		 {"name":"large","type":"job","depend_steps":["choose"],"properties":{"algorithm":{"command":"true"}},
		  "outputs":[{"name":"m","type":"obs","config":{"obs_url":"$ref/storages(with_execution_id=True, create_dir=True)/out/big/"}}]},
		 {"name":"small","type":"job","depend_steps":["choose"],"properties":{"algorithm":{"command":"true"}},
		  "outputs":[{"name":"m","type":"obs","config":{"obs_url":"$ref/storages(with_execution_id=True, create_dir=True)/out/small/"}}]},
		 {"name":"use","type":"job","depend_steps":["large","small"],"properties":{"algorithm":{"command":"echo"}},
		  "inputs":[{"name":"src","type":"data_selector","data":["$ref/consumptions/large/m","$ref/consumptions/small/m"]}]}]}
	END
	make_flow
	make -f flow.mk 2>err
	[ "$(cat flow.run/execution-001/log/use.log)" = "--src=$PWD/obs/lab/run/execution-001/small" ]
	wf-make -p big=true flow.json >flow.mk
	make -f flow.mk 2>err
	[ "$(cat flow.run/execution-001/log/use.log)" = "--src=$PWD/obs/lab/run/execution-001/big" ]
}

@test "the output of a skipped step is missed with its reason" {
	cat >flow.json <<-'END'
		{"name":"miss","steps":[
		 {"name":"a","type":"job","properties":{"algorithm":{"command":"true"}},"outputs":[{"name":"o","type":"obs","config":{"obs_url":"/lab/a/"}}],
		  "policy":{"skip_conditions":[{"type":"==","left":1,"right":1}]}},
		 {"name":"b","type":"job","properties":{"algorithm":{"command":"true"}}},
		 {"name":"c","type":"job","depend_steps":["a","b"],"properties":{"algorithm":{"command":"true"}},
		  "inputs":[{"name":"x","type":"obs","data":"$ref/consumptions/a/o"}]}]}
	END
	make_flow
	must_fail 2 make -f flow.mk 2>err
	grep -q "c.json:[0-9:]*: error: the step 'a' was skipped, so there is no output 'o'" err
	[ "$(statuses)" = "a=skipped b=completed c=failed" ]
}

@test "paths do not leave the OBS folder" {
	cat >flow.json <<-'END'
		{"name":"out","steps":[{"name":"a","type":"job","properties":{"algorithm":{"command":"true"}},
		 "outputs":[{"name":"o","type":"obs","config":{"obs_url":"/lab/../../../escaped/"}}]}]}
	END
	wf-make flow.json >flow.mk 2>err || skip "the check refuses the document"
	must_fail 2 make -f flow.mk 2>err
	grep -q 'leads out of its bucket \[V07\]' err
	[ ! -e ../escaped ] && [ ! -e escaped ]
}

@test "shards run side by side, and the step is done when all are" {
	cat >flow.json <<-'END'
		{"name":"sharded","steps":[
		 {"name":"split","type":"job","properties":{"algorithm":{"command":"sh -c 'test $DS_SHARD != 2/4 || test -e fixed; echo $DS_SHARD >>shards'"},"local":{"shards":4}}},
		 {"name":"after","type":"job","depend_steps":["split"],"properties":{"algorithm":{"command":"sort shards"}}}]}
	END
	sed -i 's/test -e fixed;/test -e fixed \&\&/' flow.json
	make_flow
	must_fail 2 make -k -f flow.mk -j4 2>err
	sort shards >got
	printf '1/4\n3/4\n4/4\n' >want
	assert_file_equals got want
	touch fixed
	make -f flow.mk -j4 2>err
	printf '1/4\n2/4\n3/4\n4/4\n' >want
	assert_file_equals flow.run/execution-001/log/after.log want
	make -q -f flow.mk
	make -f flow.mk rerun-split 2>err
	[ "$(wc -l <shards)" -eq 8 ]
}

@test "a scene runs its own steps only" {
	cat >flow.json <<-'END'
		{"name":"scenes","policy":{"scenes":[{"id":"s1","name":"later","steps":["b","c"]},{"id":"s2","name":"all of it","steps":["a","b","c"]}]},
		 "steps":[{"name":"a","type":"job","properties":{"algorithm":{"command":"touch a.ran"}}},
		          {"name":"b","type":"job","depend_steps":["a"],"properties":{"algorithm":{"command":"touch b.ran"}}},
		          {"name":"c","type":"job","depend_steps":["b"],"properties":{"algorithm":{"command":"touch c.ran"}}}]}
	END
	make_flow
	make -f flow.mk scene-later 2>err
	[ ! -e a.ran ] && [ -e b.ran ] && [ -e c.ran ]
	make -f flow.mk scene-all+20of+20it 2>err
	[ -e a.ran ]
	must_fail 2 make -f flow.mk scene-none 2>err
	must_fail 1 wf-make -s none flow.json 2>err
}

@test "the execution record is of the service's form, and the report stands alone" {
	write_flow
	make_flow
	make -f flow.mk 2>err
	make -f flow.mk report execution
	jq -c '[.status, (.steps_execution[] | [.step_name, .type, .status, .conditions_execution.result])]' flow.run/execution-001/execution.json >got
	echo '["completed",["train","job","completed",null],["gate","condition","completed","true"],["publish","model","completed",null],["again","job","skipped",null],["end","job","completed",null]]' >want
	assert_file_equals got want
	run ! grep -E '(src|href)=|<script' flow.run/execution-001/report.html
	grep -q '<title>demo</title>' flow.run/execution-001/report.html
	[ "$(grep -c '<rect' flow.run/execution-001/report.html)" -eq 5 ]
	wf-check -w flow.json flow.run/execution-001/execution.json 2>err || fail "$(cat err)"
}

@test "names and logs are escaped in the report" {
	small flow.json "$(job a 'printf \"<script>alert(1)</script>\\\\033[2J\"')"
	make_flow
	make -f flow.mk 2>err
	make -f flow.mk report
	grep -q '&lt;script&gt;alert(1)&lt;/script&gt;\\x1b\[2J' flow.run/execution-001/report.html
	# the page is well-formed, as XML too
	! command -v xmllint >/dev/null || xmllint --noout flow.run/execution-001/report.html
}

@test "datasets are imported and released by the ds- programs; records are passed on" {
	need_program ds-import ds-release
	mkdir -p obs/lab/in/Annotations obs/lab/in/JPEGImages
	for i in 1 2 3 4 5; do
		echo "<annotation><filename>$i.jpg</filename><size><width>9</width><height>9</height><depth>3</depth></size><object><name>x</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>" >obs/lab/in/Annotations/$i.xml
		: >obs/lab/in/JPEGImages/$i.jpg
	done
	cat >flow.json <<-'END'
		{"name":"data","steps":[
		 {"name":"import","type":"dataset_import","properties":{"local":{"format":"voc"}},
		  "inputs":[{"name":"in","type":"obs","data":{"obs_url":"/lab/in/"}}],
		  "outputs":[{"name":"out","type":"dataset","config":{"obs_url":"/lab/records/"}}]},
		 {"name":"label","type":"labeling","depend_steps":["import"],
		  "inputs":[{"name":"in","type":"dataset","data":"$ref/consumptions/import/out"}],
		  "outputs":[{"name":"out","type":"dataset"}]},
		 {"name":"release","type":"release_dataset","depend_steps":["label"],
		  "properties":{"version_name":"V1","train_evaluate_sample_ratio":"0.8"},
		  "inputs":[{"name":"in","type":"dataset","data":"$ref/consumptions/label/out"}],
		  "outputs":[{"name":"out","type":"dataset","config":{"obs_url":"/lab/released/"}}]}]}
	END
	make_flow
	make -f flow.mk 2>err || { cat err flow.run/execution-001/log/*.log && false; }
	[ "$(statuses)" = "import=completed label=completed release=completed" ]
	jq -r 'select(.source) | .usage' obs/lab/released/records.jsonl | sort | uniq -c | awk '{ print $1, $2 }' >got
	printf '1 EVAL\n4 TRAIN\n' >want
	assert_file_equals got want
	make -f flow.mk from-import 2>err || { cat err flow.run/execution-001/log/*.log && false; }
}

@test "all inputs of a dataset step are taken: records as they are, the rest imported, with its labels" {
	need_program ds-import ds-release
	mkdir -p obs/lab/a obs/lab/b obs/lab/c/Annotations
	printf '{"source":"one.jpg","annotation":[{"name":"x"}],"n":1.10}\n' >obs/lab/a/records.jsonl
	printf '{"source":"two.jpg","annotation":[{"name":"y"}]}\n' >obs/lab/b/two.jsonl
	for i in dog cat; do
		echo "<annotation><filename>$i.jpg</filename><size><width>9</width><height>9</height><depth>3</depth></size><object><name>$i</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>" >obs/lab/c/Annotations/$i.xml
	done
	cat >flow.json <<-'END'
		{"name":"data","parameters":[{"name":"who","type":"str","default":"pets","used_steps":["merge"]}],"steps":[
		 {"name":"merge","type":"dataset_import","properties":{"local":{"format":"voc"},"dataset_name":"$ref/parameters/who",
		   "excluded_labels":[{"name":"cat"}],"import_annotations":false},
		  "inputs":[{"name":"old","type":"obs","data":{"obs_url":"/lab/a/"}},{"name":"new","type":"obs","data":{"obs_url":"/lab/c/"}},
		            {"name":"more","type":"obs","data":{"obs_url":"/lab/b/two.jsonl"}}],
		  "outputs":[{"name":"out","type":"dataset","config":{"obs_url":"/lab/all/"}}]},
		 {"name":"release","type":"release_dataset","depend_steps":["merge"],"properties":{"version_name":"V1"},
		  "inputs":[{"name":"in","type":"dataset","data":"$ref/consumptions/merge/out"},{"name":"again","type":"obs","data":{"obs_url":"/lab/b/two.jsonl"}}],
		  "outputs":[{"name":"out","type":"dataset","config":{"obs_url":"/lab/released/"}}]}]}
	END
	make_flow
	make -f flow.mk 2>err || { cat err flow.run/execution-001/log/*.log && false; }
	head -n 2 obs/lab/all/records.jsonl >got
	cat obs/lab/a/records.jsonl obs/lab/b/two.jsonl >want
	assert_file_equals got want
	[ "$(jq -r 'select(.source) | .source' obs/lab/all/records.jsonl | sed 's|.*/||' | xargs)" = "one.jpg two.jpg dog.jpg" ]
	[ "$(jq -r '.dataset.name // empty' obs/lab/all/records.jsonl)" = pets ]
	grep -q 'import_annotations=false is not followed; excluded_labels is not followed for records; records are passed on as they are' flow.run/execution-001/done/merge
	# the second release sees the sample of both inputs: what ds-release says of it is in the stamp or the log
	[ "$(statuses)" = "merge=completed release=completed" ]
}

@test "a command gets all inputs and outputs as arguments and in its environment" {
	mkdir -p obs/lab/a
	cat >flow.json <<-'END'
		{"name":"w","parameters":[{"name":"rate","type":"float","default":0.5,"used_steps":["t"]}],"steps":[
		 {"name":"t","type":"release_dataset","properties":{"local":{"command":"env | grep ^WF_.*PUT | sort; printf '%s\\n'"},"algorithm":{"parameters":[{"name":"rate","value":"$ref/parameters/rate"}]}},
		  "inputs":[{"name":"first-in","type":"obs","data":{"obs_url":"/lab/a/"}},{"name":"second","type":"obs","data":{"obs_url":"obs://lab/b/x.csv"}}],
		  "outputs":[{"name":"one","type":"dataset"},{"name":"two","type":"obs","config":{"obs_url":"/lab/two/"}}]}]}
	END
	make_flow
	make -f flow.mk 2>err || { cat err && false; }
	obs=$(cd obs && pwd -P)
	cat >want <<-END
		WF_INPUT_first_in=$obs/lab/a/
		WF_INPUT_second=$obs/lab/b/x.csv
		WF_OUTPUT_one=$obs/outputs/execution-001/t/one/
		WF_OUTPUT_two=$obs/lab/two/
		--rate=0.5
		--first-in=$obs/lab/a/
		--second=$obs/lab/b/x.csv
		--one=$obs/outputs/execution-001/t/one/
		--two=$obs/lab/two/
	END
	sed 's|/$||' want >want2
	sed 's|/$||' flow.run/execution-001/log/t.log >got
	assert_file_equals got want2
}

@test "a job without a command says what is missing; a boot file runs with python3" {
	cat >flow.json <<-'END'
		{"name":"boot","steps":[{"name":"a","type":"job","properties":{"algorithm":{"id":"123"}}}]}
	END
	make_flow
	must_fail 2 make -f flow.mk 2>err
	grep -q 'the step has no command that could run here' err
	need_program python3
	mkdir -p obs/lab/code
	echo 'import os, sys; print(sys.argv[1:], os.getcwd().endswith("/obs/lab/code"))' >obs/lab/code/boot.py
	cat >flow.json <<-'END'
		{"name":"boot","steps":[{"name":"a","type":"job","properties":{"algorithm":{"code_dir":"/lab/code/","boot_file":"/lab/code/boot.py","parameters":[{"name":"n","value":1}]}}}]}
	END
	make -f flow.mk 2>err
	[ "$(cat flow.run/execution-001/log/a.log)" = "['--n=1'] True" ]
}

@test "a condition without its metric fails and says so" {
	write_flow
	sed -i 's/"accuracy"/"acuracy"/' obs/lab/code/train.sh
	make_flow
	must_fail 2 make -f flow.mk 2>err
	grep -q "no metrics file has a metric 'accuracy'; did you mean 'acuracy'? \[M05\]" err
	grep -q "step 'gate' failed: its conditions could not be decided" err
}

@test "LAUNCH stands before each call" {
	small flow.json "$(job a true)"
	make_flow
	make -f flow.mk LAUNCH='env X=1' 2>err
	make -s -n -f flow.mk LAUNCH='srun -n1' from-a 2>err >out || true
	make -f flow.mk clean-failed
	rm flow.run/execution-001/done/a
	make -s -n -f flow.mk LAUNCH='srun -n1' >out
	grep -q '^srun -n1 wf-step --run flow.run/execution-001 --obs-root obs --execution execution-001 a$' out
}

@test "ten thousand steps are made in less than a second" {
	need_plain_build
	jq -n -c '{name:"big",steps:[range(10000) | {name:"s\(.)",type:"job",depend_steps:(if . < 10 then [] else ["s\(. - 10)"] end),properties:{algorithm:{command:"true"}}}]}' >flow.json
	timeout 5 wf-make flow.json >flow.mk 2>err
	[ "$(grep -c '^\$D/' flow.mk)" -eq 10000 ]
	make -n -f flow.mk >out 2>err
	[ "$(grep -c '^wf-step' out)" -eq 10000 ]
}

@test "the same document gives the same bytes" {
	write_flow
	make_flow
	cp flow.mk one.mk
	make_flow
	assert_file_equals flow.mk one.mk
}

@test "usage errors" {
	must_fail 2 wf-make 2>err
	must_fail 2 wf-make a b 2>err
	must_fail 2 wf-step 2>err
	must_fail 2 wf-step a/b 2>err
	must_fail 2 wf-step --shard 5/4 a 2>err
	must_fail 2 wf-step --shard x a 2>err
	must_fail 2 wf-step nothing 2>err
}

@test "the sample workflow runs in both outcomes of its condition" {
	need_program ds-import ds-clean ds-release
	sh "$srcdir/samples/workflow.sh" "$srcdir/samples" "$builddir/samples/shapes-voc.tar" demo >out 2>err || { cat out err && false; }
	[ "$(jq -s 'map(select(.source)) | length' demo/obs/lab/shapes/clean/records.jsonl)" -gt 20 ]
	[ -s demo/obs/models/shapes/0001/weights ]
	[ ! -e demo/obs/models/shapes/0002 ]
	ls demo/obs/lab/shapes/versions/store/versions >got
	printf 'better\ngood\n' >want
	assert_file_equals got want
}
