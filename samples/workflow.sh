#!/bin/sh
# workflow.sh: the sample workflow, run by make, in both outcomes of its condition. `make demo` calls it as:
# workflow.sh SAMPLES SHAPES.tar FOLDER
#
# Works in FOLDER, which is made new each time. Exit status 0 when each outcome is the one expected and running it
# again does nothing.
set -eu

samples=$(cd "$1" && pwd)
tar=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
rm -rf "$3"
mkdir -p "$3/obs/lab/incoming" "$3/obs/lab/code"
cd "$3"
cp "$samples/flow.json" .
cp "$samples"/code/*.sh obs/lab/code
cp "$tar" obs/lab/incoming/shapes-voc.tar
unset MAKEFLAGS MAKELEVEL MFLAGS

# run EXECUTION WANTED [OPTION...]: make and run it; WANTED is the branch that has to be taken, the other one is skipped.
run() {
	execution=$1 wanted=$2
	shift 2
	echo
	echo "--- wf-make $* flow.json >$execution.mk && make -f $execution.mk -j4"
	wf-make -q --execution "$execution" "$@" flow.json >"$execution.mk"
	make -f "$execution.mk" -j4
	make -s -f "$execution.mk" status | tee status
	make -q -f "$execution.mk" || { echo "workflow: a second make would run something" >&2 && exit 1; }
	taken=$(awk '($1 == "register" || $1 == "retrain") && $2 == "completed" { print $1 }' status)
	[ "$taken" = "$wanted" ] || { echo "workflow: '$taken' ran, not '$wanted'" >&2 && exit 1; }
	cat obs/lab/shapes/summary/summary.txt
}

run good register
run better retrain --param threshold=0.95
make -s -f better.mk report
