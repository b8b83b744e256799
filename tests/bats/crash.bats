# crash.bats: a release that is killed at any moment, or whose disk fails at any moment, leaves a store whose versions
# are whole, and the next release works. strace(1) does the killing, at the n-th call of each kind. An everyday run takes
# every fifth n, beginning elsewhere for each kind; CRASH_STEP=1 takes all (more than 500, a few minutes).

load helpers

setup() {
	# in memory where that is possible: what is tested is the order of calls, and there are thousands of them
	work=$(mktemp -d -p /dev/shm ds-crash.XXXXXX 2>/dev/null) || work=$BATS_TEST_TMPDIR
	cd "$work"
	step=${CRASH_STEP:-5} first=0 link=
	export SOURCE_DATE_EPOCH=1700000000
	need_program strace
	need_plain_build
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
}

teardown() {
	cd /
	chmod -R u+w "$work"
	rm -rf "$work"
}

# a store with V001 of 5 files, and the input of a V002 with one more and one changed
base_store() {
	mkdir f
	for i in 1 2 3 4 5; do
		echo "content $i" >f/$i
		printf '{"source":"f/%d","id":"%d","annotation":[{"name":"c%d"}]}\n' $i $i $((i % 2))
	done >1.jsonl
	ds-release -q -j1 -s base --snapshot --ratio 0.6 1.jsonl >/dev/null 2>&1
	echo 'content 6' >f/6
	echo 'other content' >f/5
	cp 1.jsonl 2.jsonl
	printf '%s\n' '{"source":"f/6","id":"6","annotation":[{"name":"c0"}]}' >>2.jsonl
}

release_2() {
	ds-release -q -j1 -s s --snapshot $link --ratio 0.6 2.jsonl
}

calls='mkdir openat write close rename unlink rmdir fsync syncfs symlink fchmodat chmod ftruncate linkat'

# inject CALL HOW: fail CALL at its n-th time, for each n, until it is not called so often any more. Counts in $hits.
inject() {
	local call=$1 how=$2 n before after got
	first=$((first % step + 1))
	for n in $(seq "$first" "$step" 200); do
		rm -rf s && cp -a base s
		got=0
		strace -qq -o trace -e "trace=$call" -e "inject=$call:$how:when=$n" \
			ds-release -q -j1 -s s --snapshot $link --ratio 0.6 2.jsonl >out 2>err || got=$?
		if [ "$how" = signal=KILL ]; then
			[ "$got" -ne 0 ] || break
			[ "$got" -eq 137 ] || fail "$call $n: status $got, wanted 137"
		else
			grep -q INJECTED trace || break
		fi
		hits=$((hits + 1))
		before=$(ls -d s/versions/V??? | wc -l)
		ds-verify -q s >verify 2>&1 || fail "$call $how $n: $(cat verify)"
		if [ "$got" -eq 0 ]; then
			[ "$before" -eq 2 ] || fail "$call $how $n: success is claimed, and there is no version"
			[ "$(wc -l <out)" -eq 6 ] || fail "$call $how $n: success is claimed, and records are missing"
		fi
		release_2 >out 2>err || fail "$call $how $n: the next release fails: $(cat err)"
		after=$(ls -d s/versions/V??? | wc -l)
		[ "$after" -eq $((before + 1)) ] || fail "$call $how $n: $before versions, then $after"
		ds-verify -q s >verify 2>&1 || fail "$call $how $n, after the next release: $(cat verify)"
		[ -z "$(ls s/tmp)" ] || fail "$call $how $n: work areas are left"
		[ "$(readlink s/current)" = "versions/V00$after" ] || fail "$call $how $n: current is $(readlink s/current)"
	done
}

@test "killed at any call that changes something" {
	local call hits=0
	base_store
	for call in $calls; do
		inject "$call" signal=KILL
	done
	echo "# $hits kills" >&3
	[ "$hits" -ge $((120 / step)) ]
}

@test "killed, or failed by the disk, while it makes hard links" {
	local call hits=0
	link=--link step=$(((step + 1) / 2))
	base_store
	for call in linkat rename syncfs; do
		inject "$call" signal=KILL
		inject "$call" error=ENOSPC
		inject "$call" error=EIO
	done
	echo "# $hits kills and errors" >&3
	[ "$hits" -ge $((24 / step)) ]
}

@test "a full disk at any call" {
	local call hits=0
	base_store
	for call in mkdir openat write fsync syncfs rename symlink close; do
		inject "$call" error=ENOSPC
	done
	echo "# $hits errors" >&3
	[ "$hits" -ge $((120 / step)) ]
}

@test "an I/O error at any call" {
	local call hits=0
	base_store
	for call in read openat write fsync syncfs rename close unlink; do
		inject "$call" error=EIO
	done
	echo "# $hits errors" >&3
	[ "$hits" -ge $((120 / step)) ]
}
