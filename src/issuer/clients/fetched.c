/* JSON from elsewhere, kept for a while: client metadata documents, key sets. */
#include "issuer/clients/fetched.h"
#include <stdio.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/events.h"

#define MAX_FLIGHT 30           /* seconds; a fetch ends before */
#define MAX_WAITING 4           /* requests for one document */
#define MAX_OF_ONE 3            /* documents of one host, or for one sender, at a time */
#define SOON 3                  /* seconds; by then some of them have ended */

struct fetched {
	json_t *body;
	int64_t fetched_at, lifetime;   /* lifetime 0: of an older record */
};
static const struct mp_field fields[] = {
	{ "body", MP_FIELD_OBJECT, MP_REQUIRED, offsetof(struct fetched, body), NULL },
	{ "fetched_at", MP_FIELD_INT, MP_REQUIRED, offsetof(struct fetched, fetched_at), NULL },
	{ "lifetime", MP_FIELD_INT, 0, offsetof(struct fetched, lifetime), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

/* --- what could not be had, or used --- */
static struct mp_miss *find_miss(const struct mp_turn *turn, uint64_t what)
{
	struct mp_bounds *bounds = turn->issuer->bounds;

	for (size_t i = 0; i < MP_MAX_MISSES; i++)
		if (bounds->misses[i].what == what && bounds->misses[i].until > turn->request->now)
			return &bounds->misses[i];
	return NULL;
}

/* In the place of the one that is forgotten first. */
static void note_miss(const struct mp_turn *turn, uint64_t what, const struct mcpass_error *why)
{
	struct mp_bounds *bounds = turn->issuer->bounds;
	struct mp_miss *miss = &bounds->misses[0];

	for (size_t i = 1; i < MP_MAX_MISSES; i++)
		if (bounds->misses[i].until < miss->until)
			miss = &bounds->misses[i];
	*miss = (struct mp_miss){ .what = what, .until = turn->request->now + MP_FETCHED_MISS,
		.rc = why->rc == MCPASS_E_POLICY ? MCPASS_E_POLICY : MCPASS_E_IO };
	(void)snprintf(miss->detail, sizeof(miss->detail), "%s", why->detail);
}

/* --- what is under way --- */
static struct mp_flight *find_flight(const struct mp_turn *turn, uint64_t what)
{
	struct mp_bounds *bounds = turn->issuer->bounds;

	for (size_t i = 0; i < MP_MAX_FLIGHTS; i++)
		if (bounds->flights[i].what == what
		    && bounds->flights[i].begun_at + MAX_FLIGHT > turn->request->now)
			return &bounds->flights[i];
	return NULL;
}

/* One more request waits for it; one that waits already is let through. */
static enum mcpass_rc join(const struct mp_turn *turn, struct mp_flight *flight,
    struct mcpass_error *err)
{
	if (turn->request->is_again)
		return MCPASS_OK;
	if (flight->waiting >= MAX_WAITING)
		return mp_bounds_refuse(turn, 503, SOON, err,
		    "many requests wait for the application's document already");
	flight->waiting++;
	return MCPASS_OK;
}

/* A place for one more, of which a host and a sender have a share only. */
static enum mcpass_rc find_place(const struct mp_turn *turn, const struct mp_flight *that,
    struct mp_flight **ret_place, struct mcpass_error *err)
{
	struct mp_bounds *bounds = turn->issuer->bounds;
	struct mp_flight *place = NULL;
	unsigned same_host = 0, same_sender = 0;

	for (size_t i = 0; i < MP_MAX_FLIGHTS; i++) {
		struct mp_flight *flight = &bounds->flights[i];

		if (flight->what == 0 || flight->begun_at + MAX_FLIGHT <= turn->request->now) {
			place = flight;
			continue;
		}
		same_host += flight->host == that->host;
		same_sender += flight->who == that->who;
	}
	if (place == NULL || same_host >= MAX_OF_ONE || same_sender >= MAX_OF_ONE)
		return mp_bounds_refuse(turn, 503, SOON, err,
		    "too many documents of applications are being fetched");
	*ret_place = place;
	return MCPASS_OK;
}

static enum mcpass_rc take_off(const struct mp_turn *turn, const char *url, uint64_t what,
    struct mp_flight **ret_flight, struct mcpass_error *err)
{
	struct mp_flight that = { .what = what, .begun_at = turn->request->now, .waiting = 1 };
	struct mp_flight *place = NULL;
	char host[256];
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(url, &uri, err);

	if (rc)
		return rc;
	(void)snprintf(host, sizeof(host), "%.*s", (int)uri.host.len, uri.host.data);
	rc = mp_bounds_who(turn, "host", host, &that.host, err);
	if (!rc)
		rc = mp_bounds_address(turn, "flight", &that.who, err);
	if (!rc)
		rc = find_place(turn, &that, &place, err);
	if (!rc)
		rc = mp_bounds_admit(turn, MP_BOUND_FETCH, err);
	if (!rc)
		rc = mp_bounds_spend(turn, MP_BOUND_FETCH, err);
	if (rc)
		return rc;
	*place = that;
	*ret_flight = place;
	return MCPASS_OK;
}

/* --- the fetch --- */
static enum mcpass_rc read_body(const struct mp_fetched_ask *ask, int status,
    const struct mp_buf *body, json_t **ret_body, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	/* A redirect is no document: it would name another place than the one that was judged.  A
	 * client's document comes with 200 alone.  spec: draft-ietf-oauth-client-id-metadata-document */
	if (ask->is_strangers ? status != 200 : !mp_http_is_answer(status))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s answered %d", ask->url, status);
	if (!rc)
		rc = mp_buf_check(body, ask->url, err);
	if (!rc)
		rc = mp_json_parse(mp_buf_text(body), body->len, ask->max, ask->url, ret_body, err);
	if (!rc && !json_is_object(*ret_body))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "%s is no JSON object", ask->url);
	if (!rc && ask->check != NULL)
		rc = ask->check(ask->check_ctx, *ret_body, err);
	if (rc) {
		json_decref(*ret_body);
		*ret_body = NULL;
	}
	return rc;
}

/* How long it serves: as its server says, within bounds; a login takes longer than no time at all.
 * What an operator named says which keys count: one that is withdrawn does not for longer than at a
 * guard, whatever the cache in front of them is told.
 * spec: draft-ietf-oauth-client-id-metadata-document "Client Metadata Caching"; RFC 9111 4.2 */
static int64_t lifetime_of(const struct mp_fetched_ask *ask, int64_t fresh)
{
	int64_t most = ask->is_strangers ? MP_FETCHED_MOST : MP_JWKS_LIFETIME;

	if (fresh < 0)
		return MP_FETCHED_LIFETIME;
	if (fresh < MP_FETCHED_LEAST)
		return MP_FETCHED_LEAST;
	return fresh < most ? fresh : most;
}

static enum mcpass_rc fetch(const struct mp_turn *turn, const struct mp_fetched_ask *ask,
    json_t **ret_body, int64_t *ret_lifetime, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_issuer_answer answer = { .fresh = -1 };
	struct mp_buf body;
	enum mcpass_rc rc;

	mp_buf_init(&body, ask->max);
	rc = issuer->fetch(issuer->fetch_ctx, ask->url, &answer, &body, err);
	if (!rc && answer.status == MP_HTTP_LATER)
		rc = mp_later(turn, err);
	if (!rc)
		rc = read_body(ask, answer.status, &body, ret_body, err);
	*ret_lifetime = lifetime_of(ask, answer.fresh);
	mp_buf_free(&body);
	return rc;
}

/* A URL of the configuration is always fetched; one that a client named is limited.
 * Neither is fetched again at once when it is not there. */
static enum mcpass_rc fetch_within(const struct mp_turn *turn, const struct mp_fetched_ask *ask,
    json_t **ret_body, int64_t *ret_lifetime, struct mcpass_error *err)
{
	struct mp_flight *flight = NULL;
	const struct mp_miss *miss;
	uint64_t what = 0;
	enum mcpass_rc rc = mp_bounds_who(turn, ask->kind, ask->url, &what, err);

	if (rc)
		return rc;
	miss = find_miss(turn, what);
	if (miss != NULL)
		return mp_fail(err, miss->rc, NULL, "%s", miss->detail);
	if (ask->is_strangers) {
		flight = find_flight(turn, what);
		rc = flight != NULL ? join(turn, flight, err)
		    : take_off(turn, ask->url, what, &flight, err);
	}
	if (!rc)
		rc = fetch(turn, ask, ret_body, ret_lifetime, err);
	if (*turn->is_later || turn->wait->status != 0)
		return rc;
	if (flight != NULL)
		flight->what = 0;
	if (rc && rc != MCPASS_E_NOMEM && rc != MCPASS_E_STORE) {
		note_miss(turn, what, err);
		if (!ask->is_strangers)
			mp_event_add(turn, &(struct mp_event){ .event = "unreachable", .what = ask->url });
	}
	return rc;
}

/* Another may be had later; this one was good, and is not too old.  What is looked for in a newer
 * one is not in it. */
static bool serves_on(const struct mp_turn *turn, const struct mp_fetched_ask *ask,
    enum mcpass_rc rc)
{
	return !ask->is_strangers && !ask->newer && rc != MCPASS_E_NOMEM && rc != MCPASS_E_STORE
	    && !*turn->is_later;
}

static void tell_old(const struct mp_turn *turn, const struct mcpass_error *why)
{
	const struct mcpass_header fact = { "reason", why->detail };
	const struct mcpass_note note = { "The last good document serves on.", why->spec, &fact, 1 };

	if (turn->issuer->trace != NULL)
		turn->issuer->trace(turn->issuer->trace_ctx, &note);
}

/* Puts another one into kept, where one can be had. */
static enum mcpass_rc renew(const struct mp_turn *turn, const struct mp_fetched_ask *ask, bool found,
    struct fetched *kept, struct mcpass_error *err)
{
	int64_t now = turn->request->now;
	struct mp_slot slot = { .kind = ask->kind, .key = ask->url,
		.expires_at = now + MP_JWKS_MAX_AGE };
	int64_t lifetime = 0;
	json_t *body = NULL;
	enum mcpass_rc rc = fetch_within(turn, ask, &body, &lifetime, err);

	if (rc && found && serves_on(turn, ask, rc)) {
		tell_old(turn, err);
		mp_clear(err);
		return MCPASS_OK;
	}
	json_decref(kept->body);
	*kept = (struct fetched){ body, now, lifetime };
	if (ask->is_strangers)
		slot.expires_at = now + lifetime;
	return rc ? rc : mp_record_put(turn, &slot, &shape, kept, err);
}

enum mcpass_rc mp_fetched_get(const struct mp_turn *turn, const struct mp_fetched_ask *ask,
    json_t **ret_body, struct mcpass_error *err)
{
	int64_t now = turn->request->now, serves;
	const struct mp_slot slot = { .kind = ask->kind, .key = ask->url };
	struct fetched kept = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_get(turn, &slot, &shape, &kept, &found, err);

	if (rc)
		return rc;
	serves = ask->newer ? MP_JWKS_COOLDOWN : kept.lifetime > 0 ? kept.lifetime : MP_FETCHED_LIFETIME;
	if (!found || kept.fetched_at + serves <= now)
		rc = renew(turn, ask, found, &kept, err);
	if (!rc)
		*ret_body = json_incref(kept.body);
	mp_record_release(&shape, &kept);
	return rc;
}
