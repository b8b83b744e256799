/*
 * Label Studio's export JSON_MIN: tasks without their frame, as ordinary ones.
 *
 *	{"image":"/data/upload/1/a.jpg","id":1,"annotator":1,"annotation_id":7,"lead_time":3.5,
 *	 "label":[{"x":..,"y":..,"width":..,"height":..,"rectanglelabels":["cat"],"original_width":..}]}
 *
 * What has a name of its own is told by its name; a list of objects with labels is what the control tag of the member's
 * name gave; all else is data. A choice or a text that stands as a plain string cannot be told from data.
 *
 * Source: HumanSignal/label-studio-converter, README ("JSON_MIN").
 */
#include "label/labelstudio.h"

enum { ID, PERSON, ANNOTATION, CREATED, UPDATED, LEAD_TIME, KEYS };

static const char *const keys[KEYS] = { "id", "annotator", "annotation_id", "created_at",
	"updated_at", "lead_time" };

/* The same in an annotation. */
static const char *const annotation_keys[KEYS] = { NULL, "completed_by", "id", "created_at",
	"updated_at", "lead_time" };

/* The type of the result that this is the value of: "rectanglelabels", "choices". SPAN_NONE: it is none. */
static struct span
type_of(struct span value)
{
	struct span key, v;
	struct json j;

	if (json_type_of(value) != JSON_OBJECT)
		return SPAN_NONE;
	json_begin(&j, value);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &v))
		if (json_type_of(v) == JSON_ARRAY &&
		    (span_ends(key, SPAN("labels")) || span_is(key, "choices")))
			return key;
	return SPAN_NONE;
}

bool
ls_is_min(struct span task)
{
	struct span key, v, first;
	struct json j, k;

	if (json_member(task, "data").p)
		return false;
	if (json_member(task, "annotator").p && json_member(task, "annotation_id").p)
		return true;
	json_begin(&j, task);
	if (!json_object(&j))
		return false;
	while (json_key(&j, &key) && json_value(&j, &v)) {
		if (json_type_of(v) != JSON_ARRAY)
			continue;
		json_begin(&k, v);
		json_array(&k);
		if (json_item(&k) && json_value(&k, &first) && type_of(first).p)
			return true;
	}
	return false;
}

/* The export has no ids of results; by one the choices of a result are one again when written. */
static void
add_result(struct buf *b, struct span from, struct span raw, size_t number)
{
	static const char *const size[] = { "original_width", "original_height" };
	struct span v[2], type = type_of(raw);
	struct buf value = BUF_INIT;

	json_pick(raw, size, v, 2, &value);
	jw_open(b, '{');
	buf_addf(b, "\"id\":\"m%zu\"", number);
	for (int i = 0; i < 2; i++)
		if (v[i].p)
			jw_member_raw(b, size[i], v[i]);
	jw_key(b, "value");
	jw_open(b, '{');
	jw_raw(b, buf_span(&value));
	jw_close(b, '}');
	jw_key(b, "from_name");
	jw_raw_string(b, from);
	if (type.p) {
		jw_key(b, "type");
		jw_raw_string(b, type);
	}
	jw_close(b, '}');
	buf_release(&value);
}

/* The results in the member, when that is what it holds. */
static bool
add_results(struct buf *b, struct span from, struct span value, size_t *number)
{
	struct span raw;
	struct json j;

	if (type_of(value).p) {
		add_result(b, from, value, ++*number);
		return true;
	}
	if (json_type_of(value) != JSON_ARRAY)
		return false;
	json_begin(&j, value);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		if (!type_of(raw).p)
			return false;
	json_begin(&j, value);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &raw))
		add_result(b, from, raw, ++*number);
	return true;
}

void
ls_task_of_min(struct buf *b, struct span flat)
{
	struct buf rest = BUF_INIT, data = BUF_INIT, results = BUF_INIT, object = BUF_INIT;
	struct span v[KEYS], key, value;
	struct json j;
	size_t number = 0;

	json_pick(flat, keys, v, KEYS, &rest);
	jw_open(&object, '{');
	jw_raw(&object, buf_span(&rest));
	jw_close(&object, '}');
	json_begin(&j, buf_span(&object));
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (add_results(&results, key, value, &number))
			continue;
		jw_key_raw(&data, key);
		jw_raw(&data, value);
	}
	jw_open(b, '{');
	if (v[ID].p)
		jw_member_raw(b, "id", v[ID]);
	buf_addf(b, "%s\"data\":{%s},\"annotations\":[{", v[ID].p ? "," : "", buf_str(&data));
	for (int i = PERSON; i < KEYS; i++)
		if (v[i].p)
			jw_member_raw(b, annotation_keys[i], v[i]);
	jw_key(b, "result");
	jw_open(b, '[');
	jw_raw(b, buf_span(&results));
	buf_adds(b, "]}]}");
	buf_release(&rest);
	buf_release(&data);
	buf_release(&results);
	buf_release(&object);
}
