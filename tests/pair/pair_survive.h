/* pair_survive.h - a flow once per allocation that the client makes, with that one failing. */
#ifndef MP_PAIR_SURVIVE_H
#define MP_PAIR_SURVIVE_H
#include "pair_world.h"

/* Brings a world to where the flow under test begins; its allocations do not count. */
typedef void prepare_fn(struct world *world);
typedef enum mcpass_rc flow_fn(struct world *world, struct mcpass_error *err);

void world_survive(const char *label, prepare_fn *prepare, flow_fn *flow);

#endif
