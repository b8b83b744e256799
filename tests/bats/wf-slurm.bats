# wf-slurm.bats: workflows on a real Slurm of one node, which the file starts and ends itself (tests/slurm/). Without
# the programs of Slurm the tests are skipped with the reason.

load helpers
shopt -s extglob

setup_file() {
	export slurm=$BATS_FILE_TMPDIR/slurm
	no_slurm=$(timeout 60 sh "$srcdir/tests/slurm/start.sh" "$slurm" 3>&- | tail -n 1) || true
	export no_slurm SLURM_CONF=$slurm/slurm.conf
	unset MAKEFLAGS MAKELEVEL MFLAGS
}

teardown_file() {
	sh "$srcdir/tests/slurm/stop.sh" "$slurm"
}

need_slurm() {
	[ -z "$no_slurm" ] || skip "$no_slurm"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# Wait until no job is left.
wait_jobs() {
	local i
	for ((i = 0; i < 300; i++)); do
		[ -n "$(squeue -h)" ] || return 0
		sleep 0.2
	done
	squeue
	fail "jobs are still there"
}

sample() {
	need_program ds-import ds-clean ds-release
	mkdir -p obs/lab/incoming obs/lab/code
	cp "$srcdir/samples/flow.json" .
	cp "$srcdir"/samples/code/*.sh obs/lab/code
	cp "$builddir/samples/shapes-voc.tar" obs/lab/incoming
}

# statuses MAKEFLAGS...: "step=status ..."
statuses() {
	wf-make --status "$@" flow.json | sed 1d | awk '{ printf "%s%s=%s", sep, $1, $2; sep = " " }'
}

good="import=completed label=completed clean=completed release=completed train=completed good_enough=completed register=completed retrain=skipped deploy=completed summary=completed"
bad="import=completed label=completed clean=completed release=completed train=completed good_enough=completed register=skipped retrain=completed deploy=skipped summary=completed"

@test "the sample by a submit script, in both outcomes; submitting again submits nothing" {
	need_slurm
	sample
	wf-make -q --engine slurm --execution one flow.json >one.sh
	wf-make -q --engine slurm --execution two -o obs2 -p threshold=0.95 flow.json >two.sh
	cp -r obs obs2
	[ "$(sh one.sh)" = "submitted 10 jobs" ]
	[ "$(sh two.sh)" = "submitted 10 jobs" ]
	wait_jobs
	[ "$(statuses --execution one)" = "$good" ] || fail "$(wf-make --status --execution one flow.json)"
	[ "$(statuses --execution two)" = "$bad" ] || fail "$(wf-make --status --execution two flow.json)"
	[ -s obs/models/shapes/0001/weights ]
	[ ! -e obs2/models ]
	jq -e '.status == "completed"' flow.run/one/execution.json
	[ "$(sh one.sh)" = "submitted 0 jobs" ]
}

@test "the sample by make, each step through srun, in both outcomes" {
	need_slurm
	sample
	wf-make -q flow.json >flow.mk
	make -f flow.mk -j50 LAUNCH='srun -n1' 2>err || { cat err && false; }
	[ "$(statuses)" = "$good" ]
	wf-make -q -p threshold=0.95 flow.json >flow.mk
	make -f flow.mk -j50 LAUNCH='srun -n1' 2>err || { cat err && false; }
	[ "$(statuses)" = "$bad" ]
}

@test "a step that fails keeps back what comes after it; the script goes on there" {
	need_slurm
	cat >flow.json <<-'END'
		{"name":"fails","steps":[
		 {"name":"a","type":"job","properties":{"algorithm":{"command":"test -e fixed"}}},
		 {"name":"b","type":"job","depend_steps":["a"],"properties":{"algorithm":{"command":"true"}}},
		 {"name":"c","type":"job","properties":{"algorithm":{"command":"echo >>c.ran"}}},
		 {"name":"d","type":"job","depend_steps":["b","c"],"properties":{"algorithm":{"command":"true"}}}]}
	END
	wf-make -q --engine slurm flow.json >flow.sh
	sh flow.sh
	wait_jobs
	[ "$(statuses || true)" = "a=failed b=blocked c=completed d=blocked" ]
	jq -e '.status == "abnormal"' flow.run/execution-001/execution.json
	touch fixed
	[ "$(sh flow.sh)" = "submitted 3 jobs" ]
	wait_jobs
	[ "$(statuses)" = "a=completed b=completed c=completed d=completed" ]
	[ "$(wc -l <c.ran)" -eq 1 ]
}

@test "shards are a job array, and a name may hold any characters" {
	need_slurm
	cat >flow.json <<-'END'
		{"name":"sharded","steps":[
		 {"name":"拆分 数据","type":"job","properties":{"algorithm":{"command":"sh -c 'echo $DS_SHARD >shard.${DS_SHARD%/*}'"},"local":{"shards":4}}},
		 {"name":"after","type":"job","depend_steps":["拆分 数据"],"properties":{"algorithm":{"command":"cat shard.1 shard.2 shard.3 shard.4 #"}}}]}
	END
	wf-make -q --engine slurm flow.json >flow.sh 2>err
	[ "$(sh flow.sh)" = "submitted 3 jobs" ]
	wait_jobs
	[ "$(wf-make --status flow.json | grep -c ' completed ')" -eq 2 ]
	printf '1/4\n2/4\n3/4\n4/4\n' >want
	assert_file_equals flow.run/execution-001/log/after.log want
}

# A workflow whose second step waits, with a process below it, until the file "second" is there.
write_stuck() {
	cat >flow.json <<-'END'
		{"name":"stuck","steps":[
		 {"name":"a","type":"job","properties":{"algorithm":{"command":"echo >>a.ran"}}},
		 {"name":"b","type":"job","depend_steps":["a"],"properties":{"algorithm":{"command":"echo >>b.ran; test -e second || { sleep 60 & echo $! >stray; wait; }; echo made >\"$WF_OUTPUT_o/f\" #"}},
		  "outputs":[{"name":"o","type":"obs","config":{"obs_url":"/lab/o/"}}]},
		 {"name":"c","type":"job","depend_steps":["b"],
		  "inputs":[{"name":"in","type":"obs","data":"$ref/consumptions/b/o"}],
		  "properties":{"algorithm":{"command":"cat \"$WF_INPUT_in/f\" #"}}}]}
	END
}

wait_stray() {
	local i
	for ((i = 0; i < 300; i++)); do
		[ ! -s stray ] || return 0
		sleep 0.1
	done
	fail "the step does not start"
}

# After the second run: everything is done, a ran once and b twice, and nothing of the first b is left.
assert_resumed() {
	[ "$(statuses)" = "a=completed b=completed c=completed" ] || fail "$(wf-make --status flow.json)"
	[ "$(wc -l <a.ran)" -eq 1 ]
	[ "$(wc -l <b.ran)" -eq 2 ]
	echo made >want
	assert_file_equals flow.run/execution-001/log/c.log want
	[ ! -d "/proc/$(cat stray)" ] || grep -q '^State:.*Z' "/proc/$(cat stray)/status"
	jq -e '.status == "completed"' flow.run/execution-001/execution.json
}

@test "a job that Slurm kills the hard way is submitted again, and what is behind it" {
	need_slurm
	write_stuck
	wf-make -q --engine slurm flow.json >flow.sh
	[ "$(sh flow.sh)" = "submitted 3 jobs" ]
	wait_stray
	scancel -s KILL --full --name=b
	wait_jobs
	[[ "$(statuses || true)" == a=completed\ b=@(waiting|stopped)\ c=blocked ]] || fail "$(wf-make --status flow.json)"
	touch second
	[ "$(sh flow.sh)" = "submitted 2 jobs" ]
	wait_jobs
	assert_resumed
}

@test "a step whose wf-step and srun are killed under make is run again" {
	need_slurm
	need_program setsid pgrep
	write_stuck
	wf-make -q flow.json >flow.mk
	setsid make -f flow.mk -j8 LAUNCH='srun -n1' >out 2>err 3>&- &
	wait_stray
	for pid in $(pgrep -x wf-step); do
		! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "execution-001 b " || [ "$(readlink "/proc/$pid/cwd")" != "$PWD" ] || kill -9 "$pid"
	done
	kill -9 -- -$! 2>/dev/null || true
	wait $! || true
	scancel --user="$(id -un)" # what srun, killed, could not give back
	wait_jobs
	[ "$(statuses || true)" = "a=completed b=waiting c=waiting" ] || fail "$(wf-make --status flow.json)"
	touch second
	make -f flow.mk -j8 LAUNCH='srun -n1' 2>err || { cat err && false; }
	assert_resumed
}

@test "time, nodes and flavors become options of sbatch" {
	cat >flow.json <<-'END'
		{"name":"opts","parameters":[{"name":"flavor","type":"str","default":"gpu.v100","used_steps":["a"]}],
		 "steps":[
		 {"name":"a","type":"job","policy":{"max_execution_minutes":"30"},
		  "properties":{"algorithm":{"command":"true"},"spec":{"resource":{"flavor":"$ref/parameters/flavor","node_count":2}}}},
		 {"name":"b","type":"job","depend_steps":["a"],
		  "properties":{"algorithm":{"command":"true"},"spec":{"resource":{"flavor_id":"tpu"}}}}]}
	END
	echo '{"gpu.v100":"--partition=gpu --gres=gpu:1"}' >site.json
	wf-make --engine slurm --flavors site.json flow.json >flow.sh 2>err
	grep -qx "submit 0 a 'a' ' --time=31 --nodes=2 --partition=gpu --gres=gpu:1' ''" flow.sh
	grep -qx "submit 1 b 'b' '' '' 0" flow.sh
	grep -q "the table of flavors has no 'tpu'" err
	sh -n flow.sh
}
