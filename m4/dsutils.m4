# dsutils.m4: the project's own configure macros. Used by configure.ac only.

# DS_REQUIRE(VARIABLE, MODULE, DEBIAN, FEDORA, HOMEBREW): a library we cannot do without. Sets VARIABLE_LIBS and
# adds to DEPS_CFLAGS; a missing one is noted, so that DS_REQUIRE_DONE can name all of them at once.
AC_DEFUN([DS_REQUIRE], [
PKG_CHECK_MODULES([$1], [$2], [DEPS_CFLAGS="$DEPS_CFLAGS $$1_CFLAGS"],
  [DS_NOTE_MISSING([$2], [$3], [$4], [$5])])
])

# DS_OPTION(VARIABLE, MODULE, DEBIAN, FEDORA, HOMEBREW): a library we use when it is there (HAVE_VARIABLE).
AC_DEFUN([DS_OPTION], [
PKG_CHECK_MODULES([$1], [$2],
  [DEPS_CFLAGS="$DEPS_CFLAGS $$1_CFLAGS"
   ds_have_$1=yes
   AC_DEFINE([HAVE_$1], [1], [Define to 1 when $2 is there.])],
  [ds_have_$1=no
   AC_MSG_NOTICE([without $2: install $3 (Debian), $4 (Fedora) or $5 (Homebrew) to have it])])
AM_CONDITIONAL([HAVE_$1], [test $ds_have_$1 = yes])
])

AC_DEFUN([DS_NOTE_MISSING], [ds_missing="$ds_missing
  $1: Debian $2, Fedora $3, Homebrew $4"])

# DS_STATIC_SHA256: of libcrypto we use SHA-256 alone. From libcrypto.a that is some 20 kB; to load the shared library
# costs each start of a program more than a millisecond, and make starts one for each step of a workflow.
AC_DEFUN([DS_STATIC_SHA256], [
AC_MSG_CHECKING([whether SHA-256 can come from libcrypto.a])
ds_save_LIBS=$LIBS
ds_static=$(echo "$CRYPTO_LIBS" | sed 's/-lcrypto/-Wl,--exclude-libs,libcrypto.a -l:libcrypto.a/')
LIBS="$ds_static $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <openssl/sha.h>]], [[SHA256_CTX c; return !SHA256_Init(&c);]])],
  [CRYPTO_LIBS=$ds_static
   AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])])
LIBS=$ds_save_LIBS
])

AC_DEFUN([DS_REQUIRE_OPENMP], [
AC_OPENMP
AS_IF([test -z "$OPENMP_CFLAGS"],
  [DS_NOTE_MISSING([OpenMP], [gcc (or libomp-dev for clang)], [gcc (or libomp-devel for clang)], [libomp])])
])

AC_DEFUN([DS_REQUIRE_DONE], [
AC_SUBST([DEPS_CFLAGS])
AS_IF([test -n "$ds_missing"], [AC_MSG_ERROR([these are missing; install the packages named and try again:$ds_missing])])
])

# DS_CC_FLAG(VARIABLE, FLAG): add FLAG to VARIABLE if the compiler takes it without a word.
AC_DEFUN([DS_CC_FLAG], [
AC_MSG_CHECKING([whether $CC takes $2])
ds_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $2"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM],
  [AC_MSG_RESULT([yes]); $1="$$1 $2"],
  [AC_MSG_RESULT([no])])
CFLAGS=$ds_save_CFLAGS
])

# DS_LINK_FLAG(FLAG): add FLAG to LINK_FLAGS if the linker takes it.
AC_DEFUN([DS_LINK_FLAG], [
AC_MSG_CHECKING([whether the linker takes $1])
ds_save_LDFLAGS=$LDFLAGS
LDFLAGS="$LDFLAGS $1"
AC_LINK_IFELSE([AC_LANG_PROGRAM], [AC_MSG_RESULT([yes]); LINK_FLAGS="$LINK_FLAGS $1"], [AC_MSG_RESULT([no])])
LDFLAGS=$ds_save_LDFLAGS
AC_SUBST([LINK_FLAGS])
])

