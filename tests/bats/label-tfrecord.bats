# label-tfrecord.bats: TFRecord files of tf.train.Example. The files are made here by a writer of their own, byte by byte.

load helpers

setup() {
	need_program jq python3
	cd "$BATS_TEST_TMPDIR"
	cat >tf.py <<'END'
import base64, json, struct, sys

TABLE = []
for i in range(256):
    c = i
    for _ in range(8):
        c = c >> 1 ^ (0x82F63B78 if c & 1 else 0)
    TABLE.append(c)

def masked(data):
    c = 0xFFFFFFFF
    for x in data:
        c = TABLE[(c ^ x) & 255] ^ c >> 8
    c ^= 0xFFFFFFFF
    return struct.pack('<I', ((c >> 15 | c << 17) + 0xA282EAD8) & 0xFFFFFFFF)

def varint(v):
    v &= (1 << 64) - 1
    out = b''
    while v > 127:
        out += bytes([v & 127 | 128])
        v >>= 7
    return out + bytes([v])

def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data

def feature(kind, values, packed=True):
    if kind == 'bytes':
        return field(1, b''.join(field(1, v if isinstance(v, bytes) else v.encode()) for v in values))
    if kind == 'float':
        if packed:
            return field(2, field(1, b''.join(struct.pack('<f', v) for v in values)) if values else b'')
        return field(2, b''.join(b'\x0d' + struct.pack('<f', v) for v in values))
    if packed:
        return field(3, field(1, b''.join(varint(v) for v in values)) if values else b'')
    return field(3, b''.join(b'\x08' + varint(v) for v in values))

def example(features, packed=True):
    return field(1, b''.join(field(1, field(1, k.encode()) + field(2, feature(t, v, packed)))
                             for k, (t, v) in features.items()))

def record(data):
    size = struct.pack('<Q', len(data))
    return size + masked(size) + data + masked(data)

def png(w, h):
    return b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR' + struct.pack('>II', w, h) + b'\x08\0\0\0\0\0\0\0\0'

def boxes(*b):
    return {'image/object/bbox/' + k: ('float', [x[i] for x in b]) for i, k in enumerate(['xmin', 'ymin', 'xmax', 'ymax'])}

def picture(name, w, h, **more):
    return {'image/encoded': ('bytes', [png(w, h)]), 'image/filename': ('bytes', [name]), 'image/width': ('int64', [w]),
            'image/height': ('int64', [h]), 'image/source_id': ('bytes', [name.rsplit('.')[0]]), 'image/format': ('bytes', ['png'])}

def save(name, *examples):
    open(name, 'wb').write(b''.join(record(e if isinstance(e, bytes) else example(e)) for e in examples))
END
}

py() {
	{ echo 'from tf import *' && cat; } >make.py && PYTHONDONTWRITEBYTECODE=1 python3 make.py
}

@test "the detection layout: all of it, and back byte for byte" {
	py <<'END'
a = picture('a.png', 375, 500)
a.update(boxes((53/375, 0.1, 1.0, 99/500), (1/3, 0, 0.5, 0.123456789)))
a.update({'image/object/class/text': ('bytes', ['cat', 'Zoë']), 'image/object/class/label': ('int64', [3, 7]),
          'image/object/difficult': ('int64', [0, 1]), 'image/object/truncated': ('int64', [1, 0]),
          'image/object/is_crowd': ('int64', [0, 1]), 'image/object/area': ('float', [12.5, 0.1]),
          'image/object/view': ('bytes', ['Rear', '']), 'image/object/weight': ('float', [0.5, 1e-7]),
          'image/depth': ('int64', [3]), 'x': ('bytes', ['t', b'\xff\0']), 'n': ('int64', [-1, 2**62]), 'f': ('float', [])})
b = picture('b.png', 10, 20)
b.update(boxes())
b.update({'image/object/class/text': ('bytes', []), 'image/object/class/label': ('int64', [])})
c = picture('c.png', 10, 20)
d = picture('d.png', 10, 20)
d.update({'image/class/text': ('bytes', ['cat']), 'image/class/label': ('int64', [3])})
save('train.record', *[dict(sorted(x.items())) for x in (a, b, c, d)])
END
	ds-import -x out train.record >got
	cat >want <<'END'
{"dataset":{"name":"train","format":"tfrecord"}}
{"source":"out/a.png","id":"a","width":375,"height":500,"usage":"TRAIN","annotation":[{"name":"cat","bbox":[53,50,322,49],"difficult":false,"truncated":true,"iscrowd":0,"area":12.5,"property":{"pose":"Rear"},"tfrecord":{"image/object/weight":{"float":0.5}}},{"name":"Zoë","bbox":[125,0,62.5,61.728396],"difficult":true,"truncated":false,"iscrowd":1,"area":0.1,"tfrecord":{"image/object/weight":{"float":1e-07}}}],"tfrecord":{"f":{"float":[]},"image/depth":{"int64":[3]},"n":{"int64":[-1,4611686018427387904]},"x":{"bytes":["t",{"base64":"/wA="}]}}}
{"source":"out/b.png","id":"b","width":10,"height":20,"usage":"TRAIN","annotation":[]}
{"source":"out/c.png","id":"c","width":10,"height":20,"usage":"TRAIN"}
{"source":"out/d.png","id":"d","width":10,"height":20,"usage":"TRAIN","annotation":[{"name":"cat"}]}
{"dataset":{"name":"train","format":"tfrecord","classes":[{"name":"cat","id":3},{"name":"Zoë","id":7}]}}
END
	assert_file_equals got want
	[ "$(wc -c <out/a.png)" = 33 ]
	ds-export -q -f tfrecord -o copy got
	assert_file_equals copy/train.record train.record
	printf "item {\n  id: 3\n  name: 'cat'\n}\n\nitem {\n  id: 7\n  name: 'Zoë'\n}\n" >want
	assert_file_equals copy/label_map.pbtxt want
	# pictures are read out of the file, too
	ds-import train.record | ds-export -q -f tfrecord -o again
	diff -r copy again
}

