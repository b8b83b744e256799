# label-speech.bats: speech and sound: NeMo's manifests, Kaldi's folders, Audacity's labels.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# Import, export in the same format, compare: same FORMAT FILE
same() {
	ds-import -f "$1" "$2" >records.jsonl
	rm -rf again
	ds-export -f "$1" --images none -o again records.jsonl
	assert_file_equals "again/$2" "$2"
}

@test "nemo: recordings and their pieces become samples, and go back byte for byte" {
	cat >set.json <<'END'
{"audio_filepath": "wav/a.wav", "duration": 3.20, "text": "so \u00e9 goes", "lang": "en", "id": 12345678901234567890}
{"audio_filepath": "/abs/b.wav", "offset": 1.50, "duration": 2.0, "text": "one", "speaker":"ann"}
{"audio_filepath": "/abs/b.wav", "offset": 3.5, "duration": 0.1, "text": "two"}
{"audio_filepath":"c.flac","duration":1,"command":"yes","label":3}
{"audio_filepath":"c.flac","duration":null,"text":null}
{"audio_filepath":"/d.flac","duration":1.0,"text":""}
{"audio_filepath":"/abs/b.wav","offset":7,"duration":1,"label":"noise"}
END
	ds-import -v set.json >got 2>err
	cat >want <<'END'
{"dataset":{"name":"set","format":"nemo"}}
{"source":"wav/a.wav","id":"set.000000001","duration":3.20,"annotation":[{"text":"so \u00e9 goes"}],"nemo":{"audio_filepath": "wav/a.wav", "duration": 3.20, "text": "so \u00e9 goes", "lang": "en", "id": 12345678901234567890}}
{"source":"/abs/b.wav","id":"set.000000002","annotation":[{"time":[1.50,3.50],"text":"one","speaker":"ann","nemo":{"audio_filepath": "/abs/b.wav", "offset": 1.50, "duration": 2.0, "text": "one", "speaker":"ann"}},{"time":[3.5,3.6],"text":"two","nemo":{"audio_filepath": "/abs/b.wav", "offset": 3.5, "duration": 0.1, "text": "two"}}]}
{"source":"c.flac","id":"set.000000004","duration":1,"annotation":[{"name":"yes"}],"nemo":{"audio_filepath":"c.flac","duration":1,"command":"yes","label":3}}
{"source":"c.flac","id":"set.000000005","nemo":{"audio_filepath":"c.flac","duration":null,"text":null}}
{"source":"/d.flac","id":"set.000000006","duration":1.0,"annotation":[{"text":""}]}
{"source":"/abs/b.wav","id":"set.000000007","annotation":[{"name":"noise","time":[7,8]}]}
END
	assert_file_equals got want
	grep -q '6 samples with 6 annotations given' err
	same nemo set.json
	ds-export -f nemo -o one.json got
	assert_file_equals one.json set.json
	# Changed records change their lines, and nothing else of these.
	sed 's/so \\u00e9 goes"}\]/it went"}]/; s/\[3.5,3.6\]/[3.25,3.6]/; s/"name":"yes"/"name":"no"/' got |
		ds-export -f nemo -o new.json
	sed 's/so \\u00e9 goes/it went/; s/"offset": 3.5, "duration": 0.1/"offset": 3.25, "duration": 0.35/; s/"yes"/"no"/' set.json >want
	assert_file_equals new.json want
}

@test "nemo: sounds are brought along, splits are folders, lines are complete" {
	mkdir in && printf RIFF >in/a.wav
	printf '{"audio_filepath":"a.wav","duration":1.0,"text":"x"}\n' >in/train_manifest.json
	printf '{"audio_filepath":"gone.wav","duration":2.0,"text":"y"}\r\n' >in/dev_manifest.json
	ds-import in >got
	run -1 --separate-stderr ds-export -f nemo -o out got
	[[ "$stderr" == *"cannot take the picture 'in/gone.wav'"* ]]
	cmp out/train/audio/a.wav in/a.wav
	echo '{"audio_filepath":"audio/a.wav","duration":1.0,"text":"x"}' >want
	assert_file_equals out/train/in.json want
	printf '{"audio_filepath":"audio/gone.wav","duration":2.0,"text":"y"}\n' >want
	assert_file_equals out/valid/in.json want
	ds-import -f nemo out | jq -c 'select(.source)|[.source,.usage]' >got
	printf '%s\n' '["out/train/audio/a.wav","TRAIN"]' '["out/valid/audio/gone.wav","EVAL"]' >want
	assert_file_equals got want
}

