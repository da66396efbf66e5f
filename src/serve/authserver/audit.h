/* audit.h - what happened at the authorization server, a line of JSON each, in a file.
 *
 * No request waits for it: what a disk or a reader cannot keep up with, or has no room for, is
 * counted and left out.  Refusals that repeat are counted, too (fold.h).
 * A file that was moved away, as logrotate(8) does, is opened anew at the next line. */
#pragma once
#include "wire/json/json.h"

struct mp_audit;
/* path: appended to, made with mode 0600; "-" is standard output. */
enum mcpass_rc mp_audit_new(const char *path, struct mp_audit **ret_audit,
    struct mcpass_error *err);
/* From any thread. */
void mp_audit_add(struct mp_audit *audit, const json_t *event);
/* Writes what was counted and is due; from any thread, once in a while. */
void mp_audit_settle(struct mp_audit *audit);
/* Lines that were left out since the start. */
uint64_t mp_audit_lost(struct mp_audit *audit);
void mp_audit_free(struct mp_audit *audit);     /* NULL is fine */
