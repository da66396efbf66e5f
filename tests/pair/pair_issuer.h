/* pair_issuer.h - which authorization server is asked, and what it is given. */
#ifndef MP_PAIR_ISSUER_H
#define MP_PAIR_ISSUER_H
#include "pair_world.h"

/* Walks the arrows of docs/flow.md that lead through a person's yes to an issuer. */
void walk_issuers(void);

/* The resource's metadata lists https://dead.example, where nothing is, before the issuer. */
bool list_a_dead_issuer(struct world *world, const char *url, struct mp_http_response *response);

#endif
