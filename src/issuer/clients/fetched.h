/* fetched.h - JSON from elsewhere, kept for a while. */
#pragma once
#include "issuer/core.h"

struct mp_fetched_ask {
	const char *kind, *url;         /* the url is judged already */
	size_t max;                     /* bytes */
	bool newer;                     /* what is kept has not got what is looked for */
	bool is_strangers;              /* no operator named it */
	/* Whether it can be used, or NULL: any object can. */
	enum mcpass_rc (*check)(const void *ctx, const json_t *body, struct mcpass_error *err);
	const void *check_ctx;
};
/* *ret_body is an object, the caller's (json_decref).  One that an operator named serves on for
 * MP_JWKS_MAX_AGE while no newer one can be had, or used: the last that could.
 * MCPASS_E_IO when none can be had, MCPASS_E_LIMIT, _E_PROTOCOL when it cannot be used. */
enum mcpass_rc mp_fetched_get(const struct mp_turn *turn, const struct mp_fetched_ask *ask,
    json_t **ret_body, struct mcpass_error *err);
