# images.sh: section "images": cleaning pictures. Sourced by run.sh in an empty folder.

# Pillow has no program of its own: this is the loop that people write.
make_pillow() {
	local python
	python=$(python_with PIL) || return 0
	mkdir bin && PATH=$PWD/bin:$PATH
	printf '#!%s\n' "$python" >bin/pillow
	cat >>bin/pillow <<-'END'
		import os, sys
		from multiprocessing import Pool
		from PIL import Image
		def clean(name):
		    Image.open(name).convert("RGB").save("out/" + os.path.basename(name) + ".jpg", quality=90)
		if __name__ == "__main__":
		    with Pool(int(sys.argv[1])) as pool:
		        pool.map(clean, sys.stdin.read().splitlines(), chunksize=8)
	END
	chmod +x bin/pillow
}

# against_floor MODE LIST OPTION: ds-clean and its floor, with one thread and with two.
against_floor() {
	local threads
	for threads in 1 2; do
		row "floor, $threads thread$([ "$threads" = 1 ] || echo s)" clean "OMP_NUM_THREADS=$threads clean $1 $png out <$2"
		row "dsutils, the same" ds-clean "ds-clean --files -j $threads $3 -o out/clean $2"
	done
}

# The unpacker of PNG that ds-clean was built with.
png=png
! ds-clean --version | grep -q libdeflate || png=deflate

# The pictures are named in `mix`, the JPEGs of it in `jpegs`; `tiny` are of 100 x 100.
[ -n "$PICTURES" ] || { mkdir photos && photos photos 200 1600 1200; }
find "${PICTURES:-$PWD/photos}" -name '*.jpg' -o -name '*.png' -o -name '*.bmp' | sort >mix
grep '[.]jpg$' mix >jpegs
mkdir small && photos small "$TINY" 100 100 jpg
find "$PWD/small" -name '*.jpg' | sort >tiny
make_pillow

printf '## Images\n'
begin "Converting JPEGs ($(wc -l <jpegs) pictures)"
row 'floor: decode and encode, no file written' jpeg 'jpeg 90 <jpegs'
row 'dsutils' ds-clean 'ds-clean --files --always-encode -o out/clean jpegs'
row 'dsutils, 1 thread' ds-clean 'ds-clean --files -j 1 --always-encode -o out/clean jpegs'
row ImageMagick mogrify 'xargs mogrify -path out -quality 90 <jpegs'
row GraphicsMagick gm 'xargs gm mogrify -output-directory out -create-directories -quality 90 -format jpg <jpegs'
row libvips vips 'while read -r f; do vips copy "$f" "out/${f##*/}[Q=90]" || exit; done <jpegs'
row Pillow pillow "pillow $(nproc) <jpegs"

begin "A mix of JPEG, PNG and BMP, everything encoded ($(wc -l <mix) pictures)"
against_floor encode mix --always-encode
row 'Pillow, a pool of 2' pillow 'pillow 2 <mix'
row ImageMagick mogrify 'xargs mogrify -format jpg -path out -quality 90 <mix'
begin 'The same mix, clean files passed on'
against_floor pass mix ''
row 'dsutils, 2 threads, signals and duplicates' ds-clean 'ds-clean --files -j 2 --signals --duplicates -o out/clean mix'

begin "Tiny pictures, everything encoded ($(wc -l <tiny) JPEGs of 100 x 100)"
against_floor encode tiny --always-encode
row 'Pillow, a pool of 2' pillow 'pillow 2 <tiny'
begin 'The same, clean files passed on'
against_floor pass tiny ''
