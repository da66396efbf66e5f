/* pg_schema.h - the tables: made by first use, brought forward, refused when they are newer. */
#pragma once
#include "io/store/pg_statement.h"
#ifdef MCPASS_LIBPQ

/* MCPASS_E_STORE: a newer version of this program made them. */
enum mcpass_rc mp_pg_schema_ready(struct mp_pg_link *link, struct mcpass_error *err);
#endif
