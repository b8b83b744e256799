# What ds-record(5) and doc/record.schema.json say is what lib/record knows.

load helpers

# Names of the fields, from the tables of the library.
fields() {
	sed -n 's/.*\[\(REC\|ANN\)_[A-Z0-9_]*\] = "\(.*\)",.*/\2/p' "$srcdir/lib/record/record.c"
}

# Validate the lines of stdin; prints the number of each bad one.
validate() {
	python3 -c '
import json, sys, jsonschema
v = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
v.check_schema(v.schema)
for n, line in enumerate(sys.stdin, 1):
    for e in v.iter_errors(json.loads(line)):
        print(n, "/".join(map(str, e.absolute_path)))
' "$srcdir/doc/record.schema.json"
}

need_jsonschema() {
	need_program python3
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3 has no jsonschema"
}

@test "every field of the library is in the manual and in the schema" {
	local n=0 name

	for name in $(fields); do
		grep -q "^\.It .*Va .*\b$name\b" "$srcdir/man/ds-record.5" || [ "$name" = dataset ] ||
			fail "ds-record(5) does not name $name"
		grep -q "\"$name\": {" "$srcdir/doc/record.schema.json" || fail "the schema does not name $name"
		n=$((n + 1))
	done
	[ "$n" -ge 38 ]
}

@test "the manual is clean mdoc" {
	need_program mandoc
	mandoc -T lint -W warning "$srcdir/man/ds-record.5"
}

@test "the manual's examples are records by the schema" {
	need_jsonschema
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$srcdir/man/ds-record.5" | grep -v '^\.' |
		awk '/^{/ && NR > 1 { print "" } { printf "%s", $0 } END { print "" }' >"$BATS_TEST_TMPDIR/lines"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -eq 2 ]
	run validate <"$BATS_TEST_TMPDIR/lines"
	assert_status 0
	[ -z "$output" ]
}

@test "the schema refuses what is no record" {
	need_jsonschema
	run validate <<-'END'
		{"source":"a"}
		{"id":"a"}
		{"source":1}
		{"source":"a","annotation":{}}
		{"source":"a","annotation":[1]}
		{"source":"a","annotation":[{"bbox":[1,2,3]}]}
		{"source":"a","usage":"train"}
		{"dataset":[]}
		{"dataset":{"classes":[{"id":1}]}}
		{"source":"a","annotation":[{"name":"x","zz":1,"rbox":[1,2,3,4,5.5],"from":1,"to":"b"}],"zz":null}
	END
	assert_status 0
	[ "$(cut -d' ' -f1 <<<"$output" | uniq | tr '\n' ' ')" = "2 3 4 5 6 7 8 9 " ]
}

@test "what ds-import makes of the samples are records by the schema" {
	need_jsonschema
	[ -x "$builddir/tools/ds-import" ] || skip "no ds-import"
	ds-import -f voc "$builddir/samples/shapes-voc.tar" >"$BATS_TEST_TMPDIR/a.jsonl" || [ $? -eq 1 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/a.jsonl")" -gt 10 ]
	run validate <"$BATS_TEST_TMPDIR/a.jsonl"
	assert_status 0
	[ -z "$output" ]
}
