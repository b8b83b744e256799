# label-platforms.bats: the JSON Lines of platforms: SageMaker, Vertex AI, Azure ML, Hugging Face.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

# round FORMAT IN OUT: through records and back; the labels alone
round() {
	ds-import -f "$1" "$2" >records && ds-export -q -f "$1" --images none -o "$3" records
}

@test "SageMaker: jobs of all kinds, and back byte for byte" {
	cat >sm.manifest <<'END'
{"source-ref":"s3://b/1.jpg","k":1.10,"boxes":{"annotations":[{"class_id":1,"width":4,"top":2.50,"height":3,"left":1},{"class_id":0,"left":7,"top":2,"width":5,"height":3,"x":1}],"image_size":[{"width":60,"depth":3,"height":45}]},"boxes-metadata":{"job-name":"labeling-job/b","class-map":{"1":"dog","0":"cat"},"human-annotated":"yes","objects":[{"confidence":0.90},{"confidence":0}],"creation-date":"2019-01-29T13:29:11.798957","type":"groundtruth/object-detection"},"kind":1,"kind-metadata":{"class-name":"indoor","confidence":0.5,"job-name":"labeling-job/k","type":"groundtruth/image-classification"}}
{"source-ref":"s3://b/2.jpg","many":[0,3],"many-metadata":{"class-map":{"0":"a","3":"b"},"confidence-map":{"0":0.5,"3":0.25},"type":"groundtruth/image-classification-multilabel"}}
{"source-ref":"s3://b/3.jpg"}
{"source":"Zo\u00eb lives","ner":{"annotations":{"entities":[{"label":"P","startOffset":0,"endOffset":3}],"labels":[{"label":"P","shortDisplayName":"p"}]}},"ner-metadata":{"entities":[{"confidence":0.75}],"type":"groundtruth/text-span"}}
{"source-ref":"s3://b/4.jpg","seg-ref":"s3://b/4.png","seg-ref-metadata":{"internal-color-map":{"0":{"class-name":"BACKGROUND","hex-color":"#ffffff"},"1":{"class-name":"cow","hex-color":"#2ca02c","confidence":0.9}},"type":"groundtruth/semantic-segmentation"}}
{"source-ref":"s3://b/5.jpg","boxes-metadata":{"failure-reason":"x"}}
END
	ds-import sm.manifest | jq -c 'del(.sagemaker, .annotation[]?.sagemaker)' >got
	cat >want <<'END'
{"dataset":{"name":"sm","format":"sagemaker"}}
{"source":"s3://b/1.jpg","id":"sm.000000001","width":60,"height":45,"annotation":[{"name":"dog","bbox":[1,2.5,4,3],"confidence":0.9,"job":"boxes"},{"name":"cat","bbox":[7,2,5,3],"confidence":0,"job":"boxes"},{"name":"indoor","confidence":0.5,"job":"kind"}]}
{"source":"s3://b/2.jpg","id":"sm.000000002","annotation":[{"name":"a","confidence":0.5},{"name":"b","confidence":0.25}]}
{"source":"s3://b/3.jpg","id":"sm.000000003"}
{"source":"content://Zoë lives","id":"sm.000000004","annotation":[{"name":"P","span":[0,3],"unit":"codepoint","confidence":0.75}]}
{"source":"s3://b/4.jpg","id":"sm.000000005","annotation":[{"name":"cow","mask":{"source":"s3://b/4.png","value":1,"kind":"class"},"confidence":0.9}]}
{"source":"s3://b/5.jpg","id":"sm.000000006"}
{"dataset":{"name":"sm","format":"sagemaker","classes":[{"name":"cat","id":0},{"name":"a"},{"name":"dog","id":1},{"name":"indoor"},{"name":"cow"},{"name":"b","id":3}]}}
END
	assert_file_equals got want
	round sagemaker sm.manifest out.manifest
	assert_file_equals out.manifest sm.manifest
}

