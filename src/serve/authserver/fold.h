/* fold.h - refusals that repeat, in an audit log: the first of a kind are told as they are, the others
 * as one event with a count, so that a flood of requests is no flood of lines.
 *
 * A kind is the address, for IPv6 its network (/64), the code and the clause: of these a sender
 * chooses the address alone.  Where there are too many addresses, a kind is the code and the clause.
 * No I/O and no clock; one thread at a time. */
#pragma once
#include "wire/json/json.h"

struct mp_fold;
enum mcpass_rc mp_fold_new(struct mp_fold **ret_fold, struct mcpass_error *err);
void mp_fold_free(struct mp_fold *fold);        /* NULL is fine */

/* event: as of struct mp_issuer_config; now: Unix time.  True: it is counted, and not told. */
bool mp_fold_takes(struct mp_fold *fold, const json_t *event, int64_t now);
/* What was counted and is to be told by now: an event "refused" with "since" and "count", the
 * caller's (json_decref); NULL: nothing more, or there is no memory and it stays for later. */
json_t *mp_fold_due(struct mp_fold *fold, int64_t now);
