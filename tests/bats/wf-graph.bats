# wf-graph.bats: DOT and Mermaid of a workflow.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	cat >flow.json <<-'END'
		{"name":"pick","parameters":[{"name":"big","type":"bool","default":false}],
		"sub_graphs":[{"name":"training","steps":["t","e"]}],
		"steps":[
		{"name":"c","type":"condition","conditions":[{"type":"==","left":"$ref/parameters/big","right":true}],"if_then_steps":["t"],"else_then_steps":["e","x"]},
		{"name":"t","type":"job","depend_steps":["c"]},
		{"name":"e","type":"job","title":"a \"small\" one & more","depend_steps":["c"]},
		{"name":"x","type":"service"},
		{"name":"m","type":"model","depend_steps":["t","e"]}]}
	END
}

@test "DOT, byte for byte" {
	wf-graph flow.json >got
	cat >want <<-'END'
		digraph "pick" {
			rankdir=TB;
			graph [fontname="sans-serif", fontsize=11];
			node [fontname="sans-serif", fontsize=11];
			edge [fontname="sans-serif", fontsize=10];
			subgraph cluster_0 {
				label="training";
				n1 [label="t", shape=box];
				n2 [label="e\na \"small\" one &amp; more", shape=box];
			}
			n0 [label="c", shape=diamond];
			n3 [label="x", shape=ellipse];
			n4 [label="m", shape=box3d];
			n0 -> n1 [label="true"];
			n0 -> n2 [label="false"];
			n0 -> n3 [label="false", style=dashed];
			n1 -> n4;
			n2 -> n4;
		}
	END
	sed -i 's/^		//' want
	sed 's/^\t*//' got >got1
	sed 's/^\t*//' want >want1
	assert_file_equals got1 want1
}

@test "Mermaid with a plan, byte for byte" {
	wf-plan -J flow.json >plan.jsonl
	wf-graph -l -f mermaid -p plan.jsonl <flow.json | sed 's/^\t*//' >got
	cat >want <<-'END'
		flowchart LR
		subgraph g0["training"]
		n1["t"]:::idle
		n2["e<br>a #34;small#34; one #38; more"]
		end
		n0{"c"}
		n3(["x"])
		n4[["m"]]
		n0 -.->|true| n1
		n0 -->|false| n2
		n0 -.->|false| n3
		n1 -.-> n4
		n2 --> n4
		classDef idle fill:#eee,color:#999,stroke:#bbb,stroke-dasharray:4
	END
	assert_file_equals got want
}

@test "what a plan skips is grey, what it leaves open is dashed" {
	wf-plan -J flow.json >plan.jsonl
	wf-graph -p plan.jsonl flow.json >got
	grep -q 'n1 \[label="t", shape=box, color=gray, fontcolor=gray, style=dashed\];' got
	grep -q 'n0 -> n1 \[label="true", style=dashed, color=gray, fontcolor=gray\];' got
	echo '{"step":"m","action":"maybe"}' | wf-graph -p - flow.json >got
	grep -q 'n4 \[label="m", shape=box3d, style=dashed\];' got
}

@test "a plan of another workflow is reported line by line" {
	printf '{"step":"t","action":"skip"}\n{"step":"no","action":"run"}\nx\n{"step":"t","action":"jump"}\n' >plan.jsonl
	must_fail 1 wf-graph -p plan.jsonl flow.json >got 2>err
	[ "$(grep -c 'no line of a plan' err)" -eq 3 ]
	grep -q '^plan.jsonl:2:1: error' err
	must_fail 2 wf-graph -p missing flow.json >got 2>err
}

@test "documents with errors, cycles and bad names are drawn as well" {
	need_program dot
	printf '{"name":"a\\"b\\\\","steps":[{"name":"x\\u0001\\n<y>\\u0000\\\\","depend_steps":["z","no"]},{"name":"z","depend_steps":["x\\u0001\\n<y>\\u0000\\\\"]},{"type":"job"},7]}' >odd.json
	wf-graph odd.json | dot -Tsvg >odd.svg
	[ "$(grep -c '<g id="node' odd.svg)" -eq 3 ]
	[ "$(grep -c '<g id="edge' odd.svg)" -eq 2 ]
}

@test "dot renders every sample and every published document" {
	need_program dot
	local n=0
	for f in "$srcdir"/samples/flow*.json; do
		wf-graph "$f" | dot -Tsvg >out.svg
		[ "$(grep -c '<g id="node' out.svg)" -eq "$(wf-graph "$f" | grep -c ' \[label=.*shape=')" ]
		n=$((n + 1))
	done
	while read -r line; do
		printf '%s' "$line" | wf-graph | dot -Tsvg >out.svg
	done <"$srcdir/tests/data/workflow/published.jsonl"
	[ "$n" -ge 1 ]
}

@test "500 steps render in reasonable time" {
	need_program dot
	awk 'BEGIN { printf "{\"name\":\"w\",\"steps\":["; for (i = 0; i < 500; i++) {
		printf "%s{\"name\":\"step_%d\",\"type\":\"job\"", i ? "," : "", i
		if (i >= 10) printf ",\"depend_steps\":[\"step_%d\",\"step_%d\"]", i - 10, i - 1 - i % 10
		printf "}" } print "]}" }' >big.json
	wf-graph big.json | timeout 20 dot -Tsvg >big.svg
	[ "$(grep -c '<g id="node' big.svg)" -eq 500 ]
}
