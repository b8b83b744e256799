# common.sh: what the sections of the benchmark write their tables with; run.sh sources it. RUNS, LIMIT and
# PEERS are set, and the folder of the build is in $build.

# say TEXT: progress, on stderr.
say() {
	printf '%5d s  %s\n' "$SECONDS" "$*" >&2
}

# begin TITLE [FILE]: a new table. Rows are measured against the nearest row above whose name begins with "floor", or
# the first one. Megabytes a second are of FILE.
begin() {
	base=
	bytes=0
	[ $# -lt 2 ] || bytes=$(wc -c <"$2")
	say "$1"
	printf '\n### %s\n\n' "$1"
	echo '| program | wall s | user s | CPU s | peak MB | MB/s | wall | user | CPU | command |'
	echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |'
}

# A program of ours, or of this folder: what stands in the build, but not what a section made for itself.
is_ours() {
	case $(command -v "$1") in
	"$build"/bench/work.*) false ;;
	"$build"/*) true ;;
	*) false ;;
	esac
}

# A row of words instead of numbers.
empty_row() {
	printf '| %s | | | | | | | | | %s |\n' "$1" "$2"
	say "    $1: $2"
}

# row NAME PROGRAM COMMAND: COMMAND runs in a folder where out/ is new each time. Statuses 0 and 1 are those of a run
# that did its work; other programs than ours have to end with 0.
row() {
	local name=$1 program=$2 command=$3 shown wall user system mb status
	shown="\`${command//|/\\|}\`"
	command -v "$program" >/dev/null || { empty_row "$name" "$program is not installed" && return; }
	[ "$PEERS" = yes ] || [[ $name == floor* ]] || is_ours "$program" || { empty_row "$name" "not run (PEERS=$PEERS)" && return; }
	read -r wall user system mb status < <(timed "$RUNS" "$LIMIT" 'rm -rf out && mkdir out' "$command")
	case $status in
	0) ;;
	124) empty_row "$name" "not done after $LIMIT s: $shown" && return ;;
	1) is_ours "$program" || { empty_row "$name" "failed with status 1: $shown" && return; } ;;
	*) empty_row "$name" "failed with status $status: $shown" && return ;;
	esac
	[ -n "$base" ] && [[ $name != floor* ]] || base="$wall $user $system"
	say "    $name: $wall s, CPU $user + $system s, $mb MB"
	numbers "$name" "$wall" "$user" "$system" "$mb" "$shown"
}

# The row itself: with CPU time in sum, and ratios to the base.
numbers() {
	name=$1 command=$6 awk -v wall="$2" -v user="$3" -v sys="$4" -v mb="$5" -v base="$base" -v bytes="$bytes" '
		function over(a, b, form) { return a > 0 && b > 0.0005 ? sprintf(form, a / b) : "" }
		BEGIN {
			split(base, b, " ")
			speed = over(bytes / 1e6, wall, "%.0f")
			printf "| %s | %.3f | %.3f | %.3f | %.1f | %s | %s | %s | %s | %s |\n", ENVIRON["name"],
				wall, user, user + sys, mb, speed, over(wall, b[1], "%.2f"), over(user, b[2], "%.2f"),
				over(user + sys, b[2] + b[3], "%.2f"), ENVIRON["command"]
		}'
}

# The size of a file for a title: "448 MB".
megabytes() {
	awk -v n="$(wc -c <"$1")" 'BEGIN { printf n < 1e7 ? "%.1f MB" : "%.0f MB", n / 1e6 }'
}

# python_with MODULE: the first python3 that has it (the distribution's may be another than the first one found).
python_with() {
	local python
	for python in "$(command -v python3)" /usr/bin/python3; do
		"$python" -c "import $1" 2>/dev/null && echo "$python" && return
	done
	return 1
}
