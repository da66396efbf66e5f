#include "io/store/pg_statement.h"
#ifdef MCPASS_LIBPQ
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "io/clock.h"
#include "wire/mask.h"

#define ANSWER_MS (MP_PG_STATEMENT_MS + 1000)
#define MOST_VALUES 8

/* --- what is wrong --- */

enum mcpass_rc mp_pg_fail(const struct mp_pg_link *link, enum mcpass_rc rc, struct mcpass_error *err)
{
	const char *password = link->pq->PQpass(link->conn);
	char text[512];

	(void)snprintf(text, sizeof(text), "%s", link->pq->PQerrorMessage(link->conn));
	text[strcspn(text, "\n")] = '\0';
	if (password != NULL)
		(void)mp_mask_secret(text, password);
	return mp_fail(err, rc, NULL, "%s: %s", link->shown, text);
}

static enum mcpass_rc broke(struct mp_pg_link *link, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_pg_fail(link, MCPASS_E_EXPIRED, err);

	link->is_broken = true;
	mp_hint(err, "The connection to the database broke; try again.");
	return rc;
}

/* spec: PostgreSQL, Appendix A (error codes) */
static const struct {
	const char *state;              /* or how it begins */
	enum mcpass_rc rc;
	const char *hint;
} refusals[] = {
	{ "08", MCPASS_E_EXPIRED, "The connection to the database broke; try again." },
	{ "40", MCPASS_E_EXPIRED, "Another process changes the same rows; try again." },
	{ "55P03", MCPASS_E_EXPIRED, "Another process changes the same rows; try again." },
	{ "57014", MCPASS_E_EXPIRED, "The database is too slow just now; try again." },
	{ "57P", MCPASS_E_EXPIRED, "The database stops or starts; try again." },
	{ "25006", MCPASS_E_EXPIRED, "This server is a replica: name the primary, or all of them, with"
	    " target_session_attrs=read-write." },
	{ "53300", MCPASS_E_EXPIRED, "Raise max_connections, or put a pooler in front (session mode)." },
	{ "53100", MCPASS_E_STORE, "The database's disk is full: make room there." },
	{ "53", MCPASS_E_EXPIRED, "The database has no resources left; try again." },
	{ "42501", MCPASS_E_STORE, "Its owner has to grant this: CREATE SCHEMA mcpass AUTHORIZATION ROLE,"
	    " or where it is there, USAGE on it and ALL on its tables." },
	/* Our statements are right where the tables are ours. */
	{ "42", MCPASS_E_STORE, "The schema mcpass there is not as mcpass makes it: it is another"
	    " program's, or a part is missing. Name another database, or restore this one." },
};

static enum mcpass_rc refused(struct mp_pg_link *link, const PGresult *result,
    struct mcpass_error *err)
{
	const char *state = link->pq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = link->pq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	enum mcpass_rc rc = MCPASS_E_STORE;
	size_t i = 0;

	if (state == NULL)              /* libpq's own: the connection is gone */
		return broke(link, err);
	(void)snprintf(link->state, sizeof(link->state), "%s", state);
	while (i < MP_COUNT(refusals)
	    && strncmp(state, refusals[i].state, strlen(refusals[i].state)) != 0)
		i++;
	if (i < MP_COUNT(refusals))
		rc = refusals[i].rc;
	link->is_broken = strncmp(state, "57P", 3) == 0 || strncmp(state, "25P", 3) == 0;
	rc = mp_fail(err, rc, NULL, "%s: %s (%s)", link->shown, text != NULL ? text : "refused", state);
	if (i < MP_COUNT(refusals))
		mp_hint(err, "%s", refusals[i].hint);
	return rc;
}

/* --- what is waited for --- */

/* The loop that waits for everything else has no part in this: as with SQLite's file, a call is
 * over in milliseconds, or in ANSWER_MS.  A server that is never to wait has it in a thread. */
