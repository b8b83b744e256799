# writers.bats: several releases at once, and a power cut.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	for i in 1 2 3 4 5 6 7 8; do printf '{"source":"%d","annotation":[{"name":"a"}]}\n' $i; done >in
}

@test "six writers at once make one version each, without a lock to wait for" {
	local w k
	for w in 1 2 3 4 5 6; do
		for k in 1 2 3 4 5 6 7 8; do
			ds-release -s s --ratio 0.5 --seed "$w$k" in 2>>"say.$w" >/dev/null || echo "failed $?" >>"say.$w"
		done &
	done
	wait
	! grep -h failed say.? || fail "a writer failed"
	[ "$(grep -ho 'version V[0-9]* of' say.? | sort -u | wc -l)" -eq 48 ]
	[ "$(ls s/versions | wc -l)" -eq 48 ]
	[ "$(readlink s/current)" = versions/V048 ]
	[ -z "$(ls s/tmp)" ]
	[ "$(wc -l <s/log.jsonl)" -eq 48 ]
	ds-verify -q s >/dev/null
}

@test "a power cut right after success loses nothing" {
	[ "$(id -u)" -eq 0 ] || skip "needs root for a loop device"
	need_program mkfs.ext4 mount umount truncate
	truncate -s 64M image
	mkfs.ext4 -q -F image
	mkdir mnt cut
	mount -o loop image mnt 2>/dev/null || skip "no loop device can be mounted here"
	mkdir mnt/f
	for i in $(seq 1 100); do head -c 5000 /dev/urandom >mnt/f/$i; printf '{"source":"mnt/f/%d"}\n' "$i"; done >in
	# nothing of them is on the disk yet: the release has to see to that, also where it only links to them
	ds-release -q -s mnt/l --snapshot --link --ratio 0.8 in >/dev/null 2>&1
	ds-release -q -s mnt/s --snapshot --ratio 0.8 in >/dev/null 2>&1
	cp --sparse=always image image.cut # what the disk holds at this moment
	umount mnt
	mount -o loop image.cut cut
	ds-verify cut/s cut/l >out 2>&1 || { umount cut; fail "$(cat out)"; }
	[ "$(grep -c 'V001.ok.100 samples' out)" -eq 2 ] || { umount cut; fail "$(cat out)"; }
	[ "$(find cut/s cut/l -type f -size 0 ! -name lock | wc -l)" -eq 0 ] || { umount cut; fail "empty files"; }
	umount cut
}
