# label-shapes.bats: masks to polygons and back, boxes of shapes: --mask-to, --bbox-from.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\024\0\0\0\012\b\0\0\0\0\0\0\0\0' >p1.png
	# a ring of pixels with a hole, at 2,1 to 7,6; and a square with a hole beside a triangle
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"a"}]}}
{"source":"p1.png","id":"p1","width":20,"height":10,"annotation":[{"name":"a","rle":{"size":[10,20],"counts":[21,5,5,5,5,2,1,2,5,5,5,5,134]}},{"name":"a","bbox":[1,2,3,4],"polygon":[[2,2,8,2,8,8,2,8],[4,4,4,6,6,6,6,4],[10,2,14,2,14,6]],"holes":[1]}]}
END
}

@test "without a wish COCO keeps pixels, and gets pixels for polygons with holes" {
	ds-export -f coco -o got.json in.jsonl 2>err
	cat >want <<'END'
in.jsonl:2: warning: annotation.polygon-as-rle is lost: coco cannot hold it (1 in 1 sample, first p1) [loss]
END
	assert_file_equals err want
	jq -c '.annotations[]|[.bbox,.area,.segmentation]' got.json >got
	cat >want <<'END'
[[2,1,5,5],24,{"size":[10,20],"counts":[21,5,5,5,5,2,1,2,5,5,5,5,134]}]
[[1,2,3,4],38,{"size":[10,20],"counts":"f06400LN020N02400n0KWO1O1i1"}]
END
	assert_file_equals got want
}

@test "the example of ds-export(1): masks as polygons with boxes that fit" {
	cp in.jsonl masks.jsonl
	example=$(sed -n 's/^\.Dl \$ \(ds-export .*--mask-to polygon.*\)/\1/p' "$srcdir/man/ds-export.1")
	eval "$example" 2>err
	cat >want <<'END'
masks.jsonl:2: warning: annotation.holes is lost: coco cannot hold it (2 in 1 sample, first p1) [loss]
END
	assert_file_equals err want
	jq -c '.annotations[]|[.bbox,.area,.segmentation,.holes]' polygons.json >got
	cat >want <<'END'
[[2,1,5,5],24,[[2,1,7,1,7,6,2,6],[4,4,5,4,5,3,4,3]],[1]]
[[2,2,12,6],40,[[2,2,8,2,8,8,2,8],[4,4,4,6,6,6,6,4],[10,2,14,2,14,6]],[1]]
END
	assert_file_equals got want
}

@test "pixels become polygons where a format has no place for them, and fill to the same pixels" {
	for f in via yolo csv-via azure manifest; do
		rm -rf out
		ds-export -q -f "$f" --images link -o out in.jsonl 2>err
		grep -q 'annotation.rle is lost' err && echo "$f loses the mask"
		ds-import -q -f "$f" out >back 2>/dev/null
		ds-export -q -f coco --mask-to rle -o back.json --force back 2>/dev/null
		[ "$(jq '.annotations[0].area' back.json)" -ge 24 ] || echo "$f: $(jq -c .annotations back.json)"
	done >bad
	[ ! -s bad ] || fail "$(cat bad)"
	ds-export -q -f coco --mask-to polygon -o poly.json in.jsonl 2>/dev/null
	ds-import -f coco poly.json | ds-export -q -f coco --mask-to rle -o rle.json 2>/dev/null
	jq -c '.annotations[]|.segmentation.counts' rle.json >got
	printf '%s\n' '"e05500ML04300Q4"' '"f06400LN020N02400n0KWO1O1i1"' >want
	assert_file_equals got want
}

