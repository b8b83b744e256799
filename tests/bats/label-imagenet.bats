# label-imagenet.bats: a folder a class.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p set/train/cat set/train/dog set/val/cat set/test
	for f in train/cat/1.jpg train/dog/1.jpg val/cat/x.y.PNG test/7.jpg; do
		echo "$f" >set/$f
	done
}

@test "folders are classes and splits; the class list is sorted" {
	ds-import -f imagefolder set >got
	cat >want <<'END'
{"dataset":{"name":"set","format":"imagenet","classes":[{"name":"cat","id":0},{"name":"dog","id":1}]}}
{"source":"set/test/7.jpg","id":"test/7","usage":"TEST"}
{"source":"set/train/cat/1.jpg","id":"train/cat/1","usage":"TRAIN","annotation":[{"name":"cat"}]}
{"source":"set/train/dog/1.jpg","id":"train/dog/1","usage":"TRAIN","annotation":[{"name":"dog"}]}
{"source":"set/val/cat/x.y.PNG","id":"val/cat/x.y","usage":"EVAL","annotation":[{"name":"cat"}]}
END
	assert_file_equals got want
}

@test "it is found without -f" {
	ds-import set >got
	grep -q '"format":"imagenet"' got
}

@test "export gives the same tree back, also through an archive" {
	ds-import -f imagenet set | ds-export -f imagenet -o out
	diff -r set out
	tar cf set.tar set
	ds-import -f imagenet set.tar | ds-export -f imagenet -o out.zip
	ds-import -f imagenet -x raw out.zip >/dev/null
	diff -r set raw
}

@test "links are links" {
	ds-import set | ds-export -f imagenet -o out --images link
	[ set/test/7.jpg -ef out/test/7.jpg ]
}

@test "two of one name in a folder get numbers, others keep theirs" {
	mkdir more && echo more >more/1.jpg
	{
		ds-import -f imagenet set
		echo '{"source":"more/1.jpg","usage":"TRAIN","annotation":[{"name":"cat"}]}'
	} | ds-export -f imagenet -o out
	cmp out/train/cat/1-2.jpg more/1.jpg
	cmp out/train/dog/1.jpg set/train/dog/1.jpg
}

@test "what it cannot hold is reported, a name that is no folder, too" {
	cat >in <<'END'
{"source":"set/test/7.jpg","annotation":[{"name":"a/b"},{"name":"second"}]}
{"source":"set/train/cat/1.jpg","id":"x","annotation":[{"name":"cat","bbox":[0,0,1,1]}]}
{"source":"set/none.jpg","annotation":[{"name":"../../etc"}]}
{"source":"s3://bucket/y.jpg","annotation":[{"name":"cat"}]}
END
	run -1 --separate-stderr ds-export -f imagenet -o out --losses losses.jsonl in
	cat >want <<'END'
in:3:11: error: cannot take the picture 'set/none.jpg': No such file or directory [picture]
in:1: warning: sample.more-classes is lost: imagenet cannot hold it (1 in 1 sample, first set/test/7.jpg) [loss]
in:1: warning: class.name is lost: imagenet cannot hold it (2 in 2 samples, first set/test/7.jpg) [loss]
in:2: warning: annotation.bbox is lost: imagenet cannot hold it (1 in 1 sample, first x) [loss]
in:4: warning: picture.remote is lost: imagenet cannot hold it (1 in 1 sample, first s3://bucket/y.jpg) [loss]
END
	printf '%s\n' "$stderr" >got
	assert_file_equals got want
	[ -f out/a_b/7.jpg ]
	[ ! -e etc ]
	head -n 1 losses.jsonl >got
	echo '{"code":"sample.more-classes","count":1,"samples":1,"first":[{"file":"in","line":1,"id":"set/test/7.jpg"}]}' >want
	assert_file_equals got want
	must_fail 1 ds-export --strict -f imagenet -o strict in 2>err
	[ ! -e strict ]
	grep -q 'would be lost' err
}

@test "without pictures there is nothing to write" {
	must_fail 2 ds-export -f imagenet -o out --images none </dev/null
	[ ! -e out ]
}

@test "classes are renamed, merged and dropped" {
	ds-import set | ds-export -f imagenet -o out --map dog=cat
	[ -f out/train/cat/1-2.jpg ]
	[ ! -e out/train/dog ]
	printf 'dog=\n' >map
	ds-import set | ds-export -f imagenet -o out2 --map-file map
	[ ! -e out2/train/dog ]
	[ -f out2/train/1.jpg ]
}
