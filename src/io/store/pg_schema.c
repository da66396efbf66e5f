#include "io/store/pg_schema.h"
#ifdef MCPASS_LIBPQ
#include <stdlib.h>
#include <string.h>

#define VERSION 1

/* One statement each; those of a version bring the tables from the version before to it.  Texts
 * are compared as bytes. */
static const struct {
	int version;
	const char *sql;
} steps[] = {
	{ 1, "CREATE TABLE mcpass.credentials(key text COLLATE \"C\" PRIMARY KEY,"
	    " generation bigint NOT NULL, record text NOT NULL)" },
	{ 1, "CREATE TABLE mcpass.notes(name text COLLATE \"C\" PRIMARY KEY, text text NOT NULL)" },
	/* Who works on which login: pg_store.c. */
	{ 1, "CREATE TABLE mcpass.held(lock bigint PRIMARY KEY, holder text NOT NULL,"
	    " mark bigint NOT NULL, server_start timestamptz NOT NULL, since timestamptz NOT NULL,"
	    " room text NOT NULL)" },
	{ 1, "CREATE TABLE mcpass.memory(kind text COLLATE \"C\" NOT NULL, key text COLLATE \"C\" NOT NULL,"
	    " family text COLLATE \"C\" NOT NULL, expires_at bigint NOT NULL, value text NOT NULL,"
	    " PRIMARY KEY(kind, key))" },
	{ 1, "CREATE INDEX memory_family ON mcpass.memory(kind, family)" },
	{ 1, "CREATE INDEX memory_expiry ON mcpass.memory(expires_at)" },
};

/* 0: there are no tables. */
static enum mcpass_rc read_version(struct mp_pg_link *link, int *ret_version,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	PGresult *result = NULL;
	enum mcpass_rc rc = mp_pg_execute(link, "SELECT max(least(number, 9999)) FROM mcpass.version",
	    NULL, 0, &result, &why);

	*ret_version = 0;
	if (rc && (strcmp(link->state, "42P01") == 0 || strcmp(link->state, "3F000") == 0))
		return MCPASS_OK;       /* no such table, no such schema */
	if (rc && err != NULL)
		*err = why;
	if (!rc && link->pq->PQntuples(result) > 0)
		*ret_version = (int)strtol(link->pq->PQgetvalue(result, 0, 0), NULL, 10);
	if (!rc)
		link->pq->PQclear(result);
	return rc;
}

static enum mcpass_rc check_version(const struct mp_pg_link *link, int version,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (version <= VERSION)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_STORE, NULL, "%s has the format %d; this program knows %d",
	    link->shown, version, VERSION);
	mp_hint(err, "A newer mcpass made its tables: use that one.");
	return rc;
}

/* An owner may have made it for us, who may make none. */
static enum mcpass_rc make_schema(struct mp_pg_link *link, struct mcpass_error *err)
{
	PGresult *result = NULL;
	bool is_there = false;
	enum mcpass_rc rc = mp_pg_execute(link, "SELECT 1 FROM pg_namespace WHERE nspname='mcpass'", NULL,
	    0, &result, err);

	if (!rc) {
		is_there = link->pq->PQntuples(result) > 0;
		link->pq->PQclear(result);
	}
	return rc || is_there ? rc : mp_pg_do(link, "CREATE SCHEMA mcpass", NULL, 0, err);
}

/* In a transaction, with the lock: one process does it, the others find it done. */
static enum mcpass_rc bring_forward(struct mp_pg_link *link, struct mcpass_error *err)
{
	static const struct mp_sql_value now = { .number = VERSION };
	int version = 0;
	enum mcpass_rc rc = make_schema(link, err);

	if (!rc)
		rc = mp_pg_do(link, "CREATE TABLE IF NOT EXISTS mcpass.version(number integer NOT NULL)",
		    NULL, 0, err);
	if (!rc)
		rc = read_version(link, &version, err);
	if (!rc)
		rc = check_version(link, version, err);
	for (size_t i = 0; i < MP_COUNT(steps) && !rc; i++)
		if (steps[i].version > version)
			rc = mp_pg_do(link, steps[i].sql, NULL, 0, err);
	if (!rc && version < VERSION)
		rc = mp_pg_do(link, "DELETE FROM mcpass.version", NULL, 0, err);
	if (!rc && version < VERSION)
		rc = mp_pg_do(link, "INSERT INTO mcpass.version VALUES($1)", &now, 1, err);
	return rc;
}

enum mcpass_rc mp_pg_schema_ready(struct mp_pg_link *link, struct mcpass_error *err)
{
	int version = 0;
	enum mcpass_rc rc = read_version(link, &version, err);

	if (!rc)
		rc = check_version(link, version, err);
	if (rc || version == VERSION)
		return rc;
	rc = mp_pg_do(link, "BEGIN", NULL, 0, err);
	if (!rc)
		rc = mp_pg_do(link, "SELECT pg_advisory_xact_lock(hashtext('mcpass tables'))", NULL, 0, err);
	if (!rc)
		rc = bring_forward(link, err);
	if (!rc)
		return mp_pg_do(link, "COMMIT", NULL, 0, err);
	if (!link->is_broken)
		(void)mp_pg_do(link, "ROLLBACK", NULL, 0, NULL);
	return rc;
}
#endif
