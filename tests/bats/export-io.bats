# export-io.bats: label files of a folder are made by a thread of their own (-j 1: not). The same files are there, and
# when the disk fails or the program is killed meanwhile, nothing half done is.

load helpers

# 800 samples with 30 boxes each: about 900 KB of rows, which is several of the blocks that the thread gets.
setup() {
	# in memory where that is possible: there are thousands of files
	work=$(mktemp -d -p /dev/shm ds-export.XXXXXX 2>/dev/null) || work=$BATS_TEST_TMPDIR
	cd "$work"
	mkdir i out
	awk 'BEGIN {
		print "{\"dataset\":{\"name\":\"d\",\"classes\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}"
		for (i = 0; i < 800; i++) {
			printf "{\"source\":\"i/%04d.jpg\",\"usage\":\"%s\",\"width\":640,\"height\":480,\"annotation\":[", i, i % 5 ? "TRAIN" : "EVAL"
			for (k = 0; k < 30; k++)
				printf "%s{\"name\":\"%s\",\"bbox\":[%d,%d,%d,%d]}", k ? "," : "", k % 3 ? "a" : "b", i % 97, k, k + 3, i % 301 + 1
			print "]}"
		}
	}' >in.jsonl
}

teardown() {
	cd /
	rm -rf "$work"
}

# A temporary file or folder anywhere?
assert_nothing_left() {
	[ -z "$(find out -name '*.tmp')" ] || fail "left: $(find out -name '*.tmp' | head -n 3)"
}

@test "a folder has the same files for any -j, and those of an archive" {
	for f in yolo voc labelme; do
		ds-export -q -f $f --images none -j 1 -o out/one in.jsonl 2>one.err
		ds-export -q -f $f --images none -j 4 -o out/four in.jsonl 2>four.err
		ds-export -q -f $f --images none -o out/tar.tar in.jsonl 2>/dev/null
		mkdir out/tar
		tar xf out/tar.tar -C out/tar
		diff -r out/one out/four
		diff -r out/one out/tar
		assert_file_equals four.err one.err
		rm -r out/*
	done
}

@test "pictures that are copied and linked stand beside them" {
	for i in $(seq -f %04.0f 0 799); do echo "picture $i" >i/$i.jpg; done
	for how in copy link; do
		ds-export -q -f yolo --images $how -j 4 -o out/$how in.jsonl 2>/dev/null
		[ "$(find out/$how/labels -name '*.txt' | wc -l)" -eq 800 ]
		[ "$(cat out/$how/images/*/*.jpg | sort | cksum)" = "$(cat i/*.jpg | cksum)" ]
	done
	diff -r out/copy out/link
}

@test "--force puts new files in the place of old ones, one thread or two" {
	for j in 1 4; do
		ds-export -q -f yolo --images none -j 4 -o out/new in.jsonl 2>/dev/null
		mkdir -p out/$j/labels/train
		echo old >out/$j/labels/train/0001.txt
		echo mine >out/$j/labels/train/mine.txt
		must_fail 2 ds-export -q -f yolo --images none -j $j -o out/$j in.jsonl 2>/dev/null
		ds-export -q -f yolo --images none -j $j --force -o out/$j in.jsonl 2>/dev/null
		echo mine | cmp - out/$j/labels/train/mine.txt
		rm out/$j/labels/train/mine.txt
		diff -r out/$j out/new
		assert_nothing_left
		rm -r out/*
	done
}

# under CALL HOW N TARGET [OPTION]: export with the N-th CALL of each thread disturbed.
under() {
	local call=$1 how=$2 n=$3 target=$4
	shift 4
	strace -f -qq -o trace -e "trace=$call" -e "inject=$call:$how:when=$n" \
		ds-export -q -f yolo --images none -j 4 "$@" -o "out/$target" in.jsonl 2>err
}

@test "a disk that fails while the thread writes: the file is named, and nothing is there" {
	need_program strace
	need_plain_build
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	for n in 3 200 600; do
		for call in write openat; do
			must_fail 2 under $call error=ENOSPC $n new
			grep -q INJECTED trace
			grep -q '^ds-export: error: cannot write labels/[a-z]*/[0-9]*.txt: No space left on device$' err ||
				[ $n -lt 100 ] # (an early call may be another one, with another message)
			grep -q 'No space left on device$' err
			[ -z "$(ls -A out)" ]
		done
	done
}

# sums FOLDER: of each file the checksum and the path.
sums() {
	(cd "out/$1" && find . -type f -exec cksum {} + | sort)
}

@test "a disk that fails while files are replaced: each is the old one or the new one" {
	need_program strace
	need_plain_build
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	ds-export -q -f yolo --images none -o out/new in.jsonl 2>/dev/null
	sed 's/"bbox":\[/&1/g' in.jsonl | ds-export -q -f yolo --images none -o out/old 2>/dev/null
	for call in write openat renameat; do
		cp -r out/old out/there
		must_fail 2 under $call error=ENOSPC 300 there --force
		grep -q INJECTED trace
		assert_nothing_left
		[ -z "$(comm -23 <(sums there) <(sort -u <(sums old) <(sums new)))" ]
		! diff -rq out/there out/old >/dev/null # some were replaced before
		rm -r out/there
	done
}

@test "a signal to either thread leaves nothing behind" {
	need_program strace
	need_plain_build
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	for call in openat write close read; do
		for n in 4 21 22 23 24 30 500; do
			local got=0
			under $call signal=TERM $n new || got=$?
			[ $got -eq 143 ] || [ $got -eq 0 ] # not so many calls of this kind
			[ $got -eq 0 ] || [ -z "$(ls -A out)" ] || fail "$call $n left $(ls -A out)"
			rm -rf out/new
		done
	done
}
