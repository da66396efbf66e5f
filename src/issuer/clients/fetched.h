/* fetched.h - JSON from elsewhere, kept for a while. */
#ifndef MP_ISSUER_CLIENTS_FETCHED_H
#define MP_ISSUER_CLIENTS_FETCHED_H
#include "issuer/core.h"

struct mp_fetched_ask {
	const char *kind, *url;         /* the url is judged already */
	size_t max;                     /* bytes */
	bool newer;                     /* what is kept has not got what is looked for */
	bool is_strangers;              /* no operator named it */
};
/* *ret_body is an object, the caller's (json_decref).  MCPASS_E_IO when it cannot be had,
 * MCPASS_E_LIMIT, _E_PROTOCOL when it cannot be used. */
enum mcpass_rc mp_fetched_get(const struct mp_turn *turn, const struct mp_fetched_ask *ask,
    json_t **ret_body, struct mcpass_error *err);

#endif
