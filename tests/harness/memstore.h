/* memstore.h - the issuer's store in memory, for tests. */
#ifndef MP_MEMSTORE_H
#define MP_MEMSTORE_H
#include "issuer/issuer.h"

struct memstore;
/* Fills the interface; the memstore has to outlive the issuer.  Exits when it cannot. */
void memstore_open(struct memstore **ret_memstore, struct mp_issuer_store *ret_store);
void memstore_close(struct memstore *memstore);

/* A turn is kept or undone as a whole, as in the real store; without it each call is kept. */
void memstore_undoes(struct mp_issuer_store *store);
/* From now on every call fails, as on a full disk; or works again. */
void memstore_break(struct memstore *memstore, bool broken);
void memstore_drop_kind(struct memstore *memstore, const char *kind);
/* How many records of a kind there are; kind NULL: of any. */
size_t memstore_count(const struct memstore *memstore, const char *kind);
/* True when some record's key, group or value contains text. */
bool memstore_contains(const struct memstore *memstore, const char *text);

#endif