@test "nemo: bad lines have their place, the others come through" {
	cat >bad.json <<'END'
{"duration":1,"text":"no path"}
{"audio_filepath":"a.wav","duration":"1.5"}
{"audio_filepath":"a.wav","offset":1}
{"audio_filepath":"a.wav","offset":-1,"duration":1}
{"audio_filepath":"a.wav","text":["x"]}
["audio_filepath"]
{"audio_filepath":"a.wav",}
{"audio_filepath":"a.wav","text":"ok"}
END
	run -1 --separate-stderr ds-import -v -f nemo bad.json
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
bad.json:1:1: error: a line needs "audio_filepath", a string [nemo]
bad.json:2:38: error: "duration" should be a number of seconds [nemo]
bad.json:3:36: error: "offset" should be a number from 0 on with a "duration" beside it [nemo]
bad.json:4:36: error: "offset" should be a number from 0 on with a "duration" beside it [nemo]
bad.json:5:34: error: "text" should be a string [nemo]
bad.json:6:1: error: a line should be an object [json]
bad.json:7:27: error: a key in double quotes should be here [json]
bad.json: note: 1 line has no "duration", which NeMo needs [nemo]
ds-import: 1 label file read, 0 of them bad
ds-import: 1 sample with 1 annotation given
ds-import: 7 samples and 0 annotations left out
END
	assert_file_equals got want
}

@test "audacity: labels, frequencies and points, byte for byte" {
	mkdir au
	touch au/a.wav au/b.mp3
	printf '1.500000\t2.250000\tso it goes\n\\\t100.000000\t2000.0\n3.0\t3.000000\t\n' >au/a.txt
	ds-import au >got
	cat >want <<'END'
{"dataset":{"name":"au","format":"audacity"}}
{"source":"au/a.wav","id":"a","annotation":[{"time":[1.500000,2.250000],"text":"so it goes","frequency":[100.000000,2000.0]},{"time":[3.0,3.000000],"text":""}]}
{"source":"au/b.mp3","id":"b"}
END
	assert_file_equals got want
	ds-export -f audacity -o copy got
	diff -r au copy
	# Other line ends and old points come back, too; a changed label does not.
	printf '1\t2\tx\ty\r\n5.5\told point\r\n\r\n.5\t.75\t' >odd.txt
	touch odd.wav
	ds-import -f audacity odd.txt >got
	[ "$(tail -n 1 got | jq -c '[.source,[.annotation[]|[.time,.text]]]')" = '["odd.wav",[[[1,2],"x\ty"],[[5.5,5.5],"old point"],[[0.5,0.75],""]]]' ]
	ds-export -f audacity --images none -o back got
	assert_file_equals back/odd.txt odd.txt
	sed 's/\[5.5,5.5\]/[5.5,6]/' got | ds-export -f audacity --images none -o changed
	printf '1\t2\tx\ty\n5.5\t6\told point\n0.5\t0.75\t\n' >want
	assert_file_equals changed/odd.txt want
}

