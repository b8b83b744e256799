# snapshot.sh: section "snapshot": versions that keep their files. Sourced by run.sh, and by disk.sh, in an empty folder.

mkdir files
for ((i = 0; i < FILES; i += 1000)); do
	mkdir "files/$i"
	head -c $((8192 * (FILES - i < 1000 ? FILES - i : 1000))) /dev/urandom | split -b 8192 -a 4 - "files/$i/"
done
find "$PWD/files" -type f | sort >file.list
sed 's/.*/{"source":"&"}/' file.list >files.jsonl
say 'syncing the files'
sync -f files

printf '## Snapshots%s\n' "${place-}"
begin "A snapshot of $FILES files of 8 KB"
row 'floor: read, hash, link, sync once' hashlink 'hashlink out/o <file.list'
row 'dsutils --link' ds-release 'ds-release -q -s out/s --snapshot --link --ratio 0.8 files.jsonl'
row 'dsutils, copies' ds-release 'ds-release -q -s out/s --snapshot --ratio 0.8 files.jsonl'
row 'cp -r' cp 'cp -r files out/f && sync -f out/f'

ds-release -q -s kept --snapshot --link --ratio 0.8 files.jsonl >/dev/null 2>&1
begin 'The next version, and what is done with one'
row 'floor: sha256sum' sha256sum 'xargs sha256sum <file.list'
row 'dsutils, a version with nothing new' ds-release 'ds-release -q -s kept --snapshot --link --ratio 0.8 files.jsonl'
row 'dsutils, verify' ds-verify 'ds-verify kept@V001'
row 'dsutils, pack as tar' ds-pack 'ds-pack -q -o out/x.tar kept@V001'
row 'GNU tar' tar 'tar --sort=name --format=ustar -cf out/x.tar files'