@test "damaged records are named with their offset, and the rest is read" {
	py <<'END'
r = [record(example(picture('%d.png' % i, 10, 20))) for i in range(6)]
r[1] = r[1][:40] + bytes([r[1][40] ^ 1]) + r[1][41:]       # data
r[3] = bytes([r[3][0] ^ 4]) + r[3][1:]                      # length
open('x.record', 'wb').write(b''.join(r)[:-3])              # and cut off
open('at', 'w').write(' '.join(str(len(b''.join(r[:i]))) for i in (1, 3, 5)) + '\n')
END
	read -r a b c <at
	must_fail 1 ds-import -v -x out x.record >got 2>err
	cat >want <<END
x.record: error: record 2 at byte $a: the data of the record do not have their check sum [tfrecord]
x.record: error: record 4 at byte $b: the length of the record does not have its check sum [tfrecord]
x.record: error: record 6 at byte $c: the file ends within a record [tfrecord]
ds-import: 1 label file read, 1 of them bad
ds-import: 3 samples with 0 annotations given
ds-import: 3 samples and 0 annotations left out
END
	assert_file_equals err want
	[ "$(jq -r 'select(.source).id' got | tr '\n' ' ')" = '0 2 4 ' ]
}

@test "what is no Example, and lists that do not fit, are left out by name" {
	py <<'END'
one = boxes((0, 0, 1, 1))
def with_(n, **f):
    p = picture('%d.png' % n, 10, 20)
    p.update(one)
    p.update({k.replace('__', '/'): v for k, v in f.items()})
    return p
nan = picture('6.png', 10, 20)
nan.update(boxes((0, 0, float('nan'), 1), (0, 0, 1, float('inf')), (0.5, 0.5, 0.25, 0.25), (100, 100, 200, 300)))
short = picture('5.png', 10, 20)
short.update({k: one[k] for k in list(one)[:3]})
save('x.record', b'\x0a\x05hello', b'garbage', with_(1, image__object__class__text=('bytes', ['a', 'b'])),
     with_(2, image__object__class__label=('bytes', ['a'])), with_(3, image__encoded=('bytes', [b'1', b'2'])), short, nan,
     with_(7, image__object__class__text=('bytes', [b'\xff'])), b'', example(with_(8), packed=False))
END
	must_fail 1 ds-import x.record >got 2>err
	sed -i 's/ at byte [0-9]*//' err
	cat >want <<'END'
x.record: error: record 1: it is no tf.train.Example [tfrecord]
x.record: error: record 2: it is no tf.train.Example [tfrecord]
x.record: error: record 3: image/object/class/text has 2 values, image/object/bbox/xmin has 1 [tfrecord]
x.record: error: record 4: image/object/class/label should be a list of int64 [tfrecord]
x.record: error: record 5: image/encoded has 2 values: which is the picture? [tfrecord]
x.record: error: record 6: a box needs xmin, ymin, xmax and ymax [tfrecord]
x.record: error: record 7: a coordinate of a box is no finite number [tfrecord]
x.record: error: record 7: a coordinate of a box is no finite number [tfrecord]
x.record: warning: record 7: a box beyond 1.5: coordinates should be parts of width and height, these seem to be pixels [tfrecord-pixels]
x.record: warning: box 2 reaches outside the picture; it stays [box]
x.record: error: record 8: the name of a class is not UTF-8 [tfrecord]
END
	assert_file_equals err want
	jq -c 'select(.source)|[.source,.annotation]' got >lines
	cat >want <<'END'
["x.record!/6.png",[{"bbox":[2.5,5,2.5,5],"corners":[5,10,2.5,5]},{"bbox":[1000,2000,1000,4000]}]]
["x.record!/7.png",[{"bbox":[0,0,10,20]}]]
["x.record/000000009",null]
["x.record!/8.png",[{"bbox":[0,0,10,20]}]]
END
	sed -i 's,"000000009","x.record/000000009",' lines
	assert_file_equals lines want
}

