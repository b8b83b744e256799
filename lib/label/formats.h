/*
 * The formats of the table, each defined in the file of its name. For label.c only; one line
 * a format, sorted.
 */
#ifndef LABEL_FORMATS_H
#define LABEL_FORMATS_H

#include "label/label.h"

#endif
