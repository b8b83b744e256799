/* XML trees: see xml.h. */
#include "label/xml.h"

#include <ctype.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/markup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "label/text.h"
#include "label/xml_plain.h"

struct xml {
	XML_Parser parser;
	struct xml_node *node; /* [0] is not used */
	size_t n, cap;
	struct buf text;      /* names and texts, as expat gave them */
	const char *chars;    /* what names and texts are offsets in: these, or the source */
	struct buf converted; /* the source in UTF-8, when it was something else */
	struct span source;   /* what expat reads: positions are in it */
	const char *file;

	struct {
		size_t at, start; /* of its line */
		uint64_t line;
	} seen; /* the position that was asked for last */

	const char *refused; /* why we stopped the parser ourselves */
	uint32_t stack[XML_DEPTH];
	uint32_t last[XML_DEPTH]; /* last child of stack[i] */
	unsigned depth;
};

/* Offsets are 32 bits wide. */
#define SOURCE_MAX ((size_t)1 << 31)

static void
stop(struct xml *x, const char *why)
{
	x->refused = why;
	XML_StopParser(x->parser, XML_FALSE);
}

static uint32_t
node_new(struct xml *x, const char *name)
{
	size_t n = strlen(name);
	uint32_t i;

	x->node = grow(x->node, &x->cap, x->n + 1, sizeof(*x->node));
	i = (uint32_t)x->n++;
	x->node[i] = (struct xml_node){ .name = (uint32_t)x->text.n, .name_n = (uint32_t)n };
	buf_add(&x->text, name, n);
	x->node[i].text = (uint32_t)x->text.n;
	x->node[i].at = (uint32_t)XML_GetCurrentByteIndex(x->parser);
	return i;
}

static void
add_attributes(struct xml *x, uint32_t owner, const char **attr)
{
	uint32_t last = 0, i;

	for (; attr[0]; attr += 2, last = i) {
		i = node_new(x, attr[0]);
		buf_adds(&x->text, attr[1]);
		x->node[i].text_n = (uint32_t)strlen(attr[1]);
		*(last ? &x->node[last].next : &x->node[owner].attr) = i;
	}
	x->node[owner].text = (uint32_t)x->text.n;
}

static void
on_start(void *data, const char *name, const char **attr)
{
	struct xml *x = data;
	uint32_t i;

	if (x->depth == XML_DEPTH || x->text.n > SOURCE_MAX) {
		stop(x, x->depth == XML_DEPTH ? "elements are nested too deep" : "too large");
		return;
	}
	if (x->depth > 0) /* text beside elements is no value of ours */
		x->node[x->stack[x->depth - 1]].text_n = 0;
	i = node_new(x, name);
	add_attributes(x, i, attr);
	if (x->depth > 0) {
		uint32_t *last = &x->last[x->depth - 1];

		*(*last ? &x->node[*last].next : &x->node[x->stack[x->depth - 1]].child) = i;
		*last = i;
	}
	x->stack[x->depth] = i;
	x->last[x->depth++] = 0;
}

static void
on_text(void *data, const char *s, int len)
{
	struct xml *x = data;
	struct xml_node *top = x->depth ? &x->node[x->stack[x->depth - 1]] : NULL;

	if (!top || top->child)
		return;
	buf_add(&x->text, s, (size_t)len);
	top->text_n += (uint32_t)len;
}

static void
on_end(void *data, const char *name)
{
	struct xml *x = data;

	(void)name;
	x->depth--;
}

static void
on_entity(void *data, const char *name, int parameter, const char *value, int length,
    const char *base, const char *system_id, const char *public_id, const char *notation)
{
	(void)name, (void)parameter, (void)value, (void)length;
	(void)base, (void)system_id, (void)public_id, (void)notation;
	stop(data, "declarations of entities are not accepted");
}

static void
on_skipped(void *data, const char *name, int parameter)
{
	(void)name;
	if (!parameter)
		stop(data, "an entity that is not declared");
}

struct xml *
xml_new(void)
{
	struct xml *x = xcalloc(1, sizeof(*x));

	x->parser = XML_ParserCreate(NULL);
	if (!x->parser)
		die("out of memory");
	return x;
}

void
xml_free(struct xml *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	free(x->node);
	buf_release(&x->text);
	buf_release(&x->converted);
	free(x);
}

