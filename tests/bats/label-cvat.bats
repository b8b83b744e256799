# label-cvat.bats: CVAT XML in and out.

load helpers

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
}

# page BODY: a file with labels cat (with a checkbox and a number) and dog
page() {
	cat <<END
<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <name>t &amp; u</name>
      <labels>
        <label>
          <name>cat</name>
          <color>#ff0000</color>
          <attributes>
            <attribute>
              <name>hard</name>
              <input_type>checkbox</input_type>
              <values>false
true</values>
            </attribute>
            <attribute>
              <name>age</name>
              <input_type>number</input_type>
            </attribute>
          </attributes>
        </label>
        <label>
          <name>dog</name>
        </label>
      </labels>
      <original_size>
        <width>25</width>
        <height>20</height>
      </original_size>
    </task>
  </meta>
$1
</annotations>
END
}

all='  <image id="7" name="a.png" subset="Train" task_id="3" width="6" height="4">
    <box label="cat" occluded="1" xtl="0.50" ytl="1.00" xbr="3.25" ybr="4" source="manual" z_order="2">
      <attribute name="hard">true</attribute>
      <attribute name="age">2.50</attribute>
    </box>
    <box label="dog" xtl="1" ytl="1" xbr="3" ybr="2" rotation="30.5">
    </box>
    <polygon label="dog" occluded="0" points="1.0,2;3,4;6,5" group_id="4">
    </polygon>
    <polyline label="dog" points="1,2;3,4">
    </polyline>
    <points label="dog" points="1,2;3,4">
    </points>
    <points label="dog" points="1,2">
    </points>
    <ellipse label="dog" cx="3" cy="2" rx="1.5" ry="1">
    </ellipse>
    <mask label="cat" rle="1, 2, 3" left="2" top="1" width="3" height="2">
    </mask>
    <tag label="cat">
    </tag>
    <skeleton label="dog">
      <points label="nose" outside="0" occluded="1" points="1,2">
      </points>
      <points label="tail" outside="1" occluded="0" points="3,4.5">
      </points>
    </skeleton>
    <cuboid label="dog" xtl1="1" ytl1="2" xbl1="3" ybl1="4" xtr1="5" ytr1="6" xbr1="7" ybr1="8" xtl2="9" ytl2="10" xbl2="11" ybl2="12" xtr2="13" ytr2="14" xbr2="15" ybr2="16">
    </cuboid>
  </image>'

@test "shapes become records" {
	page "$all" >c.xml
	ds-import c.xml | tail -n 1 | jq -c 'del(.annotation)|., (inputs?)' >got
	echo '{"source":"a.png","id":"Train/a","width":6,"height":4,"usage":"TRAIN","cvat":{"id":"7","subset":"Train","task_id":"3"}}' >want
	assert_file_equals got want
	ds-import c.xml | tail -n 1 | grep -o '"annotation":.*,"cvat":{"id"' | sed 's/"polygon":\[\[4[^]]*\]\],//; s/^"annotation":\[//; s/\],"cvat":{"id"$//; s/},{"name/}\n{"name/g' >got
	cat >want <<'END'
{"name":"cat","bbox":[0.50,1.00,2.75,3.00],"corners":[0.50,1.00,3.25,4],"occluded":true,"property":{"hard":true,"age":2.50},"cvat":{"source":"manual","z_order":"2"}}
{"name":"dog","rbox":[2,1.5,2,1,30.5],"corners":[1,1,3,2]}
{"name":"dog","polygon":[[1.0,2,3,4,6,5]],"occluded":false,"group":4}
{"name":"dog","polyline":[1,2,3,4]}
{"name":"dog","keypoints":[1,2,2,3,4,2]}
{"name":"dog","point":[1,2]}
{"name":"dog","ellipse":[3,2,1.5,1,0]}
{"name":"cat","rle":{"size":[4,6],"counts":"=1303"},"cvat":{"left":"2","top":"1","width":"3","height":"2"}}
{"name":"cat"}
{"name":"dog","keypoints":[1,2,1,3,4.5,0],"cvat-points":["nose","tail"],"cvat":{"shape":"skeleton"}}
{"name":"dog","keypoints":[1,2,2,3,4,2,5,6,2,7,8,2,9,10,2,11,12,2,13,14,2,15,16,2],"cvat":{"shape":"cuboid"}}
END
	assert_file_equals got want
}

