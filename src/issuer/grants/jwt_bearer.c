/* A JWT of an issuer that we trust is the grant: a platform's for a workload (SEP-1933),
 * or an identity provider's for a person (SEP-990).  spec: RFC 7523 2.1, 3 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/grants/assertion.h"
#include "issuer/clients/configured.h"
#include "issuer/grants/token_endpoint.h"
#include "oauth/scope.h"

#define CODE "invalid_grant"

static enum mcpass_rc refuse(struct mcpass_error *err, const char *spec, const char *why)
{
	return mp_response_refuse(err, CODE, spec, "the assertion %s", why);
}

/* Which kind it is, is said by typ, so that neither passes for the other, and nothing else
 * that its issuer signs passes for either.  spec: RFC 8725 3.11 */
static const struct mp_trusted *find_trusted(const struct mp_issuer *issuer,
    const struct mp_jws *jws)
{
	static const char *const plain[] = { "JWT", "JOSE" };
	const char *name = mp_jws_claim(jws, "iss");
	bool is_plain = jws->typ == NULL;

	if (!is_plain && mp_eq_nocase(jws->typ, MP_TYP_ID_JAG))
		return mp_configured_trusted(issuer, name, MP_TRUST_ID_JAG);
	for (size_t i = 0; !is_plain && i < MP_COUNT(plain); i++)
		is_plain = mp_eq_nocase(jws->typ, plain[i]);
	return is_plain ? mp_configured_trusted(issuer, name, MP_TRUST_WORKLOAD) : NULL;
}

static enum mcpass_rc check(const struct mp_turn *turn, const struct mp_jws *jws,
    const struct mp_trusted *trusted, const struct mp_assertion_rules *rules,
    struct mcpass_error *err)
{
	struct mp_jwks fetched = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (trusted->jwks_uri != NULL)
		rc = mp_configured_fetch_keys(turn, trusted, jws, &fetched, err);
	if (!rc)
		rc = mp_assertion_check(turn, jws,
		    trusted->jwks_uri != NULL ? &fetched : &trusted->keys, rules, err);
	mp_jwks_free(&fetched);
	return rc;
}

/* An ID-JAG is for the client that shows it.  spec: SEP-990 (client_id) */
static enum mcpass_rc check_client(const struct mp_jws *jws, const struct mp_client *client,
    struct mcpass_error *err)
{
	if (client == NULL)
		return mp_response_refuse(err, "invalid_client", "SEP-990",
		    "an ID-JAG is shown by a client that authenticates");
	if (!mp_eq(mp_jws_claim(jws, "client_id"), client->client_id))
		return refuse(err, "SEP-990", "was made for another client");
	return MCPASS_OK;
}

/* The resource in the ID-JAG is signed; one in the form may repeat it. */
static enum mcpass_rc choose_resource(const struct mp_issuer *issuer, const struct mp_jws *jws,
    const char **resource, struct mcpass_error *err)
{
	const json_t *claim = json_object_get(jws->payload, "resource");
	const char *signed_one = json_string_value(claim);

	if (claim == NULL)
		return issuer->require_resource_claim
		    ? refuse(err, "SEP-990", "has no resource") : MCPASS_OK;
	if (signed_one == NULL)
		return refuse(err, "SEP-990", "has a resource that is not one");
	if (*resource != NULL && strcmp(*resource, signed_one) != 0)
		return mp_response_refuse(err, "invalid_target", "RFC 8707 2.2",
		    "the resource is not the one of the assertion");
	*resource = signed_one;
	return MCPASS_OK;
}

/* Leaves those of scopes that some has. */
static enum mcpass_rc meet(struct mp_strings *scopes, const struct mp_strings *some,
    struct mcpass_error *err)
{
	struct mp_strings both = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < scopes->count && !rc; i++)
		if (mp_strings_has(some, scopes->items[i]))
			rc = mp_strings_add_text(&both, scopes->items[i], err);
	mp_strings_free(scopes);
	*scopes = both;
	return rc;
}

/* What the assertion says, as far as its issuer, the client and the person may. */
static enum mcpass_rc limit(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_jws *jws, const struct mp_trusted *trusted, struct mp_strings *ceiling,
    struct mcpass_error *err)
{
	const char *scope = mp_jws_claim(jws, "scope");
	const struct mp_user *user = NULL;
	struct mp_strings more = { 0 };
	enum mcpass_rc rc = mp_scope_merge(ceiling, &trusted->scopes, err);