@test "formats of boxes get the box of the pixels" {
	ds-export -q -f csv-tf --images link -o out in.jsonl 2>err
	cat out/*.csv >got
	cat >want <<'END'
filename,width,height,class,xmin,ymin,xmax,ymax
p1.png,20,10,a,2,1,7,6
p1.png,20,10,a,1,2,4,6
END
	assert_file_equals got want
	ds-export -q -f csv-tf --images link --bbox-from shape -o shape in.jsonl 2>err
	cat shape/*.csv >got
	sed -i 's/,1,2,4,6/,2,2,14,8/' want
	assert_file_equals got want
}

@test "the box of each shape is exact" {
	cat >shapes.jsonl <<'END'
{"source":"p1.png","id":"p1","width":20,"height":10,"annotation":[{"name":"a","bbox":[0,0,1,1],"rbox":[10,5,4,2,90]},{"name":"a","bbox":[0,0,1,1],"polyline":[1,2,5.5,3.25]},{"name":"a","bbox":[0,0,1,1],"keypoints":[1,2,2,0,0,0,4.5,6,1]},{"name":"a","bbox":[0,0,1,1],"circle":[5,5,1.5]},{"name":"a","bbox":[0,0,1,1]}]}
END
	ds-export -q -f coco --bbox-from shape -o got.json shapes.jsonl 2>/dev/null
	jq -c '.annotations[].bbox' got.json >got
	printf '%s\n' '[9,3,2,4]' '[1,2,4.5,1.25]' '[1,2,3.5,4]' '[3.5,3.5,3,3]' '[0,0,1,1]' >want
	assert_file_equals got want
}

@test "a mask that is no mask is said and left as it is" {
	echo '{"source":"p1.png","width":20,"height":10,"annotation":[{"name":"a","rle":{"size":[10,20],"counts":[5]}},{"name":"b","mask":{"source":"gone.png","value":1}},{"name":"c","mask":{"source":"p1.png","value":1}},{"name":"d","mask":{}},{"name":"e","polygon":[[1,2,3]],"holes":[0]},{"name":"f","bbox":[1,1,2,2]}]}' >odd.jsonl
	run ds-export -f coco --mask-to polygon -o odd.json odd.jsonl
	assert_status 0
	for word in "the sum of the counts is not height" "cannot take the mask 'gone.png': No such file" \
		"cannot take the mask 'p1.png': the PNG is damaged"; do
		[[ $output == *"$word"* ]] || fail "$word is not in: $output"
	done
	[ "$(jq -c '[.annotations[]|.category_id]' odd.json)" = '[1,5,6]' ] || fail "$(cat odd.json)"
	ds-export -f coco --mask-to rle -o odd.json --force odd.jsonl 2>/dev/null
	[ "$(jq -c '[.annotations[]|.category_id]' odd.json)" = '[1,5,6]' ] || fail "$(cat odd.json)"
}

@test "wishes that a format has no place for are refused" {
	must_fail 2 ds-export -f kitti --mask-to rle -o out in.jsonl 2>err
	grep -q 'ds-export: error: --mask-to: kitti has no place for masks' err
	must_fail 2 ds-export -f via --mask-to png -o out in.jsonl 2>err
	must_fail 2 ds-export -f coco --mask-to jpeg -o out in.jsonl 2>err
	must_fail 2 ds-export -f coco --bbox-from nowhere -o out in.jsonl 2>err
	[ ! -e out ]
}

# Masks as COCO's counts, from any dataset.
counts() {
	ds-import -q -f "$1" "$2" 2>/dev/null | ds-export -q -f coco --mask-to rle -o "$2.json" --force 2>/dev/null
	jq -c '.annotations[]|[.bbox,.area,(.segmentation|.counts? // null)]' "$2.json"
}

@test "masks become palette pictures of VOC, and come back pixel for pixel" {
	cat >masks.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"a"},{"name":"b"}]}}
{"source":"p1.png","id":"p1","width":20,"height":10,"annotation":[{"name":"b","bbox":[12,1,4,3]},{"name":"b","rle":{"size":[10,20],"counts":[21,5,5,5,5,2,1,2,5,5,5,5,134]}},{"name":"a","polygon":[[10,2,14,2,14,6,10,6]]}]}
END
	sed 's/"polygon":[^}]*/"bbox":[10,2,4,4]/' masks.jsonl >boxes.jsonl
	ds-export -q -f voc -o out boxes.jsonl
	grep -q '<segmented>1</segmented>' out/Annotations/p1.xml
	printf '# label:color_rgb:parts:actions\nbackground:0,0,0::\na:128,0,0::\nb:0,128,0::\n' >want
	assert_file_equals out/labelmap.txt want
	counts voc out >got
	cat >want <<'END'
[[12,1,4,3],12,null]
[[2,1,5,5],24,"e05500ML04300Q4"]
[[10,2,4,4],16,null]
END
	assert_file_equals got want
	# a picture without the object that has an outline only would be wrong: it is not painted unasked
	ds-export -f voc -o none masks.jsonl 2>err
	cut -d: -f 3- err | sort >short
	printf ' warning: annotation.%s is lost: voc cannot hold it (1 in 1 sample, first p1) [loss]\n' polygon rle >losses
	assert_file_equals short losses
	[ ! -e none/SegmentationObject ] && [ ! -e none/SegmentationClass ] && [ ! -e none/labelmap.txt ]
	grep -q '<segmented>0</segmented>' none/Annotations/p1.xml
	ds-export -q -f voc --mask-to png -o png masks.jsonl
	counts voc png >got
	sed -i '3s/null/"V34600000j1"/' want
	assert_file_equals got want
	# what came is copied, with the legend
	ds-import -f voc png | ds-export -q -f voc -o again
	diff -r png again
	# one object less: painted again, with new numbers
	ds-import -f voc png | jq -c 'if .annotation then .annotation|=.[1:] else . end' | ds-export -q -f voc -o less
	counts voc less >got
	sed -i 1d want
	assert_file_equals got want
}

