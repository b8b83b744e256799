#!/bin/bash
# run.sh: measures dsutils against the programs people use today and against the floor: the least
# that the same job can cost on this machine. `make bench` calls it as: run.sh BUILD-FOLDER OUTPUT.md
#
#   IMAGES=20000 ANNOTATIONS=150000   size of the COCO file (the public one: 118287 and 860001)
#   STEPS=100000                      size of the workflow
#   PICTURES=FOLDER                   JPEG, PNG and BMP to clean (default: 200 that are drawn)
#   SAMPLES=118287 FILES=20000        records to release, files to snapshot
#   RUNS=3                            each command runs so often; the best run counts
#
# A program that is not installed, or fails, is a line that says so. To have all of them on Debian:
# apt-get install jq ninja-build graphviz imagemagick graphicsmagick libvips-tools python3-pil python3-sklearn
set -eu

build=$(cd "$1" && pwd)
output=$2
source=$(cd "$(dirname "$0")" && pwd)
: "${SAMPLES=118287}" "${FILES=20000}" "${IMAGES=20000}" "${ANNOTATIONS=150000}" "${STEPS=100000}" "${RUNS=3}" "${PICTURES=}"
work=$(mktemp -d "$build/bench/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
export PATH=$build/tools:$build/bench:$build/bench/floor:$PATH LC_ALL=C
cd "$work"

# begin TITLE: a new table; its first row is what the others are measured against.
begin() {
	base=
	printf '\n## %s\n\n| program | wall s | CPU s | MB | wall, relative | command |\n| --- | ---: | ---: | ---: | ---: | --- |\n' "$1"
}

# row NAME PROGRAM COMMAND: COMMAND runs in a folder where out/ is new each time. 0 and 1 are the
# statuses of a run that did its work; other programs than ours have to end with 0.
row() {
	local name=$1 program=$2 command=$3 wall cpu mb status
	command -v "$program" >/dev/null || { echo "| $name | | | | | $program is not installed |" && return; }
	read -r wall cpu mb status < <(timed "$RUNS" 'rm -rf out && mkdir out' "$command")
	[ "$status" -eq 0 ] || [[ $status -eq 1 && $program == ds-* ]] ||
		{ echo "| $name | | | | | failed with status $status: \`$command\` |" && return; }
	: "${base:=$wall}"
	printf '| %s | %s | %s | %s | %s | `%s` |\n' "$name" "$wall" "$cpu" "$mb" \
		"$(awk -v a="$wall" -v b="$base" 'BEGIN { if (b > 0) printf "%.2f", a / b }')" "${command//|/\\|}"
}

version() {
	local program=$1
	shift
	if command -v "$program" >/dev/null; then
		echo "- $("$@" 2>&1 | grep -m 1 .)"
	else
		echo "- $program: not installed"
	fi
}

machine() {
	echo '# Benchmarks'
	echo
	echo 'Written by `make bench`; `bench/run.sh` says how to change the sizes. Relative to the first row of each table.'
	echo
	echo "- $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores," \
		"$(awk '/MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo), $(. /etc/os-release && echo "$PRETTY_NAME")"
	version cc cc --version
	version jq jq --version
	version make make --version
	version ninja ninja --version
	version mogrify mogrify -version
	version gm gm version
	version vips vips --version
	version python3 python3 --version
	version pillow pillow --version
}

# Pillow has no program of its own: this is the loop that people write.
make_pillow() {
	local python
	for python in "$(command -v python3)" /usr/bin/python3; do
		"$python" -c 'import PIL' 2>/dev/null && break
		python=
	done
	[ -n "$python" ] || return 0
	mkdir -p bin && PATH=$work/bin:$PATH
	printf '#!%s\n' "$python" >bin/pillow
	cat >>bin/pillow <<'END'
import os, sys, PIL
from PIL import Image
if "--version" in sys.argv:
    sys.exit(print("Pillow", PIL.__version__))
def clean(name):
    Image.open(name).convert("RGB").save("out/" + os.path.basename(name) + ".jpg", quality=90)
if __name__ == "__main__":
    from multiprocessing import Pool
    with Pool(int(sys.argv[1])) as pool:
        pool.map(clean, sys.stdin.read().splitlines(), chunksize=8)
END
	chmod +x bin/pillow
}

# The pictures are named in `mix`, the JPEGs of it in `list`; `tiny` are 4000 of 100 x 100.
gather_pictures() {
	mkdir photos small
	photos small 4000 100 100 jpg
	[ -n "$PICTURES" ] || photos photos 200 1600 1200
	find "${PICTURES:-$PWD/photos}" -name '*.jpg' -o -name '*.png' -o -name '*.bmp' | sort >mix
	grep '[.]jpg$' mix >list
	find "$PWD/small" -name '*.jpg' | sort >tiny
}

labels() {
	local size
	size="$(stat -c %s coco.json | awk '{ printf "%.0f MB", $1 / 1e6 }'), $ANNOTATIONS annotations"
	begin "Reading COCO ($size)"
	row 'floor: look at each byte' bytes 'bytes <coco.json'
	row dsutils ds-import 'ds-import -f coco coco.json'
	row jq jq 'jq -c . coco.json'
	row 'Python json' python3 "python3 -c 'import json; json.load(open(\"coco.json\"))'"

	printf '\n## Ways of reading this COCO file, and its records, from memory\n\n'
	jsonscan coco.json | sed 's/^/    /'
	ds-import -f coco coco.json 2>/dev/null >coco.jsonl || true
	[ ! -s coco.jsonl ] || jsonscan coco.jsonl | sed 's/^/    /'

	begin "COCO to a YOLO folder ($IMAGES files)"
	row 'floor: write the files' files "files out/labels $IMAGES 250"
	row dsutils ds-export 'ds-import -f coco coco.json | ds-export -f yolo --images none -o out/yolo'
}

pictures() {
	begin "Converting JPEGs ($(wc -l <list) of $(wc -l <mix) pictures)"
	row 'floor: decode and encode' jpeg 'jpeg 90 <list'
	row dsutils ds-clean 'ds-clean --files --always-encode -o out/clean list'
	row ImageMagick mogrify 'xargs mogrify -path out -quality 90 <list'
	row GraphicsMagick gm 'xargs gm mogrify -output-directory out -create-directories -quality 90 -format jpg <list'
	row libvips vips 'while read -r f; do vips copy "$f" "out/${f##*/}[Q=90]" || exit; done <list'
	row Pillow pillow "pillow $(nproc) <list"

	begin "Cleaning a mix of JPEG, PNG and BMP ($(wc -l <mix) pictures)"
	row 'Pillow, a pool of 2' pillow 'pillow 2 <mix'
	row 'dsutils, 2 threads' ds-clean 'ds-clean --files -j 2 -o out/clean mix'
	row 'dsutils, 2 threads, everything encoded' ds-clean 'ds-clean --files -j 2 --always-encode -o out/clean mix'
	row 'dsutils, 2 threads, signals and duplicates' ds-clean 'ds-clean --files -j 2 --signals --duplicates -o out/clean mix'
	row 'dsutils, 1 thread' ds-clean 'ds-clean --files -j 1 -o out/clean mix'

	begin "Cleaning tiny pictures (4000 JPEGs of 100 x 100)"
	row 'Pillow, a pool of 2' pillow 'pillow 2 <tiny'
	row 'dsutils, 2 threads' ds-clean 'ds-clean --files -j 2 -o out/clean tiny'
	row 'dsutils, 2 threads, everything encoded' ds-clean 'ds-clean --files -j 2 --always-encode -o out/clean tiny'
}

# The same graph as a workflow document, a Makefile and a build.ninja.
workflows() {
	local size
	workflow "$STEPS" >flow.json
	workflow "$STEPS" make >flow.mk
	workflow "$STEPS" ninja >flow.ninja
	size="$(stat -c %s flow.json | awk '{ printf "%.0f MB", $1 / 1e6 }'), $STEPS steps"
	begin "Checking a workflow ($size)"
	row 'floor: look at each byte' bytes 'bytes <flow.json'
	row dsutils wf-check 'wf-check flow.json'
	row jq jq 'jq . flow.json'
	row 'GNU make' make 'make -n -f flow.mk'
	row ninja ninja 'ninja -n -f flow.ninja'
	begin "Planning and drawing a workflow ($size)"
	row 'floor: look at each byte' bytes 'bytes <flow.json'
	row 'dsutils, plan' wf-plan 'wf-plan --json flow.json'
	row 'dsutils, all outcomes' wf-plan 'wf-plan --all flow.json'
	row 'dsutils, graph' wf-graph 'wf-graph flow.json'
	row 'jq, a graph without checks' jq 'jq -r ".steps[] | .name as \$n | (.depend_steps // [])[] | \"\\(.) -> \\(\$n)\"" flow.json'
}

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

makefiles() {
	trivial 1000 >t1000.json
	trivial 10000 >t10000.json
	wf-make -q t1000.json --run out/run -o out/obs >t1000.mk
	{ plain t1000.mk | tail -n 1 && plain t1000.mk | sed '$d'; } >plain.mk
	begin 'A makefile of 10,000 steps'
	row dsutils wf-make 'wf-make -q t10000.json'
	row jq jq 'jq . t10000.json'
	begin 'Running 1,000 trivial steps, two at a time'
	row 'floor: echo and touch' make 'make -s -j2 -C out -f ../plain.mk'
	row dsutils wf-step 'make -s -j2 -f t1000.mk'
}

releases() {
	local grown=$((SAMPLES + SAMPLES / 10)) i
	samples "$SAMPLES" 80 >base.jsonl
	samples "$grown" 80 >grown.jsonl
	begin "Releasing a version of $SAMPLES records ($(stat -c %s base.jsonl | awk '{ printf "%.0f MB", $1 / 1e6 }'))"
	row 'floor: look at each byte' bytes 'bytes <base.jsonl'
	row 'dsutils, split only' ds-release 'ds-release -q --ratio 0.8 base.jsonl'
	row 'dsutils, into a store' ds-release 'ds-release -q -s out/s --ratio 0.8 base.jsonl'
	row 'sort, for comparison' sort 'sort base.jsonl'
	ds-release -q -s store --ratio 0.8 base.jsonl >/dev/null 2>&1
	ds-release -q -s store --ratio 0.8 grown.jsonl >/dev/null 2>&1
	begin 'Checking and comparing versions of these'
	row 'floor: sha256sum' sha256sum 'cd store/current && sha256sum -c --quiet SHA256SUMS'
	row 'dsutils, verify' ds-verify 'ds-verify store@V002'
	row 'dsutils, diff' ds-diff 'ds-diff -q store@V001 store@V002'
	row 'diff' diff 'diff store/versions/V00[12]/records.jsonl >out/diff || test $? = 1'

	printf '\n## The split alone\n\n| samples | classes | s | EVAL | target |\n| ---: | ---: | ---: | ---: | ---: |\n'
	splits
	printf '\n## How good splits are (%s samples, 80 classes, EVAL 0.2)\n\n' "$SAMPLES"
	echo 'Off: EVAL samples more than a fifth. Worst class: its deviation in percentage points, and in samples.'
	echo 'Moved: samples that go from EVAL to TRAIN when a tenth is added. Straddling: videos on both sides.'
	printf '\n| splitter | off | worst class, pp | samples | one-sided classes | moved | straddling | s |\n'
	echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
	splits_py base.jsonl grown.jsonl

	mkdir files
	for ((i = 0; i < FILES; i += 1000)); do
		mkdir "files/$i"
		head -c $((8192 * 1000)) /dev/urandom | split -b 8192 -a 4 - "files/$i/"
	done
	find "$PWD/files" -type f | LC_ALL=C sort >file.list
	sed 's/.*/{"source":"&"}/' file.list >files.jsonl
	sync
	begin "A snapshot of $FILES files of 8 KB"
	row 'floor: read, hash, link, sync once' hashlink 'hashlink out/o <file.list'
	row 'dsutils --link' ds-release 'ds-release -q -s out/s --snapshot --link --ratio 0.8 files.jsonl'
	row 'dsutils, copies' ds-release 'ds-release -q -s out/s --snapshot --ratio 0.8 files.jsonl'
	row 'cp -r' cp 'cp -r files out/f && sync -f out/f'
	ds-release -q -s kept --snapshot --ratio 0.8 files.jsonl >/dev/null 2>&1
	row 'dsutils, nothing new' ds-release 'ds-release -q -s kept --snapshot --ratio 0.8 files.jsonl'
	row 'dsutils, verify' ds-verify 'ds-verify kept@V001'
	row 'dsutils, pack as tar' ds-pack 'ds-pack -q -o out/x.tar kept@V001'
	row 'GNU tar' tar 'tar --sort=name --format=ustar -cf out/x.tar files'
}

# Where scikit-learn is: the python3 of the distribution may be another than the first one found.
splits_py() {
	local python
	for python in "$(command -v python3)" /usr/bin/python3; do
		"$python" -c 'import sklearn' 2>/dev/null && break
	done
	"$python" "$source/splits.py" "$@" || true
}

coco "$IMAGES" "$ANNOTATIONS" >coco.json
gather_pictures
make_pillow
{
	machine
	labels
	pictures
	workflows
	makefiles
	releases
} >results.md
cat results.md
cp results.md "$output"
