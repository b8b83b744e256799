# clean-faults.bats: ds-clean when the machine fails: status 2 and the machine's reason, and never a "bad picture".

load helpers
load faults

@test "with any amount of memory, all or nothing" {
	need_program prlimit
	local kilobytes seen=
	for kilobytes in 9000 10000 11000 12000 13000 14000 15000 16000 17000 18000 19000 20000 22000 24000 26000 28000 30000 40000 50000; do
		check prlimit --as=$((kilobytes * 1024)) ds-clean -q -j 1 -o clean --rejects rejects in 2>/dev/null ||
			grep -q 'error while loading shared libraries' err || return 1
		seen="$seen $?"
	done
}

# make_shim: fail.so lets allocation number FAIL_AT fail, and writes how many there were to the file FAIL_COUNT.
make_shim() {
	need_program cc
	cat >fail.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <errno.h>
		#include <stdio.h>
		#include <stdlib.h>
		static long calls, at = -1;
		static int fails(void) {
			if (at < 0) { char *s = getenv("FAIL_AT"); at = s ? atol(s) : 0; }
			if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != at) return 0;
			errno = ENOMEM;
			return 1;
		}
		void *__libc_calloc(size_t, size_t);
		void *malloc(size_t n) { static void *(*f)(size_t); if (!f) f = dlsym(RTLD_NEXT, "malloc"); return fails() ? 0 : f(n); }
		void *realloc(void *p, size_t n) { static void *(*f)(void *, size_t); if (!f) f = dlsym(RTLD_NEXT, "realloc");
			return fails() ? 0 : f(p, n); }
		void *calloc(size_t a, size_t b) { return fails() ? 0 : __libc_calloc(a, b); }
		__attribute__((destructor)) static void done(void) {
			FILE *f = getenv("FAIL_COUNT") ? fopen(getenv("FAIL_COUNT"), "w") : 0;
			if (f) { fprintf(f, "%ld\n", calls); fclose(f); }
		}
	END
	cc -shared -fPIC -w -o fail.so fail.c -ldl || skip "cc makes no shared library"
}

# each_allocation STEP COMMAND...: it fails at every STEPth of its allocations. Before main() it is libgomp that has none.
each_allocation() {
	local step=$1 count i
	shift
	rm -rf clean rejects
	env FAIL_COUNT="$PWD/count" LD_PRELOAD="$PWD/fail.so" "$@" >good.new
	sed 's|"clean/|"good/|' good.new >good.out
	count=$(cat count)
	[ "$count" -gt 100 ]
	for ((i = 1; i <= count; i += step)); do
		check env FAIL_AT=$i LD_PRELOAD="$PWD/fail.so" "$@" ||
			{ [ "$i" -lt 10 ] && grep -q '^libgomp: Out of memory' err; } || return 1
	done
}

@test "allocations that fail one after the other: all or nothing" {
	make_shim
	each_allocation 1 ds-clean -q -j 1 -o clean --rejects rejects in
}

@test "allocations that fail on other ways through: all or nothing" {
	make_shim
	each_allocation 4 ds-clean -q -j 1 --resize 50 --keep-exif --optimize --signals -o clean --rejects rejects in
	each_allocation 7 ds-clean -q -j 3 --always-encode -o clean --rejects rejects in
}

# The general interface of libcrypto crashed when there was no memory while it started.
@test "allocations that fail while digests are made: all or nothing" {
	make_shim
	each_allocation 2 ds-clean -q -j 1 --sha256 --duplicates -o clean --rejects rejects in
}
