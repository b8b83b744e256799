/*
 * The model folder: what stands in for the service's list of models.
 *
 *	OBS_ROOT/models/NAME/0001/		the files of the model
 *	OBS_ROOT/models/NAME/0001/model.json	its metadata, with a checksum for each file
 *
 * An entry appears by rename and is never changed. Adding what the newest entry already
 * holds gives that entry again, so a step that is run twice does not count twice.
 */
#ifndef WORKFLOW_MODELSTORE_H
#define WORKFLOW_MODELSTORE_H

#include "workflow/resolve.h"

/*
 * Add the file or folder `from` as the next version of the model `name` (a file name); the model step is
 * the first of `wf`. Its OBS path, "/models/NAME/0001/", is appended to *obs. False: said so.
 */
bool model_add(struct buf *obs, const struct site *site, const char *name, const struct wf *wf,
    const char *from);

/*
 * Append {"path":...,"bytes":...,"sha256":...} for a file, or for each file below a folder, sorted
 * by path, as elements of an open array. False: said so.
 */
bool files_list(struct buf *json, const char *path);

#endif