/* The value of encoding="..." in the XML declaration; empty when there is none. */
static struct span
declared_encoding(struct span bytes)
{
	static const char key[] = "encoding";
	const char *end = bytes.n > 5 && memcmp(bytes.p, "<?xml", 5) == 0
			      ? memchr(bytes.p, '>', bytes.n < 256 ? bytes.n : 256)
			      : NULL;
	const char *p = end ? memmem(bytes.p, (size_t)(end - bytes.p), key, strlen(key)) : NULL;
	const char *q;

	if (!p)
		return SPAN("");
	for (p += strlen(key); p < end && (*p == ' ' || *p == '='); p++)
		continue;
	q = p < end && (*p == '"' || *p == '\'') ? memchr(p + 1, *p, (size_t)(end - p - 1)) : NULL;
	return q ? span_of(p + 1, q) : SPAN("");
}

static bool
expat_knows(struct span e)
{
	static const char *const known[] = { "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE",
		"ISO-8859-1", "US-ASCII" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strlen(known[i]) == e.n && strncasecmp(known[i], e.p, e.n) == 0)
			return true;
	return false;
}

/*
 * What the source has to be converted from; NULL: expat reads it as it is. A declaration is
 * believed, also where the bytes happen to be UTF-8: short GBK texts often are.
 */
static const char *
foreign_encoding(const struct xml *x, const char *encoding, char *name, size_t size)
{
	struct span declared = declared_encoding(x->source);

	snprintf(name, size, "%.*s", SPAN_ARG(declared));
	if (span_starts(x->source, SPAN("\xff\xfe")) || span_starts(x->source, SPAN("\xfe\xff")) ||
	    span_starts(x->source, SPAN("\xef\xbb\xbf")))
		return NULL;
	if (declared.n > 0 && !expat_knows(declared))
		return text_encoding_known(name) ? name : encoding;
	if (declared.n > 0 && (strcasecmp(name, "UTF-8") != 0 || utf8_valid(x->source)))
		return NULL;
	return encoding;
}

/* Convert what expat cannot read. *forced is the encoding to tell expat, NULL: it finds out. */
static bool
convert(struct xml *x, const char *encoding, const char **forced)
{
	char name[64];
	const char *from = foreign_encoding(x, encoding, name, sizeof(name));
	size_t bad;

	*forced = from ? "UTF-8" : NULL;
	if (!from)
		return true;
	buf_reset(&x->converted);
	if (text_convert(&x->converted, x->source, from, &bad)) {
		x->source = buf_span(&x->converted);
		return true;
	}
	if (utf8_valid(x->source))
		return true;
	error_at(pos_file(x->file), "encoding", "byte %zu is not valid in %s", bad + 1, from);
	return false;
}

static void
report(struct xml *x)
{
	enum XML_Error code = XML_GetErrorCode(x->parser);
	struct pos at = pos_at(x->file, XML_GetCurrentLineNumber(x->parser),
	    XML_GetCurrentColumnNumber(x->parser) + 1);

	if (code == XML_ERROR_NO_MEMORY)
		die("out of memory");
	if (x->refused)
		error_at(at, "xml", "%s", x->refused);
	else if (x->source.n == 0)
		error_at(pos_file(x->file), "xml", "the file is empty");
	else if (code == XML_ERROR_INVALID_TOKEN && !utf8_valid(x->source))
		error_at(at, "xml", "not well-formed, and not UTF-8; --encoding names another");
	else if (code == XML_ERROR_NO_ELEMENTS)
		error_at(
		    at, "xml", "the file ends before its elements are closed: is it cut short?");
	else
		error_at(at, "xml", "%s", XML_ErrorString(code));
}

const struct xml_node *
xml_parse(struct xml *x, struct span bytes, const char *file, const char *encoding)
{
	const char *forced;

	x->file = file;
	x->source = bytes;
	x->seen.at = x->seen.start = 0;
	x->seen.line = 1;
	x->depth = 0;
	x->refused = NULL;
	buf_reset(&x->text);
	x->node = grow(x->node, &x->cap, 1, sizeof(*x->node));
	x->n = 1;
	if (bytes.n >= SOURCE_MAX) {
		error_at(pos_file(file), "xml", "larger than 2 GiB");
		return NULL;
	}
	if (!encoding && xml_plain(bytes, &x->node, &x->n, &x->cap)) {
		x->chars = bytes.p;
		return &x->node[1];
	}
	if (!convert(x, encoding, &forced))
		return NULL;
	XML_ParserReset(x->parser, forced);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetEntityDeclHandler(x->parser, on_entity);
	XML_SetSkippedEntityHandler(x->parser, on_skipped);
	if (XML_Parse(x->parser, x->source.p, (int)x->source.n, 1) != XML_STATUS_OK) {
		report(x);
		return NULL;
	}
	x->chars = x->text.p;
	return &x->node[1];
}

