# matrix.bash: shapes from each format to each other one, for label-matrix.bats and label-masks.bats.

# holders SHAPE|SHAPE: the formats that are read and written and hold one of them.
holders() {
	ds-import --list-formats --json | jq -r --arg s "$1" 'select(.read and .write and (.holds|any(. as $h|$s|split("|")|index($h))))|.name'
}

# through FORMAT IN OUT
through() {
	local task=()
	case $1:$shape in
	yolo:keypoints) task=(--yolo-task pose) ;;
	yolo:*) task=(--yolo-task segment) ;;
	esac
	rm -rf "tree-$3"
	ds-export -q -f "$1" --images link "${task[@]}" -o "tree-$3" "$2" 2>/dev/null
	ds-import -q -f "$1" "tree-$3" 2>/dev/null >"$3"
}

# What shapes are, in pixels, to a hundredth: name, kind and numbers. Corners of turned boxes and of polygons in
# any order; masks by their runs.
show() {
	jq -c 'def corners: . as [$x,$y,$w,$h,$d] | ($d*3.14159265358979323846/180) as $r
			| [[-1,-1],[1,-1],[1,1],[-1,1]] | map([$x+(.[0]*$w*($r|cos)-.[1]*$h*($r|sin))/2, $y+(.[0]*$w*($r|sin)+.[1]*$h*($r|cos))/2]);
		def round2: (.*100|round)/100|.+0;
		def points($n): [range(0;length;$n) as $i|.[$i:$i+$n]];
		select(.source)|(.width//200) as $w|(.height//100) as $h|.annotation[]?
		| (if .unit=="ratio" then [$w,$h,1] else [1,1,1] end) as $f
		| def pixels: [.,$f]|transpose|map(select(.[0]!=null)|.[0]*.[1]|round2);
		[.name] + (if .rle then ["rle",.rle]
			elif .rbox then ["corners",(.rbox|corners|map(pixels)|sort)]
			elif .ellipse then ["circle",(.ellipse|[.[0]*$f[0],.[1]*$f[1],.[2]*$f[0]]|map(round2))]
			elif .polygon then (.polygon[0]|points(2)|map(pixels)) as $p | if ($p|length)==4 then ["corners",($p|sort)] else ["polygon",$p] end
			elif .keypoints then ["keypoints",(.keypoints|points(3)|map(pixels))]
			elif .polyline then ["polyline",(.polyline|points(2)|map(pixels))]
			elif .line then ["polyline",(.line|points(2)|map(pixels))]
			elif .point then ["point",(.point|pixels)]
			elif .circle then ["circle",(.circle|[.[0]*$f[0],.[1]*$f[1],.[2]*$f[0]]|map(round2))]
			else ["other",.] end)' "$1"
}

# The same of masks in any form.
show_masks() {
	ds-export -q -f coco --mask-to rle --images none -o "$1.json" --force "$1" 2>/dev/null
	jq -c 'def round3: (.*1000|round)/1000|.+0; .annotations[]|[(.bbox|map(round3)),(.area|round3),(.segmentation|objects)]' "$1.json"
}

# every_pair SHOW SHAPE FORMAT...: the shapes of in.jsonl go through each two of the formats.
every_pair() {
	local how=$1
	shape=$2
	shift 2
	$how in.jsonl >want
	[ -s want ] && [ "$#" -ge 2 ]
	export shape
	export -f through show show_masks
	cat >pair <<'END'
how=$1 a=$2 b=$3
if [ "$b" = - ]; then
	through "$a" in.jsonl "$a.jsonl" || echo "$a fails"
	$how "$a.jsonl" | cmp -s - want || { echo "$a:" && $how "$a.jsonl" | diff - want; }
else
	through "$b" "$a.jsonl" "$a-$b.jsonl" || echo "$a to $b fails"
	$how "$a-$b.jsonl" | cmp -s - want || { echo "$a to $b:" && $how "$a-$b.jsonl" | diff - want; }
	rm -rf "tree-$a-$b.jsonl"
fi
true
END
	printf '%s\n' "$@" | xargs -P 4 -I {} bash pair "$how" {} - >bad
	[ ! -s bad ] || fail "$(head -n 40 bad)"
	for a; do for b; do [ "$a" = "$b" ] || echo "$a $b"; done; done | xargs -P 4 -n 2 bash pair "$how" >bad
	[ ! -s bad ] || fail "$(head -n 40 bad)"
}

record() {
	printf '%s\n' '{"dataset":{"name":"set","classes":[{"name":"apple"},{"name":"zebra"}]}}'
	printf '{"source":"p1.png","id":"p1","width":200,"height":100,"annotation":[%s]}\n' "$1"
}
