/*
 * The CSV file of a table of ModelArts against the schema that its manifest line gives.
 *
 * Source: ModelArts, "Creating a Dataset", table 3 (types) and its notes: a row with another number of columns
 * is ignored, a value that is not of its column's type becomes null. Types: String, Short, Int, Long, Double, Float,
 * Byte, Date (yyyy-MM-dd), Timestamp (yyyy-MM-dd HH:mm:ss), Boolean; others are not looked at.
 */
#ifndef LABEL_MODELARTS_TABLE_H
#define LABEL_MODELARTS_TABLE_H

#include "base/input.h"

/*
 * Read all rows; the first may be the names of the columns. `schema`: raw JSON, [{"name":..,"type":..}, ...] or
 * {NAME:TYPE, ...}. One warning for all rows [table-row], one for each column [table-type], each with its
 * number and the first place. False: this is no schema.
 */
bool modelarts_table_check(struct input *csv, struct span schema, const char *encoding);

#endif
