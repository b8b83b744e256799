# split.sh: section "split": how fast the split is, and how good. Sourced by run.sh in an empty folder.

printf '## Splits\n\n### The split alone\n\n| samples | classes | s | EVAL | target |\n| ---: | ---: | ---: | ---: | ---: |\n'
for n in $SAMPLES $((SAMPLES * 10)); do
	say "the split alone, $n samples"
	splits "$n" 80
	splits "$n" 1203
done

samples "$SAMPLES" 80 >base.jsonl
samples $((SAMPLES + SAMPLES / 10)) 80 >grown.jsonl
say 'how good splits are'
cat <<END

### How good splits are ($SAMPLES samples, 80 classes, EVAL 0.2)

Off: EVAL samples more than a fifth. Worst class: its deviation in percentage points, and in samples.
Moved: samples that go from EVAL to TRAIN when a tenth is added. Straddling: videos on both sides.

| splitter | off | worst class, pp | samples | one-sided classes | moved | straddling | s |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
END
"$(python_with sklearn || echo python3)" "$source/splits.py" base.jsonl grown.jsonl
