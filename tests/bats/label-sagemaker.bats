# label-sagemaker.bats: augmented manifests of SageMaker Ground Truth in and out.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	cat >output.manifest <<'END'
{"source-ref":"s3://b/1.jpg","cats":{"annotations":[],"image_size":[{"width":601,"depth":3,"height":453}]},"cats-metadata":{"job-name":"labeling-job/cats","class-map":{},"human-annotated":"yes","objects":[],"creation-date":"2019-01-29T13:29:11.798957","type":"groundtruth/object-detection"}}
{"source-ref":"s3://b/2.jpg","weight":0.50,"cats":{"annotations":[{"class_id":1,"width":164,"top":165,"height":157,"left":237}],"image_size":[{"width":601,"depth":3,"height":453}]},"cats-metadata":{"job-name":"labeling-job/cats","class-map":{"1":"Cat"},"human-annotated":"yes","objects":[{"confidence":0.09}],"creation-date":"2019-01-29T13:29:11.847049","type":"groundtruth/object-detection"}}
{"source-ref":"s3://b/3.jpg","kind":0,"kind-metadata":{"class-name":"Dog","confidence":0.95,"type":"groundtruth/image-classification","job-name":"j","human-annotated":"no","creation-date":"x"}}
{"source":"some text","tags":[0,1],"tags-metadata":{"class-map":{"0":"Dog","1":"Cat"},"confidence-map":{"0":0.5,"1":0.75},"type":"groundtruth/text-classification-multilabel","job-name":"j","human-annotated":"yes","creation-date":"x"}}
{"source-ref":"s3://b/4.jpg"}
END
}

@test "boxes and classes become records, the class numbers a header" {
	ds-import output.manifest >got
	jq -c 'select(.source)|[.source,.width,.sagemaker.weight,[.annotation[]?|[.name,.bbox,.confidence]]]' got >short
	cat >want <<'END'
["s3://b/1.jpg",601,null,[]]
["s3://b/2.jpg",601,0.50,[["Cat",[237,165,164,157],0.09]]]
["s3://b/3.jpg",null,null,[["Dog",null,0.95]]]
["content://some text",null,null,[["Dog",null,0.5],["Cat",null,0.75]]]
["s3://b/4.jpg",null,null,[]]
END
	sed -i 's/0\.5,\[/0.50,[/' short
	assert_file_equals short want
	tail -n 1 got >header
	echo '{"dataset":{"name":"output","format":"sagemaker","classes":[{"name":"Dog","id":0},{"name":"Cat","id":1}]}}' >want
	assert_file_equals header want
}

@test "and come back" {
	ds-import -f sagemaker output.manifest | ds-export -f sagemaker -o out 2>err
	[ ! -s err ]
	jq -S . output.manifest >want
	jq -S . out/output.manifest >got
	assert_file_equals got want
}

@test "records of other formats" {
	echo p >a.jpg
	cat >in <<'END'
{"dataset":{"name":"x","classes":[{"name":"dog"},{"name":"cat"}]}}
{"source":"a.jpg","width":20,"height":10,"annotation":[{"name":"cat","bbox":[1,2,3,4.50]}]}
{"source":"s3://b/c.jpg","annotation":[{"name":"dog"}]}
END
	ds-export -f sagemaker -o out in
	cat >want <<'END'
{"source-ref":"images/a.jpg","bounding-box":{"annotations":[{"class_id":1,"width":3,"top":2,"height":4.50,"left":1}],"image_size":[{"width":20,"depth":3,"height":10}]},"bounding-box-metadata":{"job-name":"labeling-job/bounding-box","class-map":{"1":"cat"},"human-annotated":"yes","objects":[{}],"creation-date":"1970-01-01T00:00:00.000000","type":"groundtruth/object-detection"}}
{"source-ref":"s3://b/c.jpg","category":0,"category-metadata":{"job-name":"labeling-job/category","human-annotated":"yes","creation-date":"1970-01-01T00:00:00.000000","type":"groundtruth/image-classification","class-name":"dog"}}
END
	assert_file_equals out/x.manifest want
	cmp out/images/a.jpg a.jpg
	ds-import out | jq -c 'select(.source)|[.source,.annotation[0].name]' >got
	printf '["out/images/a.jpg","cat"]\n["s3://b/c.jpg","dog"]\n' >want
	assert_file_equals got want
}

@test "bad lines are named, the rest goes on" {
	cat >bad.manifest <<'END'
{"source-ref":"a","l":{"annotations":[{"class_id":0,"left":1},{"class_id":7,"left":1,"top":1,"width":1,"height":1}]},"l-metadata":{"type":"groundtruth/object-detection","class-map":{"0":"x"}}}
{"l":1}
{"source-ref":"b",}
{"source-ref":"s3://c","l":"x","l-metadata":{"type":"groundtruth/image-classification"}}
END
	run -1 --separate-stderr ds-import -v -f sagemaker bad.manifest
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
bad.manifest:1:39: error: a box needs the numbers left, top, width and height [sagemaker]
bad.manifest:1:63: error: the "class_id" of a box should be in the job's "class-map" [sagemaker]
bad.manifest:2:1: error: a line needs "source-ref" or "source", a string [sagemaker]
bad.manifest:3:19: error: a key in double quotes should be here [json]
bad.manifest:4:28: error: a class needs its "class-name" in the metadata [sagemaker]
ds-import: 1 label file read, 0 of them bad
ds-import: 2 samples with 0 annotations given
ds-import: 2 samples and 3 annotations left out
END
	assert_file_equals got want
}

