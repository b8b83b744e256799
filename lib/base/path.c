/* Paths as text: see path.h. */
#include "base/path.h"

#include <strings.h>

struct span
path_base_span(struct span s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/')
			return span_of(s.p + i, s.p + s.n);
	return s;
}

const char *
path_base(const char *path)
{
	return path_base_span(span_str(path)).p;
}

struct span
path_ext(struct span path)
{
	struct span base = path_base_span(path);

	if (span_is(base, ".."))
		return SPAN("");
	for (size_t i = base.n; i > 1; i--)
		if (base.p[i - 1] == '.')
			return span_of(base.p + i, base.p + base.n);
	return SPAN("");
}

struct span
path_stem(struct span path)
{
	struct span ext = path_ext(path), base = path_base_span(path);

	if (ext.n == 0 && (base.n < 2 || base.p[base.n - 1] != '.' || span_is(base, "..")))
		return path;
	return (struct span){ path.p, path.n - ext.n - 1 };
}

void
path_dir(struct buf *out, const char *path)
{
	size_t n = (size_t)(path_base(path) - path);

	if (n == 0) {
		buf_addc(out, '.');
		return;
	}
	while (n > 1 && path[n - 1] == '/')
		n--;
	buf_add(out, path, n);
}

void
path_join(struct buf *out, struct span dir, struct span name)
{
	if (dir.n > 0 && !(name.n > 0 && name.p[0] == '/')) {
		buf_addspan(out, dir);
		if (dir.p[dir.n - 1] != '/')
			buf_addc(out, '/');
	}
	buf_addspan(out, name);
}

bool
path_member(struct buf *out, struct span path)
{
	size_t start = out->n;
	struct span rest = path, part;

	if (path.n == 0 || path.p[0] == '/' || memchr(path.p, '\0', path.n))
		return false;
	while (span_cut(&rest, '/', &part)) {
		if (part.n == 0 || span_is(part, "."))
			continue;
		if (span_is(part, "..")) {
			size_t n = out->n;

			if (n == start)
				return false;
			while (n > start && out->p[n - 1] != '/')
				n--;
			buf_cut(out, n > start ? n - 1 : start);
			continue;
		}
		if (out->n > start)
			buf_addc(out, '/');
		buf_addspan(out, part);
	}
	return out->n > start;
}

bool
path_is_uri(struct span s)
{
	size_t i = 0;

	while (i < s.n &&
	       ((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		   (i > 0 && ((s.p[i] >= '0' && s.p[i] <= '9') || memchr("+-.", s.p[i], 3)))))
		i++;
	return i > 1 && s.n - i >= 3 && memcmp(s.p + i, "://", 3) == 0;
}

bool
path_has_ext(struct span path, const char *alternatives)
{
	struct span ext = path_ext(path), rest = span_str(alternatives), alt;

	while (span_cut(&rest, '|', &alt))
		if (alt.n == ext.n && strncasecmp(alt.p, ext.p, alt.n) == 0)
			return true;
	return false;
}

bool
path_is_picture(struct span path)
{
	return path_has_ext(path, "jpg|jpeg|jpe|jfif|png|bmp|dib|gif|webp|tif|tiff|ppm|pgm");
}
