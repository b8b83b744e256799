# json.sh: section "json": the ways of reading JSON that is in memory. Sourced by run.sh in an empty folder.
#
# A smaller file than that of the labels: the trees of other libraries take 20 times its size.

# ways FILE: what jsonscan prints, as a table.
ways() {
	say "ways of reading $1"
	printf '\n| way of reading %s | MB/s of CPU |\n| --- | ---: |\n' "$1, $(megabytes "$1")"
	jsonscan "$1" | awk '{ printf "| %s | %s |\n", $1, $2 }'
}

printf '## JSON in memory\n\nskip checks all and passes over it; values takes each value; numbers reads the coordinates as doubles;\n'
echo 'tree indexes the document; cjson is the library that most programs use. edit changes a member of each record.'
coco $((IMAGES / 6 + 1)) $((ANNOTATIONS / 6 + 1)) >coco.json
ds-import -q -f coco coco.json >coco.jsonl 2>/dev/null || true
ways coco.json
ways coco.jsonl
begin "The same as processes ($(megabytes coco.json))" coco.json
row 'floor: look at each byte' bytes 'bytes <coco.json'
row 'dsutils, values of the document' jsonscan 'jsonscan coco.json values'
row 'cJSON' jsonscan 'jsonscan coco.json cjson'
row jq jq 'jq -c . coco.json'
row 'Python json' python3 "python3 -c 'import json; json.load(open(\"coco.json\"))'"
