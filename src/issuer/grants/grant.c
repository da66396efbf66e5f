#include "issuer/grants/grant.h"
#include "issuer/events.h"
#include "wire/jose/crypto.h"

/* Three kinds of records:
 *   code      hash of the code -> the grant; taken once
 *   refresh   hash of a token -> its family; and family -> the grant, without which no
 *             token of the family is good.  All of them are one group.  A used token stays
 *             for its grace, marked; its successor follows from it, and is not kept.
 *   issued    hash of every code and token there ever was -> its family.  It is written
 *             before the secret leaves, so no race hides that a secret came twice. */
#define AT(member) offsetof(struct mp_grant, member)
static const struct mp_field fields[] = {
	{ "family", MP_FIELD_STRING, MP_REQUIRED, AT(family), NULL },
	{ "client_id", MP_FIELD_STRING, 0, AT(client_id), NULL },
	{ "username", MP_FIELD_STRING, 0, AT(username), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), NULL },
	{ "resource", MP_FIELD_STRING, 0, AT(resource), NULL },
	{ "redirect_uri", MP_FIELD_STRING, 0, AT(redirect_uri), NULL },
	{ "code_challenge", MP_FIELD_STRING, 0, AT(code_challenge), NULL },
	{ "session", MP_FIELD_STRING, 0, AT(session), NULL },
	{ "thumbprint", MP_FIELD_STRING, 0, AT(thumbprint), NULL },
	{ "expires_at", MP_FIELD_INT, 0, AT(expires_at), NULL },
	{ "spent_until", MP_FIELD_INT, 0, AT(spent_until), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

void mp_grant_free(struct mp_grant *grant)
{
	mp_record_release(&shape, grant);
}

enum mcpass_rc mp_grant_revoke(const struct mp_turn *turn, const char *family,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_record_drop_group(turn, "refresh", family, err);

	return rc ? rc : mp_record_drop_group(turn, MP_KIND_ACCESS, family, err);
}

/* Lets secret, of a kind, stand for grant until expires_at. */
static enum mcpass_rc issue(const struct mp_turn *turn, const char *kind,
    const struct mp_grant *grant, int64_t expires_at, const struct mp_secret *secret,
    struct mcpass_error *err)
{
	const struct mp_grant pointer = { .family = grant->family };
	const struct mp_slot issued = { .kind = "issued", .secret = secret, .group = grant->family,
		.expires_at = grant->expires_at };
	const struct mp_slot slot = { .kind = kind, .secret = secret, .group = grant->family,
		.expires_at = expires_at };
	enum mcpass_rc rc = mp_record_put(turn, &issued, &shape, &pointer, err);

	return rc ? rc : mp_record_put(turn, &slot, &shape, grant, err);
}

/* Random, or what follows from a secret that is present. */
static enum mcpass_rc make_secret(const struct mp_turn *turn, const char *purpose,
    const struct mp_secret *from, struct mp_secret *ret_secret, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;

	return mp_secret_present(from) ? mp_record_derive(issuer, purpose, from, ret_secret, err)
	    : mp_random_text(issuer->random, issuer->random_ctx, 32, ret_secret, err);
}

enum mcpass_rc mp_grant_begin(const struct mp_turn *turn, const struct mp_grant *grant,
    const struct mp_secret *ticket, struct mp_secret *ret_code, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	int64_t now = turn->request->now;
	struct mp_slot head = { .kind = "refresh", .expires_at = now + issuer->refresh_lifetime };
	struct mp_secret family = { 0 };
	struct mp_grant whole = *grant;
	enum mcpass_rc rc = mp_random_text(issuer->random, issuer->random_ctx, 16, &family, err);

	if (rc)
		return rc;
	head.key = head.group = whole.family = family.bytes;
	whole.expires_at = head.expires_at;
	rc = mp_record_put(turn, &head, &shape, &whole, err);
	if (!rc)
		rc = make_secret(turn, "code", ticket, ret_code, err);
	if (!rc)
		rc = issue(turn, "code", &whole, now + issuer->code_lifetime, ret_code, err);
	mp_secret_free(&family);
	return rc;
}

enum mcpass_rc mp_grant_find_code(const struct mp_turn *turn, const struct mp_secret *ticket,
    struct mp_secret *ret_code, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "code", .secret = ret_code };
	struct mp_grant grant = { 0 };
	enum mcpass_rc rc = mp_record_derive(turn->issuer, "code", ticket, ret_code, err);

	if (!rc)
		rc = mp_record_get(turn, &slot, &shape, &grant, ret_found, err);
	mp_grant_free(&grant);
	return rc;
}

/* A secret that is not there: unknown, expired or used.  When it was ever issued, it is
 * in two hands now.  spec: OAuth 2.1 4.1.3, RFC 9700 4.14.2 */
static enum mcpass_rc refuse_missing(const struct mp_turn *turn, const struct mp_secret *secret,
    const char *what, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "issued", .secret = secret };
	struct mp_grant pointer = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_get(turn, &slot, &shape, &pointer, &found, err);

	if (!rc && found) {
		mp_event_add(turn, &(struct mp_event){ .event = "reused", .what = what });
		rc = mp_grant_revoke(turn, pointer.family, err);
	}
	if (!rc)
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "the %s is unknown, expired, revoked or used already", what);
	mp_grant_free(&pointer);
	return rc;
}

enum mcpass_rc mp_grant_redeem_code(const struct mp_turn *turn, const struct mp_secret *code,
    struct mp_grant *ret_grant, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "code", .secret = code };
	bool found = false;
	enum mcpass_rc rc = mp_record_take(turn, &slot, &shape, ret_grant, &found, err);

	return rc || found ? rc : refuse_missing(turn, code, "code", err);
}