@test "audacity: bad rows have their place; what it cannot hold is named" {
	touch c.wav
	printf 'words\n-1\t0\tx\n2\t1\tback\n\\\t1\t2\n1\t2\tgood\n\\\t1\tx\n1e999\t2\t\n' >c.txt
	run -1 --separate-stderr ds-import -v -f audacity c.txt
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
c.txt:1:1: error: a label should be start, TAB, end, TAB, text [audacity]
c.txt:2:1: error: a label should not end before it starts, nor start before 0 [audacity]
c.txt:3:1: error: a label should not end before it starts, nor start before 0 [audacity]
c.txt:4:3: error: frequencies should follow a label [audacity]
c.txt:6:3: error: frequencies should be \, TAB, low, TAB, high [audacity]
c.txt:7:1: error: a label should be start, TAB, end, TAB, text [audacity]
ds-import: 1 label file read, 0 of them bad
ds-import: 1 sample with 1 annotation given
ds-import: 0 samples and 6 annotations left out
END
	assert_file_equals got want
	printf '1\t2\t\377\n' >l.txt
	run -1 --separate-stderr ds-import -f audacity l.txt
	[ "$stderr" = 'l.txt:1:5: error: the file is not UTF-8; --encoding names another [encoding]' ]
	ds-import -q -f audacity --encoding latin1 l.txt 2>/dev/null | grep -q '"text":"ÿ"'
	must_fail 1 ds-import -q -f audacity --max-text 3 c.txt >/dev/null 2>err
	grep -q -e '--max-text' err
	printf '1\t2\tdog\n' >d.txt
	ds-import -q -f audacity - <d.txt | grep -q '"text":"dog"' # a stream is read, too
	must_fail 1 ds-import -q -f audacity --max-text 3 - <d.txt >/dev/null 2>err
	echo '<stdin>: error: larger than 3 bytes (--max-text) [max-text]' | cmp - err
	cat >in <<'END'
{"source":"c.wav","usage":"TRAIN","annotation":[{"name":"dog","time":[0,1]},{"name":"cat","time":[1,2.50],"text":"two\nlines","speaker":"bob"},{"text":"all"}]}
END
	run -0 --separate-stderr ds-export -f audacity --images none -o out in
	printf '%s\n' "$stderr" | sed 's/ (.*//' >got
	cat >want <<'END'
in:1: warning: sample.usage is lost: audacity cannot hold it
in:1: warning: annotation.speaker is lost: audacity cannot hold it
in:1: warning: annotation.name is lost: audacity cannot hold it
in:1: warning: annotation.line-ends is lost: audacity cannot hold it
in:1: warning: annotation is lost: audacity cannot hold it
END
	assert_file_equals got want
	printf '0\t1\tdog\n1\t2.50\ttwo lines\n' >want
	assert_file_equals out/c.txt want
}

kaldi() {
	mkdir k
	printf 'r1 sph2pipe -f wav /data/a.sph |\nr2 wav/b.wav\nr3 /abs/c.flac\n' >k/wav.scp
	printf 'ann-1 r1 0.50 2.25\nann-2 r1 3 4.0\nbob-1 r2 0 -1\n' >k/segments
	printf 'ann-1 hello  there\nann-2 \303\251t\303\251\nbob-1 yes\n' >k/text
	printf 'ann-1 ann\nann-2 ann\nbob-1 bob\n' >k/utt2spk
	printf 'ann ann-1 ann-2\nbob bob-1\n' >k/spk2utt
	printf 'r1 4.125\nr2 1\n' >k/reco2dur
}

