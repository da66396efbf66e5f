/* fetcher.h - HTTP requests in the background, for a server that must not wait for them.
 *
 * A thread of its own carries out any number of requests at a time (MP_MAX_FETCHES), so a
 * slow host holds up nobody who asks another one.  What has the same key is fetched once. */
#ifndef MP_IO_FETCHER_H
#define MP_IO_FETCHER_H
#include "io/http/http.h"
#include "mcpass/guard.h"

struct mp_fetcher;

/* done is called in the fetcher's thread whenever something was fetched; it must not call the
 * fetcher.  options: as of mp_http_new(); timeout_ms is for the whole of a request. */
enum mcpass_rc mp_fetcher_new(const struct mp_http_options *options, void (*done)(void *ctx),
    void *ctx, struct mp_fetcher **ret_fetcher, struct mcpass_error *err);

/* Before the first fetch: as of mp_http_confine() and mp_http_vouch(). */
enum mcpass_rc mp_fetcher_confine(struct mp_fetcher *fetcher, const char *server_url,
    enum mp_reach otherwise, struct mcpass_error *err);
enum mcpass_rc mp_fetcher_vouch(struct mp_fetcher *fetcher, const char *url,
    struct mcpass_error *err);

/* Begins to fetch, unless that is under way already or done and not taken yet.  fetch is
 * copied.  MCPASS_E_LIMIT: too much is under way. */
enum mcpass_rc mp_fetcher_start(struct mp_fetcher *fetcher, const struct mcpass_fetch *fetch,
    struct mcpass_error *err);

struct mp_fetched {                     /* owned; release with mp_fetched_free() */
	char *key;
	int status;                     /* 0: no answer that can be used; body says why */
	struct mp_buf body;
};
/* Hands over one thing that was fetched; false: there is none now. */
bool mp_fetcher_take(struct mp_fetcher *fetcher, struct mp_fetched *ret_fetched);
void mp_fetched_free(struct mp_fetched *fetched);

/* Ends the thread: done is not called any more, nothing more is fetched.  NULL is fine. */
void mp_fetcher_stop(struct mp_fetcher *fetcher);
void mp_fetcher_free(struct mp_fetcher *fetcher);       /* stops it first; NULL is fine */

#endif