@test "a real manifest comes back" {
	need_corpora labels/sagemaker-cats
	ds-import "$DSUTILS_CORPORA/labels/sagemaker-cats/output.manifest" | ds-export -f sagemaker -o out
	jq -cS . "$DSUTILS_CORPORA/labels/sagemaker-cats/output.manifest" >want
	jq -cS . out/output.manifest >got
	assert_file_equals got want
}

# Four pictures of 4 x 2, and masks of three: a palette in the colours of the map, colours alone, grey levels.
masked() {
	need_program python3
	need_program jq
	mkdir -p job/data/pics job/out
	for i in 1 2 3 4; do printf '0 0 0 0\n0 0 0 0\n' | python3 "$srcdir/tests/png.py" job/data/pics/$i.png grey 8; done
	printf '1 1 0 0\n1 0 0 2\n' | python3 "$srcdir/tests/png.py" job/out/m1.png palette 2 ffffff 2ca02c 1f77b4
	printf '0 11826975 2924588 0\n0 2924588 2924588 0\n' | python3 "$srcdir/tests/png.py" job/out/m2.png rgb 8
	printf '2 2 2 2\n0 0 0 1\n' | python3 "$srcdir/tests/png.py" job/out/m3.png grey 8
	map='"internal-color-map":{"0":{"class-name":"BACKGROUND","hex-color":"#ffffff","confidence":0.9},"1":{"class-name":"cow","hex-color":"#2ca02c","confidence":0.8},"2":{"class-name":"sky","hex-color":"#1f77b4"}},"type":"groundtruth/semantic-segmentation"'
	for i in 1 2 3 4; do
		printf '{"source-ref":"s3://b/in/data/pics/%s.png","seg-ref":"s3://b/out/m%s.png","seg-%smetadata":{%s}}\n' \
			$i $i "$([ $i = 3 ] || echo ref-)" "$map"
	done >job/output.manifest
}

@test "masks: pixels of a class by number or colour, found in the folder; what is elsewhere is kept, and said" {
	masked
	ds-import job >got 2>err
	jq -c 'select(.source)|[.source,[.annotation[]|[.name,.mask,.confidence]]]' got >short
	cat >want <<'END'
["job/data/pics/1.png",[["cow",{"source":"job/out/m1.png","value":1,"kind":"class"},0.8],["sky",{"source":"job/out/m1.png","value":2,"kind":"class"},null]]]
["job/data/pics/2.png",[["cow",{"source":"job/out/m2.png","value":1,"color":[44,160,44],"kind":"class"},0.8],["sky",{"source":"job/out/m2.png","value":2,"color":[31,119,180],"kind":"class"},null]]]
["job/data/pics/3.png",[["cow",{"source":"job/out/m3.png","value":1,"kind":"class"},0.8],["sky",{"source":"job/out/m3.png","value":2,"kind":"class"},null]]]
["job/data/pics/4.png",[["cow",{"source":"s3://b/out/m4.png","value":1,"kind":"class"},0.8],["sky",{"source":"s3://b/out/m4.png","value":2,"kind":"class"},null]]]
END
	assert_file_equals short want
	echo "job: note: 1 mask is not here, first 's3://b/out/m4.png'; the records refer to it [mask]" >want
	assert_file_equals err want
	tail -n 1 got >header
	echo '{"dataset":{"name":"job","format":"sagemaker","classes":[{"name":"cow","id":1},{"name":"sky","id":2}]}}' >want
	assert_file_equals header want
	# every class is one annotation in COCO, which is said
	ds-export -f coco -o coco.json got 2>err
	jq -c '.annotations[]|select(.area)|[.image_id,.category_id,.bbox,.area]' coco.json >short
	cat >want <<'END'
[1,1,[0,0,2,2],3]
[1,2,[3,1,1,1],1]
[2,1,[1,0,2,2],3]
[2,2,[1,0,1,1],1]
[3,1,[3,1,1,1],1]
[3,2,[0,0,4,1],4]
END
	assert_file_equals short want
	grep -qF 'annotation.class-mask is lost: coco cannot hold it (6 in 3 samples, first output.000000001) [loss]' err
	grep -qF "cannot take the mask 's3://b/out/m4.png': it is elsewhere [mask]" err
}

