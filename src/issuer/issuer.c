#include "issuer/issuer.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/events.h"
#include "issuer/faults/faults.h"
#include "issuer/clients/configured.h"
#include "issuer/login/brand.h"
#include "issuer/login/pages.h"
#include "issuer/upstream/errand.h"
#include "wire/cors.h"

/* --- a life --- */
enum mcpass_rc mp_issuer_new(const struct mp_issuer_config *config,
    struct mp_issuer **ret_issuer, struct mcpass_error *err)
{
	struct mp_issuer *issuer = calloc(1, sizeof(*issuer));
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = issuer == NULL ? mp_nomem(&why) : mp_setup_apply(config, issuer, &why);

	if (err != NULL)
		*err = why;
	if (rc)
		mp_issuer_free(issuer);
	else
		*ret_issuer = issuer;
	return rc;
}

void mp_issuer_free(struct mp_issuer *issuer)
{
	if (issuer == NULL)
		return;
	free(issuer->url);
	free(issuer->origin);
	free(issuer->path);
	free(issuer->default_resource);
	free(issuer->style_hashes);
	mp_brand_free(issuer);
	mp_texts_free(issuer->texts);
	mp_configured_free(issuer);
	mp_bounds_free(issuer);
	mp_strings_free(&issuer->proxies);
	mp_faults_forget(issuer);
	mp_wipe(issuer->own_key, sizeof(issuer->own_key));
	mp_users_free(issuer);
	mp_strings_free(&issuer->cors_origins);
	mp_strings_free(&issuer->scopes);
	mp_strings_free(&issuer->words);
	mp_signing_free(&issuer->keys);
	mp_free_wiped(issuer->keys_text);
	free(issuer);
}

/* --- a request --- */
enum readers { OWN_PAGES, LISTED_PAGES, ALL_PAGES };   /* of other origins (CORS) */
static const struct route {
	const char *method, *path;      /* below the issuer's; "/x/": one more segment */
	mp_turn_fn *handle;
	enum mp_fault_at at;
	enum readers readers;
	enum mp_bound bound;            /* what it makes, and is limited in */
} routes[] = {
	{ "GET", "/jwks", mp_metadata_keys, MP_AT_KEYS, ALL_PAGES, MP_BOUND_NONE },
	{ "POST", "/register", mp_register_handle, MP_AT_REGISTER, LISTED_PAGES,
	    MP_BOUND_REGISTER },
	{ "GET", "/register/", mp_manage_get, MP_AT_NOWHERE, LISTED_PAGES, MP_BOUND_NONE },
	{ "PUT", "/register/", mp_manage_put, MP_AT_NOWHERE, LISTED_PAGES, MP_BOUND_NONE },
	{ "DELETE", "/register/", mp_manage_delete, MP_AT_NOWHERE, LISTED_PAGES, MP_BOUND_NONE },
	{ "POST", "/par", mp_par_handle, MP_AT_PUSH, LISTED_PAGES, MP_BOUND_PUSH },
	{ "GET", "/authorize", mp_authorize_handle, MP_AT_AUTHORIZE, OWN_PAGES, MP_BOUND_QUESTION },
	{ "POST", "/authorize/login", mp_login_handle, MP_AT_AUTHORIZE, OWN_PAGES, MP_BOUND_NONE },
	{ "POST", "/authorize/consent", mp_consent_handle, MP_AT_AUTHORIZE, OWN_PAGES, MP_BOUND_NONE },
	{ "GET", "/authorize/callback/", mp_idp_callback, MP_AT_NOWHERE, OWN_PAGES, MP_BOUND_NONE },
	{ "POST", "/device_authorization", mp_device_handle, MP_AT_DEVICE, LISTED_PAGES,
	    MP_BOUND_DEVICE },
	{ "GET", "/device", mp_device_page_show, MP_AT_NOWHERE, OWN_PAGES, MP_BOUND_NONE },
	{ "POST", "/device", mp_device_page_enter, MP_AT_NOWHERE, OWN_PAGES, MP_BOUND_QUESTION },
	{ "POST", "/token", mp_token_handle, MP_AT_TOKEN, LISTED_PAGES, MP_BOUND_NONE },
	{ "POST", "/revoke", mp_revoke_handle, MP_AT_NOWHERE, LISTED_PAGES, MP_BOUND_NONE },
	{ "POST", "/backchannel_logout/", mp_logout_handle, MP_AT_NOWHERE, OWN_PAGES, MP_BOUND_NONE },
	{ "GET", "/brand/", mp_brand_logo_handle, MP_AT_NOWHERE, OWN_PAGES, MP_BOUND_NONE },
	{ "POST", "/introspect", mp_introspect_handle, MP_AT_NOWHERE, OWN_PAGES, MP_BOUND_NONE },
};
static const struct route metadata_route = {
	"GET", "", mp_metadata_handle, MP_AT_METADATA, ALL_PAGES, MP_BOUND_NONE
};

