# release.sh: section "release": versions of records, and of files. Sourced by run.sh in an empty folder.

samples "$SAMPLES" 80 >base.jsonl
samples $((SAMPLES + SAMPLES / 10)) 80 >grown.jsonl

printf '## Releases\n'
begin "Releasing a version of $SAMPLES records ($(megabytes base.jsonl))" base.jsonl
row 'floor: look at each byte' bytes 'bytes <base.jsonl'
row 'dsutils, split only' ds-release 'ds-release -q --ratio 0.8 base.jsonl'
row 'dsutils, into a store' ds-release 'ds-release -q -s out/s --ratio 0.8 base.jsonl'
row 'sort, for comparison' sort 'sort base.jsonl'
ds-release -q -s store --ratio 0.8 base.jsonl >/dev/null 2>&1
ds-release -q -s store --ratio 0.8 grown.jsonl >/dev/null 2>&1

begin 'Checking and comparing versions of these' store/current/records.jsonl
row 'floor: sha256sum' sha256sum 'cd store/current && sha256sum -c --quiet SHA256SUMS'
row 'dsutils, verify' ds-verify 'ds-verify store@V002'
row 'dsutils, diff' ds-diff 'ds-diff -q store@V001 store@V002'
row 'diff' diff 'diff store/versions/V00[12]/records.jsonl >out/diff || test $? = 1'
