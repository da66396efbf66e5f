/* table.h - what is looked up by its number for each message, however many there are. */
#pragma once
#include <stddef.h>

/* A member of the item; item and number are set before it is put in. */
struct mp_entry {
	struct mp_entry *next;
	void *item;
	unsigned number;        /* given one after the other, or a hash: they spread evenly */
};
/* { 0 } is empty. */
struct mp_table {
	struct mp_entry *slots[256];
};

void mp_table_add(struct mp_table *table, struct mp_entry *entry);
void mp_table_remove(struct mp_table *table, struct mp_entry *entry);   /* which is in it */
/* The first entry of that number, and the next one; NULL: there is none. */
struct mp_entry *mp_table_find(const struct mp_table *table, unsigned number);
struct mp_entry *mp_table_again(const struct mp_entry *entry);
