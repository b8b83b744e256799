/* Writing Croissant: see croissant.h. */
#include "record/croissant.h"

#include <stdlib.h>

#include "base/path.h"
#include "json/write.h"

/* ---- the context ---- */

static void
write_context(struct buf *b)
{
	static const char *const terms[] = { "annotation", "arrayShape", "citeAs", "column",
		"containedIn", "equivalentProperty", "excludes", "extract", "field", "fileObject",
		"fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset",
		"jsonPath", "key", "md5", "parentField", "path", "readLines", "recordSet",
		"references", "regex", "repeated", "replace", "samplingRate", "sdVersion",
		"separator", "source", "subField", "transform", "unArchive", "value" };

	jw_key(b, "@context");
	jw_open(b, '{');
	jw_member_str(b, "@language", "en");
	jw_member_str(b, "@vocab", "https://schema.org/");
	jw_member_str(b, "sc", "https://schema.org/");
	jw_member_str(b, "cr", "http://mlcommons.org/croissant/");
	jw_member_str(b, "rai", "http://mlcommons.org/croissant/RAI/");
	jw_member_str(b, "dct", "http://purl.org/dc/terms/");
	jw_member_str(b, "conformsTo", "dct:conformsTo");
	jw_member_raw(b, "data", SPAN("{\"@id\":\"cr:data\",\"@type\":\"@json\"}"));
	jw_member_raw(b, "dataType", SPAN("{\"@id\":\"cr:dataType\",\"@type\":\"@vocab\"}"));
	jw_member_raw(b, "examples", SPAN("{\"@id\":\"cr:examples\",\"@type\":\"@json\"}"));
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		char *id = xasprintf("cr:%s", terms[i]);

		jw_member_str(b, terms[i], id);
		free(id);
	}
	jw_close(b, '}');
}

/* ---- the dataset ---- */

static void
put(struct buf *b, const char *key, const char *value)
{
	if (value)
		jw_member_str(b, key, value);
}

