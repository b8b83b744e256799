/* Descriptions of YOLO sets: data.yaml of Ultralytics; obj.data, obj.names and lists of darknet. */
#include <stdlib.h>
#include <strings.h>

#include "base/num.h"
#include "base/path.h"
#include "json/json.h"
#include "json/write.h"
#include "label/find.h"
#include "label/usage.h"
#include "label/yaml.h"
#include "label/yolo.h"
#include "base/utf8.h"
#include "label/recode.h"

#define MAX_TEXT ((size_t)16 << 20)
#define MAX_CLASSES 1000000

const char *const yolo_usage[YOLO_SPLITS] = { NULL, "TRAIN", "EVAL", "TEST", NULL };

static const struct {
	const char *key;
	enum yolo_split split;
} split_keys[] = {
	{ "train", YOLO_TRAIN },
	{ "val", YOLO_EVAL },
	{ "valid", YOLO_EVAL },
	{ "validation", YOLO_EVAL },
	{ "test", YOLO_TEST },
};

static enum yolo_split
split_of_key(struct span key)
{
	for (size_t i = 0; i < ARRAY_LEN(split_keys); i++)
		if (span_is(key, split_keys[i].key))
			return split_keys[i].split;
	return YOLO_NO_SPLIT;
}

bool
yolo_is_description(struct span path)
{
	struct span base = path_base_span(path);

	return path_has_ext(path, "yaml|yml|data|names|labels") || span_is(base, "classes.txt") ||
	       span_is(base, "train.txt") || span_is(base, "val.txt") ||
	       span_is(base, "valid.txt") || span_is(base, "test.txt") ||
	       strncasecmp(base.p, "readme", base.n < 6 ? base.n : 6) == 0;
}

/* ---- classes ---- */

static void
add_name(struct yolo_set *s, size_t i, struct span name)
{
	if (i >= MAX_CLASSES)
		return;
	while (s->n <= i) {
		s->name = grow(s->name, &s->cap, s->n + 1, sizeof(*s->name));
		s->name[s->n++] = NULL;
	}
	free(s->name[i]);
	s->name[i] = xstrndup(name.p, name.n);
	s->named = true;
}

struct span
yolo_class(const struct yolo_set *s, uint64_t number, struct buf *scratch)
{
	if (number < s->n && s->name[number])
		return span_str(s->name[number]);
	buf_reset(scratch);
	buf_addf(scratch, "class_%llu", (unsigned long long)number);
	return buf_span(scratch);
}

/* ---- paths ---- */

/* Is it a file of the tree, or the folder of one? Then its index, or that of the first one in it. */
static bool
in_tree(const struct tree *t, struct span path, bool *folder, size_t *first)
{
	struct buf prefix = BUF_INIT;
	size_t i = tree_lower_bound(t, path);
	bool found = i < t->n && span_is(path, t->node[i].path);

	*folder = !found;
	*first = i;
	if (!found) {
		buf_addspan(&prefix, path);
		if (path.n > 0)
			buf_addc(&prefix, '/');
		*first = tree_lower_bound(t, buf_span(&prefix));
		found =
		    *first < t->n && span_starts(span_str(t->node[*first].path), buf_span(&prefix));
	}
	buf_release(&prefix);
	return found;
}

/* The path below folder `base`, if the tree has it. */
static bool
try_path(const struct tree *t, struct span base, struct span path, struct buf *out, bool *folder,
    size_t *first)
{
	struct buf joined = BUF_INIT;
	bool found;

	buf_reset(out);
	path_join(&joined, base, path);
	found = path_member(out, buf_span(&joined));
	/* the root itself has no member path */
	if (!found && !memmem(joined.p, joined.n, "..", 2) && path.n > 0 && path.p[0] == '.')
		found = true;
	buf_release(&joined);
	return found && in_tree(t, buf_span(out), folder, first);
}

/*
 * A path of a description: below one of the bases as it stands, else its tail ("../train/images",
 * "C:\data\train\images" and "/home/me/set/train/images" are all train/images here).
 */
