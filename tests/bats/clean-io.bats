# clean-io.bats: ds-clean when the machine cannot open, read or write: status 2 and the machine's reason, and never a
# "bad picture".

load helpers
load faults

@test "too many open files, and pictures that cannot be read" {
	need_program strace
	local error
	strace -qq -o /dev/null true || skip "strace may not trace"
	for error in EMFILE ENFILE ENOMEM EACCES EIO; do
		check strace -qq -f -o /dev/null -P "$PWD/0004.png" -P 0004.png -e inject=openat:error=$error ds-clean -q -j 1 -o clean --rejects rejects in
		[ ! -e clean/0008.jpg ]
		grep -q 'cannot read 0004.png' err
	done
	check strace -qq -f -o /dev/null -P 0004.png -e inject=read:error=EIO ds-clean -q -j 1 -o clean --rejects rejects in
	grep -q 'cannot read 0004.png: Input/output error' err
}

# each_call CALL ERROR: it fails with ERROR at the first, second ... of these system calls. The loader's own come first:
# where it cannot load a library it ends the program with 127.
each_call() {
	local i
	for ((i = 1; i < 200; i++)); do
		check strace -qq -f -o trace -e trace="$1" -e inject="$1:error=$2:when=$i" \
			ds-clean -q -j 1 -o clean --rejects rejects in || grep -q 'error while loading shared libraries' err || return 1
		grep -q INJECTED trace || break
	done
	[ "$i" -gt 1 ]
}

@test "files that cannot be opened, one after the other" {
	need_program strace
	strace -qq -o /dev/null true || skip "strace may not trace"
	each_call openat EMFILE
}

@test "reads that fail, one after the other" {
	need_program strace
	strace -qq -o /dev/null true || skip "strace may not trace"
	each_call read EIO
}

@test "writes that fail: the disk is full, a folder cannot be made, a name cannot be given" {
	need_program strace
	strace -qq -o /dev/null true || skip "strace may not trace"
	local call
	for call in write renameat2 mkdir syncfs fsync; do
		each_call $call ENOSPC
	done
}

@test "a file that is larger than allowed is the machine's affair" {
	need_program prlimit
	check prlimit --fsize=4096 ds-clean -q -j 1 -o clean --rejects rejects in
	grep -q 'File too large' err
}
