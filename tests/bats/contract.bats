# contract.bats: what every installed program promises alike: help, version, usage errors, full disks, its page.
# $programs has their names.

load helpers

setup() {
	[ -n "$programs" ] || skip "no programs are built"
	cd "$BATS_TEST_TMPDIR"
}

page() {
	echo "$srcdir/man/$1.1"
}

# for_each COMMAND...: COMMAND PROGRAM for each program; all that fail are named, not the first alone.
for_each() {
	local program bad=
	for program in $programs; do
		"$@" "$program" || bad="$bad $program"
	done
	[ -z "$bad" ] || fail "$1 is not true of:$bad"
}

helps() {
	"$1" --help >help 2>err && "$1" -h >help2 || return 1
	[ -s help ] && [ ! -s err ] && cmp help help2 && grep -q "^Usage: $1" help
}

@test "--help and -h print a usage on stdout" {
	for_each helps
}

tells_version() {
	"$1" --version >version 2>err && "$1" -V >version2 || return 1
	[ ! -s err ] && cmp version version2 && head -n 1 version | grep -q "^$1 (dsutils) [0-9]"
}

@test "--version and -V print name and number on stdout" {
	for_each tells_version
}

sees_full_disk() {
	must_fail 2 "$1" --help >/dev/full 2>err && [ -s err ] &&
		must_fail 2 "$1" --version >/dev/full 2>err && [ -s err ]
}

@test "a full disk is an error even for --help and --version" {
	for_each sees_full_disk
}

refuses_options() {
	must_fail 2 "$1" --no-such-option </dev/null >out 2>err && [ ! -s out ] && grep -q "$1 --help" err
}

@test "an unknown option is a usage error that points to --help" {
	for_each refuses_options
}

has_page() {
	[ -f "$(page "$1")" ] && grep -q '^\.Sh EXIT STATUS' "$(page "$1")" && grep -q '^\.Sh EXAMPLES' "$(page "$1")"
}

@test "each has a page with EXIT STATUS and EXAMPLES" {
	for_each has_page
}

# Long options of the help text, each of which the page must have as an argument of .Fl (written "Fl -name").
page_has_options() {
	local option missing=
	for option in $("$1" --help | grep -oE '(^|[ ,[])--[a-z0-9-]+' | grep -oE '[a-z0-9][a-z0-9-]*' | sort -u); do
		grep -qE "Fl -$option( |\$)" "$(page "$1")" || missing="$missing --$option"
	done
	[ -z "$missing" ] || { echo "$1: not in its page:$missing" && return 1; }
}

@test "each page has every option of the help" {
	for_each page_has_options
}

in_readme() {
	grep -qE "^\| \`$1\` \|" "$srcdir/README.md"
}

@test "the table in README.md has each program" {
	for_each in_readme
}

@test "the table in README.md has no other program" {
	local name
	for name in $(sed -nE 's/^\| `([a-z-]+)` \|.*/\1/p' "$srcdir/README.md"); do
		[[ " $programs " == *" $name "* ]] || fail "$name is in README.md and not built"
	done
}
