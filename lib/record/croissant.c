/* Writing Croissant: see croissant.h. */
#include "record/croissant.h"

#include <cJSON.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "json/write.h"

/* ---- nodes: they are as good as memory is, which does not fail here ---- */

static void
use_our_memory(void)
{
	cJSON_Hooks hooks = { xmalloc, free };

	cJSON_InitHooks(&hooks);
}

/* cJSON takes bytes as they are: what is no UTF-8 is written by us. */
static cJSON *
string_of(const char *value)
{
	struct buf text = BUF_INIT;
	cJSON *string;

	if (utf8_valid(span_str(value)))
		return cJSON_CreateString(value);
	jw_str(&text, value);
	string = cJSON_CreateRaw(buf_str(&text));
	buf_release(&text);
	return string;
}

/* A string of an object; NULL: it is not said. */
static void
put(cJSON *object, const char *key, const char *value)
{
	if (value)
		cJSON_AddItemToObject(object, key, string_of(value));
}

static cJSON *
add_object(cJSON *array)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddItemToArray(array, object);
	return object;
}

/* What every part of a description has. */
static cJSON *
add_part(cJSON *array, const char *type, const char *id, const char *name)
{
	cJSON *part = add_object(array);

	put(part, "@type", type);
	put(part, "@id", id);
	put(part, "name", name);
	return part;
}

static void
put_reference(cJSON *object, const char *key, const char *id)
{
	put(cJSON_AddObjectToObject(object, key), "@id", id);
}

/* ---- the context ---- */

static void
put_typed(cJSON *context, const char *term, const char *type)
{
	cJSON *object = cJSON_AddObjectToObject(context, term);
	char *id = xasprintf("cr:%s", term);

	put(object, "@id", id);
	put(object, "@type", type);
	free(id);
}

static void
put_context(cJSON *root)
{
	static const char *const terms[] = { "annotation", "arrayShape", "citeAs", "column",
		"containedIn", "equivalentProperty", "excludes", "extract", "field", "fileObject",
		"fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset",
		"jsonPath", "key", "md5", "parentField", "path", "readLines", "recordSet",
		"references", "regex", "repeated", "replace", "samplingRate", "sdVersion",
		"separator", "source", "subField", "transform", "unArchive", "value" };
	cJSON *context = cJSON_AddObjectToObject(root, "@context");

	put(context, "@language", "en");
	put(context, "@vocab", "https://schema.org/");
	put(context, "sc", "https://schema.org/");
	put(context, "cr", "http://mlcommons.org/croissant/");
	put(context, "rai", "http://mlcommons.org/croissant/RAI/");
	put(context, "dct", "http://purl.org/dc/terms/");
	put(context, "conformsTo", "dct:conformsTo");
	put_typed(context, "data", "@json");
	put_typed(context, "dataType", "@vocab");
	put_typed(context, "examples", "@json");
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		char *id = xasprintf("cr:%s", terms[i]);

		put(context, terms[i], id);
		free(id);
	}
}

/* ---- the dataset ---- */

void
croissant_begin(struct croissant *c, const struct croissant_about *about)
{
	use_our_memory();
	c->root = cJSON_CreateObject();
	put_context(c->root);
	put(c->root, "@type", "sc:Dataset");
	put(c->root, "name", about->name);
	put(c->root, "description", about->description ? about->description : about->name);
	put(c->root, "conformsTo", "http://mlcommons.org/croissant/1.1");
	put(c->root, "version", about->version);
	put(c->root, "datePublished", about->published);
	put(c->root, "license", about->license);
	put(c->root, "url", about->url);
	put(c->root, "citeAs", about->cite_as);
	if (about->creator) {
		cJSON *creator = cJSON_AddObjectToObject(c->root, "creator");

		put(creator, "@type", "sc:Organization");
		put(creator, "name", about->creator);
	}
	cJSON_AddFalseToObject(c->root, "isLiveDataset");
	c->files = cJSON_AddArrayToObject(c->root, "distribution");
	c->records = cJSON_AddArrayToObject(c->root, "recordSet");
}

void
croissant_end(struct croissant *c, struct buf *out)
{
	char *text = cJSON_PrintUnformatted(c->root);

	buf_adds(out, text);
	buf_addc(out, '\n');
	free(text);
	cJSON_Delete(c->root);
	*c = (struct croissant){ NULL, NULL, NULL };
}

void
croissant_missing(struct buf *out, const struct croissant_about *about)
{
	const struct {
		const char *name, *value;
	} needed[] = { { "license", about->license }, { "url", about->url },
		{ "creator", about->creator }, { "datePublished", about->published } };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!needed[i].value)
			buf_addf(out, "%s%s", out->n ? ", " : "", needed[i].name);
}

/* ---- files ---- */

void
croissant_file(struct croissant *c, const char *name, uint64_t bytes,
    const unsigned char digest[SHA256_SIZE], const char *type)
{
	cJSON *file = add_part(c->files, "cr:FileObject", name, name);
	char *size = xasprintf("%llu B", (unsigned long long)bytes);
	struct buf hex = BUF_INIT;

	sha256_hex(&hex, digest);
	put(file, "contentUrl", name);
	put(file, "contentSize", size);
	put(file, "encodingFormat", type);
	put(file, "sha256", buf_str(&hex));
	buf_release(&hex);
	free(size);
}

