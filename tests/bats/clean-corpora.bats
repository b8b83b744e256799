# clean-corpora.bats: ds-clean on real and odd pictures: each ends as it should, and no pixel is wrong.

load helpers

setup_file() {
	[ -d "$DSUTILS_CORPORA/images" ] || return 0
	cd "$BATS_FILE_TMPDIR"
	find "$DSUTILS_CORPORA/images/odd" -type f ! -name '*.json' | sort >odd
	ds-clean -q --files -o clean --rejects rejects --report report odd >out 2>err && status=0 || status=$?
	echo "$status" >status
}

setup() {
	need_corpora images/odd/expect.json
	cd "$BATS_FILE_TMPDIR"
	odd=$DSUTILS_CORPORA/images/odd
	pixels=$builddir/tests/pixels
}

# What expect.json calls damaged, other or none must be rejected. What cannot be seen: a flipped byte in a scan and in
# a table leaves a valid stream (JPEG has no checksum). And CMYK without a marker is for --cmyk to decide.
@test "each odd file is taken or rejected as it should be" {
	jq -r 'to_entries[] | [.key, (if (.value.kind | IN("damaged", "other", "none", "bomb")) then "rejected" else "taken" end)] | @tsv' \
		"$odd/expect.json" | sed -E '
			/^d-flip1.jpg/s/rejected/taken/
			/^(x-12bit|x-lossless8|x-lossless16|j-cmyk-noadobe).jpg/s/taken/rejected/' | sort >wanted
	jq -r '[(.source | sub(".*/"; "")), (if .action == "rejected" then "rejected" else "taken" end)] | @tsv' report | sort >got
	diff -u wanted got
}

@test "rejects say what a file really is" {
	code() { jq -r --arg n "$1" 'select(.source | endswith("/" + $n)) | .code' report; }
	[ "$(code w-webp-named.jpg)" = unsupported-format ]
	[ "$(code d-html.jpg)" = not-an-image ]
	[ "$(code d-empty.jpg)" = empty ]
	[ "$(code d-trunc50.jpg)" = truncated ]
	[ "$(code d-zerotail.jpg)" = corrupt ]
	[ "$(code d-zeros64.jpg)" = corrupt ]
	[ "$(code d-bomb.jpg)" = too-large ]
	[ "$(code x-lossless8.jpg)" = unsupported-jpeg ]
	grep -q 'w-webp-named.jpg: error: it is WebP' err
}

# Of the four quarters: 4 levels of difference for chroma at quality 90, 12 where colours come from another gamut.
@test "the colours of each odd file are right, upright and in sRGB" {
	local source file want got size
	while IFS=$'\t' read -r name file width height; do
		want=$(jq -c --arg n "$name" '.[$n].quads' "$odd/expect.json")
		size=$(jq -c --arg n "$name" '.[$n].size' "$odd/expect.json")
		[ "$size" = null ] || [ "$size" = "[$width,$height]" ] || fail "$name: $width x $height, wanted $size"
		[ "$want" != null ] || continue
		got=$("$pixels" --quads "$file")
		jq -en --argjson a "$want" --argjson b "$got" --arg n "$name" \
			'[$a, $b | flatten] | transpose | map(.[0] - .[1] | fabs) | max <= (if ($n | test("icc")) then 12 else 4 end)' >/dev/null ||
			fail "$name: got $got, wanted $want"
	done < <(jq -r '[(.source | sub(".*/"; "") | sub("[.]jpg$"; "")), .source, .width, .height] | @tsv' out |
		while IFS=$'\t' read -r stem file width height; do
			for source in "$odd/$stem".*; do
				printf '%s\t%s\t%s\t%s\n' "${source##*/}" "$file" "$width" "$height"
			done
		done)
}

# --- colours ---

# A cube of 17 steps a side through each profile, in one PNG.
@test "profiles convert as transicc of lcms2 converts them, within one step" {
	need_program transicc convert
	cd "$BATS_TEST_TMPDIR"
	local name
	awk 'BEGIN {
		print "P3\n289 17\n255"
		for (r = 0; r < 17; r++) for (g = 0; g < 17; g++) for (b = 0; b < 17; b++)
			print int(r * 255 / 16), int(g * 255 / 16), int(b * 255 / 16)
	}' >cube.ppm
	for name in j-icc-p3.jpg j-icc-adobergb.jpg j-icc-swap.jpg; do
		convert "$odd/$name" icc:profile.icc
		convert cube.ppm -profile profile.icc cube.png
		tail -n +4 cube.ppm | transicc -t0 -n -s -q -i profile.icc -o '*sRGB' 2>/dev/null | awk 'NF == 3' >want
		"$pixels" --srgb cube.png | tail -c $((4913 * 3)) | od -An -v -tu1 -w3 | paste - want >both
		awk '{ for (i = 1; i <= 3; i++) if (($i - $(i + 3)) ^ 2 > 1) exit bad = 1 } END { exit bad || NR != 4913 }' both ||
			fail "$name"
	done
}

