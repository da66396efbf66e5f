#include "guard/cache.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

enum mcpass_rc mp_cache_init(struct mp_cache *memory, struct mcpass_error *err)
{
	*memory = (struct mp_cache){ .buckets = calloc(MP_MAX_REMEMBERED,
	    sizeof(*memory->buckets)) };
	return memory->buckets != NULL ? MCPASS_OK : mp_nomem(err);
}

void mp_entry_free(struct mp_entry *entry)
{
	if (entry == NULL)
		return;
	mp_claims_free(&entry->claims);
	free(entry->kid);
	free(entry->failure);
	free(entry->answer);
	mp_secret_free(&entry->exchanged);
	free(entry);
}

void mp_cache_free(struct mp_cache *memory)
{
	struct mp_entry *entry = memory->newest;

	while (entry != NULL) {
		struct mp_entry *older = entry->older;

		mp_entry_free(entry);
		entry = older;
	}
	free(memory->buckets);
	*memory = (struct mp_cache){ 0 };
}

/* A hash is as good as any number: an attacker that wants to fill one bucket needs tokens
 * issued until their hashes fit. */
static struct mp_entry **bucket_of(const struct mp_cache *memory,
    const uint8_t digest[MP_SHA256_LEN])
{
	return &memory->buckets[(digest[0] | (unsigned)digest[1] << 8) % MP_MAX_REMEMBERED].first;
}

/* Takes it out of the order of use. */
static void unlink_entry(struct mp_cache *memory, struct mp_entry *entry)
{
	if (entry->newer != NULL)
		entry->newer->older = entry->older;
	else
		memory->newest = entry->older;
	if (entry->older != NULL)
		entry->older->newer = entry->newer;
	else
		memory->oldest = entry->newer;
}

static void make_newest(struct mp_cache *memory, struct mp_entry *entry)
{
	entry->newer = NULL;
	entry->older = memory->newest;
	if (memory->newest != NULL)
		memory->newest->newer = entry;
	else
		memory->oldest = entry;
	memory->newest = entry;
}

struct mp_entry *mp_cache_find(struct mp_cache *memory, const uint8_t digest[MP_SHA256_LEN])
{
	struct mp_entry *entry = *bucket_of(memory, digest);

	while (entry != NULL && memcmp(entry->digest, digest, MP_SHA256_LEN) != 0)
		entry = entry->next;
	if (entry != NULL) {
		unlink_entry(memory, entry);
		make_newest(memory, entry);
	}
	return entry;
}

void mp_cache_forget(struct mp_cache *memory, struct mp_entry *entry)
{
	struct mp_entry **link = bucket_of(memory, entry->digest);

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	unlink_entry(memory, entry);
	memory->count--;
	mp_entry_free(entry);
}

void mp_cache_add(struct mp_cache *memory, struct mp_entry *entry)
{
	struct mp_entry *same = mp_cache_find(memory, entry->digest);
	struct mp_entry **bucket = bucket_of(memory, entry->digest);

	if (same != NULL)
		mp_cache_forget(memory, same);
	else if (memory->count == MP_MAX_REMEMBERED)
		mp_cache_forget(memory, memory->oldest);
	entry->next = *bucket;
	*bucket = entry;
	make_newest(memory, entry);
	memory->count++;
}
