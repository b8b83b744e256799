/* The Croissant description of an export: see describe.h. */
#include "label/describe.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "archive/sink.h"
#include "archive/tree.h"
#include "base/diag.h"
#include "base/path.h"

/* More files of a folder with one extension are a set. */
#define GROUP_MAX 64

struct described_file {
	char *path;
	uint64_t bytes;
	unsigned char digest[SHA256_SIZE];
};

/* Files of one folder with one extension. */
struct file_group {
	char *pattern; /* "labels/train/ *.txt" */
	bool media, set;
	uint64_t n;
	struct described_file *file; /* while it is no set */
	size_t cap;
};

static void
forget_files(struct file_group *g)
{
	for (size_t i = 0; i < g->n && g->file; i++)
		free(g->file[i].path);
	free(g->file);
	g->file = NULL;
}

static struct file_group *
group_of(struct description *d, struct span path)
{
	struct buf pattern = BUF_INIT;
	struct span base = path_base_span(path), ext = path_ext(base);
	struct strmap_entry *e;
	bool is_new;

	buf_addspan(&pattern, span_of(path.p, base.p));
	buf_addc(&pattern, '*');
	if (ext.n)
		buf_addf(&pattern, ".%.*s", SPAN_ARG(ext));
	e = strmap_put(&d->groups, buf_span(&pattern), d->n, &is_new);
	if (is_new) {
		d->group = grow(d->group, &d->cap, d->n + 1, sizeof(*d->group));
		d->group[d->n++] = (struct file_group){ .pattern = buf_detach(&pattern),
			.media = tree_is_media(base) };
	}
	buf_release(&pattern);
	return &d->group[e->value];
}

static void
told(void *ctx, const char *path, uint64_t bytes, const unsigned char *sha256)
{
	struct file_group *g = group_of(ctx, span_str(path));

	if (!g->set && (!sha256 || g->media || g->n >= GROUP_MAX)) {
		forget_files(g);
		g->set = true;
	}
	if (!g->set) {
		g->file = grow(g->file, &g->cap, g->n + 1, sizeof(*g->file));
		g->file[g->n] = (struct described_file){ .path = xstrdup(path), .bytes = bytes };
		memcpy(g->file[g->n].digest, sha256, SHA256_SIZE);
	}
	g->n++;
}

void
describe_begin(struct description *d, struct sink *sink)
{
	*d = (struct description){ .sink = sink, .groups = STRMAP_INIT };
	sink_watch(sink, told, d);
}

/* ---- about the dataset ---- */

static const char *const about_keys[] = { "name", "description", "license", "url", "creator",
	"cite-as", "version", "date" };

enum {
	ABOUT_NAME,
	ABOUT_DESCRIPTION,
	ABOUT_LICENSE,
	ABOUT_URL,
	ABOUT_CREATOR,
	ABOUT_CITE_AS,
	ABOUT_VERSION,
	ABOUT_DATE,
	ABOUTS
};

/* Its place among the keys, ABOUTS: none; and what is behind the '='. */
static size_t
about_key(const char *text, const char **value)
{
	for (size_t i = 0; i < ABOUTS; i++) {
		size_t n = strlen(about_keys[i]);

		if (strncmp(text, about_keys[i], n) == 0 && text[n] == '=') {
			*value = text + n + 1;
			return i;
		}
	}
	return ABOUTS;
}

void
describe_check(const struct strings *about)
{
	const char *value;

	for (size_t i = 0; i < about->n; i++)
		if (about_key(about->v[i], &value) == ABOUTS)
			tool_usage("--about: '%s' should be KEY=VALUE with a KEY of name, "
				   "description, license, url, creator, cite-as, version, date",
			    about->v[i]);
}

/* A string of the header, kept for the caller; NULL: it has none, or an empty one. */
static char *
header_text(struct span value)
{
	struct buf scratch = BUF_INIT;
	struct span text =
	    json_type_of(value) == JSON_STRING ? json_value_text(value, &scratch) : SPAN_NONE;
	char *copy = text.n ? xstrndup(text.p, text.n) : NULL;

	buf_release(&scratch);
	return copy;
}