@test "SageMaker: a real job comes back byte for byte; a renamed class goes into the class map" {
	need_corpora labels/sagemaker-cats
	in=$DSUTILS_CORPORA/labels/sagemaker-cats/output.manifest
	round sagemaker "$in" out.manifest
	assert_file_equals out.manifest "$in"
	ds-export -q -f sagemaker --images none --map Cat=Lion -o lion.manifest records
	ds-import lion.manifest | jq -r '.annotation[]?.name' | sort -u >got
	echo Lion >want
	assert_file_equals got want
}

@test "SageMaker: from other records, in the order of the service" {
	cat >in.jsonl <<'END'
{"source":"p1.png","width":200,"height":100,"annotation":[{"name":"apple","bbox":[10,20,30,40]},{"name":"zebra","bbox":[0,0,200,100]},{"name":"c"}]}
{"source":"p2.png","width":200,"height":100,"annotation":[]}
END
	ds-export -q -f sagemaker --images none -o out.manifest in.jsonl
	cat >want <<'END'
{"source-ref":"p1.png","bounding-box":{"annotations":[{"class_id":0,"width":30,"top":20,"height":40,"left":10},{"class_id":2,"width":200,"top":0,"height":100,"left":0}],"image_size":[{"width":200,"depth":3,"height":100}]},"bounding-box-metadata":{"job-name":"labeling-job/bounding-box","class-map":{"0":"apple","2":"zebra"},"human-annotated":"yes","objects":[{},{}],"creation-date":"1970-01-01T00:00:00.000000","type":"groundtruth/object-detection"},"category":1,"category-metadata":{"job-name":"labeling-job/category","human-annotated":"yes","creation-date":"1970-01-01T00:00:00.000000","type":"groundtruth/image-classification","class-name":"c"}}
{"source-ref":"p2.png","bounding-box":{"annotations":[],"image_size":[{"width":200,"depth":3,"height":100}]},"bounding-box-metadata":{"job-name":"labeling-job/bounding-box","class-map":{},"human-annotated":"yes","objects":[],"creation-date":"1970-01-01T00:00:00.000000","type":"groundtruth/object-detection"}}
END
	assert_file_equals out.manifest want
}

@test "Vertex AI: boxes, classes and texts, and back byte for byte" {
	cat >v.jsonl <<'END'
{"imageGcsUri":"gs://b/1.jpg","boundingBoxAnnotations":[{"displayName":"cat","xMin":0.1,"yMin":0.20,"xMax":0.3,"yMax":0.4},{"displayName":"dog","xMin":0.5,"yMin":0.5,"xMax":0.75,"yMax":1.0,"annotationResourceLabels":{"a":"b"}}],"dataItemResourceLabels":{"aiplatform.googleapis.com/ml_use":"training"}}
{"imageGcsUri":"gs://b/2.jpg","classificationAnnotation":{"displayName":"cat","annotationResourceLabels":{"k":"v"}},"dataItemResourceLabels":{"x":"y","aiplatform.googleapis.com/ml_use":"test"}}
{"imageGcsUri":"gs://b/3.jpg","classificationAnnotations":[{"displayName":"a"},{"displayName":"b"}]}
{"textContent":"Zo\u00eb lives","textSegmentAnnotations":[{"startOffset":0,"endOffset":3,"displayName":"P"}],"dataItemResourceLabels":{"aiplatform.googleapis.com/ml_use":"validation"}}
{"imageGcsUri":"gs://b/4.jpg","boundingBoxAnnotations":[]}
{"imageGcsUri":"gs://b/5.jpg"}
END
	ds-import v.jsonl | jq -c 'del(.vertex, .annotation[]?.vertex)' >got
	cat >want <<'END'
{"dataset":{"name":"v","format":"vertex"}}
{"source":"gs://b/1.jpg","id":"v.000000001","usage":"TRAIN","annotation":[{"name":"cat","bbox":[0.1,0.2,0.2,0.2],"corners":[0.1,0.2,0.3,0.4],"unit":"ratio"},{"name":"dog","bbox":[0.5,0.5,0.25,0.5],"unit":"ratio"}]}
{"source":"gs://b/2.jpg","id":"v.000000002","usage":"TEST","annotation":[{"name":"cat"}]}
{"source":"gs://b/3.jpg","id":"v.000000003","annotation":[{"name":"a"},{"name":"b"}]}
{"source":"content://Zoë lives","id":"v.000000004","usage":"EVAL","annotation":[{"name":"P","span":[0,3],"unit":"codepoint"}]}
{"source":"gs://b/4.jpg","id":"v.000000005","annotation":[]}
{"source":"gs://b/5.jpg","id":"v.000000006"}
END
	assert_file_equals got want
	round vertex v.jsonl out.jsonl
	assert_file_equals out.jsonl v.jsonl
}