@test "masks go along, or stay where they are" {
	masked
	ds-import -q job >got
	ds-export -q -f sagemaker --images none -o same.manifest got
	assert_file_equals same.manifest job/output.manifest
	ds-export -q -f sagemaker -o out got
	jq -c '[.["source-ref"],.["seg-ref"],has("seg-metadata")]' out/job.manifest >short
	cat >want <<'END'
["images/1.png","masks/1.png",false]
["images/2.png","masks/2.png",false]
["images/3.png","masks/3.png",true]
["images/4.png","s3://b/out/m4.png",false]
END
	assert_file_equals short want
	for i in 1 2 3; do cmp out/masks/$i.png job/out/m$i.png; done
	ds-import -q out | ds-export -q -f sagemaker -o again
	jq -S . out/job.manifest >want
	jq -S . again/out.manifest >short
	assert_file_equals short want
	diff -r out/masks again/masks
}

@test "masks are painted from pixels: a number and a colour a class, and what is lost is named" {
	masked
	cat >in.jsonl <<'END'
{"dataset":{"name":"set","classes":[{"name":"dog"},{"name":"cow"}]}}
{"source":"job/data/pics/1.png","id":"p1","width":4,"height":2,"annotation":[{"name":"cow","confidence":0.5,"rle":{"size":[2,4],"counts":[0,2,6]}},{"name":"cow","bbox":[2,0,2,2],"rle":{"size":[2,4],"counts":[2,4,2]}},{"name":"dog","confidence":0.25,"rle":{"size":[2,4],"counts":[6,2]}}]}
{"source":"job/data/pics/2.png","id":"p2","width":4,"height":2,"annotation":[{"name":"cow","polygon":[[0,0,2,0,2,2,0,2]]},{"name":"dog","bbox":[1,0,2,2],"rle":{"size":[2,4],"counts":[2,4,2]}}]}
END
	ds-export -f sagemaker -o out in.jsonl 2>err
	cut -d: -f 3- err | sort >short
	cat >want <<'END'
 warning: annotation.bbox is lost: sagemaker cannot hold it (1 in 1 sample, first p1) [loss]
 warning: annotation.confidence is lost: sagemaker cannot hold it (1 in 1 sample, first p1) [loss]
 warning: annotation.instance is lost: sagemaker cannot hold it (1 in 1 sample, first p1) [loss]
 warning: annotation.polygon is lost: sagemaker cannot hold it (1 in 1 sample, first p2) [loss]
 warning: annotation.rle is lost: sagemaker cannot hold it (1 in 1 sample, first p2) [loss]
END
	assert_file_equals short want
	jq -c '[.["mask-ref"],.["mask-ref-metadata"]["internal-color-map"],.["bounding-box"].annotations]' out/set.manifest >short
	cat >want <<'END'
["masks/1.png",{"0":{"class-name":"BACKGROUND","hex-color":"#ffffff"},"1":{"class-name":"dog","hex-color":"#800000","confidence":0.25},"2":{"class-name":"cow","hex-color":"#008000"}},null]
[null,null,[{"class_id":1,"width":2,"top":0,"height":2,"left":0},{"class_id":0,"width":2,"top":0,"height":2,"left":1}]]
END
	assert_file_equals short want
	ds-import -q out | ds-export -q -f coco -o coco.json 2>err
	jq -c '. as $all|.annotations[]|[(.category_id as $c|$all.categories[]|select(.id==$c).name),.bbox,.area]' coco.json >short
	printf '%s\n' '["dog",[3,0,1,2],2]' '["cow",[0,0,3,2],6]' '["cow",[0,0,2,2],4]' '["dog",[1,0,2,2],4]' >want
	assert_file_equals short want
	# asked for, outlines are painted, too; one file has no place for a mask
	ds-export -q -f sagemaker --mask-to png -o png in.jsonl
	[ -e png/masks/2.png ]
	ds-export -q -f sagemaker -o one.manifest in.jsonl
	jq -c '.["bounding-box"].annotations|length' one.manifest >short
	printf '3\n2\n' >want
	assert_file_equals short want
}

@test "labels of an item that failed are kept; one without any was not looked at" {
	cat >f.manifest <<-'END'
		{"source":"hello world","n":{"annotations":{"entities":[{"label":"X","startOffset":0,"endOffset":5}],"labels":[{"label":"X"}]}},"n-metadata":{"type":"groundtruth/text-span","failure-reason":"x"}}
		{"source-ref":"a.jpg","bb":{"annotations":[],"image_size":[{"width":10,"height":8,"depth":3}]},"bb-metadata":{"objects":[],"class-map":{},"type":"groundtruth/object-detection","failure-reason":"x"}}
	END
	ds-import -f sagemaker f.manifest >f.jsonl
	jq -c 'select(.source) | .annotation' f.jsonl >got
	printf '%s\n' '[{"name":"X","span":[0,5],"unit":"codepoint"}]' null >want
	assert_file_equals got want
	ds-export -f sagemaker --images none -o back.manifest f.jsonl
	assert_file_equals back.manifest f.manifest
}