void
croissant_begin(struct buf *b, const struct croissant_about *about)
{
	jw_open(b, '{');
	write_context(b);
	jw_member_str(b, "@type", "sc:Dataset");
	jw_member_str(b, "name", about->name);
	jw_member_str(b, "description", about->description ? about->description : about->name);
	jw_member_str(b, "conformsTo", "http://mlcommons.org/croissant/1.1");
	put(b, "version", about->version);
	put(b, "datePublished", about->published);
	put(b, "license", about->license);
	put(b, "url", about->url);
	put(b, "citeAs", about->cite_as);
	if (about->creator) {
		jw_key(b, "creator");
		jw_open(b, '{');
		jw_member_str(b, "@type", "sc:Organization");
		jw_member_str(b, "name", about->creator);
		jw_close(b, '}');
	}
	jw_member_bool(b, "isLiveDataset", false);
	jw_key(b, "distribution");
	jw_open(b, '[');
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
croissant_file(struct buf *b, const char *name, uint64_t bytes,
    const unsigned char digest[SHA256_SIZE], const char *type)
{
	char *size = xasprintf("%llu B", (unsigned long long)bytes);

	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:FileObject");
	jw_member_str(b, "@id", name);
	jw_member_str(b, "name", name);
	jw_member_str(b, "contentUrl", name);
	jw_member_str(b, "contentSize", size);
	jw_member_str(b, "encodingFormat", type);
	jw_key(b, "sha256");
	buf_addc(b, '"');
	sha256_hex(b, digest);
	buf_addc(b, '"');
	jw_close(b, '}');
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

static void
write_reference(struct buf *b, const char *key, const char *id)
{
	if (key)
		jw_key(b, key);
	jw_open(b, '{');
	jw_member_str(b, "@id", id);
	jw_close(b, '}');
}

/* One value as it is, several as a list. */
static void
write_names(struct buf *b, const char *key, const struct croissant_names *names)
{
	jw_key(b, key);
	if (names->n == 1) {
		jw_str(b, names->v[0]);
		return;
	}
	jw_open(b, '[');
	for (size_t i = 0; i < names->n; i++)
		jw_str(b, names->v[i]);
	jw_close(b, ']');
}

void
croissant_file_set(struct buf *b, const char *id, const struct croissant_names *types,
    const struct croissant_names *includes, const struct croissant_names *contained)
{
	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:FileSet");
	jw_member_str(b, "@id", id);
	jw_member_str(b, "name", id);
	if (contained && contained->n) {
		jw_key(b, "containedIn");
		jw_open(b, '[');
		for (size_t i = 0; i < contained->n; i++)
			write_reference(b, NULL, contained->v[i]);
		jw_close(b, ']');
	}
	write_names(b, "encodingFormat", types);
	write_names(b, "includes", includes);
	jw_close(b, '}');
}

/* ---- records ---- */

void
croissant_records(struct buf *b)
{
	jw_close(b, ']');
	jw_key(b, "recordSet");
	jw_open(b, '[');
}

void
croissant_record_set(struct buf *b, const char *id)
{
	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:RecordSet");
	jw_member_str(b, "@id", id);
	jw_member_str(b, "name", id);
	jw_key(b, "field");
	jw_open(b, '[');
}

void
croissant_record_set_end(struct buf *b)
{
	jw_close(b, ']');
	jw_close(b, '}');
}

void
croissant_field(struct buf *b, const char *set, const char *name, const char *type,
    const struct croissant_source *source)
{
	char *id = xasprintf("%s/%s", set, name);

	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:Field");
	jw_member_str(b, "@id", id);
	jw_member_str(b, "name", name);
	jw_member_str(b, "dataType", type);
	if (source) {
		jw_key(b, "source");
		jw_open(b, '{');
		write_reference(b, source->file ? "fileObject" : "fileSet",
		    source->file ? source->file : source->file_set);
		jw_key(b, "extract");
		jw_open(b, '{');
		put(b, "column", source->column);
		put(b, "jsonPath", source->path);
		put(b, "fileProperty", source->property);
		jw_close(b, '}');
		jw_close(b, '}');
	}
	if (source && source->references) {
		jw_key(b, "references");
		jw_open(b, '{');
		write_reference(b, "field", source->references);
		jw_close(b, '}');
	}
	jw_close(b, '}');
	free(id);
}

/* A record set with its records in it: the part before these. */
static void
begin_list(struct buf *b, const char *id, const char *type)
{
	char *key = xasprintf("%s/name", id);

	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:RecordSet");
	jw_member_str(b, "@id", id);
	jw_member_str(b, "name", id);
	jw_member_str(b, "dataType", type);
	write_reference(b, "key", key);
	jw_key(b, "field");
	jw_open(b, '[');
	free(key);
}

static void
begin_data(struct buf *b)
{
	jw_close(b, ']');
	jw_key(b, "data");
	jw_open(b, '[');
}

void
croissant_splits(struct buf *b, const char *const *usage, size_t n)
{
	static const struct {
		const char *usage, *url;
	} urls[] = { { "TRAIN", "cr:TrainingSplit" }, { "EVAL", "cr:ValidationSplit" },
		{ "TEST", "cr:TestSplit" } };

	begin_list(b, "splits", "cr:Split");
	croissant_field(b, "splits", "name", "sc:Text", NULL);
	croissant_field(b, "splits", "url", "sc:URL", NULL);
	begin_data(b);
	for (size_t i = 0; i < n; i++) {
		jw_open(b, '{');
		jw_member_str(b, "splits/name", usage[i]);
		for (size_t k = 0; k < ARRAY_LEN(urls); k++)
			if (strcmp(urls[k].usage, usage[i]) == 0)
				jw_member_str(b, "splits/url", urls[k].url);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	jw_close(b, '}');
}

void
croissant_classes(struct buf *b, const char *const *name, const char *const *id, size_t n)
{
	begin_list(b, "classes", "sc:Enumeration");
	croissant_field(b, "classes", "name", "sc:Text", NULL);
	if (id)
		croissant_field(b, "classes", "id", "sc:Text", NULL);
	begin_data(b);
	for (size_t i = 0; i < n; i++) {
		jw_open(b, '{');
		jw_member_str(b, "classes/name", name[i]);
		if (id)
			jw_member_str(b, "classes/id", id[i]);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	jw_close(b, '}');
}

void
croissant_end(struct buf *b)
{
	jw_close(b, ']');
	jw_close(b, '}');
	buf_addc(b, '\n');
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
