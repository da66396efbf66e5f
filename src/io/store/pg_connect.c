#include "io/store/pg_connect.h"
#ifdef MCPASS_LIBPQ
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Seconds, for each address. */
#define CONNECT_S "4"
/* What the system trusts, where ~/.postgresql/root.crt is not; libpq before 16 has no word for it. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"
};

/* keyword, value: what is added to the URL's. */
#define MOST 10
struct settings {
	const char *keywords[MOST + 1], *values[MOST + 1];
	size_t count;
	char name[64];                  /* "process 123 on host" */
};

static void add(struct settings *settings, const char *keyword, const char *value)
{
	if (settings->count < MOST) {
		settings->keywords[settings->count] = keyword;
		settings->values[settings->count++] = value;
	}
}

/* What the URL says, else the environment; or NULL. */
static const char *said(const PQconninfoOption *options, const char *keyword)
{
	const char *value = NULL;

	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, keyword) == 0) {
			value = options->val;
			if (value == NULL && options->envvar != NULL)
				value = getenv(options->envvar);
		}
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* A list, as libpq takes it; nothing is a socket. */
static bool is_local(const char *hosts)
{
	static const char *const local[] = { "", "localhost", "127.0.0.1", "::1" };
	bool all = true;

	while (all && hosts != NULL) {
		struct mp_span host = { hosts, strcspn(hosts, ",") };
		bool found = host.len > 0 && (host.data[0] == '/' || host.data[0] == '@');

		for (size_t i = 0; i < MP_COUNT(local) && !found; i++)
			found = mp_span_is(host, local[i]);
		all = found;
		hosts = hosts[host.len] == ',' ? hosts + host.len + 1 : NULL;
	}
	return all;
}

static const char *find_bundle(void)
{
	const char *home = getenv("HOME");
	char own[4096];

	if (home != NULL && snprintf(own, sizeof(own), "%s/.postgresql/root.crt", home)
	    < (int)sizeof(own) && access(own, F_OK) == 0)
		return NULL;
	for (size_t i = 0; i < MP_COUNT(bundles); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	return NULL;
}

static void require_tls(struct settings *settings, const PQconninfoOption *options)
{
	const char *host = said(options, "host"), *address = said(options, "hostaddr"), *bundle;

	if (said(options, "sslmode") != NULL || said(options, "service") != NULL
	    || is_local(address != NULL ? address : host))
		return;
	add(settings, "sslmode", "verify-full");
	bundle = said(options, "sslrootcert") != NULL ? NULL : find_bundle();
	if (bundle != NULL)
		add(settings, "sslrootcert", bundle);
}

static void choose(struct settings *settings, const char *url, const PQconninfoOption *options)
{
	const char *host = said(options, "host");
	char machine[40] = "";

	(void)gethostname(machine, sizeof(machine) - 1);
	(void)snprintf(settings->name, sizeof(settings->name), "process %ld on %s", (long)getpid(),
	    machine);
	add(settings, "dbname", url);
	add(settings, "client_encoding", "UTF8");
	add(settings, "application_name", settings->name);
	if (said(options, "connect_timeout") == NULL)
		add(settings, "connect_timeout", CONNECT_S);
	if (said(options, "tcp_user_timeout") == NULL)
		add(settings, "tcp_user_timeout", "10000");
	if (host != NULL && strchr(host, ',') != NULL && said(options, "target_session_attrs") == NULL)
		add(settings, "target_session_attrs", "read-write");
	require_tls(settings, options);
}

/* sslmode's default, "prefer", is not a decision. */
static enum mcpass_rc check_tls(const struct mp_pg_link *link, struct mcpass_error *err)
{
	const char *address = link->pq->PQhostaddr(link->conn);
	const char *host = address != NULL && address[0] != '\0' ? address : link->pq->PQhost(link->conn);
	PQconninfoOption *used = link->pq->PQconninfo(link->conn);
	const char *mode = used != NULL ? said(used, "sslmode") : NULL;
	bool is_open = used != NULL && !link->pq->PQsslInUse(link->conn)
	    && !is_local(host) && mode != NULL && strcmp(mode, "prefer") == 0;
	enum mcpass_rc rc = MCPASS_OK;

	if (is_open) {
		rc = mp_fail(err, MCPASS_E_POLICY, NULL, "%s: the connection is not encrypted", link->shown);
		mp_hint(err, "Say sslmode=verify-full in the service file, or sslmode=disable if so meant.");
	}
	if (used != NULL)
		link->pq->PQconninfoFree(used);
	return rc;
}

/* Names are looked up in pg_catalog only; ours are said in full.  A client that vanished has its
 * locks for half a minute at most. */
static enum mcpass_rc prepare(struct mp_pg_link *link, struct mcpass_error *err)
{
	static const struct mp_sql_value values[] = { { .number = MP_PG_STATEMENT_MS },
		{ .number = MP_PG_STATEMENT_MS - 1000 } };

	return mp_pg_do(link, "SELECT pg_catalog.set_config(name, value, false) FROM (VALUES"
	    " ('search_path','pg_catalog'),('statement_timeout',$1::text),('lock_timeout',$2::text),"
	    " ('idle_in_transaction_session_timeout','20000'),('client_min_messages','warning'),"
	    " ('tcp_keepalives_idle','15'),('tcp_keepalives_interval','5'),('tcp_keepalives_count','3'))"
	    " AS settings(name, value)", values, MP_COUNT(values), err);
}

/* libpq would print what the server says besides as it is, on a person's terminal or in the midst
 * of our own lines. */
static void hear_nothing(void *ctx, const PGresult *notice)
{
	(void)ctx;
	(void)notice;
}

static enum mcpass_rc open_connection(struct mp_pg_link *link, const char *url,
    const PQconninfoOption *options, struct mcpass_error *err)
{
	struct settings settings = { 0 };

	choose(&settings, url, options);
	link->is_broken = false;
	link->conn = link->pq->PQconnectdbParams(settings.keywords, settings.values, 1);
	if (link->conn == NULL)
		return mp_nomem(err);
	(void)link->pq->PQsetNoticeReceiver(link->conn, hear_nothing, NULL);
	if (link->pq->PQstatus(link->conn) != CONNECTION_OK)
		return mp_pg_fail(link, MCPASS_E_EXPIRED, err);
	if (link->pq->PQsetnonblocking(link->conn, 1) != 0)
		return mp_pg_fail(link, MCPASS_E_EXPIRED, err);
	return MCPASS_OK;
}

enum mcpass_rc mp_pg_connect(struct mp_pg_link *link, const char *url, struct mcpass_error *err)
{
	char *words = NULL;
	enum mcpass_rc rc;
	PQconninfoOption *options = link->pq->PQconninfoParse(url, &words);

	if (options == NULL) {          /* libpq's words may have a part of the URL: not told */
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s is no URL of a database", link->shown);
		mp_hint(err, "postgresql://USER@HOST:PORT/DATABASE, special characters percent-encoded");
		link->pq->PQfreemem(words);
		return rc;
	}
	rc = open_connection(link, url, options, err);
	if (!rc)
		rc = check_tls(link, err);
	if (!rc)
		rc = prepare(link, err);
	link->pq->PQconninfoFree(options);
	if (rc && link->conn != NULL) {
		link->pq->PQfinish(link->conn);
		link->conn = NULL;
	}
	return rc;
}
#endif