@test "inks convert as jpgicc of lcms2 converts them" {
	need_program jpgicc
	cd "$BATS_TEST_TMPDIR"
	jpgicc -q100 -t0 -c0 "$odd/x-ycck.jpg" want.jpg 2>/dev/null
	ds-clean --files --quality 100 --subsampling 444 -o clean <<<"$odd/x-ycck.jpg" >out
	jq -en --argjson a "$("$pixels" --quads "$(jq -r .source out)")" --argjson b "$("$pixels" --quads want.jpg)" \
		'[$a, $b | flatten] | transpose | map(.[0] - .[1] | fabs) | max <= 1'
}

# The JPEG between costs a few levels, so it is one flat colour in each quarter that is compared.
@test "profiles are converted as Pillow (lcms2) converts them" {
	/usr/bin/python3 -c 'import PIL.ImageCms' 2>/dev/null || skip "no Pillow"
	/usr/bin/python3 -W ignore - "$odd" "$BATS_TEST_TMPDIR" <<-'END'
		import io, sys
		from PIL import Image, ImageCms
		for name in "p-iccp-swap.png", "j-icc-p3.jpg", "j-icc-adobergb.jpg":
		    picture = Image.open(sys.argv[1] + "/" + name)
		    profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
		    picture = ImageCms.profileToProfile(picture.convert("RGB"), profile, ImageCms.createProfile("sRGB"), 0)
		    picture.save(sys.argv[2] + "/" + name + ".png")
	END
	cd "$BATS_TEST_TMPDIR"
	local name
	for name in p-iccp-swap.png j-icc-p3.jpg j-icc-adobergb.jpg; do
		ds-clean --files --quality 100 --subsampling 444 -o "clean-$name" <<<"$odd/$name" >out
		jq -en --argjson a "$("$pixels" --quads "$(jq -r .source out)")" --argjson b "$("$pixels" --quads "$name.png")" \
			'[$a, $b | flatten] | transpose | map(.[0] - .[1] | fabs) | max <= 1' || fail "$name"
	done
}

# one FILE OPTION...: what is done to an odd file: action, code, notes.
one() {
	local file=$1
	shift
	rm -rf "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/one.report"
	ds-clean -q --files --report "$BATS_TEST_TMPDIR/one.report" -o "$BATS_TEST_TMPDIR/one" "$@" <<<"$odd/$file" >"$BATS_TEST_TMPDIR/one.out" 2>&1
	jq -r '[.action, .code // empty, .notes[]] | join(" ")' "$BATS_TEST_TMPDIR/one.report"
}

@test "options say what becomes of broken and ambiguous files" {
	[ "$(one d-trunc50.jpg --keep-rows 40)" = 'encoded truncated' ]
	[ "$(one d-trunc50.jpg --keep-rows 50)" = 'rejected truncated' ]
	[ "$(one pd-trunc50.png --keep-rows 40)" = 'encoded truncated' ]
	[ "$(one pd-trunc50.png --keep-rows 60)" = 'rejected truncated' ]
	[ "$(one d-progtrunc50.jpg --keep-rows 1)" = 'rejected truncated progressive' ]
	[ "$(one d-zeros64.jpg --keep-damaged)" = 'encoded damaged' ]
	[ "$(one j-cmyk-noadobe.jpg)" = 'rejected cmyk-ambiguous' ]
	[ "$(one j-cmyk-noadobe.jpg --cmyk plain)" = 'encoded cmyk' ]
	[ "$(one p-rgba.png --max-pixels 6143)" = 'rejected too-large' ]
	[ "$(one p-rgba.png --max-bytes 100)" = 'rejected too-large' ]
	[ "$(one j-prog.jpg --max-scans 3)" = 'rejected too-many-scans progressive' ]
	[ "$(one j-icc-p3.jpg --no-icc)" = 'mended stripped' ]
	[ "$(one j-420.jpg --always-encode)" = 'encoded' ]
}

