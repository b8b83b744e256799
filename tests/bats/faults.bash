# faults.bash: what the tests of a failing machine share: five sound pictures to clean, and what must hold of a run.

setup() {
	need_plain_build
	cd "$BATS_TEST_TMPDIR"
	tar -xf "$builddir/samples/shapes-voc.tar"
	cp shapes/JPEGImages/{0001.jpg,0016.jpg,0032.jpg,0004.png,0008.bmp} .
	# sound pictures only: every one that is called bad is a lie
	printf '{"source":"%s"}\n' 0001.jpg 0016.jpg 0032.jpg 0004.png 0008.bmp >in
	ds-clean -q -j 1 -o good in >good.out
}

# Status 2 with a reason, or 0 with the same output as ever; nothing half written, nothing rejected. `return` after each:
# in `check ... || ...` the shell would go on.
check() {
	local status=0
	rm -rf clean rejects
	"$@" >out 2>err || status=$?
	case $status in
	0) sed 's|"good/|"clean/|' good.out | cmp - out || fail "$*: status 0 and another output" || return ;;
	2) [ -s err ] || fail "$*: status 2 without a word" || return ;;
	*) fail "$*: status $status: $(cat err)" || return ;;
	esac
	[ ! -s rejects ] || fail "$*: rejected $(cat rejects)" || return
	[ -z "$(find . -name '.*.tmp')" ] || fail "$*: left $(find . -name '.*.tmp')"
}
