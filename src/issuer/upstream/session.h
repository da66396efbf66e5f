/* session.h - what a sign-in at an identity provider left here, for as long as clients live on it.
 *
 * Records:
 *   person            hash of the provider and of what the person is known by there -> a random
 *                     id, which is the sub of our tokens.  Never an e-mail address, and never
 *                     one for two providers.
 *   upstream_session  one sign-in: who, what they may have, and the refresh token of there.  The
 *                     grants that began with it name it, and end with it.
 *   upstream_sid      the same key, in a group that follows from the provider and its sid. */
#pragma once
#include "issuer/core.h"
#include "issuer/upstream/idp.h"

struct mp_idp_session {
	char *person;
	char *upstream, *client_id;     /* its name, and whose refresh token it is */
	char *subject;                  /* what the person is known by there */
	char *sid;                      /* their session there; NULL: its id tokens name none */
	char *name, *scope;             /* or NULL */
	bool all_scopes;
	json_t *claims;                 /* for our tokens, an object */
	struct mp_secret refresh_token; /* or absent */
	int64_t since, checked_at;      /* Unix time */
};
void mp_idp_session_free(struct mp_idp_session *session);

/* Replaces what the person may have by what the rules said last. */
enum mcpass_rc mp_idp_session_apply(struct mp_idp_session *session,
    const struct mp_idp_access *access, struct mcpass_error *err);
/* A new one, filled but for its person, who is found or made; *ret_id is the caller's (free). */
enum mcpass_rc mp_idp_session_start(const struct mp_turn *turn, const struct mp_idp *upstream,
    struct mp_idp_session *session, char **ret_id, struct mcpass_error *err);
enum mcpass_rc mp_idp_session_get(const struct mp_turn *turn, const char *id,
    struct mp_idp_session *ret_session, bool *ret_found, struct mcpass_error *err);
/* One that a list of the store tells; release with mp_idp_session_free(). */
enum mcpass_rc mp_idp_session_read(const char *text, struct mp_idp_session *ret_session,
    struct mcpass_error *err);
enum mcpass_rc mp_idp_session_save(const struct mp_turn *turn, const char *id,
    const struct mp_idp_session *session, struct mcpass_error *err);
enum mcpass_rc mp_idp_session_end(const struct mp_turn *turn, const char *id,
    struct mcpass_error *err);
/* The id of what a person is known by there, the caller's (free); NULL: no such person came. */
enum mcpass_rc mp_idp_person(const struct mp_turn *turn, const struct mp_idp *upstream,
    const char *subject, char **ret_person, struct mcpass_error *err);
/* All sign-ins there of what a person is known by there, and their browsers here; *ret_person is
 * the caller's (free), NULL: no such person came. */
enum mcpass_rc mp_idp_session_end_all(const struct mp_turn *turn, const struct mp_idp *upstream,
    const char *subject, char **ret_person, struct mcpass_error *err);

/* --- session_end.c --- */
/* Those of the session sid there; with a subject those of that person alone, among them those of
 * which no sid is known.  *ret_person as above. */
enum mcpass_rc mp_idp_session_end_sid(const struct mp_turn *turn, const struct mp_idp *upstream,
    const char *subject, const char *sid, char **ret_person, struct mcpass_error *err);
/* What our tokens say about it, with sid; the caller's (json_decref).  Refuses with invalid_grant
 * when it has ended. */
enum mcpass_rc mp_idp_session_claims(const struct mp_turn *turn, const char *id,
    json_t **ret_claims, struct mcpass_error *err);