@test "every shape comes back as it was, and the text of <meta>" {
	page "$all" >c.xml
	ds-import c.xml | ds-export -f cvat --images none -o out
	# attributes have another order: compare words
	tr -s ' >\n' '\n' <c.xml | sort >want
	tr -s ' >\n' '\n' <out/annotations.xml | sort >got
	assert_file_equals got want
}

@test "a row RLE is turned into COCO's columns" {
	page '  <image id="0" name="a.png" width="3" height="2"><mask label="cat" rle="0, 3, 2, 1" left="0" top="0" width="3" height="2"></mask></image>' >c.xml
	ds-import c.xml | tail -n 1 | jq -c '.annotation[0].rle' >got
	# rows 111 001: columns 10 10 11
	echo '{"size":[2,3],"counts":"011001"}' >want
	assert_file_equals got want
	ds-import c.xml | ds-export -f cvat --images none -o out
	grep -o 'rle="[^"]*"' out/annotations.xml >rle
	echo 'rle="0, 3, 2, 1"' >want_rle
	assert_file_equals rle want_rle
}

tracks='  <track id="0" label="cat" source="manual">
    <box frame="13" occluded="1" xtl="3.00" ytl="4.00" xbr="10.00" ybr="5.00" outside="0" keyframe="1" z_order="0">
    </box>
    <box frame="16" occluded="0" xtl="7.00" ytl="6.00" xbr="14.00" ybr="8.00" outside="1" keyframe="1" z_order="0">
    </box>
  </track>
  <track id="1" label="dog">
    <points frame="2" outside="0" points="1,2;3,4">
    </points>
  </track>'

@test "tracks become frames in order; what is outside is no annotation; both come back" {
	page "$tracks" >c.xml
	ds-import c.xml >records
	jq -c '.source//empty' records >got
	printf '"frame_000002.png"\n"frame_000013.png"\n"frame_000016.png"\n' >want
	assert_file_equals got want
	tail -n 1 records >got
	echo '{"source":"frame_000016.png","id":"frame_000016","width":25,"height":20,"annotation":[],"cvat-outside":[{"name":"cat","bbox":[7.00,6.00,7.00,2.00],"occluded":false,"cvat":{"outside":"1","keyframe":"1","z_order":"0","track":{"id":"0","source":"manual"}}}],"cvat":{"frame":"16"}}' >want
	assert_file_equals got want
	ds-export -f cvat --images none -o out records
	tr -s ' >\n' '\n' <c.xml | sort >want
	tr -s ' >\n' '\n' <out/annotations.xml | sort >got
	assert_file_equals got want
}

@test "real files come back, element for element" {
	need_program python3
	need_corpora labels/datumaro/tests/assets/cvat_dataset
	in=$DSUTILS_CORPORA/labels/datumaro/tests/assets/cvat_dataset
	cat >show.py <<'END'
import sys, xml.etree.ElementTree as E
def show(e):
    print(e.tag, sorted(e.attrib.items()), (e.text or '').strip())
    for c in e: show(c)
show(E.parse(sys.argv[1]).getroot())
END
	for f in for_video/annotations.xml for_images/export_project/annotations.xml for_images/export_task/train.xml; do
		rm -rf out
		ds-import -f cvat "$in/$f" | ds-export -f cvat --images none -o out
		python3 show.py "$in/$f" >want
		python3 show.py out/annotations.xml >got
		assert_file_equals got want
	done
}

