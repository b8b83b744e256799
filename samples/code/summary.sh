# summary.sh: a step of the sample workflow: says which model came out of the branch that ran.
set -eu
{
	echo "the model of $WF_EXECUTION, $(basename "$WF_INPUT_model"):"
	cat "$WF_INPUT_model/weights"
} >"$WF_OUTPUT_text/summary.txt"
