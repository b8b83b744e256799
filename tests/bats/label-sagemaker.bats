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
ds-import: 1 label files read, 0 of them bad
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