@test "names of pictures stay in the folder, and two of one name are two" {
	py <<'END'
def named(name, data=None):
    p = picture('x.png', 10, 20)
    p['image/filename'] = ('bytes', [name])
    p['image/source_id'] = ('bytes', [''])
    return p
save('x.record', named('../../evil.png'), named('/abs/a.png'), named('d/a.png'), named('a.png'), named('a.png'), named('d\\b'),
     named(''), named('a'), named('..'), named(b'\xff.png'))
END
	ds-import -x out x.record >got
	jq -r 'select(.source)|.source' got >names
	cat >want <<'END'
out/evil.png
out/a.png
out/d/a.png
out/a-2.png
out/a-3.png
out/d/b.png
out/000000007.png
out/a-4.png
out/000000009.png
out/000000010.png
END
	assert_file_equals names want
	[ "$(find . -name '*.png' | wc -l)" = 10 ]
	# a second time: what is there stays, without --force
	must_fail 2 ds-import -x out x.record >/dev/null 2>err
	grep -qF 'out/evil.png exists (--force replaces it)' err
	ds-import -x out --force x.record >again
	assert_file_equals again got
	# the strange names come back
	ds-export -q -f tfrecord -o copy got
	ds-import -x out2 copy | sed 's/out2/out/' >back
	jq -c 'select(.source)|.tfrecord["image/filename"]' got >one
	jq -c 'select(.source)|.tfrecord["image/filename"]' back >two
	assert_file_equals two one
}

@test "label maps: comments, both quotes, escapes, other fields; and back" {
	mkdir set
	py <<'END'
p = picture('a.png', 10, 20)
p.update(boxes((0, 0, 0.5, 0.5), (0, 0, 0.5, 0.5), (0, 0, 0.5, 0.5), (0, 0, 0.5, 0.5), (0, 0, 1, 1)))
p['image/object/class/label'] = ('int64', [1, 5, 9, 0, 5])
p['image/object/class/text'] = ('bytes', ['', '', '', '', 'person'])
save('set/val.tfrecord-00000-of-00002', p)
END
	cat >set/map.pbtxt <<'END'
# classes
item: { name: "/m/01g317" id: 1, display_name: 'per' "son" }
item <
  id: 5; name: 'd\'a\x41\101\n"\303\244'  keypoints { id: 1 label: "nose" } lvis_id_index: [1, 2]
>
END
	ds-import set >got 2>err
	echo 'set/val.tfrecord-00000-of-00002: warning: 1 of the 2 files of this set are not here [shards]' >want
	assert_file_equals err want
	cat >want <<'END'
{"dataset":{"name":"set","format":"tfrecord","classes":[{"name":"person","id":1,"pbtxt-name":"/m/01g317"},{"name":"d'aAA\n\"ä","id":5,"pbtxt":"keypoints { id: 1 label: \"nose\" }\nlvis_id_index: [1, 2]"}]}}
{"source":"set/val.tfrecord-00000-of-00002!/a.png","id":"a","width":10,"height":20,"usage":"EVAL","annotation":[{"name":"person","bbox":[0,0,5,10]},{"name":"d'aAA\n\"ä","bbox":[0,0,5,10]},{"name":"class_9","bbox":[0,0,5,10],"tfrecord":{"label":9,"text":"class_9"}},{"bbox":[0,0,5,10]},{"name":"person","bbox":[0,0,10,20],"tfrecord":{"label":5,"text":"person"}}]}
END
	assert_file_equals got want
	ds-export -q -f tfrecord -o copy got 2>/dev/null
	cat >want <<'END'
item {
  id: 1
  name: '/m/01g317'
  display_name: 'person'
}

item {
  id: 5
  name: 'd\'aAA\012"ä'
  keypoints { id: 1 label: "nose" }
  lvis_id_index: [1, 2]
}

item {
  id: 6
  name: 'class_9'
}
END
	assert_file_equals copy/label_map.pbtxt want
	ds-import copy | jq -c 'select(.source)|[.annotation[]|[.name,.tfrecord.label]]' >back
	echo '[["person",null],["d'"'"'aAA\n\"ä",null],["class_9",9],[null,null],["person",5]]' >want
	assert_file_equals back want
	# a single file has no folder to look in
	ds-import --label-map set/map.pbtxt set/val.tfrecord-00000-of-00002 2>/dev/null | grep -c '"name":"person"' >n
	[ "$(cat n)" = 2 ]
	for bad in 'item { id: 1 }' 'item { id: -1 name: "x" }' 'item { name: "x }' 'thing {}' 'item { id: 1 name: 7 }' 'item {'; do
		echo "$bad" >bad.pbtxt
		must_fail 1 ds-import --label-map bad.pbtxt set/val.tfrecord-00000-of-00002 2>err >/dev/null
		grep -qE '^bad.pbtxt:[12]:[0-9]+: error: .*\[label-map\]$' err || fail "$bad: $(cat err)"
	done
}

