# helpers.bash: what the behaviour tests have in common. A test file begins with `load helpers`.
#
# Programs under test are found through PATH; $srcdir and $builddir are the two trees, $DSUTILS_CORPORA the folder of
# real data or empty, $SANITIZER the list of sanitizers built in or empty. Write only below $BATS_TEST_TMPDIR: the
# source tree may be read-only.

# The leak checker crashes about once in 300 runs of a program whose OpenMP threads are ending, which would look like a
# finding; with one thread it does not (2000 runs). So under AddressSanitizer there is one, whatever -j says, and leaks
# count; many threads are for the plain build and for ThreadSanitizer.
if [[ ${SANITIZER-} == *address* ]]; then
	export OMP_THREAD_LIMIT=1 KMP_WARNINGS=false # which it would give for -j
fi

bats_require_minimum_version 1.5.0

# Skip the test unless the corpora hold PATH (relative; default: anything at all).
need_corpora() {
	[ -n "$DSUTILS_CORPORA" ] || skip "no corpora (DSUTILS_CORPORA is empty)"
	[ -e "$DSUTILS_CORPORA/${1-}" ] || skip "the corpora have no ${1-}"
}

# Skip the test unless each of these programs is installed.
need_program() {
	local name
	for name; do
		command -v "$name" >/dev/null || skip "$name is not installed"
	done
}

# Skip the test in a sanitizer build, which does not run under strace, valgrind or tight memory limits.
need_plain_build() {
	[ -z "$SANITIZER" ] || skip "this is a build with -fsanitize=$SANITIZER"
}

fail() {
	printf '%s\n' "$*"
	return 1
}

# After `run`: the status is N.
assert_status() {
	[ "$status" -eq "$1" ] || fail "status $status, wanted $1; output: $output"
}

# assert_file_equals GOT WANTED: byte for byte.
assert_file_equals() {
	cmp "$1" "$2" && return
	diff -u --label got --label wanted "$1" "$2" | head -n 40
	return 1
}

# must_fail [1|2] COMMAND...: it ends with 1 or 2 (or with the one given). A signal, a sanitizer's finding (99),
# "not found" (127) and any other status are not a failure we planned.
must_fail() {
	local want='1|2' got=0
	case $1 in 1 | 2) want=$1 && shift ;; esac
	"$@" || got=$?
	case "$want" in
	*$got*) [ "$got" -ne 0 ] ;;
	*) fail "'$*' ended with status $got, wanted $want" ;;
	esac
}
