#!/bin/sh
# demo.sh: the main pipeline on the sample dataset. `make demo` calls it as: demo.sh SHAPES.tar FOLDER
#
# Works in FOLDER, which is made new each time. Shows what each program says, what came out, and whether the numbers
# add up; exit status 0 when they do.
set -eu

tar=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
rm -rf "$2"
mkdir -p "$2"
cd "$2"

# step NAME COMMAND...: run it, keep what it says and how it ended beside the data.
step() {
	name=$1
	shift
	status=0
	"$@" 2>"$name.log" || status=$?
	echo "$status" >"$name.status"
}

# A program may have left something out and said so (1), or have been stopped because the next one is gone (141: SIGPIPE);
# it must not have given up (2 or more).
show() {
	for name; do
		status=$(cat "$name.status")
		echo "--- $name (exit status $status)"
		cat "$name.log"
		[ "$status" -le 1 ] || [ "$status" -eq 141 ] || { echo "demo: $name failed" >&2 && exit 1; }
	done
}

samples() {
	jq -s "map(select(.source$2)) | length" "$1"
}

# sum WHAT GOT WANTED
sum() {
	printf '%-52s %4d = %4d' "$1" "$2" "$3"
	if [ "$2" -eq "$3" ]; then
		echo '  ok'
	else
		echo '  WRONG'
		wrong=1
	fi
}

cat <<'END'
ds-import -f voc shapes-voc.tar --extract raw/ |
  ds-clean -o clean/ --rejects rejects.jsonl |
  ds-release -s store/ --ratio 0.8 --stratify |
  ds-export -f yolo -o yolo/

END
step import ds-import -v -f voc "$tar" --extract raw/ | tee imported.jsonl |
	step clean ds-clean -v -o clean/ --rejects rejects.jsonl | tee cleaned.jsonl |
	step release ds-release -v -s store/ --ratio 0.8 --stratify | tee released.jsonl |
	step export ds-export -v -f yolo -o yolo/
show import clean release export

echo
echo "--- what came out"
find store yolo -type d | LC_ALL=C sort | while read -r dir; do
	printf '%5d files in %s\n' "$(find "$dir" -maxdepth 1 -type f | wc -l)" "$dir"
done

echo
echo "--- do the numbers add up?"
wrong=0
read=$(samples imported.jsonl '')
rejected=$(samples rejects.jsonl '')
cleaned=$(samples cleaned.jsonl '')
released=$(samples released.jsonl '')
train=$(samples released.jsonl ' and .usage=="TRAIN"')
eval=$(samples released.jsonl ' and .usage=="EVAL"')
exported=$(find yolo -name '*.jpg' | wc -l)
sum "read $read = cleaned $cleaned + rejected $rejected" "$read" $((cleaned + rejected))
sum "cleaned $cleaned = released $released" "$cleaned" "$released"
sum "released $released = train $train + evaluate $eval" "$released" $((train + eval))
sum "released $released = exported $exported pictures" "$released" "$exported"
[ "$wrong" -eq 0 ]
