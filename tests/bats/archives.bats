# archives.bats: hostile and broken archives through the programs; and that exports are whole or not at all.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	need_program python3
}

# hostile NAME: a tar with members that try to leave their folder, around one good image and label.
hostile() {
	python3 - "$1" <<-'EOF'
		import io, sys, tarfile
		png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x0a\0\0\0\x0a\x08\x02\0\0\0"
		def add(t, name, data=b"", kind=tarfile.REGTYPE, link=""):
		    i = tarfile.TarInfo(name)
		    i.type, i.linkname, i.size = kind, link, len(data)
		    t.addfile(i, io.BytesIO(data))
		with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as t:
		    add(t, "../evil.png", png)
		    add(t, "/tmp/evil-dsutils.png", png)
		    add(t, "out", kind=tarfile.SYMTYPE, link="..")
		    add(t, "out/evil.png", png)
		    add(t, "fifo", kind=tarfile.FIFOTYPE)
		    add(t, "hard.png", kind=tarfile.LNKTYPE, link="../../etc/passwd")
		    add(t, "images/\u00e9 1.png", png)
		    add(t, "labels/\u00e9 1.txt", b"0 0.5 0.5 0.2 0.2\n")
	EOF
}

@test "members that would leave their folder stay out, and are named" {
	hostile h.tar
	mkdir inner && cd inner
	run --separate-stderr ds-import -f yolo -x raw ../h.tar
	assert_status 1
	cat >want <<-'EOF'
		../h.tar!/../evil.png: error: a member must have a relative name that stays in its folder: left out [archive]
		../h.tar!//tmp/evil-dsutils.png: error: a member must have a relative name that stays in its folder: left out [archive]
		../h.tar!/out: error: a symbolic link: left out [archive]
		../h.tar!/fifo: error: a device or pipe: left out [archive]
		../h.tar!/hard.png: error: a link that leads out of the archive: left out [archive]
	EOF
	assert_file_equals <(printf '%s\n' "$stderr") want
	[ ! -e ../evil.png ] && [ ! -e /tmp/evil-dsutils.png ]
	find raw -type f | LC_ALL=C sort >got
	printf 'raw/images/é 1.png\nraw/out/evil.png\n' >want
	assert_file_equals got want
	[[ $output == *'{"source":"raw/images/é 1.png","id":"é 1","width":10,"height":10,"annotation":[{"name":"class_0","bbox":[4,4,2,2]'* ]]
}

@test "without --extract a picture is a member, which an export can read" {
	hostile h.tar
	ds-import -f yolo h.tar 2>/dev/null >r.jsonl || true
	grep -q '"source":"h.tar!/images/é 1.png"' r.jsonl
	ds-export -f yolo -o out r.jsonl
	cmp 'out/images/é 1.png' <(tar -xOf h.tar 'images/é 1.png')
	# from the archive into an archive
	ds-export -f yolo -o out.zip r.jsonl
	python3 -c 'import zipfile; z = zipfile.ZipFile("out.zip"); print(z.testzip(), sorted(z.namelist()))' >got
	echo "None ['data.yaml', 'images/evil.png', 'images/é 1.png', 'labels/é 1.txt']" >want
	assert_file_equals got want
}

@test "what is extracted replaces nothing without --force" {
	hostile h.tar
	mkdir -p raw/images && echo mine >'raw/images/é 1.png'
	run --separate-stderr ds-import -f yolo -x raw h.tar
	assert_status 2
	[[ $stderr == *'raw/images/é 1.png exists (--force replaces it)' ]]
	[ "$(cat 'raw/images/é 1.png')" = mine ]
	must_fail 1 ds-import -f yolo -x raw --force h.tar
	[ "$(head -c 4 'raw/images/é 1.png' | tail -c 3)" = PNG ]
}

@test "a bomb ends at its limit, which is named; so does an archive that is cut short" {
	python3 -c 'import tarfile, io
with tarfile.open("b.tar.gz", "w:gz") as t:
    i = tarfile.TarInfo("a.txt"); i.size = 200 << 20
    t.addfile(i, io.BytesIO(bytes(200 << 20)))'
	run --separate-stderr ds-import -f yolo --max-ratio 50 b.tar.gz
	assert_status 1
	[ "$stderr" = 'b.tar.gz: error: more bytes out for a byte in than 50 (--max-ratio); the rest is left out [archive]' ]
	hostile h.tar
	gzip -k h.tar
	head -c 150 h.tar.gz >cut.tar.gz
	run --separate-stderr ds-import -f yolo cut.tar.gz
	[ "$status" -eq 1 ]
	[[ $stderr == *'cut.tar.gz: error: '*'[archive]'* ]]
}

