# execution.sh: section "execution": workflows run. Sourced by run.sh in an empty folder.

# trivial STEPS: a workflow of steps that do nothing much, ten side by side, on stdout.
trivial() {
	awk -v n="$1" 'BEGIN {
		printf "{\"name\":\"trivial\",\"steps\":["
		for (i = 0; i < n; i++)
			printf "%s{\"name\":\"s%d\",\"type\":\"job\",\"depend_steps\":[%s],\"properties\":{\"algorithm\":{\"command\":\"echo s%d\"}}}",
				i ? ",\n" : "", i, i < 10 ? "" : sprintf("\"s%d\",\"s%d\"", i - 10, i % 10 ? i - 11 : i - 1), i
		print "]}"
	}'
}

# The same graph with recipes of plain echo and touch, from the makefile of wf-make.
plain() {
	sed -n 's|^\$D/\([^:]*\): [^ ]*\(.*\)|\1:\2\n\t@echo \1 >$@.log \&\& touch $@|p; s|^\(.*\)/execution.json:\(.*\)|all:\2|p' "$1" |
		sed 's|\$D/||g'
}

trivial "$TRIVIAL" >trivial.json
trivial $((TRIVIAL * 10)) >ten.json
wf-make -q trivial.json --run out/run -o out/obs >trivial.mk
{ plain trivial.mk | tail -n 1 && plain trivial.mk | sed '$d'; } >plain.mk

printf '## Running workflows\n'
begin "A makefile of $((TRIVIAL * 10)) steps" ten.json
row 'floor: look at each byte' bytes 'bytes <ten.json'
row dsutils wf-make 'wf-make -q ten.json'
row jq jq 'jq . ten.json'
begin "Running $TRIVIAL trivial steps, two at a time"
row 'floor: echo and touch' make 'make -s -j2 -C out -f ../plain.mk'
row dsutils wf-step 'make -s -j2 -f trivial.mk'
