# workflow.sh: section "workflow": documents checked, planned and drawn. Sourced by run.sh in an empty folder.

# The same graph in the languages of others.
make_flows() {
	workflow "$1" >flow.json
	workflow "$1" make >flow.mk
	workflow "$1" ninja >flow.ninja
}

checks() {
	begin "Checking a workflow of $1 steps ($(megabytes flow.json))" flow.json
	row 'floor: look at each byte' bytes 'bytes <flow.json'
	row dsutils wf-check 'wf-check flow.json'
	row jq jq 'jq . flow.json'
	row 'GNU make' make 'make -n -f flow.mk'
	row ninja ninja 'ninja -n -f flow.ninja'
}

make_flows "$STEPS"
printf '## Workflows\n'
checks "$STEPS"

begin "Planning and drawing a workflow of $STEPS steps" flow.json
row 'floor: look at each byte' bytes 'bytes <flow.json'
row 'dsutils, plan' wf-plan 'wf-plan --json flow.json'
row 'dsutils, all outcomes' wf-plan 'wf-plan --all flow.json'
row 'dsutils, graph' wf-graph 'wf-graph flow.json'
row 'dsutils, makefile' wf-make 'wf-make -q flow.json'
row 'jq, a graph without checks' jq 'jq -r ".steps[] | .name as \$n | (.depend_steps // [])[] | \"\\(.) -> \\(\$n)\"" flow.json'

# Those that take minutes for more.
few=$((STEPS / 100))
make_flows "$few"
workflow "$few" cwl >flow.cwl
workflow "$few" snakemake >Snakefile
checks "$few"
row cwltool cwltool 'cwltool --validate flow.cwl'
row snakemake snakemake 'snakemake -n -q rules -s Snakefile'
