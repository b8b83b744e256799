# train.sh: a step of the sample workflow that stands in for training: sh train.sh --epochs=N --rate=X ...
# What it calls a model is how often each class occurs; how good it calls it depends on --epochs alone.
set -eu
epochs=1
for argument; do
	case $argument in
	--epochs=*) epochs=${argument#*=} ;;
	esac
done
grep '"usage":"TRAIN"' "$WF_INPUT_data/records.jsonl" | grep -o '"name":"[a-z]*"' | sort | uniq -c >"$WF_OUTPUT_model/weights"
[ -z "${WF_OUTPUT_metrics-}" ] || awk -v n="$epochs" 'BEGIN {
	form = "{\"key\":\"%s\",\"title\":\"%s\",\"type\":\"float\",\"data\":{\"value\":%.4f}}"
	printf "[" form ",\n " form "]\n", "accuracy", "Accuracy", 1 - 0.4 / n, "loss", "Loss", 1.2 / n
}' >"$WF_OUTPUT_metrics"
