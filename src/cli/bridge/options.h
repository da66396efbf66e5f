/* options.h - what the bridge is told on its command line; 'mcpass install' takes the same. */
#pragma once
#include "cli/connect/connection.h"
#include "cli/hosts/entry.h"

struct mp_bridge_options {
	struct mp_texts allow_tools, deny_tools;
	const char *tool_prefix, *log, *max_message;
	int ping_ms, answer_within_ms, sign_in_wait_ms;
	bool wait_for_sign_in;
};
extern const struct mp_option_table mp_bridge_table;

/* The entry of a host that starts the bridge with these. */
enum mcpass_rc mp_bridge_entry(const struct mp_bridge_options *bridge,
    const struct mp_connection_options *conn, const char *name, char **servers, size_t count,
    struct mp_host_entry *ret_entry, struct mcpass_error *err);
/* "64M", "1048576"; NULL: 0.  MCPASS_E_USAGE: no size, or more than the session takes */
enum mcpass_rc mp_bridge_read_size(const char *text, size_t *ret_size, struct mcpass_error *err);
