/* probe.h - is an issuer well, as far as the server will need it? */
#pragma once
#include "serve/resource/plan.h"
#include "io/http/http.h"
#include "oauth/places.h"

struct mp_serve_found {                 /* { 0 } is nothing yet */
	const struct mp_serve_issuer *issuer;
	char *jwks_uri;                 /* NULL: the keys are in a file */
	size_t key_count;
	bool exchanges;                 /* tokens are exchanged here */
	struct mp_asmeta meta;
	struct mcpass_error problem;    /* the caller's, to keep the result in */
};
/* Asks the i-th issuer of the plan for its metadata and its keys, and whether it knows us
 * where we will ask it about tokens or exchange them.  *found is filled as far as it came.
 * MCPASS_E_IO        no answer
 * MCPASS_E_PROTOCOL  it breaks its specification, or lacks what we need
 * MCPASS_E_DENIED    it does not take our client
 * MCPASS_E_POLICY    it is another, or names what must not be contacted */
enum mcpass_rc mp_probe_server(struct mp_http *http, const struct mp_serve_plan *plan, size_t i,
    struct mp_serve_found *found, struct mcpass_error *err);
void mp_probe_free(struct mp_serve_found *found);