@test "masks of VOC that cannot be: overlaps, sizes, too many" {
	cat >over.jsonl <<'END'
{"source":"p1.png","id":"p1","width":20,"height":10,"annotation":[{"name":"b","rle":{"size":[10,20],"counts":[20,20,160]}},{"name":"b","rle":{"size":[10,20],"counts":[30,20,150]}},{"name":"c","rle":{"size":[5,5],"counts":[0,25]}}]}
END
	ds-export -f voc -o out over.jsonl 2>err
	cat >want <<'END'
over.jsonl:1: warning: annotation.mask is lost: voc cannot hold it (1 in 1 sample, first p1) [loss]
over.jsonl:1: warning: annotation.mask-overlap is lost: voc cannot hold it (1 in 1 sample, first p1) [loss]
END
	assert_file_equals err want
	counts voc out >got
	printf '%s\n' '[[2,0,2,10],10,"d0:Z5"]' '[[3,0,2,10],20,"n0d0f4"]' '[[0,0,5,5],25,null]' >want
	assert_file_equals got want
	jq -nc '{source:"p1.png",id:"p1",width:20,height:10,annotation:[range(300)|{name:"a",rle:{size:[10,20],counts:[(.%199),1,(199-(.%199))]}}]}' >many.jsonl
	ds-export -f voc -o many many.jsonl 2>err
	grep -q 'annotation.mask is lost: voc cannot hold it (46 in 1 sample,' err
}

@test "masks become files of Open Images, and come back pixel for pixel" {
	ds-export -q -f openimages -o out in.jsonl 2>err
	cat >want <<'END'
MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks
p1_1.png,p1,a,,0.1,0.35,0.1,0.6,,
p1_2.png,p1,a,,0.05,0.2,0.2,0.6,,
END
	assert_file_equals out/annotations-object-segmentation.csv want
	counts openimages out >got
	cat >want <<'END'
[[2,1,5,5],24,"e05500ML04300Q4"]
[[1,2,3,4],38,"f06400LN020N02400n0KWO1O1i1"]
END
	assert_file_equals got want
	ds-import -f openimages out >back
	[ "$(jq -r '.annotation[]?.mask.source' back | head -n 1)" = out/masks/p1_1.png ]
	ds-export -q -f openimages -o again back
	diff -r out again
	rm out/masks/p1_1.png
	run ds-export -q -f openimages -o gone back
	assert_status 1
	[[ $output == *"error: cannot take the mask 'out/masks/p1_1.png': No such file or directory [picture]"* ]]
	[ "$(wc -l <gone/annotations-bbox.csv)" -eq 2 ]
}

