/* transfer.h - what is in a store, as a whole: into another one, or under another key. */
#pragma once
#include "io/store/store.h"

struct mp_issuer_store;

/* Each of these is done as a whole or not at all; ret_count: the records that it was done with.
 *
 * move: writes what from has into to, reads it back and compares, and when to has kept it, takes it
 * out of from, which is locked meanwhile.  Done again after an interruption, it goes on.
 * MCPASS_E_POLICY   to has other records of these names
 * MCPASS_E_EXPIRED  a process works on a login: its new tokens would be left behind
 *
 * rekey: seals each record with the first of the store's keys. */
enum mcpass_rc mp_transfer_move(struct mp_store *from, struct mp_store *to, size_t *ret_count,
    struct mcpass_error *err);
enum mcpass_rc mp_transfer_rekey(struct mp_store *store, size_t *ret_count,
    struct mcpass_error *err);
enum mcpass_rc mp_transfer_move_issuer(struct mp_issuer_store *from, struct mp_issuer_store *to,
    size_t *ret_count, struct mcpass_error *err);
enum mcpass_rc mp_transfer_rekey_issuer(struct mp_issuer_store *store, size_t *ret_count,
    struct mcpass_error *err);
