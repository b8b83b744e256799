/*
 * Supervisely: meta.json, DATASET/img/x.jpg and DATASET/ann/x.jpg.json.
 *
 * Rules from supervisely/supervisely, geometry/: pixels from 0. The far edges of a rectangle are the last
 * pixels inside (width = right - left + 1); the points of all other shapes are taken as they are. A
 * polygon may have holes (interior). A bitmap is base64 of a zlib stream of a PNG, with its top
 * left pixel (origin). Tags of an object are its property, tags of the picture are classes of it.
 *
 * Classes with all their members are the class list, the rest of meta.json the header's member
 * "supervisely"; in that of samples and annotations rides what has no field.
 */
#include "label/supervisely.h"

#include "base/base64.h"
#include "base/num.h"
#include "base/path.h"
#include "label/decimal.h"
#include "label/find.h"
#include "label/formats.h"
#include "label/mask.h"

#define BITMAP_MAX ((size_t)64 << 20) /* bytes that the zlib stream of a mask may hold */

const char *const supervisely_object_key[KEYS] = { "id", "classTitle", "geometryType", "points",
	"bitmap", "nodes", "tags", "labelerLogin", "createdAt" };

bool
supervisely_is_annotation(const struct tree *t, const struct node *n)
{
	struct span path = span_str(n->path);

	return t->single ||
	       (path_has_ext(path, "json") && span_is(path_base_span(find_dir(path)), "ann"));
}

/* The two points that a bbox gives. */
void
supervisely_make_rectangle(struct buf *b, const struct span v[4])
{
	buf_adds(b, "[[");
	buf_addf(b, "%.*s,%.*s],[", SPAN_ARG(v[0]), SPAN_ARG(v[1]));
	decimal_sum(b, v[0], 1, v[2], -1);
	buf_addc(b, ',');
	decimal_sum(b, v[1], 1, v[3], -1);
	buf_adds(b, "]]");
}

/* A rectangle's x, y, w, h; its last pixels are inside. */
bool
supervisely_write_rectangle(struct buf *b, const struct span c[4])
{
	double v[4];

	for (int i = 0; i < 4; i++)
		if (!num_parse(c[i], &v[i]))
			return false;
	jw_key(b, "bbox");
	jw_open(b, '[');
	for (int i = 0; i < 2; i++)
		jw_raw(b, c[v[i] <= v[i + 2] ? i : i + 2]);
	for (int i = 0; i < 2; i++) {
		bool order = v[i] <= v[i + 2];

		jw_raw(b, SPAN(""));
		decimal_sum(b, c[order ? i + 2 : i], -1, c[order ? i : i + 2], 1);
	}
	jw_close(b, ']');
	return true;
}

/* A bitmap's data and origin as an RLE behind b's text. */
bool
supervisely_bitmap_to_rle(struct buf *b, struct span bitmap, double width, double height)
{
	struct buf text = BUF_INIT, packed = BUF_INIT, png = BUF_INIT;
	struct span data = json_value_text(json_member(bitmap, "data"), &text);
	double at[2];
	bool ok = json_numbers(json_member(bitmap, "origin"), at, 2) == 2 && data.p &&
		  base64_decode(&packed, data) &&
		  zlib_inflate(&png, buf_span(&packed), BITMAP_MAX) &&
		  mask_png_to_rle(b, buf_span(&png), at[0], at[1], width, height);

	buf_release(&text);
	buf_release(&packed);
	buf_release(&png);
	return ok;
}

/* A graph: {"name":{"loc":[x,y]},...}. */
bool
supervisely_read_nodes(struct buf *b, struct span nodes)
{
	struct span key, node, v[3];
	struct json j;

	if (json_type_of(nodes) != JSON_OBJECT)
		return false;
	jw_key(b, "keypoints");
	jw_open(b, '[');
	json_begin(&j, nodes);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &node)) {
		if (number_texts(json_member(node, "loc"), v, 3) != 2)
			return false;
		jw_raw(b, v[0]);
		jw_raw(b, v[1]);
		jw_u64(b, json_type_of(json_member(node, "disabled")) == JSON_TRUE ? 1 : 2);
	}
	jw_close(b, ']');
	return true;
}

/* [{"name":"a","value":1}] as {"a":1}; *plain: that is all that the tags say. */
void
supervisely_write_tags(struct buf *b, struct span tags, bool *plain)
{
	static const char *const key[] = { "name", "value" };
	struct buf rest = BUF_INIT;
	struct span tag, v[2];
	bool any = false;
	struct json j;

	*plain = true;
	if (json_type_of(tags) != JSON_ARRAY)
		return;
	json_begin(&j, tags);
	json_array(&j);
	while (json_item(&j) && json_value(&j, &tag)) {
		buf_reset(&rest);
		json_pick(tag, key, v, 2, &rest);
		*plain = *plain && !rest.n && v[1].p && json_type_of(v[0]) == JSON_STRING;
		if (json_type_of(v[0]) != JSON_STRING)
			continue;
		if (!any) {
			jw_key(b, "property");
			jw_open(b, '{');
		}
		any = true;
		jw_key_raw(b, json_unquote(v[0]));
		jw_raw(b, v[1].p ? v[1] : SPAN("null"));
	}
	if (any)
		jw_close(b, '}');
	buf_release(&rest);
}

static bool
looks_like(struct span head)
{
	return find_has(head, "\"objects\"") &&
	       (find_has(head, "\"classTitle\"") || find_has(head, "\"size\""));
}

static int
detect(const struct tree *t, struct buf *why)
{
	bool layout = false;

	for (size_t i = 0; i < t->n && !layout; i++)
		layout = supervisely_is_annotation(t, &t->node[i]);
	return layout ? find_score(t, "json", looks_like, 85, "with \"objects\" in ann/", why) : 0;
}

const struct label_format label_supervisely = {
	.name = "supervisely",
	.aliases = "sly",
	.title = "Supervisely: a project with a JSON file a picture in DATASET/ann",
	.holds = HOLDS(ANN_BBOX) | HOLDS(ANN_RBOX) | HOLDS(ANN_POLYGON) | HOLDS(ANN_RLE) |
		 HOLDS(ANN_KEYPOINTS) | HOLDS(ANN_POLYLINE) | HOLDS(ANN_LINE) | HOLDS(ANN_POINT) |
		 HOLDS(ANN_NAME) | HOLDS(ANN_ID) | HOLDS(ANN_ANNOTATED_BY) |
		 HOLDS(ANN_CREATION_TIME) | HOLDS(ANN_PROPERTY) | HOLDS_HOLES | HOLDS_CLASS |
		 HOLDS_CLASSES | HOLDS_NEGATIVE | HOLDS_SIZE | HOLDS_USAGE | HOLDS_CLASS_LIST |
		 HOLDS_INFO,
	.keeps = "supervisely|corners|holes",
	.detect = detect,
	.read = supervisely_read,
	.writer = &supervisely_writer,
};
