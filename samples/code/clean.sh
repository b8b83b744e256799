# clean.sh: a step of the sample workflow: the pictures of a dataset as plain JPEGs. wf-step gives the folders of
# inputs and outputs in the environment. Some pictures of the sample are broken: they are left out, with the reason, and
# the exit status 1 says so.
set -u
out=$WF_OUTPUT_dataset
ds-clean --force --output "$out/pictures" --rejects "$out/rejects.jsonl" "$WF_INPUT_labels/records.jsonl" \
	>"$out/records.jsonl.new"
[ $? -le 1 ] && mv "$out/records.jsonl.new" "$out/records.jsonl"
