/* run.h - the bridge at work: standard input and output, a link for each server, one loop. */
#pragma once
#include "cli/bridge/options.h"

/* Serves the host until it goes away; servers are URLs or names. */
enum mcpass_rc mp_bridge_run(const struct mp_bridge_options *options,
    const struct mp_connection_options *conn, const struct mp_common *common, char **servers,
    size_t count, struct mcpass_error *err);