@test "a mask of another size than its picture is scaled" {
	ds-export -q -f openimages -o out in.jsonl 2>/dev/null
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\050\0\0\0\024\b\0\0\0\0\0\0\0\0' >out/p1.png
	[ "$(counts openimages out | head -n 1 | jq -c '.[:2]')" = '[[4,2,10,10],96]' ] || fail "$(counts openimages out)"
}

@test "sizes beyond all are no sizes" {
	for w in 1e30 1e300 0.5 4294967296; do
		echo '{"source":"x","width":'$w',"height":1e-29,"annotation":[{"name":"a","polygon":[[0,0,1,0,1,1]]},{"name":"b","bbox":[0,0,1,1],"rle":{"size":[1,1],"counts":[0,1]}}]}'
		echo '{"source":"x","width":'$w',"height":'$w',"annotation":[{"name":"a","polygon":[[0,0,1,0,1,1]]},{"name":"b","bbox":[0,0,1,1],"rle":{"size":[1,1],"counts":[0,1]}}]}'
	done >huge.jsonl
	for f in coco coco-panoptic voc openimages; do
		run ds-export -q -f "$f" --mask-to rle --images none -o "out-$f" huge.jsonl
		[ "$status" -le 1 ] || fail "$f: $output"
	done
}

@test "--decimals rounds what came from another format, edges of boxes and not widths" {
	cat >ratios.jsonl <<-'END'
		{"dataset":{"name":"set","format":"yolo","classes":[{"name":"a"}]}}
		{"source":"p1.png","width":20,"height":10,"annotation":[{"name":"a","bbox":[1.4444,2.6,3.2,4.0]},{"name":"a","bbox":[0.25,0.25,0.5,0.5],"unit":"ratio"},{"name":"a","polygon":[[1.26,2.36,3.14,4,5,6.04]]}]}
	END
	ds-export -q -f voc --decimals 0 --images none -o voc ratios.jsonl
	grep -o '<[xy]m[a-z]*>[^<]*' voc/Annotations/p1.xml | cut -d '>' -f 2 | paste -s -d ' ' >got
	echo '2 4 5 7 6 4 15 8 2 3 5 6' >want
	assert_file_equals got want
	ds-export -q -f labelme --decimals 1 --images none -o lm ratios.jsonl
	jq -c '.shapes[].points' lm/p1.json >got
	printf '%s\n' '[[1.4,2.6],[4.6,6.6]]' '[[5,2.5],[15,7.5]]' '[[1.3,2.4],[3.1,4],[5,6]]' >want
	assert_file_equals got want
	ds-export -q -f coco --decimals 1 -o out.json ratios.jsonl
	jq -c '.annotations[] | [.bbox, .area]' out.json >got
	printf '%s\n' '[[1.4,2.6,3.2,4],12.8]' '[[5,2.5,10,5],50]' '[[1.3,2.4,3.7,3.6],0.3]' >want
	assert_file_equals got want
	sed 's/"format":"yolo"/"format":"coco"/' ratios.jsonl | ds-export -q -f coco --decimals 1 -o same.json
	[ "$(jq -c '.annotations[0].bbox' same.json)" = "$(jq -nc '[1.4444,2.6,3.2,4.0]')" ]
}

@test "boxes of negative size, as some formats have them, are put in order for others" {
	echo '[{"image":"a.png","annotations":[{"label":"y","coordinates":{"x":10,"y":5,"width":-3,"height":4}}]}]' >neg.json
	ds-import -f createml neg.json >neg.jsonl
	ds-export -f coco --images none -o out.json neg.jsonl 2>err
	[ "$(jq -c '.annotations[0].bbox' out.json)" = '[8.5,3,3,4]' ]
	grep -q '^neg.jsonl:2:[0-9]*: warning: the box has a negative width or height; its corners are put in order \[box\]$' err
	ds-export -f createml --images none -o same neg.jsonl # as it was
	assert_file_equals <(jq -c . same/_annotations.createml.json) <(jq -c . neg.json)
}

