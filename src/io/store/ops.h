/* ops.h - what a kind of store does: one table a kind, SQLite's and PostgreSQL's. */
#pragma once
#include "io/store/store.h"

/* Each as of the function of its name in store.h; the texts are opaque here.  A kind has its
 * own struct behind the pointer. */
struct mp_store_ops {
	const char *kind;               /* "SQLite" */
	/* Opens what is there already; nothing is made.  Place: a path, or a URL. */
	enum mcpass_rc (*open)(const char *place, bool on_loop, void **ret_at,
	    struct mcpass_error *err);
	void (*close)(void *at);        /* unlocks */
	void (*rest)(void *at);
	enum mcpass_rc (*load)(void *at, const char *key, char **ret_record,
	    struct mcpass_error *err);
	/* record NULL: delete.  lasting: it outlives a power failure once this returns. */
	enum mcpass_rc (*save)(void *at, const char *key, const char *record, bool lasting,
	    struct mcpass_error *err);
	enum mcpass_rc (*list)(void *at, struct mp_strings *ret_keys, struct mcpass_error *err);
	enum mcpass_rc (*lock)(void *at, const char *key, char ret_holder[MP_STORE_HOLDER_ROOM],
	    struct mcpass_error *err);
	void (*unlock)(void *at);
	/* text NULL: delete.  There are MP_MAX_NOTES at most, then the oldest go. */
	enum mcpass_rc (*note)(void *at, const char *name, const char *text,
	    struct mcpass_error *err);
	enum mcpass_rc (*noted)(void *at, const char *name, char **ret_text,
	    struct mcpass_error *err);
	enum mcpass_rc (*begin)(void *at, struct mcpass_error *err);
	enum mcpass_rc (*end)(void *at, bool keep, struct mcpass_error *err);
};
extern const struct mp_store_ops mp_sqlite_ops, mp_postgres_ops;