void
croissant_name(struct croissant_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return;
	names->v = grow(names->v, &names->cap, names->n + 1, sizeof(*names->v));
	names->v[names->n++] = xstrdup(name);
}

void
croissant_names_release(struct croissant_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	*names = (struct croissant_names){ NULL, 0, 0 };
}

/* One value as it is, several as a list. */
static void
put_names(cJSON *object, const char *key, const struct croissant_names *names)
{
	cJSON *list;

	if (names->n == 1) {
		put(object, key, names->v[0]);
		return;
	}
	list = cJSON_AddArrayToObject(object, key);
	for (size_t i = 0; i < names->n; i++)
		cJSON_AddItemToArray(list, string_of(names->v[i]));
}

void
croissant_file_set(struct croissant *c, const char *id, const struct croissant_names *types,
    const struct croissant_names *includes, const struct croissant_names *contained)
{
	cJSON *set = add_part(c->files, "cr:FileSet", id, id);

	if (contained && contained->n) {
		cJSON *list = cJSON_AddArrayToObject(set, "containedIn");

		for (size_t i = 0; i < contained->n; i++)
			put(add_object(list), "@id", contained->v[i]);
	}
	put_names(set, "encodingFormat", types);
	put_names(set, "includes", includes);
}

/* ---- records ---- */

cJSON *
croissant_record_set(struct croissant *c, const char *id)
{
	cJSON *set = add_part(c->records, "cr:RecordSet", id, id);

	cJSON_AddArrayToObject(set, "field");
	return set;
}

static void
put_source(cJSON *field, const struct croissant_source *source)
{
	cJSON *from = cJSON_AddObjectToObject(field, "source"), *extract;

	put_reference(from, source->file ? "fileObject" : "fileSet",
	    source->file ? source->file : source->file_set);
	extract = cJSON_AddObjectToObject(from, "extract");
	put(extract, "column", source->column);
	put(extract, "jsonPath", source->path);
	put(extract, "fileProperty", source->property);
	if (source->references)
		put_reference(
		    cJSON_AddObjectToObject(field, "references"), "field", source->references);
}

void
croissant_field(
    cJSON *set, const char *name, const char *type, const struct croissant_source *source)
{
	char *id = xasprintf(
	    "%s/%s", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(set, "@id")), name);
	cJSON *field =
	    add_part(cJSON_GetObjectItemCaseSensitive(set, "field"), "cr:Field", id, name);

	put(field, "dataType", type);
	if (source)
		put_source(field, source);
	free(id);
}

/* A record set with its records in it, of which a field is the key. */
static cJSON *
add_list(struct croissant *c, const char *id, const char *type, const char *key)
{
	cJSON *set = add_part(c->records, "cr:RecordSet", id, id);

	put(set, "dataType", type);
	put_reference(set, "key", key);
	cJSON_AddArrayToObject(set, "field");
	return set;
}

void
croissant_splits(struct croissant *c, const char *const *usage, size_t n)
{
	static const struct {
		const char *usage, *url;
	} urls[] = { { "TRAIN", "cr:TrainingSplit" }, { "EVAL", "cr:ValidationSplit" },
		{ "TEST", "cr:TestSplit" } };

	cJSON *set = add_list(c, "splits", "cr:Split", "splits/name"), *data;

	croissant_field(set, "name", "sc:Text", NULL);
	croissant_field(set, "url", "sc:URL", NULL);
	data = cJSON_AddArrayToObject(set, "data");
	for (size_t i = 0; i < n; i++) {
		cJSON *split = add_object(data);

		put(split, "splits/name", usage[i]);
		for (size_t k = 0; k < ARRAY_LEN(urls); k++)
			if (strcmp(urls[k].usage, usage[i]) == 0)
				put(split, "splits/url", urls[k].url);
	}
}

void
croissant_classes(struct croissant *c, const char *const *name, const char *const *id, size_t n)
{
	cJSON *set = add_list(c, "classes", "sc:Enumeration", "classes/name"), *data;

	croissant_field(set, "name", "sc:Text", NULL);
	if (id)
		croissant_field(set, "id", "sc:Text", NULL);
	data = cJSON_AddArrayToObject(set, "data");
	for (size_t i = 0; i < n; i++) {
		cJSON *class = add_object(data);

		put(class, "classes/name", name[i]);
		if (id)
			put(class, "classes/id", id[i]);
	}
}

/* ---- types ---- */

const char *
croissant_type(struct span name)
{
	static const struct {
		const char *ext, *type;
	} types[] = {
		{ "json", "application/json" },
		{ "jsonl|manifest", "application/jsonlines" },
		{ "csv", "text/csv" },
		{ "txt|names|data|pbtxt", "text/plain" },
		{ "xml", "text/xml" },
		{ "yaml|yml", "application/yaml" },
		{ "tar", "application/x-tar" },
		{ "zip", "application/zip" },
		{ "jpg|jpeg", "image/jpeg" },
		{ "png", "image/png" },
		{ "bmp", "image/bmp" },
		{ "gif", "image/gif" },
		{ "tif|tiff", "image/tiff" },
		{ "webp", "image/webp" },
		{ "wav", "audio/wav" },
		{ "mp3", "audio/mpeg" },
		{ "flac", "audio/flac" },
		{ "ogg|opus", "audio/ogg" },
		{ "mp4|m4v", "video/mp4" },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (path_has_ext(name, types[i].ext))
			return types[i].type;
	return "application/octet-stream";
}