@test "records that name a class as its item does, not by the display name, are of that class" {
	mkdir oid
	py <<'END'
p = picture('a.png', 10, 20)
p.update(boxes((0, 0, 0.5, 0.5), (0, 0, 1, 1)))
p['image/object/class/label'] = ('int64', [1, 1])
p['image/object/class/text'] = ('bytes', ['/m/01', 'Person'])
p['image/class/text'] = ('bytes', ['/m/01'])
save('oid/val.record', p)
END
	printf "item { name: '/m/01' id: 1 display_name: 'Person' }\n" >oid/map.pbtxt
	ds-import oid >got
	jq -c 'select(.source)|[.annotation[]|.name]|unique' got >names
	[ "$(cat names)" = '["Person"]' ]
	[ "$(jq -c 'select(.source)|[.annotation[]|.tfrecord["pbtxt-name"]]|map(select(.))|length' got)" = 2 ]
	ds-export -f tfrecord -o copy got 2>err
	[ ! -s err ]
	[ "$(grep -c '^item' copy/label_map.pbtxt)" = 1 ]
	ds-import copy | tail -n +2 | sed 's,copy/,oid/,' >back
	tail -n +2 got >want
	assert_file_equals back want
}

@test "from COCO and VOC and back, within a float; shards; one file; no pictures" {
	py <<'END'
for i in range(7):
    open('p%d.png' % i, 'wb').write(png(333, 777))
    print(json.dumps({'source': 'p%d.png' % i, 'id': i, 'width': 333, 'height': 777, 'usage': 'TRAIN' if i < 5 else 'EVAL', 'annotation': [
        {'name': 'b c', 'bbox': [i * 1.1, 0.25, 100.125, 700.7], 'area': 12, 'iscrowd': 0},
        {'name': 'a', 'bbox': [i, i, 3, 5], 'area': 15, 'iscrowd': 1}]}), file=open('in.jsonl', 'a'))
END
	for f in coco voc; do
		rm -rf first tf back
		ds-export -q -f $f -o first in.jsonl 2>/dev/null
		ds-import -q -f $f first >a.jsonl
		ds-export -q -f tfrecord --shard-count 3 -o tf a.jsonl 2>/dev/null
		[ "$(ls tf | tr '\n' ' ')" = "label_map.pbtxt train.record-00000-of-00003 train.record-00001-of-00003 train.record-00002-of-00003 val.record-00000-of-00003 val.record-00001-of-00003 val.record-00002-of-00003 " ]
		ds-import -q -x back tf >b.jsonl
		for x in a b; do
			jq -c 'select(.source)|[(.id|tostring),.usage,.width,[.annotation[]|[.name,.iscrowd,(.area|if . then .*1000|round else . end),(.bbox|map(.*1000|round))]]]' $x.jsonl | sort >$x
		done
		assert_file_equals b a
		cmp back/p3.png p3.png
	done
	ds-export -q -f tfrecord -o one.record a.jsonl 2>err
	grep -q 'sample.usage is lost' err
	[ "$(ds-import one.record | jq -c 'select(.source).width' | wc -l)" = 7 ]
	ds-export -q -f tfrecord --images none -o none a.jsonl
	ds-import none | jq -r 'select(.source).source' | sort | head -n 1 >got
	echo none/p0.png >want
	assert_file_equals got want
	must_fail 2 ds-export -f tfrecord --shard-count 2 -o two.record a.jsonl
	ds-export -q -f tfrecord -o - a.jsonl | tar tf - >members
	[ "$(wc -l <members)" = 3 ]
	ds-export -q -f tfrecord -o - a.jsonl | ds-import -f tfrecord -x fromtar - >got
	[ "$(find fromtar -name '*.png' | wc -l)" = 7 ]
}

