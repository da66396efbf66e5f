#include "oauth/places.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/target.h"
#include "wire/http/http.h"
#include "wire/uri.h"

static const struct want {
	unsigned bit;
	const char *member;
	size_t offset;
} endpoints[] = {
	{ MP_WANTS_AUTHORIZATION, "authorization_endpoint",
	    offsetof(struct mp_asmeta, authorization_endpoint) },
	{ MP_WANTS_TOKEN, "token_endpoint", offsetof(struct mp_asmeta, token_endpoint) },
	{ MP_WANTS_REGISTRATION, "registration_endpoint",
	    offsetof(struct mp_asmeta, registration_endpoint) },
	{ MP_WANTS_DEVICE, "device_authorization_endpoint",
	    offsetof(struct mp_asmeta, device_authorization_endpoint) },
	{ MP_WANTS_KEYS, "jwks_uri", offsetof(struct mp_asmeta, jwks_uri) },
	{ MP_WANTS_INTROSPECTION, "introspection_endpoint",
	    offsetof(struct mp_asmeta, introspection_endpoint) },
};

static enum mcpass_rc keep_texts(struct mp_places *places, const char *about,
    const char *server_url, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&places->about, about, err);

	return rc ? rc : mp_set(&places->server_url, server_url, err);
}

enum mcpass_rc mp_places_of_resource(struct mp_places *places, const char *server_url,
    const char *challenged, bool loopback_http, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*places = (struct mp_places){ .loopback_http = loopback_http, .named = challenged != NULL };
	rc = keep_texts(places, server_url, server_url, err);
	return rc ? rc : mp_prm_places(challenged, server_url, &places->urls, err);
}

enum mcpass_rc mp_places_of_issuer(struct mp_places *places, const char *issuer,
    const char *server_url, bool loopback_http, unsigned wants, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*places = (struct mp_places){ .of_issuer = true, .loopback_http = loopback_http,
		.wants = wants };
	rc = keep_texts(places, issuer, server_url, err);
	return rc ? rc : mp_asmeta_places(issuer, &places->urls, err);
}

void mp_places_free(struct mp_places *places)
{
	mp_prm_free(&places->prm);
	mp_asmeta_free(&places->as);
	free(places->about);
	free(places->server_url);
	free(places->redirected);
	mp_strings_free(&places->urls);
	*places = (struct mp_places){ 0 };
}

void mp_places_restart(struct mp_places *places)
{
	mp_prm_free(&places->prm);
	mp_asmeta_free(&places->as);
	free(places->redirected);
	places->redirected = NULL;
	places->slash = places->found = false;
	places->passed[0] = '\0';
	places->lacked = NULL;
	places->at = places->hops = 0;
	mp_clear(&places->why);
}

const char *mp_places_url(const struct mp_places *places)
{
	return places->redirected != NULL ? places->redirected : places->urls.items[places->at];
}

void mp_places_allow_http(struct mp_places *places, const struct mp_strings *hosts)
{
	places->http_hosts = hosts;
}

size_t mp_places_count(const struct mp_places *places)
{
	return places->urls.count;
}

/* Whether this answer has to be the document: the server's own challenge names it. */
static bool is_named(const struct mp_places *places)
{
	return places->named && places->at == 0;
}

/* --- a redirect --- */

/* spec: RFC 9110 15.4; MCP security considerations (SSRF): each hop is judged like a place */
static enum mcpass_rc follow(struct mp_places *places, const struct mp_places_answer *answer,
    struct mcpass_error *why)
{
	const char *location = mp_header_get(answer->headers, answer->header_count, "Location");
	const char *from = mp_places_url(places);
	struct mcpass_error cause = { 0 };
	struct mp_uri base;
	enum mcpass_rc rc;
	char *next = NULL;

	if (location == NULL)
		return mp_fail(why, MCPASS_E_PROTOCOL, "RFC 9110 15.4", "%s answered %d without a Location",
		    from, answer->status);
	if (++places->hops > MP_MAX_REDIRECTS)
		return mp_fail(why, MCPASS_E_LIMIT, "MCP security considerations",
		    "%s redirects more than %d times", from, MP_MAX_REDIRECTS);
	rc = mp_uri_parse(from, &base, why);
	if (!rc)
		rc = mp_uri_resolve(&base, location, &next, &cause);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(why);
	if (rc)
		return mp_fail(why, MCPASS_E_PROTOCOL, "RFC 9110 10.2.2",
		    "%s redirects to no URL that we follow: %s", from, cause.detail);
	if (places->http_hosts == NULL || !mp_target_is_allowed_http(next,
	    (const char *const *)places->http_hosts->items, places->http_hosts->count))
		rc = mp_target_check(next, places->server_url, places->loopback_http, "the redirect", why);
	if (rc) {
		free(next);
		return rc;
	}
	free(places->redirected);
	places->redirected = next;
	return MCPASS_OK;
}