/* "2017/09/01", "2017-09-01T..." as a date; NULL: it is none. */
static char *
header_date(struct span value)
{
	char *text = header_text(value);
	bool good = text && strlen(text) >= 10;

	for (size_t i = 0; good && i < 10; i++) {
		if (i == 4 || i == 7)
			text[i] = text[i] == '/' ? '-' : text[i];
		good = i == 4 || i == 7 ? text[i] == '-' : isdigit((unsigned char)text[i]) != 0;
	}
	if (good)
		text[10] = '\0';
	else
		free(text);
	return good ? text : NULL;
}

/* What the header knows: the members that COCO has for it. */
static void
ask_header(const struct dataset *d, char *said[ABOUTS])
{
	struct span info = dataset_member(d, "info"), list = dataset_member(d, "licenses"), first;
	struct json j;

	said[ABOUT_NAME] = header_text(json_member(buf_span(&d->members), "name"));
	said[ABOUT_DESCRIPTION] = header_text(json_member(info, "description"));
	said[ABOUT_URL] = header_text(json_member(info, "url"));
	said[ABOUT_CREATOR] = header_text(json_member(info, "contributor"));
	said[ABOUT_DATE] = header_date(json_member(info, "date_created"));
	json_begin(&j, list.p ? list : SPAN("[]"));
	if (json_array(&j) && json_item(&j) && json_value(&j, &first) &&
	    json_type_of(first) == JSON_OBJECT && !json_item(&j))
		said[ABOUT_LICENSE] = header_text(json_member(first, "url"));
}

/* ---- writing ---- */

static void
write_files(struct croissant *c, const struct description *d)
{
	for (size_t i = 0; i < d->n; i++)
		for (size_t k = 0; k < d->group[i].n && !d->group[i].set; k++) {
			const struct described_file *f = &d->group[i].file[k];

			croissant_file(
			    c, f->path, f->bytes, f->digest, croissant_type(span_str(f->path)));
		}
}

/* All pictures are one set, so that a record set can have them. False: there are none. */
static bool
write_pictures(struct croissant *c, const struct description *d)
{
	struct croissant_names types = { .n = 0 }, includes = { .n = 0 };
	bool any;

	for (size_t i = 0; i < d->n; i++)
		if (d->group[i].media && path_is_picture(span_str(d->group[i].pattern))) {
			croissant_name(&types, croissant_type(span_str(d->group[i].pattern)));
			croissant_name(&includes, d->group[i].pattern);
		}
	any = includes.n > 0;
	if (any)
		croissant_file_set(c, "pictures", &types, &includes, NULL);
	croissant_names_release(&types);
	croissant_names_release(&includes);
	return any;
}

/* "labels/train/ *.txt" as the id "labels/train/txt-files". */
static void
write_set(struct croissant *c, const char *pattern)
{
	struct croissant_names type = { .n = 0 }, include = { .n = 0 };
	struct span base = path_base_span(span_str(pattern)), ext = path_ext(base);
	struct buf id = BUF_INIT;

	buf_addspan(&id, span_of(pattern, base.p));
	buf_addspan(&id, ext);
	buf_adds(&id, ext.n ? "-files" : "files");
	croissant_name(&type, croissant_type(span_str(pattern)));
	croissant_name(&include, pattern);
	croissant_file_set(c, id.p, &type, &include, NULL);
	croissant_names_release(&type);
	croissant_names_release(&include);
	buf_release(&id);
}

static void
write_sets(struct croissant *c, const struct description *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct file_group *g = &d->group[i];

		if (g->set && !(g->media && path_is_picture(span_str(g->pattern))))
			write_set(c, g->pattern);
	}
}

/* The records in tar shards. False: there are none. */
static bool
write_shards(struct croissant *c, const struct description *d)
{
	struct croissant_names type = { .n = 0 }, include = { .n = 0 }, shards = { .n = 0 };
	bool any;

	for (size_t i = 0; i < d->n; i++)
		for (size_t k = 0; k < d->group[i].n && !d->group[i].set; k++)
			if (path_has_ext(span_str(d->group[i].file[k].path), "tar"))
				croissant_name(&shards, d->group[i].file[k].path);
	any = shards.n > 0;
	croissant_name(&type, "application/json");
	croissant_name(&include, "*.json");
	if (any)
		croissant_file_set(c, "labels", &type, &include, &shards);
	croissant_names_release(&type);
	croissant_names_release(&include);
	croissant_names_release(&shards);
	return any;
}

