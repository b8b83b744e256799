# wf-kill.bats: a run is killed at many moments; after each, a second make ends in the state of a run in peace.

load helpers

setup() {
	need_program make setsid jq
	cd "$BATS_TEST_TMPDIR"
	unset MAKEFLAGS MAKELEVEL MFLAGS
}

# Two jobs side by side, a condition on what one of them measured, both branches, a join that selects, a model.
write_flow() {
	cat >flow.json <<-'END'
		{"name":"killed","storages":[{"name":"out","type":"obs","path":"/lab/run/"}],"steps":[
		 {"name":"data","type":"job","properties":{"algorithm":{"command":"sh slow.sh 1 2 3 >\"$WF_OUTPUT_rows/rows\" #"}},
		  "outputs":[{"name":"rows","type":"obs","config":{"obs_url":"$ref/storages(create_dir=True)/out/rows/"}}]},
		 {"name":"train","type":"job","depend_steps":["data"],"properties":{"algorithm":{"command":"sh slow.sh \"$(cat \"$WF_INPUT_in/rows\")\" >/dev/null; echo '[{\"key\":\"acc\",\"title\":\"a\",\"type\":\"float\",\"data\":{\"value\":0.9}}]' >\"$WF_OUTPUT_m\" #"}},
		  "inputs":[{"name":"in","type":"obs","data":"$ref/consumptions/data/rows"}],
		  "outputs":[{"name":"m","type":"metrics","config":{"metric_files":"$ref/storages/out/metrics.json"}}]},
		 {"name":"shards","type":"job","properties":{"algorithm":{"command":"sh slow.sh $DS_SHARD >shard.${DS_SHARD%/*} #"},"local":{"shards":3}}},
		 {"name":"gate","type":"condition","depend_steps":["train"],"conditions":[{"type":">=","left":"$ref/consumptions/train/m/acc","right":0.8}],
		  "if_then_steps":["good"],"else_then_steps":["bad"]},
		 {"name":"good","type":"job","depend_steps":["gate"],"properties":{"algorithm":{"command":"sh slow.sh weights >\"$WF_OUTPUT_w/weights\" #"}},
		  "outputs":[{"name":"w","type":"obs","config":{"obs_url":"$ref/storages(create_dir=True)/out/good/"}}]},
		 {"name":"bad","type":"job","depend_steps":["gate"],"properties":{"algorithm":{"command":"echo never >bad.ran #"}},
		  "outputs":[{"name":"w","type":"obs","config":{"obs_url":"$ref/storages(create_dir=True)/out/bad/"}}]},
		 {"name":"register","type":"model","depend_steps":["good","bad","shards"],"properties":{"model_name":"m"},
		  "inputs":[{"name":"src","type":"data_selector","data":["$ref/consumptions/good/w","$ref/consumptions/bad/w"]}]}]}
	END
	printf 'for word; do echo "$word"; sleep 0.02; done\n' >slow.sh
	wf-make -q flow.json >flow.mk
}

# What a run leaves: the stamps without their times, and all files that the steps made.
state() {
	local f
	for f in flow.run/execution-001/done/*; do
		echo "$f $(sed 's/"start":"[^"]*","duration":[0-9.]*//' "$f")"
	done
	find flow.run/execution-001/failed flow.run/execution-001/running -type f
	jq -c '[.status, (.steps_execution[] | [.step_name, .status])]' flow.run/execution-001/execution.json
	find obs shard.* -type f ! -name model.json | LC_ALL=C sort | xargs cksum
	ls -d obs/models/m/*
}

start_over() {
	rm -rf flow.run obs shard.*
}

@test "a run that is killed at any of many moments ends as one that is not" {
	local i status killed=0
	write_flow
	make -s -f flow.mk -j4 2>err || { cat err && false; }
	state >want
	[ -s want ] && [ ! -e bad.ran ]
	for i in $(seq 0 14); do
		start_over
		setsid make -s -f flow.mk -j4 >out 2>err 3>&- &
		sleep "$(awk -v i="$i" 'BEGIN { print 0.01 + i * 0.027 }')"
		# the whole group but the commands, which have groups of their own: as a machine's reaper does it
		kill -9 -- -$! 2>/dev/null && killed=$((killed + 1))
		wait $! || true
		make -s -f flow.mk -j4 2>err || fail "round $i: $(cat err)"
		state >got
		assert_file_equals got want || fail "round $i"
		make -q -f flow.mk || fail "round $i: make still has something to do"
	done
	[ "$killed" -ge 5 ] || fail "only $killed runs were killed in time"
}

@test "each step is killed by itself the first time, and the run comes to its end" {
	local delay i
	write_flow
	make -s -f flow.mk -j4 2>err
	state >want
	# wf-step, killed after $delay seconds when it is called like this for the first time
	cat >once.sh <<-'END'
		call=calls/$(echo "$*" | tr -c 'a-z0-9\n' _)
		mkdir "$call" 2>/dev/null || exec wf-step "$@"
		wf-step "$@" &
		sleep "$delay"
		kill -9 $! 2>/dev/null && echo "$call" >>kills
		wait $!
	END
	for delay in 0 0.002 0.005 0.01 0.02 0.04; do
		start_over
		rm -rf calls && mkdir calls
		export delay
		for i in 1 2 3 4 5 6 7 8; do
			make -s -k -f flow.mk -j4 WF_STEP='sh once.sh' >out 2>err || [ "$i" -lt 8 ] || fail "it does not end: $(cat err)"
		done
		state >got
		assert_file_equals got want || fail "killed after $delay s"
	done
	[ "$(wc -l <kills)" -ge 10 ] || fail "only $(wc -l <kills) were killed"
}
