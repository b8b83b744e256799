#!/bin/bash
# run.sh: measures dsutils against the programs people use today and against the floor: the least that the same job
# can cost on this machine. `make bench` calls it as: run.sh BUILD-FOLDER OUTPUT.md [SECTION...]
#
# Each section is a file beside this one. Its tables are kept in BUILD-FOLDER/bench/parts, and OUTPUT.md is put together
# from all that are there: so one section can be measured again alone (`make bench SECTIONS=images`). All of them take
# about 20 minutes on four cores.
#
#   IMAGES=118287 ANNOTATIONS=860001  size of the COCO file (that of the public one)
#   LINES=1000000                     lines of the ModelArts manifest
#   PICTURES=FOLDER                   JPEG, PNG and BMP to clean (default: 200 that are drawn); TINY=4000 small ones
#   SAMPLES=118287 FILES=100000       records to release, files to snapshot
#   STEPS=100000 TRIVIAL=1000         steps of the workflow that is checked, and of the one that is run
#   WORK=FOLDER                       where the files go that are read and written. Without it that is memory (/dev/shm) if
#                                     8 GB are free there: what a disk costs is the same for all and varies. Only the
#                                     section `disk` is always measured in the folder of the build
#   RUNS=3                            the best of so many runs counts; fewer when they take long
#   LIMIT=120                         seconds after which a run is given up, which its row then says
#   PEERS=no                          do not run the programs of others
#
# A program that is not installed, or fails, is a row that says so. CONTRIBUTING.md has the packages to install.
set -eu

[ $# -ge 2 ] || { sed -n '2,4s/^# //p' "$0" >&2 && exit 2; }
build=$(cd "$1" && pwd)
output=$2
shift 2
source=$(cd "$(dirname "$0")" && pwd)
: "${IMAGES=118287}" "${ANNOTATIONS=860001}" "${LINES=1000000}" "${PICTURES=}" "${TINY=4000}" "${SAMPLES=118287}"
: "${FILES=100000}" "${STEPS=100000}" "${TRIVIAL=1000}" "${RUNS=3}" "${LIMIT=120}" "${PEERS=yes}" "${WORK=}"
all='labels json images split release snapshot disk workflow execution'
parts=$build/bench/parts
export PATH=$build/tools:$build/bench:$build/bench/floor:$PATH LC_ALL=C LIMIT PEERS
. "$source/common.sh"
mkdir -p "$parts"

# work_folder SECTION: a new one, where the section is to run.
work_folder() {
	local free
	case $1 in
	disk) WORK=$build/bench ;;
	esac
	if [ -z "$WORK" ]; then
		free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
		WORK=$([ "${free:-0}" -gt 8000000 ] && echo /dev/shm || echo "$build/bench")
	fi
	mktemp -d "$WORK/work.XXXXXX"
}

# version PROGRAM COMMAND...: the first line with a digit that it prints.
version() {
	local program=$1
	shift
	if command -v "$program" >/dev/null; then
		echo "- $program: $("$@" 2>&1 | grep -m 1 '[0-9]')"
	else
		echo "- $program: not installed"
	fi
}

machine() {
	cat <<-END
		# Benchmarks

		Written by \`make bench\`; \`bench/run.sh\` says how to change the sizes. The three columns before the command are
		relative to the nearest floor above, or else to the first row. CPU is user and system time of all processes
		together; peak MB is of the largest process; what runs longer than $LIMIT s is given up. Files are in memory
		(tmpfs) where there is room for them; the section that says so is on the disk.

	END
	echo "- $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores," \
		"$(awk '/MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo), $(. /etc/os-release && echo "$PRETTY_NAME")"
	version cc cc --version
	[ "$PEERS" = yes ] || return 0
	version jq jq --version
	version make make --version
	version ninja ninja --version
	version cwltool cwltool --version
	version snakemake snakemake --version
	version mogrify mogrify -version
	version gm gm version
	version vips vips --version
	version python3 python3 --version
	echo "- Pillow: $("$(python_with PIL || echo :)" -c 'import PIL; print(PIL.__version__)')"
	echo "- scikit-learn: $("$(python_with sklearn || echo :)" -c 'import sklearn; print(sklearn.__version__)')"
}

# Also when the run is broken off.
remove_work() {
	[ -z "$work" ] || { chmod -R u+w "$work" && rm -rf "$work"; }
	work=
}

# A section that fails keeps the tables that it had before, and is told of at the end.
measure() {
	local status=0
	work=$(work_folder "$1")
	say "section $1, in $work"
	# -e would not hold inside a command that is tested: so it is a shell of its own, and its status is asked for after.
	set +e
	(set -e && cd "$work" && . "$source/$1.sh") >"$parts/$1.tmp"
	status=$?
	set -e
	remove_work
	[ "$status" -eq 0 ] || { say "section $1 failed with status $status" && failed=1 && return; }
	mv "$parts/$1.tmp" "$parts/$1.md"
}

put_together() {
	local section
	machine
	for section in $all; do
		[ ! -e "$parts/$section.md" ] || { echo && cat "$parts/$section.md"; }
	done
}

failed=0 work=
trap remove_work EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[ $# -gt 0 ] || set -- $all
for section; do
	case " $all " in
	*" $section "*) measure "$section" ;;
	*) say "there is no section '$section'; there are: $all" && exit 2 ;;
	esac
done
put_together >"$output.tmp"
mv "$output.tmp" "$output"
exit "$failed"