static bool is_path_of(const struct route *route, const char *path)
{
	size_t len = strlen(route->path);

	if (route->path[len - 1] != '/')
		return strcmp(path, route->path) == 0;
	return strncmp(path, route->path, len) == 0 && path[len] != '\0'
	    && strchr(path + len, '/') == NULL;
}

/* The route, or NULL; *ret_place is the first one with this path, whatever the method. */
static const struct route *find_route(const struct mp_turn *turn,
    const struct route **ret_place)
{
	const char *path = turn->request->path, *method = turn->request->method;
	size_t prefix = strlen(turn->issuer->path);

	if (mp_metadata_is_place(turn->issuer, path)) {
		*ret_place = &metadata_route;
		return strcmp(method, "GET") == 0 ? &metadata_route : NULL;
	}
	if (strncmp(path, turn->issuer->path, prefix) != 0)
		return NULL;
	for (size_t i = 0; i < MP_COUNT(routes); i++) {
		if (!is_path_of(&routes[i], path + prefix))
			continue;
		if (*ret_place == NULL)
			*ret_place = &routes[i];
		if (strcmp(method, routes[i].method) == 0)
			return &routes[i];
	}
	return NULL;
}

/* spec: RFC 9110 15.5.6, 10.2.1; a HEAD is answered as a GET is */
static enum mcpass_rc refuse_method(const struct mp_turn *turn, const struct route *place,
    struct mcpass_error *err)
{
	size_t prefix = strlen(turn->issuer->path);
	struct mp_buf allow = MP_BUF(128);
	enum mcpass_rc rc;

	if (place == &metadata_route)
		mp_buf_adds(&allow, "GET, HEAD");
	for (size_t i = 0; i < MP_COUNT(routes) && place != &metadata_route; i++)
		if (is_path_of(&routes[i], turn->request->path + prefix))
			mp_buf_addf(&allow, "%s%s", allow.len > 0 ? ", " : "",
			    strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method);
	rc = mp_pages_message(turn, 405, mp_texts_english(MP_TEXT_METHOD_TITLE),
	    mp_texts_english(MP_TEXT_METHOD_TEXT), mp_texts_english(MP_TEXT_METHOD_ADVICE), err);
	if (!rc)
		rc = mp_headers_add_buf(&turn->response->headers, "Allow", &allow, err);
	mp_buf_free(&allow);
	return rc;
}

static struct mp_cors listed(const struct mp_issuer *issuer)
{
	return (struct mp_cors){ (const char *const *)issuer->cors_origins.items,
		issuer->cors_origins.count };
}

/* A page of another origin asks for leave; *ret_done as of mp_cors_preflight. */
static enum mcpass_rc preflight(const struct mp_turn *turn, const struct route *place,
    bool *ret_done, struct mcpass_error *err)
{
	const struct mp_cors cors = listed(turn->issuer);

	if (place->readers == LISTED_PAGES)
		return mp_cors_preflight(&cors, turn->request, "GET, POST, PUT, DELETE",
		    turn->response, ret_done, err);
	*ret_done = place->readers == ALL_PAGES && strcmp(turn->request->method, "OPTIONS") == 0;
	return *ret_done ? mp_cors_preflight_all(turn->response, err) : MCPASS_OK;
}

/* spec: RFC 9700 2.6: never where the person is asked */
static enum mcpass_rc let_read(const struct mp_turn *turn, const struct route *route,
    struct mcpass_error *err)
{
	const struct mp_cors cors = listed(turn->issuer);

	if (route->readers == LISTED_PAGES)
		return mp_cors_allow(&cors, turn->request, &turn->response->headers, err);
	return route->readers == ALL_PAGES ? mp_cors_allow_all(&turn->response->headers, err)
	    : MCPASS_OK;
}

/* What makes something that is kept is limited; what was refused made nothing. */
static enum mcpass_rc handle_within(const struct mp_turn *turn, const struct route *route,
    struct mcpass_error *err)
{
	bool is_page = route->bound == MP_BOUND_QUESTION;
	enum mcpass_rc rc = mp_bounds_admit(turn, route->bound, err);

	if (!rc)
		rc = route->handle(turn, err);
	if (mp_response_is_refusal(rc))
		return is_page ? mp_pages_refusal(turn, 403, err) : mp_response_refusal(turn, err);
	if (!rc && (turn->response->status == 200 || turn->response->status == 201))
		rc = mp_bounds_spend(turn, route->bound, err);
	return rc;
}

static enum mcpass_rc answer(struct mp_issuer *issuer, const struct mp_turn *turn,
    struct mcpass_error *err)
{
	bool done = false;
	const struct route *place = NULL, *route = find_route(turn, &place);
	enum mp_fault_at at;
	enum mcpass_rc rc = MCPASS_OK;

