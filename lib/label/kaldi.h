/*
 * Kaldi's data folders: text files of a key and a value a row, sorted by key.
 *
 *	wav.scp		RECORDING path, or a command whose output is the sound: "sph2pipe -f wav a.sph |"
 *	segments	UTTERANCE RECORDING start end	(seconds; end -1: the end of the recording)
 *	text		UTTERANCE words
 *	utt2spk		UTTERANCE SPEAKER	(spk2utt: SPEAKER UTTERANCE ...)
 *	reco2dur	RECORDING seconds
 *
 * Without segments an utterance is a recording. An utterance that is its own speaker has an unknown one.
 *
 * Source: Kaldi, "Data preparation"; utils/validate_data_dir.sh.
 *
 * A record is a recording, an utterance an annotation of it. A command is never run: it is the source
 * "pipe://COMMAND". What wav.scp said rides in the member "kaldi".
 *
 * This is what kaldi.c (the table's entry), kaldi_read.c and kaldi_write.c share.
 */
#ifndef LABEL_KALDI_H
#define LABEL_KALDI_H

#include "label/export.h"
#include "label/import.h"

/* Before the command in a source. */
#define KALDI_PIPE "pipe://"

/* The files of a folder. */
enum {
	KALDI_WAV,
	KALDI_SEGMENTS,
	KALDI_TEXT,
	KALDI_UTT2SPK,
	KALDI_SPK2UTT,
	KALDI_RECO2DUR,
	KALDI_FILES,
};

/* Their names. */
extern const char *const kaldi_file[KALDI_FILES];

void kaldi_read(struct importer *im);
extern const struct label_writer kaldi_writer;

#endif
