/* issuer_kind.h - where an issuer's memory is kept: SQLite's and PostgreSQL's. */
#pragma once
#include "issuer/issuer.h"

struct mp_issuer_kind {
	enum mcpass_rc (*open)(const char *place, struct mp_issuer_store *ret_store,
	    struct mcpass_error *err);
	void (*close)(struct mp_issuer_store *store);
	/* As of mp_issuer_store_again(); NULL: never. */
	bool (*again)(const struct mp_issuer_store *store);
	/* As of mp_issuer_store_on_loop(); NULL: it waits in a thread. */
	void (*on_loop)(const struct mp_issuer_store *store);
	/* As of mp_issuer_store_dump(), _claim() and _clear(). */
	enum mcpass_rc (*dump)(const struct mp_issuer_store *store, int64_t now,
	    struct mp_strings *texts, struct mcpass_error *err);
	enum mcpass_rc (*claim)(const struct mp_issuer_store *store, struct mcpass_error *err);
	enum mcpass_rc (*clear)(const struct mp_issuer_store *store, struct mcpass_error *err);
};
extern const struct mp_issuer_kind mp_sqlite_issuer, mp_postgres_issuer;