@test "a shape without a class is a loss where an empty name stands for it" {
	echo '{"source":"a.png","width":20,"height":10,"annotation":[{"bbox":[1,2,3,4]},{"name":"","bbox":[1,2,3,4]}]}' >none.jsonl
	for f in labelme cvat createml supervisely; do
		ds-export -f $f --images none -o $f none.jsonl 2>err
		grep -q "annotation.without-class is lost: $f cannot hold it (1 in 1 sample" err || fail "$f: $(cat err)"
	done
}

@test "a polygon that crosses itself: COCO's area is that of its pixels, and it is said" {
	cat >rec <<'END'
{"dataset":{"name":"d","classes":[{"name":"x"}]}}
{"source":"a.png","width":100,"height":100,"annotation":[{"name":"x","polygon":[[0,0,40,40,40,0,0,40]]},{"name":"x","polygon":[[0,0,40,0,40,40,0,40]]}]}
{"source":"b.png","annotation":[{"name":"x","polygon":[[0,0,40,40,40,0,0,40]]}]}
{"source":"c.png","width":100,"height":100,"annotation":[{"name":"x","unit":"ratio","polygon":[[0,0,0.4,0.4,0.4,0,0,0.4]]}]}
{"source":"d.png","width":100,"height":100,"annotation":[{"name":"x","polygon":[[0,0,10,0,10,10,5,10,5,0,3,0,3,10,0,10]]}]}
{"source":"e.png","annotation":[{"name":"x","polygon":[[0,0,4e8,4e8,4e8,0,0,4e8]]}]}
END
	ds-export -f coco --images none -o out.json rec 2>err
	jq -c '[.annotations[].area]' out.json >got
	[ "$(jq -c '[.[1], .[4]]' got)" = '[1600,80]' ] # edges that touch do not cross
	jq -e '.[0] > 780 and .[0] < 860 and .[0] == .[2] and .[0] == .[3]' got || fail "$(cat got)"
	grep self-crossing err | sed 's/rec:\([0-9]*\):[0-9]*/\1/' >said
	cat >want <<'END'
2: note: the polygon crosses itself: its area is that of the pixels in it [self-crossing]
3: note: the polygon crosses itself: its area is that of the pixels in it [self-crossing]
4: note: the polygon crosses itself: its area is that of the pixels in it [self-crossing]
6: note: the polygon crosses itself: its area is not to be relied on [self-crossing]
END
	assert_file_equals said want
	# a spiral of a hundred thousand edges takes no time
	awk 'BEGIN { printf "{\"source\":\"a.png\",\"width\":9,\"height\":9,\"annotation\":[{\"name\":\"x\",\"polygon\":[[0,0"; for (i = 1; i < 100000; i++) printf ",%d,%d", i % 2 * 9, i; print "]]}]}" }' | cat <(head -n 1 rec) - >long
	timeout 10 ds-export -f coco --images none -o long.json long
}

