/* discover.h - an authorization server's metadata, fetched by a party that is no client of
 * it: a server that exchanges tokens there, or looks whether it is well. */
#pragma once
#include "io/http/http.h"
#include "oauth/places.h"

/* Walks the places as the guard does (a redirect is a miss); wants: MP_WANTS_... of
 * oauth/places.h.  *ret_meta is released with mp_asmeta_free().
 * MCPASS_E_IO        no answer, or one that may pass
 * MCPASS_E_PROTOCOL  none of the places has any, MCPASS_E_POLICY it is another issuer's */
enum mcpass_rc mp_discover(struct mp_http *http, const char *issuer, unsigned wants,
    struct mp_asmeta *ret_meta,
    struct mcpass_error *err);

/* The same without waiting, a GET of mp_places_url() with this header after the other: what the walk
 * makes of a response, or of why there was none; */
extern const struct mcpass_header mp_discover_accept;
enum mp_places_next mp_discover_next(struct mp_places *places,
    const struct mp_http_response *response, const struct mcpass_error *why,
    struct mcpass_error *err);
/* and what comes of it, once that is not MP_PLACES_AGAIN; why is what mp_discover_next() said. */
enum mcpass_rc mp_discover_end(const struct mp_places *places, enum mp_places_next next,
    const char *about, const struct mcpass_error *why, struct mcpass_error *err);

/* Walks whatever places these are; about names them in an error. */
enum mcpass_rc mp_discover_walk(struct mp_http *http, struct mp_places *places,
    const char *about, struct mcpass_error *err);
