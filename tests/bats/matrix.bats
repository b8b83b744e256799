# matrix.bats: boxes from each format to each other one, and back.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# A small dataset with whole-number boxes, in a split, of all kinds of names.
records() {
	local i
	for i in 1 2 3; do
		printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >"p$i.png"
	done
	cat <<'END'
{"dataset":{"name":"set","classes":[{"name":"zebra","id":0},{"name":"apple","id":1},{"name":"unused","id":2}]}}
{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[{"name":"apple","bbox":[10,20,30,40]},{"name":"zebra","bbox":[0,0,200,100]}]}
{"source":"p2.png","id":"p2","width":200,"height":100,"annotation":[{"name":"zebra","bbox":[1,2,3,5]}]}
{"source":"p3.png","id":"p3","width":200,"height":100,"annotation":[{"name":"apple","bbox":[199,99,1,1]}]}
END
}

# Name and box (or the hull of its corners) of all annotations, rounded to a hundredth of a pixel.
boxes() {
	jq -c 'def hull: [.[]|.[range(0;length;2)]] as $x | [.[]|.[range(1;length;2)]] as $y
			| [($x|min), ($y|min), ($x|max)-($x|min), ($y|max)-($y|min)];
		def corners: . as [$x,$y,$w,$h,$d] | (if ($d/90|fabs%2)==1 then [$h,$w] else [$w,$h] end) as [$a,$b]
			| [$x-$a/2, $y-$b/2, $a, $b];
		select(.source)|(.width//200) as $w|(.height//100) as $h
		| [(.source|split("/")[-1]), [.annotation[]?|. as $a
			| [.name, ((.bbox // (.rbox|values|corners) // (.polygon|hull))
				| if $a.unit=="ratio" then [.[0]*$w,.[1]*$h,.[2]*$w,.[3]*$h] else . end
				| map((.*100|round)/100))]]]' "$@" | sort
}

@test "boxes go from records to each format that has them, to each other one, and back" {
	records >in.jsonl
	boxes in.jsonl >want
	ds-import --list-formats --json | jq -r 'select(.read and .write and (.holds|index("bbox")))|.name' >names
	[ "$(wc -l <names)" -ge 4 ]
	while read -r a; do
		ds-export -q -f "$a" -o "one-$a" in.jsonl 2>/dev/null || fail "records to $a"
		ds-import -q -f "$a" "one-$a" >"$a.jsonl" 2>err || fail "$a to records: $(cat err)"
		boxes "$a.jsonl" >got
		diff got want || fail "$a does not give the boxes back"
	done <names
	export -f boxes
	cat >pair <<'END'
a=$1 b=$2
ds-export -q -f "$b" -o "$a-$b" "$a.jsonl" 2>/dev/null || echo "$a to $b"
ds-import -q -f "$b" "$a-$b" >"$a-$b.jsonl" 2>/dev/null || echo "$a to $b to records"
boxes "$a-$b.jsonl" | cmp -s - want || echo "$a to $b loses boxes"
END
	join -j 9 names names | xargs -P 4 -n 2 bash pair >bad
	[ ! -s bad ] || fail "$(cat bad)"
}
