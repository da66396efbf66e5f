/* authserver_fault.h - mcpass authserver --fault: the misbehaviours there are. */
#pragma once
#include <stdbool.h>
#include "base/err.h"

/* Prints them. */
enum mcpass_rc mp_authserver_list_faults(bool as_json, struct mcpass_error *err);
/* MCPASS_E_USAGE: there is none of that name. */
enum mcpass_rc mp_authserver_check_fault(const char *name, struct mcpass_error *err);
