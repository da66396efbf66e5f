/* authserver_admin.h - mcpass authserver clients|sessions|users|key|backup: an operator at the store
 * of a server that runs, or does not. */
#pragma once
#include <stdbool.h>
#include "base/err.h"

struct mp_authserver_admin {            /* all borrowed */
	char **operands;                /* from the name of the work on */
	size_t count;
	const char *data, *data_key;    /* --data, --encryption-key, or NULL */
	int lead_ms;                    /* --lead; 0: as by default, or at once where lead_given */
	bool lead_given, leaked, json;  /* leaked: the new key is the only one */
};
/* Does the work that the operands name; *ret_done is false when they name none. */
enum mcpass_rc mp_authserver_admin(const struct mp_authserver_admin *admin, bool *ret_done,
    struct mcpass_error *err);