static void
write_classes(struct croissant *c, const struct dataset *d)
{
	const char **name = xreallocarray(NULL, d->n + 1, sizeof(*name));
	const char **id = xreallocarray(NULL, d->n + 1, sizeof(*id));
	bool ids = true;

	for (size_t i = 0; i < d->n; i++) {
		name[i] = d->classes[i].name;
		id[i] = d->classes[i].id;
		ids = ids && id[i] && id[i][0] != '"';
	}
	if (d->n > 0)
		croissant_classes(c, name, ids ? id : NULL, d->n);
	free(name);
	free(id);
}

static void
write_records(struct croissant *c, const struct exporter *ex, bool pictures, bool shards)
{
	struct croissant_source picture = { .file_set = "pictures", .property = "content" };
	struct croissant_source name = { .file_set = "pictures", .property = "fullpath" };
	struct croissant_source source = { .file_set = "labels", .path = "$.source" };
	struct cJSON *set;

	if (ex->usages.n > 0) {
		const char **used = xreallocarray(NULL, ex->usages.n, sizeof(*used));

		for (size_t i = 0; i < ex->usages.n; i++)
			used[i] = ex->usages.e[i].key.p;
		croissant_splits(c, used, ex->usages.n);
		free(used);
	}
	write_classes(c, &ex->dataset);
	if (pictures) {
		set = croissant_record_set(c, "images");
		croissant_field(set, "path", "sc:Text", &name);
		croissant_field(set, "content", "sc:ImageObject", &picture);
	}
	if (shards) {
		set = croissant_record_set(c, "samples");
		croissant_field(set, "source", "sc:Text", &source);
	}
}

static void
warn_missing(const struct croissant_about *about)
{
	struct buf names = BUF_INIT;

	croissant_missing(&names, about);
	if (names.n)
		warning_at(pos_file("croissant.json"), "croissant",
		    "Croissant requires %s: --about KEY=VALUE says them", names.p);
	buf_release(&names);
}

static void
release(struct description *d)
{
	for (size_t i = 0; i < d->n; i++) {
		forget_files(&d->group[i]);
		free(d->group[i].pattern);
	}
	free(d->group);
	strmap_release(&d->groups);
}

void
describe_end(struct description *d, const struct exporter *ex, const struct strings *about)
{
	char *header[ABOUTS] = { NULL };
	const char *said[ABOUTS], *value;
	struct croissant_about all;
	struct buf text = BUF_INIT;
	struct croissant c;
	bool pictures, shards;

	sink_watch(d->sink, NULL, NULL);
	ask_header(&ex->dataset, header);
	for (size_t i = 0; i < ABOUTS; i++)
		said[i] = header[i];
	for (size_t i = 0; i < about->n; i++) {
		size_t key = about_key(about->v[i], &value);

		said[key] = value;
	}
	all = (struct croissant_about){ .name = said[ABOUT_NAME] ? said[ABOUT_NAME] : "dataset",
		.description = said[ABOUT_DESCRIPTION],
		.license = said[ABOUT_LICENSE],
		.url = said[ABOUT_URL],
		.creator = said[ABOUT_CREATOR],
		.cite_as = said[ABOUT_CITE_AS],
		.version = said[ABOUT_VERSION],
		.published = said[ABOUT_DATE] };
	warn_missing(&all);
	croissant_begin(&c, &all);
	write_files(&c, d);
	pictures = write_pictures(&c, d);
	write_sets(&c, d);
	shards = write_shards(&c, d);
	write_records(&c, ex, pictures, shards);
	croissant_end(&c, &text);
	if (sink_add(d->sink, "croissant.json", buf_span(&text)) != 0)
		die("cannot write croissant.json:");
	for (size_t i = 0; i < ABOUTS; i++)
		free(header[i]);
	buf_release(&text);
	release(d);
}