@test "losses are named" {
	cat >in.jsonl <<'END'
{"source":"s3://b/a.png","width":10,"height":10,"hard":true,"usage":"INFERENCE","annotation":[{"name":"a","bbox":[1,1,1,1],"difficult":true,"confidence":0.5,"property":{"pose":"x","k":1}},{"name":"a","polygon":[[1,1,2,2,3,1]],"tfrecord":{"image/object/w":{"int64":1}}},{"name":"c"},{"name":"d"}]}
{"source":"no-size.png","annotation":[{"name":"a","bbox":[1,1,1,1]}]}
END
	must_fail 1 ds-export -q -f tfrecord -o out --losses losses in.jsonl 2>err
	jq -c '[.code,.count]' losses >got
	cat >want <<'END'
["sample.hard",1]
["sample.more-classes",1]
["annotation.confidence",1]
["annotation.polygon",1]
["sample.usage",1]
["picture.remote",1]
["annotation.tfrecord",1]
["annotation.difficult-unknown",1]
["annotation.property.k",1]
["annotation",2]
["annotation.box-without-size",1]
END
	assert_file_equals got want
	grep -qF "in.jsonl:2:10: error: cannot take the picture 'no-size.png': No such file or directory [picture]" err
	ds-import out | jq -c 'select(.source)|[.annotation[]?|[.name,.bbox,.difficult,.property.pose]]' >got
	printf '%s\n' '[["c",null,null,null],["a",[1,1,1,1],true,"x"],["a",[1,1,2,1],false,null]]' '[]' >want
	assert_file_equals got want
}

@test "files that are empty, compressed, or nothing; limits" {
	py <<'END'
import zlib
p = record(example(picture('a.png', 10, 20)))
open('z.record', 'wb').write(zlib.compress(p))
open('ok.record', 'wb').write(p)
open('huge.record', 'wb').write(struct.pack('<Q', 1 << 60) + masked(struct.pack('<Q', 1 << 60)) + p)
END
	gzip -k ok.record
	: >empty.record
	echo hello >text.record
	[ "$(ds-import -f tfrecord empty.record | wc -l)" = 1 ]
	must_fail 1 ds-import -f tfrecord z.record 2>err >/dev/null
	echo 'z.record: error: the file is compressed: unpack it first [tfrecord]' | cmp - err
	must_fail 1 ds-import -f tfrecord text.record 2>err >/dev/null
	echo 'text.record: error: record 1 at byte 0: the file ends within a record [tfrecord]' | cmp - err
	must_fail 1 ds-import -f tfrecord huge.record 2>err >/dev/null
	echo 'huge.record: error: record 1 at byte 0: the file ends within a record [tfrecord]' | cmp - err
	must_fail 1 ds-import -f tfrecord --max-text 100 ok.record 2>err >/dev/null
	echo 'ok.record: error: record 1 at byte 0: the record is too long (--max-text) [tfrecord]' | cmp - err
	ds-import ok.record.gz | jq -r 'select(.source).id' | grep -qx a # one compressed file is unpacked
	ds-import -x piped <ok.record | jq -r 'select(.source).source' | grep -qx piped/a.png
	ds-import <ok.record 2>err >/dev/null
	echo '<stdin>: note: the pictures are in the stream: --extract puts them down [tfrecord]' | cmp - err
}

@test "real files: the same labels as the CSV they were made from" {
	need_corpora datasets/raccoon
	ds-import -q "$DSUTILS_CORPORA/datasets/raccoon/data/test.record" >tf.jsonl
	ds-import -q -f csv-tf "$DSUTILS_CORPORA/datasets/raccoon/data/test_labels.csv" >csv.jsonl
	for x in tf csv; do
		jq -c 'select(.source)|[(.source|split("/")[-1]),.width,.height,[.annotation[]|[.name,.bbox]]]' $x.jsonl | sort >$x
	done
	assert_file_equals tf csv
	ds-export -q -f tfrecord -o copy tf.jsonl
	ds-import -q copy | jq -c 'select(.source)|del(.source)' >back
	jq -c 'select(.source)|del(.source)' tf.jsonl >want
	assert_file_equals back want
}