	if (route == NULL && place != NULL)
		rc = preflight(turn, place, &done, err);
	if (rc || done)
		return rc;
	if (route == NULL && place != NULL)
		return refuse_method(turn, place, err);
	if (route == NULL)
		return mp_pages_nothing(turn, err);
	at = mp_faults_refine(turn, route->at);
	rc = mp_faults_remember(issuer, turn->request, at, err);
	if (!rc)
		rc = mp_faults_instead(turn, at, &done, err);
	if (!rc && !done)
		rc = handle_within(turn, route, err);
	if (!rc && !done)
		rc = mp_faults_after(turn, at, err);
	return rc ? rc : let_read(turn, route, err);
}

/* The keys as the record says, if it is another than the one that was read last. */
static enum mcpass_rc take_record(struct mp_issuer *issuer, const char *text,
    struct mcpass_error *err)
{
	struct mp_signing_keys keys = { 0 };
	char *copy = NULL;
	enum mcpass_rc rc;

	if (mp_eq(text, issuer->keys_text))
		return MCPASS_OK;
	rc = mp_response_blame(mp_signing_read(text, &keys, err), MCPASS_E_STORE, err);
	if (!rc)
		rc = mp_set(&copy, text, err);
	if (rc) {
		mp_signing_free(&keys);
		return mp_doing(err, rc, "reading the signing keys of the store");
	}
	mp_signing_free(&issuer->keys);
	mp_free_wiped(issuer->keys_text);
	issuer->keys = keys;
	issuer->keys_text = copy;
	return MCPASS_OK;
}

enum mcpass_rc mp_issuer_renew_keys(struct mp_issuer *issuer, int64_t now,
    struct mcpass_error *err)
{
	const struct mp_issuer_store *store = &issuer->store;
	const struct mp_signing_key *signing;
	enum mcpass_rc rc = MCPASS_OK;
	char *text = NULL;

	if (!issuer->keys_rotate || issuer->keys_read_at == now)
		return MCPASS_OK;
	rc = store->get(store->ctx, MP_KIND_SERVER, MP_KEY_RECORD, now, &text, err);
	if (!rc && text != NULL)
		rc = take_record(issuer, text, err);
	mp_free_wiped(text);
	if (rc)
		return rc;
	signing = mp_signing_current(&issuer->keys, now);
	issuer->key = signing->key;
	issuer->alg = signing->alg;
	issuer->keys_read_at = now;
	return MCPASS_OK;
}

/* What the turn wrote is kept when there is an answer to it, and only then. */
static enum mcpass_rc end_turn(const struct mp_issuer_store *store, enum mcpass_rc rc,
    bool is_later, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (store->end == NULL)
		return rc;
	if (!rc && !is_later)
		return store->end(store->ctx, true, err);
	(void)store->end(store->ctx, false, &why);
	return rc;
}

/* Fills response; *ret_later: the turn comes again. */
static enum mcpass_rc take_turn(struct mp_issuer *issuer, const struct mp_http_request *request,
    struct mp_http_response *response, bool *ret_later, struct mp_errand *errand,
    struct mcpass_error *err)
{
	struct mp_wait wait = { 0 };
	struct mp_events events = { 0 };
	const struct mp_turn turn = { issuer, request, response, ret_later, &wait, errand, &events };
	const struct mp_issuer_store *store = &issuer->store;
	enum mcpass_rc rc = MCPASS_OK;

	if (store->begin != NULL)
		rc = store->begin(store->ctx, err);
	if (rc)
		return rc;
	rc = mp_issuer_renew_keys(issuer, request->now, err);
	if (!rc)
		rc = answer(issuer, &turn, err);
	if (!rc && events.failed)       /* what is not told is not done */
		rc = mp_nomem(err);
	rc = end_turn(store, rc, *ret_later, err);
	if (!rc && !*ret_later)
		mp_events_tell(issuer, &events);
	mp_events_free(&events);
	return rc;
}

enum mcpass_rc mp_issuer_handle(struct mp_issuer *issuer,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mp_http_response finished = { 0 };
	struct mcpass_error why = { 0 };
	struct mp_errand errand = { 0 };
	bool is_later = false;
	enum mcpass_rc rc;

	mp_buf_init(&finished.body, MP_MAX_REPLY);
	rc = mp_doing(&why, take_turn(issuer, request, &finished, &is_later, &errand, &why),
	    "answering as the authorization server");
	if (is_later && rc != MCPASS_E_NOMEM) {         /* whatever else came of it is undone */
		mp_http_response_free(&finished);
		finished.status = MP_HTTP_LATER;
		mp_clear(&why);
		rc = errand.key != NULL ? mp_errand_send(issuer, &errand, request->now, &why) : MCPASS_OK;
	}
	mp_errand_free(&errand);
	if (err != NULL)
		*err = why;
	if (rc)
		mp_http_response_free(&finished);
	else
		*response = finished;
	return rc;
}
