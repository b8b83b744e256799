/* Memory that is there or ends the program: see mem.h. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

static void *
checked(void *p, size_t n)
{
	if (p == NULL)
		die("out of memory (%zu bytes)", n);
	return p;
}

void *
xmalloc(size_t n)
{
	return checked(malloc(n ? n : 1), n);
}

void *
xcalloc(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return checked(calloc(count, size), size_mul(count, size));
}

void *
xreallocarray(void *p, size_t count, size_t size)
{
	size_t n = size_mul(count, size);

	return checked(realloc(p, n ? n : 1), n);
}

void *
xmemdup(const void *p, size_t n)
{
	void *q = xmalloc(n);

	if (n > 0)
		memcpy(q, p, n);
	return q;
}

char *
xstrndup(const char *s, size_t n)
{
	char *q = xmalloc(size_add(n, 1));

	if (n > 0)
		memcpy(q, s, n);
	q[n] = '\0';
	return q;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	return s;
}

void *
grow(void *p, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap;

	if (need <= n)
		return p;
	n = size_mul(n, 2);
	if (n < need)
		n = need;
	if (n < 8)
		n = 8;
	p = xreallocarray(p, n, size);
	*cap = n;
	return p;
}
