# house.bats: the order of the house itself: floors, lists, first lines, and the helpers the other tests trust.

load helpers

sources() {
	(cd "$srcdir" && find lib tools tests samples bench -name '*.[ch]' 2>/dev/null | LC_ALL=C sort)
}

@test "must_fail takes 1 and 2, and refuses success, signals and other statuses" {
	must_fail sh -c 'exit 1'
	must_fail sh -c 'exit 2'
	must_fail 2 sh -c 'exit 2'
	run ! must_fail 1 sh -c 'exit 2'
	run ! must_fail true
	run ! must_fail sh -c 'exit 99'
	run ! must_fail sh -c 'exit 127'
	run ! must_fail sh -c 'kill -s SEGV $$'
}

@test "assert_file_equals sees one byte" {
	printf 'a\n' >"$BATS_TEST_TMPDIR/a"
	printf 'a' >"$BATS_TEST_TMPDIR/b"
	assert_file_equals "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/a"
	run ! assert_file_equals "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "every source file is named in Makefile.am" {
	local f missing=
	for f in $(sources); do
		grep -qE "(^|[[:space:]=])${f%.c}(\.c)?([[:space:]]|\$)" "$srcdir/Makefile.am" || missing="$missing $f"
	done
	[ -z "$missing" ] || fail "not in Makefile.am:$missing"
}

@test "every bats file is named in Makefile.am" {
	local f missing=
	for f in $(cd "$srcdir" && echo tests/bats/*.bats); do
		grep -qF "$f" "$srcdir/Makefile.am" || missing="$missing $f"
	done
	[ -z "$missing" ] || fail "not in Makefile.am:$missing"
}

@test "every source file says at its top what it is" {
	local f silent=
	for f in $(sources); do
		head -n 1 "$srcdir/$f" | grep -q '^/[*/]' || silent="$silent $f"
	done
	[ -z "$silent" ] || fail "no opening comment:$silent"
}

# The floor a room is on; rooms of one floor do not know each other.
floor() {
	case $1 in
	base) echo 0 ;;
	json) echo 1 ;;
	record) echo 2 ;;
	archive) echo 3 ;;
	label | image | store | workflow) echo 4 ;;
	*) echo 9 ;;
	esac
}

@test "no room includes a room above it or beside it" {
	local line from to wrong=
	while read -r line; do
		from=${line%%/*}
		to=${line##*\"}
		[ "$from" = "$to" ] || [ "$(floor "$to")" -lt "$(floor "$from")" ] || wrong="$wrong $line"
	done < <(cd "$srcdir/lib" 2>/dev/null && grep -roE '#[ ]*include "[a-z]+/' . | sed 's,^\./,,; s,/$,,')
	[ -z "$wrong" ] || fail "wrong way up:$wrong"
}

@test "Makefile.am has each entry once" {
	# Merging by union (.gitattributes) can double lines.
	awk '/_SOURCES/ { list++ } /^\t(lib|samples|tests)\// { print list $0 } /^[A-Za-z_]+ \+= / { print }' \
		"$srcdir/Makefile.am" | LC_ALL=C sort | uniq -d >"$BATS_TEST_TMPDIR/twice"
	[ ! -s "$BATS_TEST_TMPDIR/twice" ] || fail "twice in Makefile.am: $(cat "$BATS_TEST_TMPDIR/twice")"
}
