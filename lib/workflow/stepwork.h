/*
 * What the types of steps have in common: members of the step, and the command that is put
 * together. For steptype.c, stepdata.c and stepwork.c only.
 */
#ifndef WORKFLOW_STEPWORK_H
#define WORKFLOW_STEPWORK_H

#include "workflow/steptype.h"

/* A member of the step's properties; of `properties.local` of any step. NULL: absent. */
const struct json_node *step_property(const struct wf *wf, const char *key);
const struct json_node *step_local(const struct wf *wf, uint32_t step, const char *key);
/* Where the step stands, for messages. */
struct pos work_pos(const struct work *w);

/* Add a word to the command. */
void work_arg(struct work *w, const char *text);
void work_arg_span(struct work *w, struct span text);
void work_clear_args(struct work *w);
/* Add to what the stamp says, behind "; ". */
void work_note(struct work *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A word of the document, perhaps a reference: its local path when it is an OBS path. False: said so. */
bool work_word(struct work *w, const struct json_node *node, struct buf *out);

/* dataset_import, create_dataset, labeling; release_dataset. */
enum work_kind work_import(struct work *w);
enum work_kind work_release_dataset(struct work *w);

#endif
