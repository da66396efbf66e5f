/* libpq.h - PostgreSQL's client library, loaded when a store of PostgreSQL is first opened: a
 * start without one costs nothing, and a machine without it has a program all the same. */
#pragma once
#include "base/err.h"
#ifdef MCPASS_LIBPQ
#include <libpq-fe.h>

#define MP_LIBPQ_FUNCTIONS(F) \
	F(PQconnectdbParams) F(PQfinish) F(PQstatus) F(PQerrorMessage) F(PQsocket) F(PQpass) F(PQhost) \
	F(PQhostaddr) 	F(PQconninfoParse) F(PQconninfoFree) F(PQconninfo) F(PQfreemem) F(PQsendQueryParams) \
	F(PQsetnonblocking) F(PQflush) F(PQconsumeInput) F(PQisBusy) F(PQgetResult) F(PQresultStatus) \
	F(PQresultErrorField) F(PQresultErrorMessage) F(PQntuples) F(PQnfields) F(PQgetvalue) F(PQclear) \
	F(PQtransactionStatus) F(PQsslInUse) F(PQsetNoticeReceiver)
struct mp_libpq {
#define MP_LIBPQ_MEMBER(name) __typeof__(name) *(name);
	MP_LIBPQ_FUNCTIONS(MP_LIBPQ_MEMBER)
};
/* MCPASS_E_STORE: there is none; the hint says what to install. */
enum mcpass_rc mp_libpq_load(const struct mp_libpq **ret_pq, struct mcpass_error *err);
#endif
