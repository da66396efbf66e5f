/* idn.h - names of hosts as people write them, as DNS has them.  spec: RFC 5891 4.4 */
#pragma once
#include "base/text.h"

/* The URL with its host in ASCII: https://bücher.example/x is https://xn--bcher-kva.example/x.
 * For what a person typed: what a server names has to be ASCII.  *ret_url is the caller's
 * (free).  MCPASS_E_USAGE: the host cannot be converted, here or at all. */
enum mcpass_rc mp_idn_url(const char *url, char **ret_url, struct mcpass_error *err);
