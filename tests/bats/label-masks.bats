# label-masks.bats: masks from each format that holds them, or polygons, to each other one.

load helpers
load matrix

setup() {
	need_program jq
	cd "$BATS_TEST_TMPDIR"
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\310\0\0\0d\b\0\0\0\0\0\0\0\0' >p1.png
}

@test "masks go through every two formats that hold them, as runs or pictures" {
	record '{"name":"apple","bbox":[10,15,3,30],"rle":{"size":[100,200],"counts":"go0n0V200WOmMa0PZb0"}},{"name":"zebra","bbox":[60,10,4,30],"rle":{"size":[100,200],"counts":"jk5n0V2\\OTN0l1d000fX="}}' >in.jsonl
	[ "$(show_masks in.jsonl | jq -c '.[1]')" = $'87\n110' ]
	every_pair show_masks rle $(holders rle)
}

@test "masks go through polygons, and come back pixel for pixel" {
	record '{"name":"apple","rle":{"size":[100,200],"counts":"go0n0V200WOmMa0PZb0"}}' >in.jsonl
	every_pair show_masks polygon $(holders polygon | grep -vx 'dota\|voc')
}
