/* metrics.h - counters of the authorization server, as Prometheus reads them.
 *
 * Every label has its values from a list here: nothing that a request says makes a new series.
 * spec: Prometheus text exposition format 0.0.4 */
#pragma once
#include "issuer/issuer.h"

#define MP_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct mp_metrics;              /* used from any thread */
enum mcpass_rc mp_metrics_new(int64_t now, struct mp_metrics **ret_metrics,
    struct mcpass_error *err);
void mp_metrics_free(struct mp_metrics *metrics);       /* NULL is fine */

void mp_metrics_request(struct mp_metrics *metrics, const char *path, int status);
/* event: as of struct mp_issuer_config. */
void mp_metrics_event(struct mp_metrics *metrics, const json_t *event);

/* Lines of the audit log that were left out so far. */
void mp_metrics_lost(struct mp_metrics *metrics, uint64_t lost);

/* All of them.  store: whose records are counted now, or NULL; seconds: what a read of it took. */
enum mcpass_rc mp_metrics_write(struct mp_metrics *metrics, const struct mp_issuer_store *store,
    double seconds, int64_t now, struct mp_buf *text, struct mcpass_error *err);