@test "masks in PNGs of every kind: the pixels of a value, or of a colour" {
	need_program python3
	png=$srcdir/tests/png.py
	# kind, bits, colours or interlaced; rows; the mask's pixels; their number
	while IFS='|' read -r kind rows mask area; do
		n=$((${n:-0} + 1))
		# shellcheck disable=SC2086
		printf '%b' "$rows" | python3 "$png" "m$n.png" $kind
		printf '{"source":"p.png","id":"%s","width":3,"height":2,"annotation":[{"name":"a","mask":{"source":"m%s.png",%s}}]}\n' "$n" "$n" "$mask"
		echo "$kind $area" >&3
	done >kinds.jsonl 3>want <<'END'
grey 1|0 1 1\n0 0 1\n|"value":1|3
grey 2|0 3 2\n0 0 3\n|"value":3|2
grey 4|0 15 1\n0 0 15\n|"value":15|2
grey 8|255 255 1\n0 0 255\n|"value":255|3
grey 16|300 300 44\n0 0 65535\n|"value":300|2
grey 16|300 300 44\n0 0 65535\n|"value":65535|1
grey 16 interlaced|300 300 44\n300 0 65535\n|"value":300|3
palette 1 000000 ff0000|0 1 1\n0 0 1\n|"value":1|3
palette 2 000000 ff0000 00ff00|0 2 1\n0 0 2\n|"value":2|2
palette 4 interlaced 000000 ff0000 00ff00|0 2 1\n2 0 2\n|"value":2|3
palette 8 000000 ff0000 00ff00|0 2 1\n0 0 2\n|"value":2|2
palette 8 000000 ff0000 00ff00|0 2 1\n0 0 1\n|"color":[255,0,0]|2
palette 8 000000 ff0000 00ff00|0 2 1\n0 0 1\n|"value":2,"color":[255,0,0]|2
rgb 8|70000 0 0\n70000 1 2\n|"value":70000|2
rgb 8|70000 0 0\n70000 1 2\n|"color":[112,17,1]|2
rgb 16 interlaced|70000 0 0\n70000 1 2\n|"value":70000|2
grey-alpha 8|5 5 16777221\n0 0 16777216\n|"value":5|3
rgba 8|70000 0 0\n16847216 1 2\n|"value":70000|2
grey 1|0 1 1\n0 0 1\n|"color":[255,255,255]|3
grey 16|4660 0 0\n0 0 4660\n|"color":[18,18,18]|2
grey 8|0 0 0\n0 0 0\n|"value":7|0
END
	ds-export -f coco --images none -o kinds.json kinds.jsonl 2>err
	jq -r '. as $all|.images|to_entries[]|.value.id as $id|([$all.annotations[]|select(.image_id==$id)|.area]|add//0)' kinds.json >areas
	sed 's/.* //' want | paste -d ' ' - areas | awk '$1 != $2 { print "line " NR ": " $0 }' >bad
	[ ! -s bad ] || fail "$(cat bad)"
	grep -q 'annotation.mask-without-pixels is lost: coco cannot hold it (1 in 1 sample, first 21) \[loss\]' err
	# no value, no PNG, cut, and with a wrong check sum
	head -c 60 m1.png >cut.png
	printf '\0' | cat m1.png - | tr '\001' '\002' >sum.png
	printf '{"source":"p.png","id":"%s","width":3,"height":2,"annotation":[{"name":"a","bbox":[0,0,1,1],"mask":{"source":"%s","value":1}}]}\n' \
		1 cut.png 2 sum.png 3 p1.png 4 kinds.json 5 . >faults.jsonl
	ds-export -q -f coco --images none -o faults.json faults.jsonl 2>err || true
	grep -o "cannot take the mask .*" err | sed 's/ \[mask\]//' >said
	cat >want <<'END'
cannot take the mask 'cut.png': the PNG is damaged
cannot take the mask 'sum.png': the PNG is damaged
cannot take the mask 'p1.png': the PNG is damaged
cannot take the mask 'kinds.json': it is no PNG
cannot take the mask '.': Is a directory
END
	assert_file_equals said want
}

@test "a polygon that no pixel lies in stays a polygon" {
	echo '{"source":"p1.png","id":"p","width":20,"height":10,"annotation":[{"name":"a","polygon":[[30,1,34,1,34,5]]},{"name":"a","polygon":[[1,1,4,1,4,5]]}]}' >out.jsonl
	ds-export -f coco --mask-to rle --images none -o out.json out.jsonl 2>err
	jq -c '.annotations[]|[.bbox,.area,(.segmentation|type)]' out.json >got
	printf '%s\n' '[[30,1,4,4],8,"array"]' '[[1,1,3,3],6,"object"]' >want
	assert_file_equals got want
	grep -q 'annotation.polygon-without-pixels is lost: coco cannot hold it (1 in 1 sample, first p) \[loss\]' err
}