static bool
resolve(const struct tree *t, const struct span base[2], struct span path, struct buf *out,
    bool *folder, size_t *first)
{
	struct buf slashes = BUF_INIT;
	struct span rest, part;
	bool found = false;

	buf_addspan(&slashes, span_trim(path));
	for (size_t i = 0; i < slashes.n; i++)
		if (slashes.p[i] == '\\')
			slashes.p[i] = '/';
	rest = buf_span(&slashes);
	while (!found && rest.n > 0) {
		for (int i = 0; i < 2 && !found; i++)
			found = rest.p[0] != '/' && try_path(t, base[i], rest, out, folder, first);
		if (!span_cut(&rest, '/', &part) || !rest.p)
			break;
	}
	buf_release(&slashes);
	return found;
}

/* ---- splits ---- */

struct describing {
	struct yolo_set *s;
	const char *name;    /* of the file that describes, for messages */
	struct span base[2]; /* folders that paths are relative to */
	struct buf path;
};

static void
mark(struct yolo_set *s, size_t i, enum yolo_split split)
{
	if (s->split[i] == YOLO_NO_SPLIT)
		s->split[i] = (uint8_t)split;
	s->splits = true;
}

static enum yolo_split
split_of_usage(const char *usage)
{
	for (int i = YOLO_TRAIN; usage && i <= YOLO_TEST; i++)
		if (strcmp(usage, yolo_usage[i]) == 0)
			return (enum yolo_split)i;
	return YOLO_NO_SPLIT;
}

/*
 * A folder that is two splits at once (small sets are trained and tested on the same pictures) is the
 * one that its name says, else none.
 */
static void
mark_folder(struct describing *d, size_t first, enum yolo_split split)
{
	const struct tree *t = d->s->tree;
	bool twice = d->s->split[first] != YOLO_NO_SPLIT && d->s->split[first] != split;
	enum yolo_split named = split_of_usage(usage_of_path(buf_span(&d->path)));
	struct buf prefix = BUF_INIT;

	buf_addspan(&prefix, buf_span(&d->path));
	if (prefix.n > 0)
		buf_addc(&prefix, '/');
	for (size_t i = first; i < t->n; i++) {
		if (!span_starts(span_str(t->node[i].path), buf_span(&prefix)))
			break;
		if (twice && (named == YOLO_NO_SPLIT || named == split))
			d->s->split[i] = named == split ? (uint8_t)split : YOLO_BOTH;
		else
			mark(d->s, i, split);
	}
	buf_release(&prefix);
}

/* Pictures named one a line; "./" is the folder of the list. */
static void
mark_list(struct describing *d, size_t list, enum yolo_split split)
{
	const struct tree *t = d->s->tree;
	struct span line, folder = find_dir(span_str(t->node[list].path));
	const struct span base[2] = { folder, d->base[0] };
	struct input in;
	bool is_folder;
	size_t i;

	d->s->is_list[list] = 1;
	if (!tree_input(t, &t->node[list], &in))
		return;
	while (input_line(&in, &line)) {
		line = span_trim(line);
		if (line.n == 0)
			continue;
		if (resolve(t, base, line, &d->path, &is_folder, &i) && !is_folder)
			mark(d->s, i, split);
		else
			error_at(input_pos(&in, 0), "yolo", "the picture '%.*s' is not here",
			    SPAN_ARG(line));
	}
	input_close(&in);
}

static void
mark_split(struct describing *d, struct span path, enum yolo_split split)
{
	bool folder;
	size_t first;

	if (span_trim(path).n == 0)
		return;
	if (!resolve(d->s->tree, d->base, path, &d->path, &folder, &first))
		warning_at(pos_file(d->name), "yolo", "the %s split '%.*s' is not here",
		    split == YOLO_TRAIN  ? "train"
		    : split == YOLO_EVAL ? "val"
					 : "test",
		    SPAN_ARG(path));
	else if (folder)
		mark_folder(d, first, split);
	else
		mark_list(d, first, split);
}

/* ---- data.yaml ---- */