@test "Vertex AI: a split in a word that is none is said, and comes back" {
	cat >v.jsonl <<'END'
{"imageGcsUri":"gs://b/f.png","dataItemResourceLabels":{"aiplatform.googleapis.com/ml_use":"TRAINING"}}
{"imageGcsUri":"gs://b/g.png","dataItemResourceLabels":{"aiplatform.googleapis.com/ml_use":"test"}}
END
	ds-import -f vertex v.jsonl >got 2>err
	echo 'v.jsonl:1:92: warning: "TRAINING" is no split, which may be "training", "validation" or "test": the sample has none [vertex]' >want
	assert_file_equals err want
	[ "$(jq -r 'select(.source)|.usage' got | tr '\n' ' ')" = 'null TEST ' ]
	ds-export -q -f vertex --images none -o back.jsonl got
	assert_file_equals back.jsonl v.jsonl
}

@test "Azure ML: classes, boxes and polygons, and back byte for byte" {
	cat >a.jsonl <<'END'
{"image_url":"azureml://s/1.jpg","image_details":{"format":"jpg","width":"400px","height":"258px"},"label":"cat"}
{"image_url":"azureml://s/2.jpg","image_details":{"format":"jpg","width":400,"height":258},"label":["cat","dog"]}
{"image_url":"azureml://s/3.jpg","image_details":{"format":"jpg","width":"400px","height":"258px"},"label":[{"label":"cat","topX":0.10,"topY":0.2,"bottomX":0.5,"bottomY":0.6,"isCrowd":0},{"label":"cat","topX":0.1,"topY":0.2,"bottomX":0.5,"bottomY":0.6,"isCrowd":"false"}]}
{"image_url":"azureml://s/4.jpg","label":[{"label":"cat","isCrowd":0,"polygon":[[0.1,0.2,0.3,0.40,0.5,0.6],[0.7,0.8,0.9,0.1,0.2,0.3]]}],"label_confidence":[1.0]}
{"image_url":"azureml://s/5.jpg","image_details":{"format":"jpg","width":"400px","height":"258px"},"label":[]}
{"image_url":"azureml://s/6.jpg","image_details":{"format":"jpg","width":"400px","height":"258px"}}
{"image_url":"azureml://s/7.jpg","image_details":{"format":"jpg","width":"400px","height":"258px"},"label":["cat"]}
END
	ds-import a.jsonl | jq -c 'del(.azure, .annotation[]?.azure)' >got
	cat >want <<'END'
{"dataset":{"name":"a","format":"azure"}}
{"source":"azureml://s/1.jpg","id":"a.000000001","width":400,"height":258,"annotation":[{"name":"cat"}]}
{"source":"azureml://s/2.jpg","id":"a.000000002","width":400,"height":258,"annotation":[{"name":"cat"},{"name":"dog"}]}
{"source":"azureml://s/3.jpg","id":"a.000000003","width":400,"height":258,"annotation":[{"name":"cat","bbox":[0.1,0.2,0.4,0.4],"corners":[0.1,0.2,0.5,0.6],"iscrowd":false,"unit":"ratio"},{"name":"cat","bbox":[0.1,0.2,0.4,0.4],"iscrowd":false,"unit":"ratio"}]}
{"source":"azureml://s/4.jpg","id":"a.000000004","annotation":[{"name":"cat","polygon":[[0.1,0.2,0.3,0.4,0.5,0.6],[0.7,0.8,0.9,0.1,0.2,0.3]],"iscrowd":false,"unit":"ratio"}]}
{"source":"azureml://s/5.jpg","id":"a.000000005","width":400,"height":258,"annotation":[]}
{"source":"azureml://s/6.jpg","id":"a.000000006","width":400,"height":258}
{"source":"azureml://s/7.jpg","id":"a.000000007","width":400,"height":258,"annotation":[{"name":"cat"}]}
END
	assert_file_equals got want
	round azure a.jsonl out.jsonl
	assert_file_equals out.jsonl a.jsonl
}

