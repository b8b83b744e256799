/*
 * A slice: the part of a workflow document that one step needs, as a small document of its
 * own. A run has one for each step, so that a step costs the same in a workflow of ten steps
 * and of ten thousand, and runs again only when something that it reads was changed.
 *
 * The first step in it is the step itself, as it stands in the document. The other steps are
 * those that it depends on, reads from, or is listed by; of them it has the name, the type,
 * the outputs, and of the lists of a condition what names the step. Of parameters, data and
 * storages it has those that the step refers to; a parameter that was given a value has that
 * as its `value`. The same document gives the same bytes.
 */
#ifndef WORKFLOW_SLICE_H
#define WORKFLOW_SLICE_H

#include "workflow/decide.h"
#include "workflow/params.h"

/* Append the slice of `step`. `mark` is scratch of nsteps bytes, all zero before and after. */
void slice_write(struct buf *out, const struct wf *wf, const struct branches *b,
    const struct params *params, uint32_t step, unsigned char *mark);

/*
 * Write all slices of a run, and its .ready file; one that would be the same is left alone.
 * False: could not; said so (status 2).
 */
bool slices_write(
    const char *run, const struct wf *wf, const struct branches *b, const struct params *params);

#endif
