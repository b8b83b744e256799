/* Kaldi's data folders in the table of formats: see kaldi.h. */
#include "label/kaldi.h"

#include "archive/tree.h"
#include "base/path.h"
#include "label/formats.h"

const char *const kaldi_file[KALDI_FILES] = { "wav.scp", "segments", "text", "utt2spk", "spk2utt",
	"reco2dur" };

static int
detect(const struct tree *t, struct buf *why)
{
	for (size_t i = 0; i < t->n; i++)
		if (span_is(path_base_span(span_str(t->node[i].path)), kaldi_file[KALDI_WAV])) {
			buf_addf(why, "%s", t->node[i].path);
			return 90;
		}
	return 0;
}

const struct label_format label_kaldi = {
	.name = "kaldi",
	.aliases = "kaldi-data",
	.title = "Kaldi's data folders: wav.scp, segments, text, utt2spk",
	.holds = HOLDS(ANN_TIME) | HOLDS(ANN_TEXT) | HOLDS(ANN_ID) | HOLDS(ANN_SPEAKER) |
		 HOLDS_UNLABELLED,
	.keeps = "kaldi|duration",
	.detect = detect,
	.read = kaldi_read,
	.writer = &kaldi_writer,
};