/* --- a document --- */

/* Whether the body is one, though it breaks a rule: a JSON object that has the member which
 * every such document has, or that breaks off or contradicts itself. */
static enum mcpass_rc is_meant_to_be(const struct mp_places *places, struct mp_span text,
    bool *ret_meant, struct mcpass_error *why)
{
	json_t *json = NULL;
	enum mcpass_rc rc = mp_json_parse(text.data, text.len, MP_MAX_DOCUMENT, "it", &json, NULL);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(why);
	if (rc)
		*ret_meant = text.len > 0 && text.data[strspn(text.data, " \t\r\n")] == '{';
	else
		*ret_meant = mp_json_is_given(json, places->of_issuer ? "issuer" : "resource");
	json_decref(json);
	return MCPASS_OK;
}

static enum mcpass_rc take_resource(struct mp_places *places, struct mp_span text,
    struct mcpass_error *why)
{
	struct mp_prm prm = { 0 };
	enum mcpass_rc rc = mp_prm_parse(text.data, text.len, &prm, why);

	if (!rc)
		rc = mp_prm_check_resource(&prm, places->about, why);
	if (rc)
		mp_prm_free(&prm);
	else
		places->prm = prm;
	return rc;
}

/* Documents that name the same issuer, and no others, are read as one; spec: RFC 8414 3.3 */
static enum mcpass_rc take_issuer(struct mp_places *places, struct mp_span text,
    struct mcpass_error *why)
{
	struct mp_asmeta as = { 0 };
	enum mcpass_rc rc = mp_asmeta_parse(text.data, text.len, &as, why);
	bool slash = false;

	if (!rc)
		rc = mp_asmeta_check_issuer(&as, places->about, &slash, why);
	if (!rc && places->found && !mp_eq(as.issuer, places->as.issuer))
		rc = mp_fail(why, MCPASS_E_POLICY, "RFC 8414 3.3", "it names the issuer %s, not %s",
		    as.issuer, places->as.issuer);
	if (!rc && places->found) {
		mp_asmeta_complete(&places->as, &as);
	} else if (!rc) {
		places->as = as;
		places->slash = slash;
		as = (struct mp_asmeta){ 0 };
	}
	mp_asmeta_free(&as);
	return rc;
}

/* The first wanted member that is not there yet, or NULL. */
static const char *lacked(const struct mp_places *places)
{
	const struct mp_asmeta *as = &places->as;

	for (size_t i = 0; i < MP_COUNT(endpoints); i++)
		if ((places->wants & endpoints[i].bit) != 0
		    && *(char *const *)((const char *)as + endpoints[i].offset) == NULL)
			return endpoints[i].member;
	if ((places->wants & MP_WANTS_PKCE) != 0 && as->code_challenge_methods_supported.count == 0)
		return "code_challenge_methods_supported";
	return NULL;
}

/* --- the walk --- */

/* Which of two reasons tells more: one that a person has to hear (another's document, a
 * redirect to where we must not go, a document that breaks off) before a plain miss. */
static int weight(const struct mcpass_error *why)
{
	switch (why->rc) {
	case MCPASS_E_POLICY:
		return 4;
	case MCPASS_E_LIMIT:
		return 3;
	case MCPASS_E_PROTOCOL:
		return 2;
	default:
		return why->detail[0] != '\0' ? 1 : 0;
	}
}

static enum mp_places_next fail(const struct mcpass_error *why, struct mcpass_error *err)
{
	if (err != NULL && err->rc == MCPASS_OK)
		*err = *why;
	return MP_PLACES_FAILED;
}

/* All places were asked. */
static enum mp_places_next conclude(struct mp_places *places, struct mcpass_error *err)
{
	if (places->found)
		return MP_PLACES_FOUND;
	return places->why.rc != MCPASS_OK ? fail(&places->why, err) : MP_PLACES_NONE;
}

static enum mp_places_next next_place(struct mp_places *places, struct mcpass_error *err)
{
	free(places->redirected);
	places->redirected = NULL;
	places->hops = 0;
	if (places->at + 1 >= places->urls.count)
		return conclude(places, err);
	places->at++;
	return MP_PLACES_AGAIN;
}

