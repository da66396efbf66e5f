/* echo_server.h - the protected echo server, in a thread of its own until it is stopped. */
#pragma once
#include "serve/log.h"

struct mp_echo_server;
struct mp_serve_plan;
/* plan and log are borrowed until the end.
 * MCPASS_E_IO: the address cannot be had. */
enum mcpass_rc mp_echo_server_start(const struct mp_serve_plan *plan,
    struct mp_log *log, struct mp_echo_server **ret_service, struct mcpass_error *err);
const char *mp_echo_server_url(const struct mp_echo_server *service);
void mp_echo_server_stop(struct mp_echo_server *service);             /* NULL is fine */
