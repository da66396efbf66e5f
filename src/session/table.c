#include "session/table.h"
#include "base/text.h"

#define SLOT(number) ((number) % MP_COUNT(((struct mp_table *)NULL)->slots))

void mp_table_add(struct mp_table *table, struct mp_entry *entry)
{
	struct mp_entry **slot = &table->slots[SLOT(entry->number)];

	entry->next = *slot;
	*slot = entry;
}

void mp_table_remove(struct mp_table *table, struct mp_entry *entry)
{
	struct mp_entry **slot = &table->slots[SLOT(entry->number)];

	while (*slot != entry)
		slot = &(*slot)->next;
	*slot = entry->next;
}

static struct mp_entry *find_from(struct mp_entry *entry, unsigned number)
{
	while (entry != NULL && entry->number != number)
		entry = entry->next;
	return entry;
}

struct mp_entry *mp_table_find(const struct mp_table *table, unsigned number)
{
	return find_from(table->slots[SLOT(number)], number);
}

struct mp_entry *mp_table_again(const struct mp_entry *entry)
{
	return find_from(entry->next, entry->number);
}