@test "records of other formats: labels from the classes, boxes around nothing" {
	cat >records <<'END'
{"dataset":{"classes":[{"name":"a<b"},{"name":"c"}]}}
{"source":"x.png","width":20,"height":10,"usage":"TEST","annotation":[{"name":"a<b","bbox":[1,2,3.5,4],"property":{"k":"v\"w"}},{"name":"c","circle":[5,5,2]},{"name":"c","rbox":[5,5,4,2,90]},{"name":"c","polygon":[[0,0,4,0,4,4],[1,1,2,1,2,2]]}]}
END
	ds-export -f cvat --images none -o out records 2>err
	cat >want <<'END'
<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <labels>
        <label>
          <name>a&lt;b</name>
        </label>
        <label>
          <name>c</name>
        </label>
      </labels>
    </task>
  </meta>
  <image id="0" name="x.png" subset="Test" width="20" height="10">
    <box label="a&lt;b" xtl="1" ytl="2" xbr="4.5" ybr="6">
      <attribute name="k">v&quot;w</attribute>
    </box>
    <ellipse label="c" cx="5" cy="5" rx="2" ry="2">
    </ellipse>
    <box label="c" xtl="3" ytl="4" xbr="7" ybr="6" rotation="90">
    </box>
    <polygon label="c" points="0,0;4,0;4,4">
    </polygon>
    <polygon label="c" points="1,1;2,1;2,2">
    </polygon>
  </image>
</annotations>
END
	assert_file_equals out/annotations.xml want
	grep -c 'annotation.polygon-parts is lost' err
}

@test "faults are named with their place; the others come through; no meta is no fault" {
	cat >c.xml <<'END'
<annotations>
<image id="0" name="a.png" width="6" height="4">
<box label="a" xtl="1" ytl="x" xbr="2" ybr="3"/>
<star label="a"/>
<polygon label="a" points="1,2;3"/>
<mask label="a" rle="1, 2" left="0" top="0" width="2" height="2"/>
<mask label="a" rle="1, 99999999999" left="0" top="0" width="99999999" height="99999999"/>
<box label="ok" xtl="1" ytl="1" xbr="2" ybr="3"/>
</image>
<image id="1"/>
<track id="0" label="x"><box xtl="1" ytl="1" xbr="2" ybr="3"/></track>
</annotations>
END
	must_fail 1 ds-import -f cvat c.xml >got 2>err
	cat >want <<'END'
c.xml:3:1: error: a box needs the numbers xtl, ytl, xbr and ybr [cvat-shape]
c.xml:4:1: error: unknown shape; CVAT has box, polygon, polyline, points, ellipse, cuboid, mask, skeleton, tag [cvat-shape]
c.xml:5:1: error: points should be "x,y;x,y" [cvat-shape]
c.xml:6:1: error: the sum of the mask's rle is not width * height [cvat-shape]
c.xml:7:1: error: the mask is too large [cvat-shape]
c.xml:10:1: error: an image needs a name [cvat]
c.xml:11:25: error: a shape of a track needs its frame, a whole number [cvat-shape]
END
	assert_file_equals err want
	tail -n 1 got | jq -c '[.annotation[].name]' | grep -qxF '["ok"]'
	printf '<!DOCTYPE annotations [<!ENTITY x "y">]><annotations><image name="&x;"/></annotations>' >c.xml
	must_fail 1 ds-import -f cvat c.xml 2>err
	grep -q 'declarations of entities are not accepted' err
}

@test "two images of one id are a warning, but for those of two tasks; blanks of a label are a note" {
	cat >c.xml <<'END'
<annotations>
<image id="0" name="a.png" width="9" height="9"><tag label=" x"/><tag label="x"/></image>
<image id="0" name="b.png" width="9" height="9"/>
<image id="0" name="c.png" width="9" height="9" task_id="2"/>
</annotations>
END
	ds-import c.xml >got 2>err
	[ "$(grep -c '"source"' got)" = 3 ]
	cat >want <<'END'
c.xml:2:49: note: blanks at the ends of a class are no part of it: " x" is "x" [class-blanks]
c.xml:3:1: warning: the id 0 was that of another image before; both stay [cvat]
END
	assert_file_equals err want
}