# The fuzz targets tar and zip replay all of these; here some go through the program.
@test "archives of the fuzz corpora end in 0, 1 or 2, in time, and leave nothing outside" {
	need_corpora fuzz/tar
	local f status n=0
	for f in "$DSUTILS_CORPORA"/fuzz/tar/corpus/* "$DSUTILS_CORPORA"/fuzz/zip/corpus/*; do
		[ $((n++ % 10)) -eq 0 ] || continue
		status=0
		timeout 10 ds-import -f yolo -x x "$f" >/dev/null 2>&1 || status=$?
		[ "$status" -le 2 ] || fail "$f: status $status"
		[ "$(ls -A | grep -vxE 'x')" = '' ] || fail "$f left $(ls -A)"
	done
}

@test "an export is whole or not there" {
	printf '{"source":"a.png","width":10,"height":10,"annotation":[{"name":"x","bbox":[1,1,2,2]}]}\n' >r.jsonl
	mkfifo pipe
	ds-export -f yolo --images none -o out pipe 2>/dev/null &
	local pid=$!
	exec 7>pipe
	cat r.jsonl >&7
	sleep 0.3
	[ ! -e out ]
	kill -TERM "$pid"
	exec 7>&-
	local status=0
	wait "$pid" || status=$? # not by run: its subshell has no such child
	[ "$status" -eq 143 ]
	[ "$(ls -A)" = "$(printf 'pipe\nr.jsonl')" ]
	ds-export -q -f yolo --images none -o out r.jsonl
	[ -e out/labels/a.txt ]
	run --separate-stderr ds-export -f yolo --images none -o out r.jsonl
	assert_status 2
	[[ $stderr == *'out is there already (--force replaces)' ]]
	ds-export -q -f yolo --images none --force -o out r.jsonl
	mkdir empty
	ds-export -q -f yolo --images none -o empty/ r.jsonl
	[ -e empty/labels/a.txt ]
}

@test "archives have the same bytes every time, whatever the clock, zone and owner" {
	printf '{"source":"a.png","width":10,"height":10,"annotation":[{"name":"x","bbox":[1,1,2,2]}]}\n' >r.jsonl
	local t
	for t in tar tar.gz tar.zst zip; do
		ds-export -q -f yolo --images none -o "1.$t" r.jsonl
		TZ=Asia/Tokyo ds-export -q -f yolo --images none -o "2.$t" r.jsonl
		cmp "1.$t" "2.$t"
		SOURCE_DATE_EPOCH=1700000000 TZ=Asia/Tokyo ds-export -q -f yolo --images none -o "3.$t" r.jsonl
		SOURCE_DATE_EPOCH=1700000000 ds-export -q -f yolo --images none -o "4.$t" r.jsonl
		cmp "3.$t" "4.$t"
	done
	ds-export -q -f yolo --images none -o - r.jsonl | cmp - 1.tar
	tar -tvf 1.tar --numeric-owner | grep -q '^-rw-r--r-- 0/0 '
	tar --full-time --utc -tvf 3.tar | grep -q '2023-11-14 22:13:20'
}

@test "a missing picture of an extracted archive is missed where it would have been put" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p voc/Annotations
	echo '<annotation><filename>a.jpg</filename><size><width>9</width><height>9</height></size></annotation>' \
		>voc/Annotations/a.xml
	tar cf voc.tar voc
	run --separate-stderr ds-import -f voc voc.tar --extract raw
	[ "$(jq -r 'select(.source).source' <<<"$output")" = raw/voc/JPEGImages/a.jpg ]
	run --separate-stderr ds-import -f voc voc.tar
	[ "$(jq -r 'select(.source).source' <<<"$output")" = 'voc.tar!/voc/JPEGImages/a.jpg' ]
}

@test "a tar whose first member has the name of a compressed file's mark is a tar" {
	# a regression: "BZh..." was taken for bzip2
	mkdir BZh && printf '{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[],"categories":[]}' >BZh/a.json
	tar cf x.tar BZh/a.json
	ds-import -f coco x.tar | grep -c '"id":1' >n
	[ "$(cat n)" = 1 ]
}

@test "what an archive lacks does not take what comes after it along, damaged or not" {
	mkdir set
	for n in a b c d; do head -c 3000 /dev/zero | tr '\0' $n >set/$n.jpg; done
	tar --format=ustar -C set -cf whole.tar a.jpg b.jpg c.jpg d.jpg
	head -c 12800 whole.tar >cut.tar # in the middle of d
	for archive in whole cut; do
		printf "{\"source\":\"$archive.tar!/%s.jpg\",\"width\":9,\"height\":9,\"annotation\":[]}\n" a x b y a c >r.jsonl
		must_fail 1 ds-export -f voc -o $archive r.jsonl 2>err
		for n in a b c; do assert_file_equals $archive/JPEGImages/$n.jpg set/$n.jpg; done
		for n in x y; do [ ! -e $archive/JPEGImages/$n.jpg ] && grep -q "$n[.]jpg" err; done
		run ! grep -qE '[abc][.]jpg' err
	done
	grep -q damaged err
}
