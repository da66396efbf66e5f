#include "issuer/issuer.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/faults.h"
#include "issuer/known.h"
#include "issuer/pages.h"

/* --- a life --- */
enum mcpass_rc mp_issuer_blame(enum mcpass_rc failure, enum mcpass_rc rc,
    struct mcpass_error *err)
{
	if (!mp_reply_is_refusal(failure))
		return failure;
	err->rc = rc;
	return rc;
}

enum mcpass_rc mp_issuer_new(const struct mp_issuer_config *config,
    struct mp_issuer **ret_issuer, struct mcpass_error *err)
{
	struct mp_issuer *issuer = calloc(1, sizeof(*issuer));
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	rc = issuer == NULL ? mp_nomem(&why) : mp_setup_apply(config, issuer, &why);
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
	free(issuer->style_hash);
	mp_known_free(issuer);
	mp_faults_forget(issuer);
	mp_wipe(issuer->nonce_key, sizeof(issuer->nonce_key));
	mp_users_free(issuer);
	mp_strings_free(&issuer->scopes);
	mp_strings_free(&issuer->words);
	mp_key_free(issuer->key);
	free(issuer);
}

/* --- a request --- */
static const struct route {
	const char *method, *path;      /* below the issuer's; "/x/": one more segment */
	mp_turn_fn *handle;
	enum mp_fault_at at;
} routes[] = {
	{ "GET", "/jwks", mp_metadata_keys, MP_AT_KEYS },
	{ "POST", "/register", mp_register_handle, MP_AT_REGISTER },
	{ "GET", "/register/", mp_manage_get, MP_AT_NOWHERE },
	{ "PUT", "/register/", mp_manage_put, MP_AT_NOWHERE },
	{ "DELETE", "/register/", mp_manage_delete, MP_AT_NOWHERE },
	{ "POST", "/par", mp_par_handle, MP_AT_PUSH },
	{ "GET", "/authorize", mp_authorize_handle, MP_AT_AUTHORIZE },
	{ "POST", "/authorize/login", mp_login_handle, MP_AT_AUTHORIZE },
	{ "POST", "/authorize/consent", mp_consent_handle, MP_AT_AUTHORIZE },
	{ "POST", "/token", mp_token_handle, MP_AT_TOKEN },
	{ "POST", "/revoke", mp_revoke_handle, MP_AT_NOWHERE },
	{ "POST", "/introspect", mp_introspect_handle, MP_AT_NOWHERE },
};
static const struct route metadata_route = {
	"GET", "", mp_metadata_handle, MP_AT_METADATA
};

static bool is_path_of(const struct route *route, const char *path)
{
	size_t len = strlen(route->path);

	if (route->path[len - 1] != '/')
		return strcmp(path, route->path) == 0;
	return strncmp(path, route->path, len) == 0 && path[len] != '\0'
	    && strchr(path + len, '/') == NULL;
}

/* The route, or NULL; *ret_known says whether the path is ours with another method. */
static const struct route *find_route(const struct mp_turn *turn, bool *ret_known)
{
	const char *path = turn->request->path, *method = turn->request->method;
	size_t prefix = strlen(turn->issuer->path);

	if (mp_metadata_is_place(turn->issuer, path)) {
		*ret_known = true;
		return strcmp(method, "GET") == 0 ? &metadata_route : NULL;
	}
	if (strncmp(path, turn->issuer->path, prefix) != 0)
		return NULL;
	for (size_t i = 0; i < MP_COUNT(routes); i++) {
		if (!is_path_of(&routes[i], path + prefix))
			continue;
		*ret_known = true;
		if (strcmp(method, routes[i].method) == 0)
			return &routes[i];
	}
	return NULL;
}

static enum mcpass_rc answer(struct mp_issuer *issuer, const struct mp_turn *turn,
    struct mcpass_error *err)
{
	bool known = false, done = false;
	const struct route *route = find_route(turn, &known);
	enum mp_fault_at at;
	enum mcpass_rc rc;

	if (route == NULL && known)
		return mp_pages_message(turn, 405, "Not in this way",
		    "This address does not take this method.", "It is for programs.", err);
	if (route == NULL)
		return mp_pages_message(turn, 404, "Nothing here",
		    "This authorization server has no such page.",
		    "It is a place for applications to send you to, not to begin at.", err);
	at = mp_faults_refine(turn, route->at);
	rc = mp_faults_remember(issuer, turn->request, at, err);
	if (!rc)
		rc = mp_faults_instead(turn, at, &done, err);
	if (!rc && !done)
		rc = route->handle(turn, err);
	if (!rc && !done)
		rc = mp_faults_after(turn, at, err);
	return rc;
}

enum mcpass_rc mp_issuer_handle(struct mp_issuer *issuer,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mp_http_response finished = { 0 };
	const struct mp_turn turn = { issuer, request, &finished };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	mp_buf_init(&finished.body, MP_MAX_REPLY);
	rc = mp_doing(&why, answer(issuer, &turn, &why), "answering as the authorization server");
	if (err != NULL)
		*err = why;
	if (rc)
		mp_http_response_free(&finished);
	else
		*response = finished;
	return rc;
}
