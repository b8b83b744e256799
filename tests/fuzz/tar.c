/*
 * Any bytes as an archive: reading ends, within its limits, and every member it gives has a safe path.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "archive/tree.h"
#include "base/path.h"
#include "fuzz.h"

static void
look_at(struct tree *t)
{
	struct buf text = BUF_INIT, clean = BUF_INIT;
	struct picsize size;

	for (size_t i = 0; i < t->n; i++) {
		const struct node *n = &t->node[i];

		buf_reset(&clean);
		must_hold(t->single || path_member(&clean, span_str(n->path)));
		must_hold(t->single || strcmp(buf_str(&clean), n->path) == 0);
		must_hold(i == 0 || strcmp(t->node[i - 1].path, n->path) < 0);
		must_hold(t->single || tree_find(t, span_str(n->path)) == n);
		buf_reset(&text);
		if (!(n->flags & NODE_MEDIA))
			must_hold(tree_read(t, n, &text) && text.n <= 1 << 20);
		tree_picture(t, n, &size);
	}
	buf_release(&text);
	buf_release(&clean);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tree_options o = {
		.max_member = 1 << 20, .max_total = 16 << 20, .max_members = 1000
	};
	struct diag_sink said = { .count = { 0 } };
	char name[64];
	int fd = memfd_create("fuzz", 0);
	struct tree *t;

	must_hold(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	diag_sink(&said);
	t = tree_open(name, &o);
	if (t)
		look_at(t);
	tree_close(t);
	diag_sink(NULL);
	diag_sink_release(&said);
	close(fd);
	return 0;
}
