/* audit.h - what happened at the authorization server, a line of JSON each, in a file.
 *
 * No request waits for it: what a disk or a reader cannot keep up with is counted and left out.
 * A file that was moved away, as logrotate(8) does, is opened anew at the next line. */
#ifndef MP_SERVE_AUTHSERVER_AUDIT_H
#define MP_SERVE_AUTHSERVER_AUDIT_H
#include "wire/json/json.h"

struct mp_audit;
/* path: appended to, made with mode 0600; "-" is standard output. */
enum mcpass_rc mp_audit_new(const char *path, struct mp_audit **ret_audit,
    struct mcpass_error *err);
void mp_audit_add(struct mp_audit *audit, const json_t *event);
void mp_audit_free(struct mp_audit *audit);     /* NULL is fine */

#endif
