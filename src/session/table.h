/* table.h - what is looked up by its number for each message, however many there are. */
#ifndef MP_SESSION_TABLE_H
#define MP_SESSION_TABLE_H
#include <stddef.h>

/* The first member of what is put in; number is set before. */
struct mp_entry {
	struct mp_entry *next;
	unsigned number;
};
/* Numbers are given one after the other, so that they spread evenly.  { 0 } is empty. */
struct mp_table {
	struct mp_entry *slots[256];
};

void mp_table_add(struct mp_table *table, struct mp_entry *entry);
void mp_table_remove(struct mp_table *table, struct mp_entry *entry);   /* which is in it */
/* NULL: there is none. */
void *mp_table_find(const struct mp_table *table, unsigned number);

#endif
