/* The characters that mean something in HTML and XML. */
#ifndef BASE_MARKUP_H
#define BASE_MARKUP_H

/* The entity for a character that text and values between quotes may not have; NULL: it stands for itself. */
static inline const char *
markup_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return (const char *)0;
	}
}

#endif
