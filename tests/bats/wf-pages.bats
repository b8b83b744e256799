# wf-pages.bats: the examples of the pages about workflows run as they stand there.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	cp "$srcdir/samples/flow.json" "$srcdir/samples/metrics.json" .
	echo '{"execution_id":"e","parameters":[{"name":"rate","value":0.2}],"steps_execution":[{"step_name":"train","status":"completed"}]}' >execution.json
}

# examples PAGE: each literal block of its EXAMPLES goes into a file example.N.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh [^E]/p' "$srcdir/man/$1" |
		awk '/^\.Bd -literal/ { n++; on = 1; next } /^\.Ed/ { on = 0 } on { print > ("example." n) }' n=0
	[ -s example.1 ]
}

# run_examples PAGE: each block ends with 0.
run_examples() {
	local f n=0
	examples "$1"
	for f in example.*; do
		sh -eu "$f" >out 2>err </dev/null || fail "$1: $(cat "$f"): $(cat err)"
		[ -s out ] || [ -s flow.svg ] || fail "$1: $(cat "$f") prints nothing"
		n=$((n + 1))
	done
	[ "$n" -ge 3 ]
}

@test "wf-check(1)" {
	need_program jq
	command -v wf-make >/dev/null || wf_make_is_missing=1
	examples wf-check.1
	[ -z "${wf_make_is_missing-}" ] || sed -i 's/&& wf-make.*//' example.1
	sed -i 's/ && make -f .*//' example.1
	for f in example.*; do
		# pipefail would see wf-check's own status 1: the samples have warnings only
		sh -eu "$f" >out 2>err || fail "$(cat "$f"): $(cat err)"
	done
}

@test "wf-plan(1)" {
	need_program jq
	run_examples wf-plan.1
}

@test "wf-graph(1)" {
	need_program dot tred
	run_examples wf-graph.1
}

@test "the documents in wf-workflow(5) are clean" {
	local n=0
	examples wf-workflow.5
	for f in example.*; do
		wf-check "$f" 2>err
		[ ! -s err ] || fail "$(cat "$f" err)"
		n=$((n + 1))
	done
	[ "$n" -eq 2 ]
}

@test "wf-workflow(5) names every step type, reference and status that wf-check knows" {
	local word missing=
	for word in $(wf-check --explain T01 | sed -n '2s/condition\..*/condition/p' | tr -d ,) \
		$(wf-check --explain T09 | sed -n '2p' | grep -oE '[a-z_]+[,.]' | tr -d ',.' | grep -vE '^(retry|stop|continue|rerun)$') \
		consumptions data_requirements storages; do
		grep -qE "(^|[^a-z_])$word([^a-z_]|\$)" "$srcdir/man/wf-workflow.5" || missing="$missing $word"
	done
	[ -z "$missing" ] || fail "not in the page:$missing"
}
