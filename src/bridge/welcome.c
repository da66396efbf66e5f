/* What the host hears of the servers: the answer to initialize, or to server/discover. */
#include <stdlib.h>
#include "bridge/parts.h"

/* The revision that the host hears: its own, where we speak that. */
static const char *revision_for(const struct mp_bridge *b)
{
	return mp_revision_era(b->host.revision != NULL ? b->host.revision : "") == MP_ERA_SESSION
	    ? b->host.revision : mp_revision_newest(MP_ERA_SESSION);
}

/* What some server offers.  tasks have another form in 2026-07-28. */
static enum mcpass_rc merge_capabilities(const struct mp_bridge *b, bool is_new, json_t *all,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < b->config->server_count; i++) {
		const struct mp_upstream *u = &b->servers[i];
		json_t *some = json_object_get(u->about, "capabilities");

		if (u->state != MP_UPSTREAM_OPEN || !json_is_object(some))
			continue;
		if (json_object_update_missing(all, some) != 0)
			return mp_nomem(err);
		if (is_new != (u->era == MP_ERA_STATELESS))
			(void)json_object_del(all, "tasks");
	}
	return MCPASS_OK;
}

/* It is not known yet what the server offers: what most servers do. */
static json_t *guess_capabilities(void)
{
	return json_pack("{s:{s:b}, s:{s:b}, s:{s:b}}", "tools", "listChanged", 1, "prompts",
	    "listChanged", 1, "resources", "listChanged", 1);
}

static json_t *own_info(void)
{
	return json_pack("{s:s, s:s}", "name", "mcpass", "version", MCPASS_VERSION);
}

static json_t *server_info(const struct mp_bridge *b)
{
	const struct mp_upstream *u = &b->servers[0];
	json_t *info = json_object_get(json_object_get(u->about, "_meta"), MP_META_SERVER);

	if (b->config->server_count > 1 || u->state != MP_UPSTREAM_OPEN || !json_is_object(info))
		return own_info();
	return json_incref(info);
}

static bool is_any_open(const struct mp_bridge *b)
{
	for (size_t i = 0; i < b->config->server_count; i++)
		if (b->servers[i].state == MP_UPSTREAM_OPEN)
			return true;
	return false;
}

static json_t *instructions_of(const struct mp_bridge *b)
{
	json_t *all = NULL;

	for (size_t i = 0; i < b->config->server_count; i++) {
		json_t *some = json_object_get(b->servers[i].about, "instructions");

		if (!json_is_string(some))
			continue;
		if (all == NULL)
			all = json_incref(some);
		else {
			json_t *both = json_sprintf("%s\n\n%s", json_string_value(all),
			    json_string_value(some));

			json_decref(all);
			all = both;
		}
	}
	return all;
}

/* {"capabilities", "serverInfo" (old) or _meta (new), "instructions", ...} */
static json_t *compose_of(const struct mp_bridge *b, bool is_new, json_t *capabilities,
    json_t *info, json_t *instructions)
{
	if (!is_new)
		return json_pack("{s:s, s:O, s:O, s:O*}", "protocolVersion", revision_for(b),
		    "capabilities", capabilities, "serverInfo", info, "instructions", instructions);
	return json_pack("{s:s, s:[s], s:O, s:O*, s:i, s:s, s:{s:O}}", "resultType", "complete",
	    "supportedVersions", MP_REV_2026_07_28, "capabilities", capabilities, "instructions",
	    instructions, "ttlMs", 0, "cacheScope", "private", "_meta", MP_META_SERVER, info);
}

static enum mcpass_rc compose(struct mp_bridge *b, bool is_new, char **ret_text,
    struct mcpass_error *err)
{
	json_t *capabilities = is_any_open(b) ? json_object() : guess_capabilities();
	json_t *info = server_info(b), *instructions = instructions_of(b), *result;
	enum mcpass_rc rc = capabilities == NULL || info == NULL ? mp_nomem(err) : MCPASS_OK;

	if (!rc)
		rc = merge_capabilities(b, is_new, capabilities, err);
	if (!rc) {
		result = compose_of(b, is_new, capabilities, info, instructions);
		*ret_text = result != NULL ? mp_json_dump(result) : NULL;
		rc = *ret_text == NULL ? mp_nomem(err) : MCPASS_OK;
		json_decref(result);
	}
	json_decref(capabilities);
	json_decref(info);
	json_decref(instructions);
	return rc;
}

/* What a server of the host's own era said passes as it is. */
static const char *own_words(const struct mp_bridge *b, bool is_new)
{
	const struct mp_upstream *u = &b->servers[0];

	if (b->config->server_count > 1 || u->state != MP_UPSTREAM_OPEN
	    || is_new != (u->era == MP_ERA_STATELESS))
		return NULL;
	return is_new ? u->discovered : b->port->welcome(b->port->ctx, 0);
}

static const char *failure_of(const struct mp_bridge *b)
{
	for (size_t i = 0; i < b->config->server_count; i++)
		if (b->servers[i].failure != NULL)
			return b->servers[i].failure;
	return "No server could be reached.";
}

/* A server that is being opened is waited for, unless that took too long already. */
static bool is_waited_for(const struct mp_bridge *b)
{
	for (size_t i = 0; i < b->config->server_count; i++)
		if ((b->servers[i].state == MP_UPSTREAM_WANTED || b->servers[i].state == MP_UPSTREAM_OPENING)
		    && !b->servers[i].was_early)
			return true;
	return false;
}

static bool is_any_early(const struct mp_bridge *b)
{
	for (size_t i = 0; i < b->config->server_count; i++)
		if (b->servers[i].was_early)
			return true;
	return false;
}

enum mcpass_rc mp_welcome_try(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	const char *words = own_words(b, r->is_new);
	char *text = NULL;
	enum mcpass_rc rc;

	if (is_waited_for(b))
		return MCPASS_OK;
	if (!is_any_open(b) && !is_any_early(b))
		return mp_tell_error(b, r, MP_RPC_INTERNAL, failure_of(b), err);
	b->host.has_welcome = true;
	if (words != NULL)
		return mp_tell_result(b, r, words, err);
	rc = compose(b, r->is_new, &text, err);
	if (!rc)
		rc = mp_tell_result(b, r, text, err);
	free(text);
	return rc;
}

bool mp_welcome_is_for(const struct mp_request *r)
{
	return r->kind == MP_REQUEST_HOST && r->id != NULL && r->state == MP_REQUEST_WAITING
	    && (mp_eq(r->method, "initialize") || mp_eq(r->method, "server/discover"));
}

enum mcpass_rc mp_welcome_all(struct mp_bridge *b, struct mcpass_error *err)
{
	struct mp_request *next;
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_request *r = b->requests; !rc && r != NULL; r = next) {
		next = r->next;
		if (mp_welcome_is_for(r))
			rc = mp_welcome_try(b, r, err);
	}
	return rc;
}

/* All servers are asked who they are, those that are known already are not asked again. */
enum mcpass_rc mp_welcome_wait(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	r->state = MP_REQUEST_WAITING;
	for (size_t i = 0; i < b->config->server_count; i++)
		if (b->servers[i].state == MP_UPSTREAM_CLOSED)
			b->servers[i].state = MP_UPSTREAM_WANTED;
	return mp_welcome_try(b, r, err);
}
