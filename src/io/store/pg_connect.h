/* pg_connect.h - a new connection: encrypted, bounded, and with nothing of the server's defaults
 * that a statement could stumble over. */
#pragma once
#include "io/store/pg_statement.h"
#ifdef MCPASS_LIBPQ

/* Fills link->conn.  What the URL, the environment (PGSSLMODE, PGPASSFILE, ...) and a service file
 * say holds, as with psql; where they say nothing about TLS, another machine's certificate is
 * verified (sslmode=verify-full).
 * MCPASS_E_EXPIRED  there is no connection just now
 * MCPASS_E_USAGE    the URL is none
 * MCPASS_E_POLICY   a service file leads to another machine without TLS */
enum mcpass_rc mp_pg_connect(struct mp_pg_link *link, const char *url, struct mcpass_error *err);
#endif
