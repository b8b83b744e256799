/* The Croissant description of a packed version: see croissant.h. */
#include "store/croissant.h"

#include <stdlib.h>

#include "json/write.h"

void
croissant_add(struct croissant_files *f, const char *name, uint64_t bytes,
    const unsigned char *digest, const char *type)
{
	struct croissant_file *x;

	f->v = grow(f->v, &f->cap, f->n + 1, sizeof(*f->v));
	x = &f->v[f->n++];
	*x = (struct croissant_file){ .name = xstrdup(name), .bytes = bytes, .type = type };
	memcpy(x->digest, digest, SHA256_SIZE);
}

void
croissant_release(struct croissant_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].name);
	free(f->v);
	*f = (struct croissant_files){ NULL, 0, 0 };
}

/* The names of the vocabulary, so that the rest needs no prefixes (appendix 1 of the specification). */
static void
write_context(struct buf *b)
{
	static const char *const terms[] = { "citeAs", "column", "containedIn",
		"equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet",
		"format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField",
		"path", "recordSet", "references", "regex", "repeated", "replace", "separator",
		"source", "subField", "transform" };

	jw_key(b, "@context");
	jw_open(b, '{');
	jw_member_str(b, "@language", "en");
	jw_member_str(b, "@vocab", "https://schema.org/");
	jw_member_str(b, "sc", "https://schema.org/");
	jw_member_str(b, "cr", "http://mlcommons.org/croissant/");
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

static void
write_about(struct buf *b, const struct version_info *v, const struct croissant_about *about)
{
	char *description = version_text(v, "description"), *created = version_text(v, "created");

	jw_member_str(b, "@type", "sc:Dataset");
	jw_member_str(b, "name", about->name);
	jw_member_str(b, "description", description && *description ? description : about->name);
	jw_member_str(b, "conformsTo", "http://mlcommons.org/croissant/1.1");
	jw_member_str(b, "version", v->semver);
	jw_member_str(b, "datePublished", created ? created : "");
	if (about->license)
		jw_member_str(b, "license", about->license);
	if (about->url)
		jw_member_str(b, "url", about->url);
	if (about->creator) {
		jw_key(b, "creator");
		jw_open(b, '{');
		jw_member_str(b, "@type", "sc:Organization");
		jw_member_str(b, "name", about->creator);
		jw_close(b, '}');
	}
	jw_member_bool(b, "isLiveDataset", false);
	free(description);
	free(created);
}

static void
write_file(struct buf *b, const struct croissant_file *f)
{
	char *size = xasprintf("%llu B", (unsigned long long)f->bytes);

	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:FileObject");
	jw_member_str(b, "@id", f->name);
	jw_member_str(b, "name", f->name);
	jw_member_str(b, "contentUrl", f->name);
	jw_member_str(b, "contentSize", size);
	jw_member_str(b, "encodingFormat", f->type);
	jw_key(b, "sha256");
	buf_addc(b, '"');
	sha256_hex(b, f->digest);
	buf_addc(b, '"');
	jw_close(b, '}');
	free(size);
}

/* The .json members of all shards. */
static void
write_members(struct buf *b, const struct croissant_files *files)
{
	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:FileSet");
	jw_member_str(b, "@id", "labels");
	jw_member_str(b, "name", "labels");
	jw_key(b, "containedIn");
	jw_open(b, '[');
	for (size_t i = 0; i < files->n; i++) {
		jw_open(b, '{');
		jw_member_str(b, "@id", files->v[i].name);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	jw_member_str(b, "encodingFormat", "application/json");
	jw_member_str(b, "includes", "*.json");
	jw_close(b, '}');
}

/* One of the dataset's splits, for the vocabulary's own words. */
static void
write_split(struct buf *b, int usage)
{
	static const char *const urls[USAGES] = { "cr:TrainingSplit", "cr:ValidationSplit",
		"cr:TestSplit", NULL };

	jw_open(b, '{');
	jw_member_str(b, "splits/name", usage_name[usage]);
	if (urls[usage])
		jw_member_str(b, "splits/url", urls[usage]);
	jw_close(b, '}');
}

static void
write_split_field(struct buf *b, const char *id, const char *type)
{
	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:Field");
	jw_member_str(b, "@id", id);
	jw_member_str(b, "name", id + strlen("splits/"));
	jw_member_str(b, "dataType", type);
	jw_close(b, '}');
}

static void
write_splits(struct buf *b, const struct version_info *v)
{
	struct span usage = json_member(span_str(v->text), "usage");

	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:RecordSet");
	jw_member_str(b, "@id", "splits");
	jw_member_str(b, "name", "splits");
	jw_member_str(b, "dataType", "cr:Split");
	jw_member_raw(b, "key", SPAN("{\"@id\":\"splits/name\"}"));
	jw_key(b, "field");
	jw_open(b, '[');
	write_split_field(b, "splits/name", "sc:Text");
	write_split_field(b, "splits/url", "sc:URL");
	jw_close(b, ']');
	jw_key(b, "data");
	jw_open(b, '[');
	for (int u = 0; u < USAGES; u++)
		if (usage.p && json_member(usage, usage_name[u]).p)
			write_split(b, u);
	jw_close(b, ']');
	jw_close(b, '}');
}

static void
write_field(struct buf *b, const char *name, const char *records, const char *references)
{
	char *id = xasprintf("samples/%s", name), *path = xasprintf("$.%s", name);

	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:Field");
	jw_member_str(b, "@id", id);
	jw_member_str(b, "name", name);
	jw_member_str(b, "dataType", "sc:Text");
	jw_key(b, "source");
	jw_open(b, '{');
	jw_key(b, records ? "fileObject" : "fileSet");
	jw_open(b, '{');
	jw_member_str(b, "@id", records ? records : "labels");
	jw_close(b, '}');
	jw_key(b, "extract");
	jw_open(b, '{');
	jw_member_str(b, records ? "column" : "jsonPath", records ? name : path);
	jw_close(b, '}');
	jw_close(b, '}');
	if (references) {
		jw_key(b, "references");
		jw_open(b, '{');
		jw_key(b, "field");
		jw_open(b, '{');
		jw_member_str(b, "@id", references);
		jw_close(b, '}');
		jw_close(b, '}');
	}
	jw_close(b, '}');
	free(id);
	free(path);
}

void
croissant_write(struct buf *b, const struct version_info *v, const struct croissant_about *about,
    const struct croissant_files *files, const char *records)
{
	jw_open(b, '{');
	write_context(b);
	write_about(b, v, about);
	jw_key(b, "distribution");
	jw_open(b, '[');
	for (size_t i = 0; i < files->n; i++)
		write_file(b, &files->v[i]);
	if (!records)
		write_members(b, files);
	jw_close(b, ']');
	jw_key(b, "recordSet");
	jw_open(b, '[');
	write_splits(b, v);
	jw_open(b, '{');
	jw_member_str(b, "@type", "cr:RecordSet");
	jw_member_str(b, "@id", "samples");
	jw_member_str(b, "name", "samples");
	jw_key(b, "field");
	jw_open(b, '[');
	write_field(b, "source", records, NULL);
	write_field(b, "usage", records, "splits/name");
	jw_close(b, ']');
	jw_close(b, '}');
	jw_close(b, ']');
	jw_close(b, '}');
	buf_addc(b, '\n');
}
