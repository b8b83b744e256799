/* The Croissant description of a packed version: see croissant.h. */
#include "store/croissant.h"

#include <stdlib.h>

#include "json/json.h"

void
packed_add(struct packed_files *f, const char *name, uint64_t bytes, const unsigned char *digest,
    const char *type)
{
	struct packed_file *x;

	f->v = grow(f->v, &f->cap, f->n + 1, sizeof(*f->v));
	x = &f->v[f->n++];
	*x = (struct packed_file){ .name = xstrdup(name), .bytes = bytes, .type = type };
	memcpy(x->digest, digest, SHA256_SIZE);
}

void
packed_release(struct packed_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].name);
	free(f->v);
	*f = (struct packed_files){ NULL, 0, 0 };
}

/* The .json members of all shards. */
static void
write_members(struct croissant *c, const struct packed_files *files)
{
	struct croissant_names types = { .n = 0 }, includes = { .n = 0 }, shards = { .n = 0 };

	croissant_name(&types, "application/json");
	croissant_name(&includes, "*.json");
	for (size_t i = 0; i < files->n; i++)
		croissant_name(&shards, files->v[i].name);
	croissant_file_set(c, "labels", &types, &includes, &shards);
	croissant_names_release(&types);
	croissant_names_release(&includes);
	croissant_names_release(&shards);
}

static void
write_splits(struct croissant *c, const struct version_info *v)
{
	struct span usage = json_member(span_str(v->text), "usage");
	const char *used[USAGES];
	size_t n = 0;

	for (int u = 0; u < USAGES; u++)
		if (usage.p && json_member(usage, usage_name[u]).p)
			used[n++] = usage_name[u];
	croissant_splits(c, used, n);
}

static void
write_samples(struct croissant *c, const char *records)
{
	struct croissant_source source = { .file = records, .file_set = "labels" };
	struct cJSON *set = croissant_record_set(c, "samples");

	source.column = records ? "source" : NULL;
	source.path = records ? NULL : "$.source";
	croissant_field(set, "source", "sc:Text", &source);
	source.column = records ? "usage" : NULL;
	source.path = records ? NULL : "$.usage";
	source.references = "splits/name";
	croissant_field(set, "usage", "sc:Text", &source);
}

void
version_croissant(struct buf *b, const struct version_info *v, const struct croissant_about *about,
    const struct packed_files *files, const char *records)
{
	char *description = version_text(v, "description"), *created = version_text(v, "created");
	struct croissant_about all = *about;
	struct croissant c;

	all.version = v->semver;
	all.published = created && !about->published ? created : about->published;
	if (!all.description && description && *description)
		all.description = description;
	croissant_begin(&c, &all);
	for (size_t i = 0; i < files->n; i++)
		croissant_file(
		    &c, files->v[i].name, files->v[i].bytes, files->v[i].digest, files->v[i].type);
	if (!records)
		write_members(&c, files);
	write_splits(&c, v);
	write_samples(&c, records);
	croissant_end(&c, b);
	free(description);
	free(created);
}
