#include "guard/keys.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/limits.h"
#include "oauth/asmeta.h"
#include "oauth/target.h"

/* A configured URL is the operator's own word, so it is its own base: it may lie inside. */
static enum mcpass_rc check_configured(const char *url, bool loopback_http, const char *what,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_target_check(url, url, loopback_http, what, &why);

	if (rc == MCPASS_E_PROTOCOL)    /* nobody else wrote it */
		rc = MCPASS_E_USAGE;
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

static enum mcpass_rc init_places(struct mp_issuer_keys *keys, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_asmeta_places(keys->issuer, &keys->places, &why);

	if (rc == MCPASS_E_PROTOCOL)
		rc = MCPASS_E_USAGE;
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

enum mcpass_rc mp_keys_init(struct mp_issuer_keys *keys,
    const struct mcpass_guard_issuer *config, bool loopback_http, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*keys = (struct mp_issuer_keys){ .loopback_http = loopback_http };
	if (config->issuer == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "an issuer without a name");
	rc = check_configured(config->issuer, loopback_http, "the issuer", err);
	if (!rc)
		rc = mp_set(&keys->issuer, config->issuer, err);
	if (!rc && config->jwks_uri == NULL)
		return init_places(keys, err);
	if (!rc)
		rc = check_configured(config->jwks_uri, loopback_http, "the key set's URL", err);
	return rc ? rc : mp_set(&keys->jwks_uri, config->jwks_uri, err);
}

void mp_keys_free(struct mp_issuer_keys *keys)
{
	free(keys->issuer);
	free(keys->jwks_uri);
	mp_strings_free(&keys->places);
	mp_jwks_free(&keys->set);
	*keys = (struct mp_issuer_keys){ 0 };
}

/* Whether then lies less than seconds back.  A time in the future does not: a clock that
 * was set back must not stop us from asking. */
static bool is_recent(int64_t then, int64_t now, int64_t seconds)
{
	return now >= then && now - then < seconds;
}

enum mp_keys_answer mp_keys_find(const struct mp_issuer_keys *keys, const char *kid,
    enum mp_alg alg, int64_t now, const struct mp_key **ret_key)
{
	bool usable = keys->has_set
	    && (now < keys->fetched_at || is_recent(keys->fetched_at, now, MP_JWKS_MAX_AGE));
	const struct mp_key *key = usable ? mp_jwks_find(&keys->set, kid, alg) : NULL;
	bool is_fresh = is_recent(keys->fetched_at, now, MP_JWKS_LIFETIME);
	/* Whoever invents kids costs the issuer one request per cooldown, no more. */
	bool may_ask = !keys->has_asked || !is_recent(keys->asked_at, now, MP_JWKS_COOLDOWN);
	enum mp_keys_answer answer;

	/* An old set serves on when there was no new one: an issuer that is down says nothing
	 * against its keys, and nobody should be logged out by its restart. */
	if (key != NULL && (is_fresh || !may_ask))
		answer = MP_KEYS_FOUND;
	else if (may_ask)
		answer = MP_KEYS_FETCH;
	/* After a failure nobody knows which keys there are now: a 401 would make a client
	 * throw away a good token. */
	else if (!usable || keys->failure[0] != '\0')
		answer = MP_KEYS_UNAVAILABLE;
	else
		answer = MP_KEYS_UNKNOWN;
	if (answer == MP_KEYS_FOUND)
		*ret_key = key;
	return answer;
}

const char *mp_keys_url(const struct mp_issuer_keys *keys)
{
	return keys->jwks_uri != NULL ? keys->jwks_uri : keys->places.items[keys->place];
}

/* No answer, too many questions, a broken server: these say nothing about the URL. */
static enum mcpass_rc check_status(int status, const char *url, struct mcpass_error *err)
{
	if (status == 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "GET %s: no answer", url);
	if (status == 429 || status >= 500)
		return mp_fail(err, MCPASS_E_IO, NULL, "GET %s: answered %d", url, status);
	if (status != 200)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 3.2", "GET %s: answered %d", url,
		    status);
	return MCPASS_OK;
}

static enum mcpass_rc use_metadata(struct mp_issuer_keys *keys, const struct mp_asmeta *meta,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool slash;

	rc = mp_asmeta_check_issuer(meta, keys->issuer, &slash, err);
	if (rc)
		return rc;
	if (meta->jwks_uri == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 2",
		    "the metadata of %s has no jwks_uri", keys->issuer);
	rc = mp_target_check(meta->jwks_uri, keys->issuer, keys->loopback_http, "jwks_uri", err);
	return rc ? rc : mp_set(&keys->jwks_uri, meta->jwks_uri, err);
}

static enum mcpass_rc take_metadata(struct mp_issuer_keys *keys, int status, const char *body,
    size_t len, struct mcpass_error *err)
{
	struct mp_asmeta meta = { 0 };
	enum mcpass_rc rc;

	rc = check_status(status, mp_keys_url(keys), err);
	if (!rc)
		rc = mp_asmeta_parse(body, len, &meta, err);
	if (!rc)
		rc = use_metadata(keys, &meta, err);
	mp_asmeta_free(&meta);
	return rc;
}

static enum mcpass_rc take_set(struct mp_issuer_keys *keys, int status, const char *body,
    size_t len, int64_t now, struct mcpass_error *err)
{
	struct mp_jwks set = { 0 };
	enum mcpass_rc rc;

	rc = check_status(status, keys->jwks_uri, err);
	if (!rc)
		rc = mp_jwks_parse(body, len, &set, err);
	if (rc)
		return rc;
	mp_jwks_free(&keys->set);
	keys->set = set;
	keys->has_set = true;
	keys->fetched_at = now;
	return MCPASS_OK;
}

/* Ends a round of questions, well or badly. */
static void end_round(struct mp_issuer_keys *keys, int64_t now, const char *failure)
{
	keys->place = 0;
	keys->has_asked = true;
	keys->asked_at = now;
	(void)snprintf(keys->failure, sizeof(keys->failure), "%s", failure);
}

enum mcpass_rc mp_keys_fetched(struct mp_issuer_keys *keys, int status, const char *body,
    size_t len, int64_t now, struct mcpass_error *err)
{
	bool discovering = keys->jwks_uri == NULL;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (discovering)
		rc = take_metadata(keys, status, body, len, &why);
	else
		rc = take_set(keys, status, body, len, now, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (discovering && rc == MCPASS_OK)
		return MCPASS_OK;               /* the round goes on with the key set */
	/* A document that is missing or is another's may stand at the next place. */
	if (discovering && rc != MCPASS_E_IO && ++keys->place < keys->places.count)
		return MCPASS_OK;
	if (rc && keys->places.count > 0)       /* perhaps it has moved: discover it again */
		(void)mp_set(&keys->jwks_uri, NULL, NULL);
	end_round(keys, now, why.detail);
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}