@test "Azure ML: a size that is none is a warning" {
	echo '{"image_url":"azureml://c.png","image_details":{"format":"png","width":"wide","height":null},"label":"a"}' >a.jsonl
	ds-import -f azure a.jsonl >got 2>err
	echo 'a.jsonl:1:72: warning: "width" should be a number of pixels, as "400px"; it is not used [azure]' >want
	assert_file_equals err want
	ds-export -q -f azure --images none -o back.jsonl got
	assert_file_equals back.jsonl a.jsonl
}

@test "Hugging Face: metadata.jsonl with objects in columns, and back byte for byte" {
	mkdir -p hf/train
	cat >hf/train/metadata.jsonl <<'END'
{"file_name":"a.png","text":"a cat"}
{"file_name":"b.png","label":3}
{"file_name":"c.png","label":"3","k":1.10}
{"file_name":"d.png","objects":{"bbox":[[1,2.50,3,4],[5,6,7,8]],"categories":[0,1]}}
{"file_name":"e.png","image_id":7,"objects":{"id":[1,2],"area":[12.0,56],"bbox":[[1,2,3,4],[5,6,7,8]],"category":["cat","7"],"iscrowd":[0,1]},"width":9}
{"file_name":"f.png","objects":{"bbox":[],"categories":[]}}
{"file_name":"g.png"}
{"file_name":"sub/g.png","caption":"x"}
END
	ds-import hf | jq -c 'del(.hf)' >got
	cat >want <<'END'
{"dataset":{"name":"hf","format":"hf"}}
{"source":"hf/train/a.png","id":"train/a","usage":"TRAIN","annotation":[{"text":"a cat"}]}
{"source":"hf/train/b.png","id":"train/b","usage":"TRAIN","annotation":[{"name":"3"}]}
{"source":"hf/train/c.png","id":"train/c","usage":"TRAIN","annotation":[{"name":"3"}]}
{"source":"hf/train/d.png","id":"train/d","usage":"TRAIN","annotation":[{"bbox":[1,2.5,3,4],"name":"0"},{"bbox":[5,6,7,8],"name":"1"}]}
{"source":"hf/train/e.png","id":"train/e","usage":"TRAIN","annotation":[{"id":1,"area":12,"bbox":[1,2,3,4],"name":"cat","hf":{"iscrowd":0}},{"id":2,"area":56,"bbox":[5,6,7,8],"name":"7","hf":{"category":"7","iscrowd":1}}]}
{"source":"hf/train/f.png","id":"train/f","usage":"TRAIN","annotation":[]}
{"source":"hf/train/g.png","id":"train/g","usage":"TRAIN"}
{"source":"hf/train/sub/g.png","id":"train/sub/g","usage":"TRAIN","annotation":[{"text":"x"}]}
END
	assert_file_equals got want
	round hf hf out
	diff -r hf out
}

