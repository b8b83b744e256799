/*
 * What a file operand of a program may be besides a file of records: a version of a store.
 *
 *	STORE@V002, STORE@stable	a version by name or tag
 *	STORE				its current version
 *	STORE/versions/V002		a version's folder
 *
 * The form of a store is described in ds-store(5); a version keeps its records in records.jsonl.
 */
#ifndef RECORD_OPERAND_H
#define RECORD_OPERAND_H

/* The path to read for an operand: a version's records, or the operand itself. The caller frees it. */
char *rec_operand(const char *operand);

#endif