@test "transparent pixels show the background that was asked for" {
	one p-rgba.png --background 0000ff
	jq -en --argjson q "$("$pixels" --quads "$(jq -r .source "$BATS_TEST_TMPDIR/one.out")")" '$q[3] | .[0] < 4 and .[1] < 4 and .[2] > 251'
}

@test "metadata is kept or dropped as asked, and says upright" {
	one j-orient6.jpg --keep-exif
	grep -q Exif "$(jq -r .source "$BATS_TEST_TMPDIR/one.out")"
	[ "$(one "../odd/j-orient6.jpg")" = 'recoded turned' ]
	! grep -q Exif "$(jq -r .source "$BATS_TEST_TMPDIR/one.out")" || false
	[ "$(one j-orient1.jpg --strip)" = 'mended stripped' ]
	! grep -q Exif "$(jq -r .source "$BATS_TEST_TMPDIR/one.out")" || false
	one j-orient6.jpg --keep-exif
	cp "$(jq -r .source "$BATS_TEST_TMPDIR/one.out")" "$BATS_TEST_TMPDIR/upright.jpg"
	[ "$(ds-clean --files --report "$BATS_TEST_TMPDIR/r" -o "$BATS_TEST_TMPDIR/again" <<<"$BATS_TEST_TMPDIR/upright.jpg" >/dev/null; jq -r .action "$BATS_TEST_TMPDIR/r")" = passed ]
}

@test "PngSuite: every x file is rejected, every other one is taken" {
	need_corpora images/pngsuite
	cd "$BATS_TEST_TMPDIR"
	find "$DSUTILS_CORPORA/images/pngsuite" -name '*.png' | sort >names
	run ds-clean -q --files -o clean --report report names
	[ "$status" -eq 1 ]
	jq -r 'select(.action == "rejected") | .source | sub(".*/"; "")' report >rejected
	sed 's|.*/||' names | grep '^x' >broken
	[ -s broken ]
	diff -u broken rejected
}

@test "BMP Suite: 27 good and 39 questionable pictures are exact" {
	need_corpora images/bmpsuite
	local sum name n=0
	while read -r sum name; do
		[ "$sum" != '#' ] || continue
		[ "$("$pixels" "$DSUTILS_CORPORA/images/bmpsuite/$name" | sha256sum | cut -c 1-16)" = "$sum" ] || fail "$name"
		n=$((n + 1))
	done <"$srcdir/tests/data/bmpsuite.sums"
	[ "$n" -eq 66 ]
}

@test "BMP Suite: none of the bad ones crashes, hangs or eats memory" {
	need_corpora images/bmpsuite
	cd "$BATS_TEST_TMPDIR"
	find "$DSUTILS_CORPORA/images/bmpsuite/b" -name '*.bmp' >names
	must_fail 1 timeout 20 ds-clean -q --files -o clean names >/dev/null
}

@test "EXIF: eight orientations of a picture come out the same" {
	need_corpora images/exif-orientation
	cd "$BATS_TEST_TMPDIR"
	local kind i
	find "$DSUTILS_CORPORA/images/exif-orientation" -name '*.jpg' | sort >names
	ds-clean --files -o clean --report report names >out
	for kind in Landscape Portrait; do
		"$pixels" --quads "$(find clean -name "${kind}_1.jpg")" >one
		for i in 2 3 4 5 6 7 8; do
			"$pixels" --quads "$(find clean -name "${kind}_$i.jpg")" >other
			jq -en --slurpfile a one --slurpfile b other \
				'[$a, $b | flatten] | transpose | map(.[0] - .[1] | fabs) | max <= 3' || fail "$kind $i: $(cat one other)"
		done
	done
	[ "$(jq -r '[.width, .height] | join("x")' out | sort -u | wc -l)" -eq 2 ]
}

@test "fuzzed PNG and JPEG: no crash, and what is taken is a sound JPEG" {
	need_corpora fuzz/jpeg
	cd "$BATS_TEST_TMPDIR"
	find "$DSUTILS_CORPORA/fuzz/png" "$DSUTILS_CORPORA/fuzz/jpeg" -type f | sort >names
	must_fail 1 timeout 60 ds-clean -q --files --max-pixels 10000000 -o clean names >out
	jq -r .source out >again
	ds-clean --files --report report -o clean2 again >/dev/null
	[ -z "$(jq -r 'select(.action != "passed") | .source' report)" ]
}