/* A folder, a list file, or a list of these. */
static void
read_split(struct describing *d, struct span value, enum yolo_split split)
{
	struct buf text = BUF_INIT;
	struct span item;
	struct json j;

	if (json_type_of(value) == JSON_STRING) {
		mark_split(d, json_value_text(value, &text), split);
	} else if (json_type_of(value) == JSON_ARRAY) {
		json_begin(&j, value);
		json_array(&j);
		while (json_item(&j) && json_value(&j, &item))
			if (json_type_of(item) == JSON_STRING)
				mark_split(d, json_value_text(item, &text), split);
	} else if (json_type_of(value) != JSON_NULL) {
		error_at(pos_file(d->name), "yolo", "a split must be a path or a list of paths");
	}
	buf_release(&text);
}

/* The text of a name: yaml takes 1 and true for something else than words. */
static struct span
name_text(struct span raw, struct buf *text)
{
	return json_type_of(raw) == JSON_STRING ? json_value_text(raw, text) : raw;
}

static void
read_names(struct describing *d, struct span value)
{
	struct buf text = BUF_INIT;
	struct span key, item;
	struct json j;
	uint64_t i = 0;

	json_begin(&j, value);
	if (json_peek(&j) == JSON_ARRAY) {
		json_array(&j);
		for (; json_item(&j) && json_value(&j, &item); i++)
			add_name(d->s, i, name_text(item, &text));
	} else if (json_peek(&j) == JSON_OBJECT) {
		json_object(&j);
		while (json_key(&j, &key) && json_value(&j, &item))
			if (num_parse_u64(key, &i))
				add_name(d->s, i, name_text(item, &text));
			else
				error_at(pos_file(d->name), "yolo",
				    "names: '%.*s' must be the number of a class", SPAN_ARG(key));
	} else if (json_peek(&j) != JSON_NULL) { /* no classes */
		error_at(pos_file(d->name), "yolo",
		    "names must be a list, or a map of numbers to names");
	}
	buf_release(&text);
}

static void
check_count(struct describing *d, struct span value)
{
	uint64_t n;

	if (num_parse_u64(value, &n) && d->s->named && n != d->s->n)
		warning_at(pos_file(d->name), "yolo", "nc is %llu, and there are %zu names",
		    (unsigned long long)n, d->s->n);
}

static void
read_kpt_shape(struct describing *d, struct span value)
{
	double v[2];

	if (json_numbers(value, v, 2) == 2 && v[0] >= 1 && v[0] <= 1000 &&
	    (v[1] == 2 || v[1] == 3)) {
		d->s->points = (unsigned)v[0];
		d->s->numbers = (unsigned)v[1];
	} else {
		error_at(pos_file(d->name), "yolo", "kpt_shape must be [keypoints, 2 or 3]");
	}
}

static void
keep_more(struct yolo_set *s, struct span key, struct span value)
{
	if (s->more.n == 0)
		buf_addc(&s->more, '{');
	jw_key_raw(&s->more, key);
	jw_raw(&s->more, value);
}

static void
read_members(struct describing *d, struct span json)
{
	struct buf root = BUF_INIT, text = BUF_INIT;
	struct span key, value, path = json_value_text(json_member(json, "path"), &text);
	struct json j;

	/* `path` counts as far as it is a folder here */
	if (path.p && try_path(d->s->tree, d->base[1], path, &root, &(bool){ 0 }, &(size_t){ 0 }))
		d->base[0] = buf_span(&root);
	json_begin(&j, json);
	json_object(&j);
	while (json_key(&j, &key) && json_value(&j, &value)) {
		if (split_of_key(key) != YOLO_NO_SPLIT)
			read_split(d, value, split_of_key(key));
		else if (span_is(key, "names"))
			read_names(d, value);
		else if (span_is(key, "kpt_shape"))
			read_kpt_shape(d, value);
		if (split_of_key(key) == YOLO_NO_SPLIT && !span_is(key, "names") &&
		    !span_is(key, "nc") && !span_is(key, "path"))
			keep_more(d->s, key, value);
	}
	check_count(d, json_member(json, "nc"));
	buf_release(&root);
	buf_release(&text);
}

