/*
 * ds-store: look after a store: list, show, current, tag, untag, delete, gc.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/tool.h"
#include "store/describe.h"
#include "store/manage.h"
#include "store/store.h"

static bool force, json;

static const struct opt opts[] = {
	{ 'f', "force", NULL, OPT_FLAG, &force, NULL,
	    "delete: although in use; gc: really remove" },
	{ 0, "json", NULL, OPT_FLAG, &json, NULL, "list: one JSON object a version" },
	{ 0 },
};

static const struct tool tool = {
	.name = "ds-store",
	.synopsis = "COMMAND STORE[@VERSION] [NAME]",
	.about = "Look after a store of dataset versions.",
	.opts = opts,
	.notes =
	    "Commands:\n"
	    "  list STORE              its versions, oldest first\n"
	    "  show STORE[@VERSION]    the description of a version\n"
	    "  current STORE@VERSION   make it the current one\n"
	    "  tag STORE@VERSION NAME  give it another name\n"
	    "  untag STORE NAME        take that name away\n"
	    "  delete STORE@VERSION    delete it (--force: although in use)\n"
	    "  gc STORE                find objects that no version needs (--force: remove them)",
};

struct target {
	struct store store;
	char *version; /* NULL: none was named */
};

static void
list_text(const struct version_info *v, bool current, struct buf *b)
{
	struct span text = span_str(v->text);

	buf_addf(b, "%s\t%s\t%.12s\t%.*s\t%.*s%s\n", v->name, v->semver, v->id_hex,
	    SPAN_ARG(json_unquote(json_member(text, "created"))),
	    SPAN_ARG(json_member(text, "total_sample_count")), current ? "\tcurrent" : "");
}

static void
list_json(const struct version_info *v, bool current, struct buf *b)
{
	static const char *const shown[] = { "name", "version_id", "semver", "created",
		"description", "previous", "total_sample_count", "usage" };

	jw_open(b, '{');
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		jw_member_raw(b, shown[i], json_member(span_str(v->text), shown[i]));
	jw_member_bool(b, "current", current);
	jw_close(b, '}');
	buf_addc(b, '\n');
}

static void
run_list(struct target *t)
{
	char *current = store_current(&t->store);
	struct out *out = out_stdout();
	struct version_list list;

	store_list(&t->store, &list);
	for (size_t i = 0; i < list.n; i++) {
		struct version_info v;
		bool is = current && strcmp(current, list.name[i]) == 0;

		if (version_load(&v, &t->store, list.name[i]))
			(json ? list_json : list_text)(&v, is, &out->b);
		version_release(&v);
		out_tick(out);
	}
	version_list_release(&list);
	free(current);
}

static void
run_show(struct target *t)
{
	struct version_info v;

	if (version_load(&v, &t->store, t->version))
		buf_addf(&out_stdout()->b, "%s\n", v.text);
	version_release(&v);
}

/* An event of the journal about one version. */
static void
journal(const struct target *t, const char *event, const char *tag)
{
	struct buf b = BUF_INIT;

	if (t->version)
		jw_member_str(&b, "version", t->version);
	if (tag)
		jw_member_str(&b, "tag", tag);
	store_journal(&t->store, event, buf_span(&b));
	buf_release(&b);
}

static void
run_current(struct target *t)
{
	if (store_link(&t->store, "current", t->version) != 0)
		trouble("cannot set the current version of '%s':", t->store.path);
	else
		journal(t, "updateDataset", NULL);
}

static void
run_tag(struct target *t, const char *name)
{
	char *link = xasprintf("tags/%s", name), *path = store_path(&t->store, "versions/%s", name);

	if (!version_name_ok(span_str(name)) || strcmp(name, "current") == 0)
		tool_usage("'%s' is no tag: 1 to 32 letters, digits, '-' and '_'", name);
	if (access(path, F_OK) == 0 || version_number(name))
		trouble("'%s' is the name of a version", name);
	else if (store_link(&t->store, link, t->version) != 0)
		trouble("cannot set the tag '%s':", name);
	else
		journal(t, "updateDataset", name);
	free(link);
	free(path);
}

static void
run_untag(struct target *t, const char *name)
{
	char *path = store_path(&t->store, "tags/%s", name);

	if (!version_name_ok(span_str(name)) || unlink(path) != 0)
		trouble("there is no tag '%s':", name);
	else
		journal(t, "updateDataset", name);
	free(path);
}

static void
run_delete(struct target *t)
{
	if (store_delete(&t->store, t->version, force))
		say("version %s is deleted", t->version);
}

static void
run_gc(struct target *t)
{
	struct gc_result r;

	if (store_gc(&t->store, force, &r))
		buf_addf(&out_stdout()->b, "%llu %s kept, %llu %s of %llu bytes %s\n",
		    COUNTED(r.kept, "object", "objects"), COUNTED(r.garbage, "object", "objects"),
		    (unsigned long long)r.bytes,
		    force ? "removed" : "not needed (--force removes them)");
}

/* What each command wants: a version after '@' (current when none is named), a name behind. */
static const struct command {
	const char *name;
	bool version, argument;
	unsigned flags;
	void (*run)(struct target *t);
	void (*run_name)(struct target *t, const char *name);
} commands[] = {
	{ "list", false, false, 0, run_list, NULL },
	{ "show", true, false, 0, run_show, NULL },
	{ "current", true, false, 0, run_current, NULL },
	{ "tag", true, true, 0, NULL, run_tag },
	{ "untag", false, true, 0, NULL, run_untag },
	{ "delete", true, false, STORE_EXCLUSIVE, run_delete, NULL },
	{ "gc", false, false, STORE_EXCLUSIVE, run_gc, NULL },
};

static const struct command *
find_command(const char *name)
{
	const char *names[ARRAY_LEN(commands)], *near;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		names[i] = commands[i].name;
		if (strcmp(name, names[i]) == 0)
			return &commands[i];
	}
	near = nearest_word(name, names, ARRAY_LEN(commands));
	if (near)
		tool_usage("unknown command '%s'; did you mean '%s'?", name, near);
	tool_usage("unknown command '%s'", name);
}

int
main(int argc, char **argv)
{
	int i = tool_begin(&tool, argc, argv);
	const struct command *c;
	struct target t;
	char *store;

	if (argc - i < 2)
		tool_usage("give a command and a store");
	c = find_command(argv[i]);
	if (argc - i != 2 + c->argument)
		tool_usage("'%s' takes %s", c->name,
		    c->argument ? "a store and a name" : "one store or version");
	if (!store_operand(argv[i + 1], &store, &t.version))
		return tool_end();
	if (store_open(&t.store, store, c->flags)) {
		if (c->version && !t.version)
			t.version = store_current(&t.store);
		if (c->version && !t.version)
			trouble("'%s' has no version", store);
		else if (c->run)
			c->run(&t);
		else
			c->run_name(&t, argv[i + 2]);
		store_close(&t.store);
	}
	free(t.version);
	free(store);
	return tool_end();
}
