# clean-faults.bats: ds-clean when the machine fails: status 2 and the machine's reason, and never a "bad picture".

load helpers

setup() {
	need_plain_build
	cd "$BATS_TEST_TMPDIR"
	tar -xf "$builddir/samples/shapes-voc.tar"
	cp shapes/JPEGImages/{0001.jpg,0016.jpg,0032.jpg,0004.png,0008.bmp} .
	# sound pictures only: every one that is called bad is a lie
	printf '{"source":"%s"}\n' 0001.jpg 0016.jpg 0032.jpg 0004.png 0008.bmp >in
	ds-clean -q -j 1 -o good in >good.out
}

# Status 2 with a reason, or 0 with the same output as ever; nothing half written, nothing rejected.
check() {
	local status=0
	rm -rf clean rejects
	"$@" >out 2>err || status=$?
	case $status in
	0)
		sed 's|"good/|"clean/|' good.out | cmp - out || fail "$*: status 0 and another output"
		;;
	2) [ -s err ] || fail "$*: status 2 without a word" ;;
	*) fail "$*: status $status: $(cat err)" ;;
	esac
	[ ! -s rejects ] || fail "$*: rejected $(cat rejects)"
	[ -z "$(find . -name '.*.tmp')" ] || fail "$*: left $(find . -name '.*.tmp')"
}

@test "with any amount of memory, all or nothing" {
	need_program prlimit
	local kilobytes seen=
	for kilobytes in 9000 10000 11000 12000 13000 14000 15000 16000 17000 18000 19000 20000 22000 24000 26000 28000 30000 40000 50000; do
		check prlimit --as=$((kilobytes * 1024)) ds-clean -q -j 1 -o clean --rejects rejects in 2>/dev/null ||
			grep -q 'error while loading shared libraries' err || return 1
		seen="$seen $?"
	done
}

@test "allocations that fail one after the other: all or nothing" {
	need_program cc
	cat >fail.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <errno.h>
		#include <stdlib.h>
		static long calls;
		static int fails(void) { char *at = getenv("FAIL_AT"); return at && ++calls == atol(at); }
		void *malloc(size_t n) { static void *(*f)(size_t); if (!f) f = dlsym(RTLD_NEXT, "malloc");
			if (fails()) { errno = ENOMEM; return 0; } return f(n); }
		void *realloc(void *p, size_t n) { static void *(*f)(void *, size_t); if (!f) f = dlsym(RTLD_NEXT, "realloc");
			if (fails()) { errno = ENOMEM; return 0; } return f(p, n); }
	END
	cc -shared -fPIC -w -o fail.so fail.c -ldl || skip "cc makes no shared library"
	local i
	for i in $(seq 1 3 240); do
		check env FAIL_AT=$i LD_PRELOAD="$PWD/fail.so" OMP_NUM_THREADS=1 ds-clean -q -j 1 -o clean --rejects rejects in
	done
}

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

@test "writes that fail: the disk is full, a folder cannot be made, a name cannot be given" {
	need_program strace
	strace -qq -o /dev/null true || skip "strace may not trace"
	local call i
	for call in write renameat2 mkdir syncfs; do
		for i in 1 2 3; do
			check strace -qq -f -o /dev/null -e trace=$call -e inject=$call:error=ENOSPC:when=$i ds-clean -q -j 1 -o clean --rejects rejects in
		done
	done
}

@test "a file that is larger than allowed is the machine's affair" {
	need_program prlimit
	check prlimit --fsize=4096 ds-clean -q -j 1 -o clean --rejects rejects in
	grep -q 'File too large' err
}