	if (trusted->what == MP_TRUST_ID_JAG)
		user = mp_users_find(turn->issuer, mp_jws_claim(jws, "sub"));
	if (!rc && trusted->what == MP_TRUST_ID_JAG && scope != NULL) {
		rc = mp_scope_parse(scope, &more, err);
		if (!rc)
			rc = meet(ceiling, &more, err);
		mp_strings_free(&more);
	}
	if (!rc && ask->client != NULL) {
		rc = mp_client_ceiling(turn->issuer, ask->client, &more, err);
		if (!rc)
			rc = meet(ceiling, &more, err);
		mp_strings_free(&more);
	}
	if (!rc && user != NULL) {      /* a user of the users file */
		rc = mp_users_narrow(user, ceiling, &more, err);
		if (!rc)
			rc = meet(ceiling, &more, err);
		mp_strings_free(&more);
	}
	if (!rc && ceiling->count == 0)
		rc = mp_response_refuse(err, "invalid_scope", "RFC 6749 5.2",
		    "there is no scope to be had");
	return rc;
}

/* Whose the token is.  What a platform calls its workload is a name of its own: it must not
 * be one of our users, of our clients, of another platform's workloads, or of the people
 * that an identity provider vouches for.  *ret_subject is the caller's (free).
 * spec: RFC 9700 4.15; RFC 7523 5 */
static enum mcpass_rc name_subject(const struct mp_jws *jws, const struct mp_trusted *trusted,
    char **ret_subject, struct mcpass_error *err)
{
	const char *sub = mp_jws_claim(jws, "sub");
	struct mp_buf name = MP_BUF(MP_MAX_FORM);

	if (trusted->what == MP_TRUST_ID_JAG)
		return mp_set(ret_subject, sub, err);
	mp_buf_addf(&name, "%s#%s", trusted->issuer, sub);
	return mp_buf_take(&name, "the subject", ret_subject, err);
}

static enum mcpass_rc answer(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const struct mp_jws *jws, const struct mp_trusted *trusted, struct mcpass_error *err)
{
	const struct mp_assertion_rules rules = { .code = CODE, .issuer = trusted->issuer,
		.audience = trusted->audience };
	bool is_jag = trusted->what == MP_TRUST_ID_JAG;
	struct mp_token_give give = { .machine = !is_jag };
	struct mp_strings ceiling = { 0 };
	char *scope = NULL, *subject = NULL;
	enum mcpass_rc rc = check(turn, jws, trusted, &rules, err);

	if (!rc && is_jag)
		rc = check_client(jws, ask->client, err);
	if (!rc)
		rc = mp_request_resource(ask->form, &give.resource, err);
	if (!rc && is_jag)
		rc = choose_resource(turn->issuer, jws, &give.resource, err);
	if (!rc && ask->client != NULL)
		rc = mp_client_check_resource(turn->issuer, ask->client, give.resource, err);
	if (!rc)
		rc = limit(turn, ask, jws, trusted, &ceiling, err);
	if (!rc)
		rc = mp_token_scope(ask->form, &ceiling, &scope, err);
	if (!rc && !trusted->reusable)
		rc = mp_assertion_use_up(turn, jws, &rules, err);
	if (!rc)
		rc = name_subject(jws, trusted, &subject, err);
	give.subject = subject;
	/* A workload is no client, and is called by its own name.  spec: RFC 9068 2.2 */
	give.client_id = ask->client != NULL ? ask->client->client_id : give.subject;
	give.scope = scope;
	if (!rc)        /* without a refresh token: another assertion is asked for instead */
		rc = mp_token_give(turn, ask, &give, err);
	mp_strings_free(&ceiling);
	free(subject);
	free(scope);
	return rc;
}

enum mcpass_rc mp_jwt_bearer_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	const struct mp_trusted *trusted;
	struct mp_jws jws = { 0 };
	const char *text;
	enum mcpass_rc rc = mp_request_required(ask->form, "assertion", &text, err);

	if (!rc)
		rc = mp_assertion_parse(text, CODE, &jws, err);
	if (!rc) {
		trusted = find_trusted(turn->issuer, &jws);
		rc = trusted != NULL ? answer(turn, ask, &jws, trusted, err)
		    : refuse(err, "RFC 7523 3", "is of a type, or by an issuer, that is not trusted");
	}
	mp_jws_free(&jws);
	return rc;
}