@test "kaldi: recordings with their utterances; commands are never run; every byte comes back" {
	kaldi
	run -0 --separate-stderr ds-import k
	[ "$stderr" = 'k/wav.scp:3:1: warning: 1 recording is not in segments, first this one [kaldi]
k/wav.scp: note: 1 recording is a command, which is never run [kaldi]' ]
	printf '%s\n' "$output" >got
	cat >want <<'END'
{"dataset":{"name":"k","format":"kaldi"}}
{"source":"pipe://sph2pipe -f wav /data/a.sph","id":"r1","duration":4.125,"annotation":[{"id":"ann-1","time":[0.50,2.25],"text":"hello  there","speaker":"ann"},{"id":"ann-2","time":[3,4.0],"text":"été","speaker":"ann"}],"kaldi":{"wav":"sph2pipe -f wav /data/a.sph |"}}
{"source":"wav/b.wav","id":"r2","duration":1,"annotation":[{"id":"bob-1","text":"yes","speaker":"bob"}]}
{"source":"/abs/c.flac","id":"r3"}
END
	assert_file_equals got want
	ds-export -f kaldi --images none -o copy got
	diff -r k copy
	# Without segments an utterance is a recording. A command that would leave a trace leaves none.
	mkdir w && printf 'r1 touch ran |\n' >w/wav.scp && printf 'r1 so\n' >w/text
	ds-import -q -f kaldi w | tee rec | ds-export -q -f kaldi -o w2 2>/dev/null
	[ ! -e ran ]
	printf 'r1 r1\n' >w/utt2spk && cp w/utt2spk w/spk2utt
	diff -r w w2
	jq -c 'select(.source)|.annotation' rec >got
	echo '[{"text":"so"}]' >want
	assert_file_equals got want
}

@test "kaldi: what does not fit together is said with its place" {
	mkdir k
	printf 'r1 a.wav\nr1 b.wav\nr2\n' >k/wav.scp
	printf 'u1 r9 0 1\nu2 r1 x 1\nu3 r1 2 1\nu4 r1 1 -1\nu5 r1 1 2\nu6 r1\nu8\n' >k/segments
	printf 'u5 ok\nu7 nobody\n' >k/text
	printf 'u5 ann\n' >k/utt2spk
	printf 'bob u5\n' >k/spk2utt
	printf 'u5 f\n' >k/utt2lang
	run -1 --separate-stderr ds-import -v k
	printf '%s\n' "$stderr" >got
	cat >want <<'END'
k/wav.scp:2:1: error: this key was there before; the first one counts [kaldi]
k/segments:1:4: error: a segment should name a recording of wav.scp [kaldi]
k/segments:7:3: error: a segment should name a recording of wav.scp [kaldi]
k/spk2utt:1:5: warning: utt2spk does not say so; utt2spk counts [kaldi]
k/text:2:1: error: this utterance is not in segments [kaldi]
k/wav.scp:3:1: warning: 1 recording is not in segments, first this one [kaldi]
k/segments:1:1: warning: 6 utterances are not in text, first this one [kaldi]
k/segments:1:1: warning: 6 utterances are not in utt2spk, first this one [kaldi]
k/utt2lang: warning: this file is not read [kaldi]
k/segments:2:4: error: a segment should be utterance, recording, start, end [kaldi]
k/segments:3:7: error: a segment should not end before it starts (an end of -1 needs reco2dur) [kaldi]
k/segments:4:7: error: a segment should not end before it starts (an end of -1 needs reco2dur) [kaldi]
k/segments:6:4: error: a segment should be utterance, recording, start, end [kaldi]
k/wav.scp:3:1: error: a recording should have a path or a command [kaldi]
ds-import: 5 label files read, 0 of them bad
ds-import: 1 sample with 1 annotation given
ds-import: 1 sample and 8 annotations left out
END
	assert_file_equals got want
	must_fail 2 ds-import -f kaldi k/text 2>err
	grep -q 'there is no wav.scp here' err
}

@test "kaldi: records from elsewhere get ids, sorted files, and losses by name" {
	cat >in <<'END'
{"source":"b.wav","id":"two words","annotation":[{"time":[1.5,2],"text":"b\nc","speaker":"bob"},{"time":[0,1.25],"name":"dog"},{"text":"all"},{"time":[3,2]}]}
{"source":"a.wav","id":"two_words","duration":9.50,"annotation":[{"id":"z","text":"whole"}]}
END
	run -0 --separate-stderr ds-export -f kaldi --images none -o out in
	printf '%s\n' "$stderr" | sed 's/ ([0-9].*//' >got
	cat >want <<'END'
in:1: warning: annotation.name is lost: kaldi cannot hold it
in:1: warning: annotation.line-ends is lost: kaldi cannot hold it
in:1: warning: annotation is lost: kaldi cannot hold it
END
	assert_file_equals got want
	(cd out && head -n 9 reco2dur segments spk2utt text utt2spk wav.scp) >got
	cat >want <<'END'
==> reco2dur <==
two_words-2 9.50

==> segments <==
bob-two_words-0000150-0000200 two_words 1.5 2
two_words two_words 0 -1
two_words-0000000-0000125 two_words 0 1.25
z two_words-2 0 -1

==> spk2utt <==
bob bob-two_words-0000150-0000200
two_words two_words
two_words-0000000-0000125 two_words-0000000-0000125
z z

==> text <==
bob-two_words-0000150-0000200 b c
two_words all
z whole

==> utt2spk <==
bob-two_words-0000150-0000200 bob
two_words two_words
two_words-0000000-0000125 two_words-0000000-0000125
z z

==> wav.scp <==
two_words b.wav
two_words-2 a.wav
END
	assert_file_equals got want
}

@test "paragraphs of speech go from each format that holds them to each other one" {
	mkdir wav && touch wav/a.wav wav/b.wav
	cat >in.jsonl <<'END'
{"dataset":{"name":"set"}}
{"source":"wav/a.wav","id":"a","annotation":[{"time":[0.500,2.250],"text":"so it goes"},{"time":[2.250,3.000],"text":"été 😀"}]}
{"source":"wav/b.wav","id":"b","annotation":[{"time":[0.000,1.125],"text":"x"}]}
END
	show() {
		jq -c 'select(.source)|[(.source|split("/")[-1]),[.annotation[]|[.time,.text]]]' "$1"
	}
	show in.jsonl >want
	for a in audacity kaldi manifest nemo; do
		ds-export -q -f "$a" -o "one-$a" in.jsonl 2>/dev/null
		ds-import -q -f "$a" "one-$a" >one.jsonl 2>/dev/null
		for b in audacity kaldi manifest nemo; do
			rm -rf two
			ds-export -q -f "$b" -o two one.jsonl 2>/dev/null
			ds-import -q two >two.jsonl 2>/dev/null
			show two.jsonl >got
			cmp -s got want || { echo "$a to $b:" && diff got want; }
		done
	done >bad
	[ ! -s bad ] || fail "$(head -n 40 bad)"
}

@test "kaldi: what a folder lacks is said" {
	mkdir k s
	printf 'r1 a.wav\nr2 b.wav\nr3 c.wav\n' >k/wav.scp
	printf 'r2 hi\n' >k/text
	printf 'r1 s\nr2 s\nr3 s\n' >k/utt2spk
	printf 'r1 x\nr2 1.5\nr9 3\n' >k/reco2dur
	must_fail 1 ds-import -f kaldi k >out 2>err
	cat >want <<'END'
k/reco2dur:1:4: error: a duration should be a number of seconds [kaldi]
k/reco2dur:3:1: error: this recording is not in wav.scp [kaldi]
k/wav.scp:1:1: warning: 2 utterances are not in text, first this one [kaldi]
END
	assert_file_equals err want
	[ "$(wc -l <out)" -eq 4 ]
	printf 'r1 a.wav\nr2 b.wav\n' >s/wav.scp
	printf 'u1 r1 0 1\nu2 r1 1 2\n' >s/segments
	printf 'u1 hi\n' >s/text
	ds-import -f kaldi s >out 2>err
	cat >want <<'END'
s/wav.scp:2:1: warning: 1 recording is not in segments, first this one [kaldi]
s/segments:2:1: warning: 1 utterance is not in text, first this one [kaldi]
END
	assert_file_equals err want
}

@test "nemo: lines without a duration are counted, coming in and going out" {
	printf '{"audio_filepath":"%s.wav","text":"x"}\n' a b >n.json
	ds-import -f nemo n.json >rec 2>err
	echo 'n.json: note: 2 lines have no "duration", which NeMo needs [nemo]' >want
	assert_file_equals err want
	ds-export -f nemo --images none -o back.json rec 2>err
	[ ! -s err ] || fail "$(cat err)"
	cmp n.json back.json
	tail -n 2 rec | ds-export -f nemo --images none -o out.json 2>err
	grep -q 'warning: sample.duration-unknown is lost: nemo cannot hold it (2 in 2 samples, first n.000000001) \[loss\]' err || fail "$(cat err)"
}

@test "nemo: a duration comes back with its own digits" {
	printf '{"audio_filepath":"b.wav","offset":1.0,"duration":2,"text":"t"}\n{"audio_filepath":"b.wav","offset":3,"duration":0.50,"text":"u"}\n' >digits.json
	ds-import -f nemo digits.json | ds-export -q -f nemo --images none -o back.json
	assert_file_equals back.json digits.json
}

@test "NeMo: a duration beyond all numbers is an error" {
	printf '{"audio_filepath":"a.wav","duration":1e400,"text":"x"}\n' >m.json
	must_fail 1 ds-import -f nemo m.json 2>err >got
	echo 'm.json:1:38: error: "duration" should be a number of seconds [nemo]' >want
	assert_file_equals err want
}