@test "Hugging Face: metadata.csv comes back as one" {
	mkdir -p c/train
	printf 'file_name,label,note\na.png,cat,"x, y"\nb.png,3,\n' >c/train/metadata.csv
	ds-import c | jq -c '[.source,.annotation]' >got
	printf '%s\n' '[null,null]' '["c/train/a.png",[{"name":"cat"}]]' '["c/train/b.png",[{"name":"3"}]]' >want
	assert_file_equals got want
	round hf c out
	diff -r c out
}

@test "faults are named with their place, and the rest comes through" {
	cat >sm.manifest <<'END'
{"source-ref":"s3://b/1.jpg","b":{"annotations":[{"class_id":9,"width":4,"top":2,"height":3,"left":1},{"class_id":0},7,{"class_id":0,"width":4,"top":2,"height":3,"left":1}]},"b-metadata":{"class-map":{"0":"cat"}}}
{"b":1}
[1]
{"source-ref":
END
	must_fail 1 ds-import -f sagemaker sm.manifest >got 2>err
	cat >want <<'END'
sm.manifest:1:50: error: the "class_id" of a box should be in the job's "class-map" [sagemaker]
sm.manifest:1:103: error: a box needs the numbers left, top, width and height [sagemaker]
sm.manifest:1:118: error: an annotation should be an object [sagemaker]
sm.manifest:2:1: error: a line needs "source-ref" or "source", a string [sagemaker]
sm.manifest:3:1: error: a line should be an object [json]
sm.manifest:4:15: error: the text ends inside a value [json]
END
	assert_file_equals err want
	[ "$(jq -c '.annotation//empty' got)" = '[{"name":"cat","bbox":[1,2,4,3]}]' ]
	cat >v.jsonl <<'END'
{"imageGcsUri":"gs://b/1.jpg","boundingBoxAnnotations":[{"displayName":"a","xMin":"x","yMin":0,"xMax":1,"yMax":1},{"xMin":0}],"classificationAnnotations":{}}
{"x":1}
END
	must_fail 1 ds-import -f vertex v.jsonl 2>err >got
	cat >want <<'END'
v.jsonl:1:155: error: the annotations should be a list [vertex]
v.jsonl:1:57: error: a box needs the numbers xMin, yMin, xMax and yMax [vertex]
v.jsonl:1:115: error: a box needs a "displayName" [vertex]
v.jsonl:2:1: error: a line needs imageGcsUri, textContent or textGcsUri [vertex]
END
	assert_file_equals err want
	cat >a.jsonl <<'END'
{"image_url":"x/1.jpg","label":[{"label":"a","polygon":[[1]]},{"label":"a","topX":1},{"topX":1},4]}
{"x":1}
END
	must_fail 1 ds-import -f azure a.jsonl 2>err >got
	cat >want <<'END'
a.jsonl:1:33: error: "polygon" should be lists [x1,y1,x2,y2,...] [azure]
a.jsonl:1:63: error: an object needs topX, topY, bottomX, bottomY or a polygon [azure]
a.jsonl:1:86: error: an object needs a "label" [azure]
a.jsonl:1:97: error: a label should be a string or an object [azure]
a.jsonl:2:1: error: a line needs an "image_url" [azure]
END
	assert_file_equals err want
	mkdir -p hf
	echo '{"file_name":"a.png","objects":{"bbox":[[1,2,3],[1,2,3,4]],"categories":["a","b"]}}' >hf/metadata.jsonl
	echo '{"label":"a"}' >>hf/metadata.jsonl
	must_fail 1 ds-import hf 2>err >got
	cat >want <<'END'
hf/metadata.jsonl:1:41: error: an object needs a "bbox" [x,y,w,h] [hf]
hf/metadata.jsonl:2:1: error: a line needs a "file_name" [hf]
END
	assert_file_equals err want
}
