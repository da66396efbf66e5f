/* grant.h - what a person allowed, and the secrets that stand for it: one code, then one
 * refresh token after another.  Together they are a family: when a used one comes back,
 * it was stolen, and the whole family goes.
 *
 * One exception: the answer to a refresh may be lost on its way.  For refresh_grace seconds,
 * and as long as its successor has not been used, a used refresh token gives that same
 * successor again.  A thief who is that quick has it too; but it is used twice then, and
 * that is noticed.
 * spec: OAuth 2.1 4.1.3, 4.3.1; RFC 9700 2.2.2, 4.14 */
#pragma once
#include "issuer/core.h"

struct mp_grant {
	char *family;
	char *client_id, *username;
	char *scope, *resource;         /* or NULL */
	char *redirect_uri, *code_challenge; /* of the code only */
	char *session;                  /* of a sign-in at an identity provider, or NULL */
	char *thumbprint;               /* of the key that the code or refresh token is bound to, or NULL */
	int64_t expires_at;             /* the family's end, however often it is renewed */
	int64_t spent_until;            /* of a used refresh token: the end of its grace; else 0 */
	const struct mp_secret *before; /* the refresh token that is used now, or NULL; borrowed,
	                                 * not written down */
};
void mp_grant_free(struct mp_grant *grant);

/* Begins a family; grant->family and expires_at are not looked at.  The code follows from
 * ticket when that is present: mp_grant_find_code() finds it again. */
enum mcpass_rc mp_grant_begin(const struct mp_turn *turn, const struct mp_grant *grant,
    const struct mp_secret *ticket, struct mp_secret *ret_code, struct mcpass_error *err);
/* The code that the ticket gave: *ret_found is false when it is used or too old. */
enum mcpass_rc mp_grant_find_code(const struct mp_turn *turn, const struct mp_secret *ticket,
    struct mp_secret *ret_code, bool *ret_found, struct mcpass_error *err);
/* Uses the code up.  Refuses with invalid_grant. */
enum mcpass_rc mp_grant_redeem_code(const struct mp_turn *turn, const struct mp_secret *code,
    struct mp_grant *ret_grant, struct mcpass_error *err);

/* One more refresh token, which follows grant->before if there is one. */
enum mcpass_rc mp_grant_add_refresh(const struct mp_turn *turn, const struct mp_grant *grant,
    struct mp_secret *ret_token, struct mcpass_error *err);
/* Reads what a refresh token stands for, and leaves it as it is: a request with another
 * mistake must not cost the client its login.  Refuses with invalid_grant. */
enum mcpass_rc mp_grant_read_refresh(const struct mp_turn *turn,
    const struct mp_secret *token, struct mp_grant *ret_grant, struct mcpass_error *err);
/* The same for a question: *ret_found is false where that would refuse, and
 * nothing is revoked by it. */
enum mcpass_rc mp_grant_peek_refresh(const struct mp_turn *turn, const struct mp_secret *token,
    struct mp_grant *ret_grant, bool *ret_found, struct mcpass_error *err);
/* Uses it up, but for its grace. */
enum mcpass_rc mp_grant_spend_refresh(const struct mp_turn *turn,
    const struct mp_secret *token, struct mcpass_error *err);

/* Revokes the family: its refresh tokens, its opaque access tokens, and its code's right to
 * begin any. */
enum mcpass_rc mp_grant_revoke(const struct mp_turn *turn, const char *family,
    struct mcpass_error *err);