/* Goes on to the next place.  why->rc is OK for a plain miss. */
static enum mp_places_next pass_over(struct mp_places *places, const struct mcpass_error *why,
    struct mcpass_error *err)
{
	(void)snprintf(places->passed, sizeof(places->passed), "%s", why->detail);
	if (weight(why) > weight(&places->why))
		places->why = *why;
	return next_place(places, err);
}

/* A plain miss: there may be no document at this place, whatever stands there. */
static enum mp_places_next miss(struct mp_places *places, const char *what,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	(void)snprintf(why.detail, sizeof(why.detail), "%s", what);
	return pass_over(places, &why, err);
}

/* It is not the document.  meant: it was meant to be one. */
static enum mp_places_next reject(struct mp_places *places, const struct mcpass_error *why,
    bool meant, struct mcpass_error *err)
{
	struct mcpass_error named = *why;

	if (why->rc == MCPASS_E_NOMEM)
		return fail(why, err);
	if (is_named(places)) {         /* spec: RFC 9728 5.1 */
		(void)snprintf(named.detail, sizeof(named.detail), "%.100s, which the challenge names: %.*s",
		    mp_places_url(places), (int)(sizeof(named.detail) - 132), why->detail);
		return fail(&named, err);
	}
	return meant ? pass_over(places, why, err) : miss(places, why->detail, err);
}

static enum mp_places_next take_document(struct mp_places *places,
    const struct mp_places_answer *answer, struct mcpass_error *err)
{
	struct mp_span text = mp_json_without_mark(answer->data != NULL ? answer->data : "",
	    answer->data != NULL ? answer->data_len : 0);
	struct mcpass_error why = { 0 }, lost = { 0 };
	bool meant = false;
	enum mcpass_rc rc;

	rc = places->of_issuer ? take_issuer(places, text, &why) : take_resource(places, text, &why);
	if (rc && is_meant_to_be(places, text, &meant, &lost))
		return fail(&lost, err);
	if (rc)
		return reject(places, &why, meant, err);
	places->found = true;
	if (places->of_issuer)
		places->lacked = lacked(places);
	return places->lacked != NULL ? next_place(places, err) : MP_PLACES_FOUND;
}

/* No answer, or one that says that the server is not well.  Whatever was found stands. */
static enum mp_places_next broken(struct mp_places *places,
    const struct mp_places_answer *answer, struct mcpass_error *err)
{
	if (places->found)
		return MP_PLACES_FOUND;
	if (answer->status == 0) {
		(void)mp_fail(err, MCPASS_E_IO, NULL, "no answer from %s: %s", mp_places_url(places),
		    answer->data != NULL ? answer->data : "unknown reason");
		return MP_PLACES_FAILED;
	}
	(void)mp_fail(err, MCPASS_E_IO, NULL, "%s answered %d", mp_places_url(places), answer->status);
	mp_hint(err, "the server has a problem of its own: try again later");
	return MP_PLACES_FAILED;
}

/* A status without a document: a redirect, or nothing that is the document. */
static enum mp_places_next take_status(struct mp_places *places,
    const struct mp_places_answer *answer, struct mcpass_error *err)
{
	int status = answer->status;
	bool redirected = status >= 300 && status <= 399 && status != 304;
	struct mcpass_error why = { 0 };
	char text[32];

	(void)snprintf(text, sizeof(text), "answered %d", status);
	if (status >= 400)
		return miss(places, text, err);
	if (!redirected || answer->header_count == 0) {
		(void)mp_fail(&why, MCPASS_E_PROTOCOL, "RFC 8414 3.2", "%s", text);
		return reject(places, &why, false, err);
	}
	if (follow(places, answer, &why) == MCPASS_OK)
		return MP_PLACES_AGAIN;
	return reject(places, &why, why.rc != MCPASS_E_PROTOCOL, err);
}

enum mp_places_next mp_places_next(struct mp_places *places,
    const struct mp_places_answer *answer, struct mcpass_error *err)
{
	places->passed[0] = '\0';
	places->lacked = NULL;
	if (answer->status == 0 || answer->status == 429 || answer->status >= 500)
		return broken(places, answer, err);     /* nothing is known of the place */
	if (mp_http_is_answer(answer->status))          /* spec: RFC 9728 3.2, RFC 8414 3.2 */
		return take_document(places, answer, err);
	return take_status(places, answer, err);
}
