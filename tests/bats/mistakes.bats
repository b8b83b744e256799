# mistakes.bats: what people get wrong is answered with what is wrong, and leaves nothing behind.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	printf '{"source":"a.jpg","id":"a","width":9,"height":9,"annotation":[{"name":"cat","bbox":[1,1,2,2]}]}\n' >r.jsonl
}

@test "an export of a file that is not there leaves nothing behind" {
	for target in y.json y y.tar; do
		must_fail 2 ds-export -f coco --images none -o $target nosuch.jsonl r.jsonl 2>err
		grep -q '^ds-export: error: nothing is written, because not all input could be read$' err
		[ ! -e $target ]
	done
	[ "$(ls)" = "$(printf 'err\nr.jsonl')" ]
}

@test "a target that ends like an archive we do not write is refused" {
	for target in x.rar x.7z x.ZIP x.tar.bz2 dir/x.tbz; do
		must_fail 2 ds-export -f yolo --images none -o $target r.jsonl 2>err
		grep -q "^ds-export: error: '$target': archives end in " err
	done
	ds-release -q -s store r.jsonl >out
	must_fail 2 ds-pack -o x.rar store 2>err
	grep -q "^ds-pack: error: 'x.rar': archives end in " err
	ds-export -q -f yolo --images none -o x.v1 r.jsonl # an ending that means nothing
	[ -d x.v1 ]
}

@test "a dataset of another format than the one named is not taken for an empty one" {
	mkdir set
	must_fail 2 ds-import -f voc r.jsonl 2>err
	grep -qx 'ds-import: error: r.jsonl: there is nothing of the format voc' err
	must_fail 2 ds-import -f yolo set 2>err
	grep -qx 'ds-import: error: set: there is nothing of the format yolo' err
	must_fail ds-import -f coco </dev/null
	printf '{"images":[],"annotations":[],"categories":[]}' >set/empty.json
	ds-import -f coco set # nothing in it, but of this format
}

@test "files that cannot be compared are not summed up" {
	must_fail 2 ds-diff nosuch r.jsonl >out 2>err
	run ! grep -q 'samples, then' err
	[ ! -s out ]
}

@test "files that are cut short, and what is no archive, are called so" {
	mkdir v
	echo '<annotation><object>' >v/a.xml
	must_fail 1 ds-import -f voc v 2>err
	grep -q '^v/a.xml:2:1: error: the file ends before its elements are closed: is it cut short? \[xml\]$' err
	head -c 3000 /dev/zero | tr '\0' x | gzip | head -c 30 >cut.tar.gz
	must_fail 1 ds-import -f voc cut.tar.gz 2>err
	grep -q '^cut.tar.gz: error: it is damaged at its beginning, or cut short there \[archive\]$' err
	echo garbage >no.zip
	must_fail 2 ds-import no.zip 2>err
	grep -q '^no.zip: warning: named like an archive, but it is none \[archive\]$' err
}

@test "a CSV header that lacks an edge is not taken for one without boxes" {
	printf 'filename,class,xmin,ymin,xmax\na,b,1,2,3\n' >x.csv
	must_fail 2 ds-import x.csv 2>err
	grep -q 'x.csv: no known label format' err
	must_fail ds-import -f csv-tf x.csv 2>err
	grep -qF 'x.csv:1:1: error: the header should have all of xmin, ymin, xmax, ymax [csv-header]' err
}