# --enable-werror, and the warnings every file is clean of.
AC_DEFUN([DS_WARNINGS], [
m4_foreach_w([flag], m4_normalize([
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wimplicit-fallthrough
    -Wduplicated-cond -Wlogical-op]),
  [DS_CC_FLAG([WARN_CFLAGS], [flag])])
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
  [AS_IF([test "$enableval" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])])
AC_SUBST([WARN_CFLAGS])
])

# DS_INSTRUMENT(FLAGS, SWITCH): add FLAGS to what everything is compiled and linked with, or stop.
AC_DEFUN([DS_INSTRUMENT], [
AC_MSG_CHECKING([whether programs build with $1])
ds_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $1"
AC_LINK_IFELSE([AC_LANG_PROGRAM], [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no]); AC_MSG_ERROR([$CC cannot do $2; with clang install libclang-rt-dev (Debian), compiler-rt (Fedora) or llvm (Homebrew)])])
CFLAGS=$ds_save_CFLAGS
INSTRUMENT_CFLAGS="$INSTRUMENT_CFLAGS $1"
AC_SUBST([INSTRUMENT_CFLAGS])
])

AC_DEFUN([DS_SANITIZER], [
AC_ARG_ENABLE([sanitizer],
  [AS_HELP_STRING([--enable-sanitizer=LIST], [build with these sanitizers, e.g. address,undefined or thread])],
  [], [enable_sanitizer=no])
SANITIZER=
AS_CASE([$enable_sanitizer], [yes], [SANITIZER=address,undefined], [no], [], [SANITIZER=$enable_sanitizer])
AC_SUBST([SANITIZER])
AS_IF([test -n "$SANITIZER"],
  [DS_INSTRUMENT([-fsanitize=$SANITIZER -fno-sanitize-recover=all -fno-omit-frame-pointer], [--enable-sanitizer])])
])

AC_DEFUN([DS_COVERAGE], [
AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [build for gcov or gcovr])], [], [enable_coverage=no])
# Counting makes gcc lose sight of what is initialized, and it warns of what is right.
AS_IF([test "$enable_coverage" != no],
  [DS_INSTRUMENT([--coverage -fprofile-update=atomic], [--enable-coverage])
   DS_CC_FLAG([INSTRUMENT_CFLAGS], [-Wno-maybe-uninitialized])])
])

# Without --enable-fuzzing the fuzz targets replay their corpus as ordinary tests; with it they are libFuzzer programs.
AC_DEFUN([DS_FUZZING], [
AC_ARG_ENABLE([fuzzing], [AS_HELP_STRING([--enable-fuzzing], [build libFuzzer programs (clang)])], [], [enable_fuzzing=no])
AS_IF([test "$enable_fuzzing" != no], [DS_INSTRUMENT([-fsanitize=fuzzer-no-link], [--enable-fuzzing])])
AC_SUBST([FUZZ_ENGINE], [-fsanitize=fuzzer])
AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" != no])
])

# Tests that want real data read the folder DSUTILS_CORPORA; when it is empty they skip and say so.
AC_DEFUN([DS_CORPORA], [
ds_corpora=
for ds_dir in "$DSUTILS_CORPORA" "$srcdir/../shared/corpora" "$srcdir/../../shared/corpora"; do
  AS_IF([test -n "$ds_dir" && test -d "$ds_dir"], [ds_corpora=`cd "$ds_dir" && pwd`; break])
done
DSUTILS_CORPORA=$ds_corpora
])

AC_DEFUN([DS_SUMMARY], [
AS_IF([command -v "$BATS" >/dev/null], [ds_bats=$BATS], [ds_bats="not found: make check will fail"])
AS_IF([command -v "$MANDOC" >/dev/null], [ds_mandoc=$MANDOC], [ds_mandoc="not found: man pages stay unchecked"])
AC_MSG_NOTICE([
  dsutils $PACKAGE_VERSION
    compiler      $CC $CFLAGS
    instruments   ${INSTRUMENT_CFLAGS:-none}
    lcms2         $ds_have_LCMS2
    libdeflate    $ds_have_DEFLATE
    bats          $ds_bats
    mandoc        $ds_mandoc
    corpora       ${DSUTILS_CORPORA:-none: tests on real data will be skipped}])
])