static enum mcpass_rc wait_for(struct mp_pg_link *link, short events, int64_t deadline,
    struct mcpass_error *err)
{
	struct pollfd poll_fd = { .fd = link->pq->PQsocket(link->conn), .events = events };
	enum mcpass_rc rc;
	int left = mp_left_ms(deadline);

	if (poll_fd.fd < 0)
		return broke(link, err);
	if (left > 0 && (poll(&poll_fd, 1, left) > 0 || errno == EINTR))
		return MCPASS_OK;
	if (mp_left_ms(deadline) > 0)
		return MCPASS_OK;
	link->is_broken = true;
	rc = mp_fail(err, MCPASS_E_EXPIRED, NULL, "%s: the database has not answered for %d seconds",
	    link->shown, ANSWER_MS / 1000);
	mp_hint(err, "It is slow, or the network to it is cut; try again.");
	return rc;
}

static enum mcpass_rc flush(struct mp_pg_link *link, int64_t deadline, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	int more;

	while (!rc && (more = link->pq->PQflush(link->conn)) > 0) {
		rc = wait_for(link, POLLIN | POLLOUT, deadline, err);
		if (!rc && link->pq->PQconsumeInput(link->conn) != 1)
			rc = broke(link, err);
	}
	return rc || more == 0 ? rc : broke(link, err);
}

/* The last result: the one before an end of the connection says why, the others are not ours. */
static enum mcpass_rc read_result(struct mp_pg_link *link, int64_t deadline, PGresult **ret_result,
    struct mcpass_error *err)
{
	const struct mp_libpq *pq = link->pq;
	PGresult *result = NULL, *next = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	do {
		while (!rc && pq->PQisBusy(link->conn)) {
			rc = wait_for(link, POLLIN, deadline, err);
			if (!rc && pq->PQconsumeInput(link->conn) != 1)
				rc = broke(link, err);
		}
		next = rc ? NULL : pq->PQgetResult(link->conn);
		if (next != NULL && result == NULL)
			result = next;
		else if (next != NULL)
			pq->PQclear(next);
	} while (next != NULL);
	if (!rc && result == NULL)
		rc = broke(link, err);
	if (rc)
		pq->PQclear(result);
	else
		*ret_result = result;
	return rc;
}

static enum mcpass_rc send_statement(struct mp_pg_link *link, const char *sql,
    const struct mp_sql_value *values, size_t count, struct mcpass_error *err)
{
	const char *texts[MOST_VALUES];
	char numbers[MOST_VALUES][24];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(numbers[i], sizeof(numbers[i]), "%" PRId64, values[i].number);
		texts[i] = values[i].text != NULL ? values[i].text : numbers[i];
	}
	return link->pq->PQsendQueryParams(link->conn, sql, (int)count, NULL, texts, NULL, NULL, 0) == 1
	    ? MCPASS_OK : broke(link, err);
}

enum mcpass_rc mp_pg_execute(struct mp_pg_link *link, const char *sql,
    const struct mp_sql_value *values, size_t count, PGresult **ret_result,
    struct mcpass_error *err)
{
	int64_t deadline = mp_deadline_ms(ANSWER_MS);
	PGresult *result = NULL;
	ExecStatusType status;
	enum mcpass_rc rc;

	link->state[0] = '\0';
	if (count > MOST_VALUES)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a statement with %zu values", count);
	rc = send_statement(link, sql, values, count, err);
	if (!rc)
		rc = flush(link, deadline, err);
	if (!rc)
		rc = read_result(link, deadline, &result, err);
	if (rc)
		return rc;
	status = link->pq->PQresultStatus(result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		rc = refused(link, result, err);
		link->pq->PQclear(result);
		return rc;
	}
	*ret_result = result;
	return MCPASS_OK;
}

enum mcpass_rc mp_pg_do(struct mp_pg_link *link, const char *sql,
    const struct mp_sql_value *values, size_t count, struct mcpass_error *err)
{
	PGresult *result = NULL;
	enum mcpass_rc rc = mp_pg_execute(link, sql, values, count, &result, err);

	if (!rc)
		link->pq->PQclear(result);
	return rc;
}
#endif