static bool
read_yaml(struct yolo_set *s, const struct node *n)
{
	struct buf text = BUF_INIT, json = BUF_INIT;
	struct describing d = { .s = s, .name = xstrdup(tree_name(s->tree, n)) };
	bool ours = false;

	d.base[0] = d.base[1] = find_dir(span_str(n->path));
	if (recode_read(s->im, n, &text) && yaml_to_json(&json, buf_span(&text), d.name)) {
		ours = json_type_of(buf_span(&json)) == JSON_OBJECT &&
		       (json_member(buf_span(&json), "names").p ||
			   json_member(buf_span(&json), "train").p);
		if (ours)
			read_members(&d, buf_span(&json));
	}
	free((char *)(uintptr_t)d.name);
	buf_release(&d.path);
	buf_release(&text);
	buf_release(&json);
	return ours;
}

/* ---- darknet ---- */

static void
read_names_file(struct yolo_set *s, const struct node *n)
{
	struct span line;
	struct input in;
	size_t i = 0;

	if (!recode_input(s->im, n, &in))
		return;
	while (input_line(&in, &line)) {
		if (i == 0 && span_starts(line, SPAN("\xef\xbb\xbf")))
			line = span_of(line.p + 3, line.p + line.n);
		line = span_trim(line);
		if (line.n == 0)
			continue;
		if (utf8_valid(line))
			add_name(s, i, line);
		else
			error_at(input_pos(&in, utf8_check(line.p, line.n)), "encoding",
			    "the name is not UTF-8; --encoding names another");
		i++;
	}
	input_close(&in);
}

/* "names = data/obj.names", "train = data/train.txt" ... */
static void
read_data_file(struct yolo_set *s, const struct node *n)
{
	struct describing d = { .s = s, .name = xstrdup(tree_name(s->tree, n)) };
	struct span line, key, value;
	struct input in;
	bool folder;
	size_t i;

	d.base[0] = d.base[1] = find_dir(span_str(n->path));
	if (tree_input(s->tree, n, &in)) {
		while (input_line(&in, &line)) {
			value = line;
			if (!span_cut(&value, '=', &key) || !value.p)
				continue;
			key = span_trim(key);
			value = span_trim(value);
			if (split_of_key(key) != YOLO_NO_SPLIT)
				mark_split(&d, value, split_of_key(key));
			else if (span_is(key, "names") && !s->named &&
				 resolve(s->tree, d.base, value, &d.path, &folder, &i) && !folder)
				read_names_file(s, &s->tree->node[i]);
		}
		input_close(&in);
	}
	free((char *)(uintptr_t)d.name);
	buf_release(&d.path);
}

/* ---- the tree ---- */

/* The first node, nearest to the root, with this base name or extension. */
static const struct node *
find_file(const struct tree *t, const char *base, const char *ext)
{
	const struct node *best = NULL;
	size_t best_depth = SIZE_MAX;

	for (size_t i = 0; i < t->n; i++) {
		struct span path = span_str(t->node[i].path);
		size_t depth = 0;

		if (!(base && span_is(path_base_span(path), base)) &&
		    !(ext && path_has_ext(path, ext)))
			continue;
		for (size_t k = 0; k < path.n; k++)
			depth += path.p[k] == '/';
		if (depth < best_depth) {
			best = &t->node[i];
			best_depth = depth;
		}
	}
	return best;
}

void
yolo_set_read(struct yolo_set *s, struct importer *im)
{
	const struct tree *t = im->tree;

	const struct node *n;

	*s = (struct yolo_set){ .im = im, .tree = t };
	s->split = xcalloc(t->n + 1, 1);
	s->is_list = xcalloc(t->n + 1, 1);
	n = find_file(t, "data.yaml", NULL);
	if (!n)
		n = find_file(t, NULL, "yaml|yml");
	if (n && read_yaml(s, n)) {
		if (s->more.n > 0)
			buf_addc(&s->more, '}');
		return;
	}
	n = find_file(t, NULL, "data");
	if (n)
		read_data_file(s, n);
	if (!s->named &&
	    ((n = find_file(t, "classes.txt", NULL)) || (n = find_file(t, "obj.names", "names")) ||
		(n = find_file(t, "_darknet.labels", NULL))))
		read_names_file(s, n);
}

void
yolo_set_release(struct yolo_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->name[i]);
	free(s->name);
	free(s->split);
	free(s->is_list);
	buf_release(&s->more);
}
