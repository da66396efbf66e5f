#include "serve/resource/discover.h"
#include "base/limits.h"

const struct mcpass_header mp_discover_accept = { "Accept", "application/json" };

enum mp_places_next mp_discover_next(struct mp_places *places,
    const struct mp_http_response *response, const struct mcpass_error *why,
    struct mcpass_error *err)
{
	struct mp_places_answer answer = { 0 };

	if (why != NULL && why->rc != MCPASS_E_IO) {
		(void)mp_fail(err, why->rc, why->spec, "%s", why->detail);
		return MP_PLACES_FAILED;
	}
	if (why != NULL) {
		answer.data = why->detail;
	} else {
		answer.status = response->status;
		answer.data = mp_buf_text(&response->body);
		answer.data_len = response->body.len;
		answer.headers = response->headers.items;
		answer.header_count = response->headers.count;
	}
	return mp_places_next(places, &answer, err);
}

enum mcpass_rc mp_discover_end(const struct mp_places *places, enum mp_places_next next,
    const char *about, const struct mcpass_error *why, struct mcpass_error *err)
{
	if (next == MP_PLACES_FOUND)
		return MCPASS_OK;
	if (next == MP_PLACES_NONE)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 3",
		    "%s publishes no metadata at any of %zu places (%.60s)", about,
		    mp_places_count(places), places->passed);
	(void)mp_fail(err, why->rc, why->spec, "%s", why->detail);
	if (why->hint[0] != '\0')
		mp_hint(err, "%s", why->hint);
	return why->rc;
}

/* One GET, and what the walk makes of it. */
static enum mp_places_next look(struct mp_http *http, struct mp_places *places,
    struct mcpass_error *err)
{
	struct mp_http_response response = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_http_perform(http, "GET", mp_places_url(places), &mp_discover_accept, 1,
	    NULL, 0, MP_MAX_DOCUMENT, &response, &why);
	enum mp_places_next next = mp_discover_next(places, &response, rc ? &why : NULL, err);

	mp_http_response_free(&response);
	return next;
}

enum mcpass_rc mp_discover_walk(struct mp_http *http, struct mp_places *places,
    const char *about, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mp_places_next next;

	do
		next = look(http, places, &why);
	while (next == MP_PLACES_AGAIN);
	return mp_discover_end(places, next, about, &why, err);
}

enum mcpass_rc mp_discover(struct mp_http *http, const char *issuer, unsigned wants,
    struct mp_asmeta *ret_meta, struct mcpass_error *err)
{
	struct mp_places places = { 0 };
	enum mcpass_rc rc = mp_places_of_issuer(&places, issuer, issuer, true, wants, err);

	if (!rc)
		rc = mp_discover_walk(http, &places, issuer, err);
	if (!rc) {
		*ret_meta = places.as;
		places.as = (struct mp_asmeta){ 0 };
	}
	mp_places_free(&places);
	return mp_doing(err, rc, "reading the issuer's metadata");
}