static const struct xml_node *
node_at(const struct xml *x, uint32_t i)
{
	return i ? &x->node[i] : NULL;
}

const struct xml_node *
xml_child(const struct xml *x, const struct xml_node *n)
{
	return node_at(x, n->child);
}

const struct xml_node *
xml_next(const struct xml *x, const struct xml_node *n)
{
	return node_at(x, n->next);
}

const struct xml_node *
xml_attrs(const struct xml *x, const struct xml_node *n)
{
	return node_at(x, n->attr);
}

struct span
xml_name(const struct xml *x, const struct xml_node *n)
{
	return (struct span){ x->chars + n->name, n->name_n };
}

struct span
xml_text(const struct xml *x, const struct xml_node *n)
{
	if (n->child)
		return SPAN("");
	return span_trim((struct span){ x->chars + n->text, n->text_n });
}

struct span
xml_whole_text(const struct xml *x, const struct xml_node *n)
{
	return n->child ? SPAN("") : (struct span){ x->chars + n->text, n->text_n };
}

static const struct xml_node *
find(const struct xml *x, const struct xml_node *n, const char *name)
{
	const struct span want = span_str(name);

	while (n && !span_eq(xml_name(x, n), want))
		n = xml_next(x, n);
	return n;
}

const struct xml_node *
xml_find(const struct xml *x, const struct xml_node *n, const char *name)
{
	return find(x, xml_child(x, n), name);
}

struct span
xml_find_text(const struct xml *x, const struct xml_node *n, const char *name)
{
	n = xml_find(x, n, name);
	return n ? xml_text(x, n) : SPAN_NONE;
}

struct span
xml_attr(const struct xml *x, const struct xml_node *n, const char *name)
{
	n = find(x, xml_attrs(x, n), name);
	return n ? xml_text(x, n) : SPAN_NONE;
}

/* Lines are counted from the position before: those of a large file are asked for one after the other. */
struct pos
xml_pos(struct xml *x, const struct xml_node *n)
{
	const char *begin = x->source.p, *want = begin + n->at, *p = begin + x->seen.at, *q;

	for (; p < want && (q = memchr(p, '\n', (size_t)(want - p))) != NULL; p = q + 1) {
		x->seen.line++;
		x->seen.start = (size_t)(q + 1 - begin);
	}
	for (q = p; q > want && (q = memrchr(want, '\n', (size_t)(q - want))) != NULL;)
		x->seen.line--;
	if (n->at < x->seen.start) {
		q = memrchr(begin, '\n', n->at);
		x->seen.start = q ? (size_t)(q + 1 - begin) : 0;
	}
	x->seen.at = n->at;
	return pos_at(x->file, x->seen.line, n->at - x->seen.start + 1);
}

/* What stands for a character of text; NULL: it itself. Control characters have no place in XML. */
static const char *
escaped(char c)
{
	if (c == '\n')
		return "&#10;";
	if (c == '\r')
		return "&#13;";
	if ((unsigned char)c < 0x20 && c != '\t')
		return "";
	return markup_entity(c);
}

void
xml_escape(struct buf *out, struct span text)
{
	const char *begin = text.p, *end = text.p + text.n, *p, *instead;

	for (p = begin; p < end; p++) {
		instead = escaped(*p);
		if (!instead)
			continue;
		buf_add(out, begin, (size_t)(p - begin));
		buf_adds(out, instead);
		begin = p + 1;
	}
	buf_add(out, begin, (size_t)(end - begin));
}

bool
xml_is_name(struct span name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (!isalpha(c) && c < 0x80 && c != '_' && c != ':' &&
		    (i == 0 || !(isdigit(c) || c == '-' || c == '.')))
			return false;
	}
	return name.n > 0;
}