/* Reads the pointer that is kept under the token's hash. */
static enum mcpass_rc read_pointer(const struct mp_turn *turn, const struct mp_secret *token,
    struct mp_grant *ret_pointer, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "refresh", .secret = token };

	return mp_record_get(turn, &slot, &shape, ret_pointer, ret_found, err);
}

/* *ret_waits: the token that follows is there, and has not been used. */
static enum mcpass_rc successor_waits(const struct mp_turn *turn, const struct mp_secret *token,
    bool *ret_waits, struct mcpass_error *err)
{
	struct mp_grant pointer = { 0 };
	struct mp_secret next = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_derive(turn->issuer, "refresh", token, &next, err);

	if (!rc)
		rc = read_pointer(turn, &next, &pointer, &found, err);
	if (!rc)
		*ret_waits = found && pointer.spent_until == 0;
	mp_grant_free(&pointer);
	mp_secret_free(&next);
	return rc;
}

enum mcpass_rc mp_grant_add_refresh(const struct mp_turn *turn, const struct mp_grant *grant,
    struct mp_secret *ret_token, struct mcpass_error *err)
{
	const struct mp_secret none = { 0 };
	bool follows = grant->before != NULL && turn->issuer->refresh_grace > 0;
	const struct mp_grant pointer = {
		.family = grant->family, .expires_at = grant->expires_at,
		.thumbprint = grant->thumbprint,
	};
	enum mcpass_rc rc;

	rc = make_secret(turn, "refresh", follows ? grant->before : &none, ret_token, err);
	if (rc || grant->spent_until != 0)      /* it is there already */
		return rc;
	return issue(turn, "refresh", &pointer, grant->expires_at, ret_token, err);
}

/* The grant of the family that the pointer names, when that is alive. */
static enum mcpass_rc read_head(const struct mp_turn *turn, const struct mp_grant *pointer,
    struct mp_grant *ret_grant, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_slot slot = { .kind = "refresh", .key = pointer->family };
	enum mcpass_rc rc = mp_record_get(turn, &slot, &shape, ret_grant, ret_found, err);

	if (!rc && *ret_found)  /* the token's own: the code that began it was bound to none */
		rc = mp_set(&ret_grant->thumbprint, pointer->thumbprint, err);
	ret_grant->spent_until = pointer->spent_until;
	return rc;
}

/* *ret_pointed says whether the token itself is there. */
static enum mcpass_rc look_up(const struct mp_turn *turn, const struct mp_secret *token,
    struct mp_grant *ret_grant, bool *ret_pointed, bool *ret_found, struct mcpass_error *err)
{
	struct mp_grant pointer = { 0 };
	enum mcpass_rc rc = read_pointer(turn, token, &pointer, ret_pointed, err);

	if (!rc && *ret_pointed)
		rc = read_head(turn, &pointer, ret_grant, ret_found, err);
	mp_grant_free(&pointer);
	return rc;
}

enum mcpass_rc mp_grant_peek_refresh(const struct mp_turn *turn, const struct mp_secret *token,
    struct mp_grant *ret_grant, bool *ret_found, struct mcpass_error *err)
{
	bool pointed = false, found = false;
	enum mcpass_rc rc = look_up(turn, token, ret_grant, &pointed, &found, err);

	*ret_found = !rc && found && ret_grant->spent_until == 0;
	return rc;
}

/* In its grace it is as good as its successor.  spec: RFC 9700 4.14.2 */
static enum mcpass_rc check_grace(const struct mp_turn *turn, const struct mp_secret *token,
    const struct mp_grant *grant, bool *pointed, struct mcpass_error *err)
{
	bool waits = false;
	enum mcpass_rc rc;

	if (!*pointed || grant->spent_until == 0)
		return MCPASS_OK;
	rc = successor_waits(turn, token, &waits, err);
	*pointed = waits && turn->request->now < grant->spent_until;
	return rc;
}

enum mcpass_rc mp_grant_read_refresh(const struct mp_turn *turn,
    const struct mp_secret *token, struct mp_grant *ret_grant, struct mcpass_error *err)
{
	bool pointed = false, found = false;
	enum mcpass_rc rc = look_up(turn, token, ret_grant, &pointed, &found, err);

	if (!rc)
		rc = check_grace(turn, token, ret_grant, &pointed, err);
	if (!rc && !pointed)
		rc = refuse_missing(turn, token, "refresh token", err);
	else if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "what was allowed has been revoked");
	return rc;
}

/* Of two who come at once with one token, the second finds it used: the successor that
 * both were given is the same. */
enum mcpass_rc mp_grant_spend_refresh(const struct mp_turn *turn,
    const struct mp_secret *token, struct mcpass_error *err)
{
	struct mp_slot slot = { .kind = "refresh", .secret = token };
	int64_t until = turn->request->now + turn->issuer->refresh_grace;
	struct mp_grant pointer = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_take(turn, &slot, &shape, &pointer, &found, err);

	if (!rc && !found)
		rc = refuse_missing(turn, token, "refresh token", err);
	if (!rc && turn->issuer->refresh_grace > 0) {
		if (pointer.spent_until == 0)
			pointer.spent_until = until;
		slot.group = pointer.family;
		slot.expires_at = pointer.spent_until;
		rc = mp_record_put(turn, &slot, &shape, &pointer, err);
	}
	mp_grant_free(&pointer);
	return rc;
}
