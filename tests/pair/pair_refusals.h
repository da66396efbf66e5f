/* pair_refusals.h - what is tried once more after a refusal, and whose registration it is. */
#ifndef MP_PAIR_REFUSALS_H
#define MP_PAIR_REFUSALS_H
#include "pair_world.h"

/* Walks the arrows of docs/flow.md that only a refusal, or another port, makes it take. */
void walk_refusals(void);

/* A client that the operator registered by hand, with both loopback redirect URIs; its id
 * lives until the next one. */
const char *register_by_hand(struct world *world);
/* Time, or the server, made the stored tokens useless: a person has to be asked. */
void lose_tokens(struct world *world);

#endif
