/* faults.h - how a named misbehaviour is carried out: on the finished answer, so that
 * the code that makes the answer has hardly a trace of it. */
#pragma once
#include "issuer/core.h"

enum mp_fault_at {                      /* which answer is spoilt */
	MP_AT_NOWHERE = 0, MP_AT_METADATA, MP_AT_KEYS, MP_AT_REGISTER, MP_AT_AUTHORIZE,
	MP_AT_TOKEN, MP_AT_REFRESH, MP_AT_PUSH, MP_AT_VOUCH, MP_AT_ASSERTION,
	MP_AT_DEVICE, MP_AT_POLL
};

/* A parameter of the request, a member of its JSON, its header Authorization; or, later in
 * the login, a parameter of the authorization request that came last. */
struct mp_fault_sign { const char *name, *word; };      /* word of its value; NULL: any */

#define MP_FAULT_EDITS 4
/* One change of one answer; a misbehaviour is a list of them that ends with MP_AT_NOWHERE. */
struct mp_fault_how {
	enum mp_fault_at at;
	int status;                     /* of an answer in place of the honest one, see below */
	struct mp_fault_sign when, unless;      /* without a name: always, never */
	const char *offers;             /* in the first of a list: a scope that this server has
	                                 * besides */
	/* With a status, an answer in place of the honest one, which is then not even computed ... */
	const char *type, *body;        /* its Content-Type, or another one for an honest body */
	int instead;                    /* the status of the honest answer; 0: its own */
	struct mcpass_header extra;
	/* ... or the honest one with changes.  A value NULL removes; one that begins with a
	 * digit is a number; '@' at its beginning is the issuer's URL; "?NAME" is that parameter
	 * of the last authorization request. */
	struct mcpass_header members[MP_FAULT_EDITS];   /* of the JSON body */
	struct mcpass_header params[MP_FAULT_EDITS];    /* of the redirect's query */
	struct mcpass_header claims[MP_FAULT_EDITS];    /* of the access token */
	const char *alg;                /* the access token's, with a signature to match */
	const char *begin;              /* goes behind the body's '{' */
	size_t padding;                 /* bytes of one more member */
};

/* True when the issuer was told to misbehave so: for the few honest places that have to
 * be asked. */
bool mp_faults_is(const struct mp_issuer *issuer, const char *name);
/* Keeps what a fault may be about later on.  No-op for an issuer that behaves. */
enum mcpass_rc mp_faults_remember(struct mp_issuer *issuer, const struct mp_http_request *request,
    enum mp_fault_at at, struct mcpass_error *err);
void mp_faults_forget(struct mp_issuer *issuer);
/* The value of a parameter of the last authorization request, or NULL. */
const char *mp_faults_asked(const struct mp_issuer *issuer, const char *name);
/* Whether a change is for this request. */
enum mcpass_rc mp_faults_concerns(const struct mp_turn *turn, const struct mp_fault_how *how,
    bool *ret_concerns, struct mcpass_error *err);
/* Where a request will be answered: some grants have faults of their own. */
enum mp_fault_at mp_faults_refine(const struct mp_turn *turn, enum mp_fault_at at);
/* Answers in place of the honest code: *ret_done says whether. */
enum mcpass_rc mp_faults_instead(const struct mp_turn *turn, enum mp_fault_at at,
    bool *ret_done, struct mcpass_error *err);
/* Spoils the finished answer. */
enum mcpass_rc mp_faults_after(const struct mp_turn *turn, enum mp_fault_at at,
    struct mcpass_error *err);

/* --- edits.c: each does nothing where it finds nothing to do --- */
enum mcpass_rc mp_edits_members(const struct mp_turn *turn, const struct mcpass_header *edits,
    struct mcpass_error *err);
enum mcpass_rc mp_edits_params(const struct mp_turn *turn, const struct mcpass_header *edits,
    struct mcpass_error *err);
enum mcpass_rc mp_edits_token(const struct mp_turn *turn, const struct mp_fault_how *how,
    struct mcpass_error *err);
enum mcpass_rc mp_edits_text(const struct mp_turn *turn, const struct mp_fault_how *how,
    struct mcpass_error *err);
/* Replaces a header's value, or adds it. */
enum mcpass_rc mp_edits_header(const struct mp_turn *turn, const char *name,
    const char *value, struct mcpass_error *err);
