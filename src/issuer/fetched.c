/* JSON from elsewhere, kept for a while: client metadata documents, key sets. */
#include "issuer/fetched.h"
#include "base/limits.h"

struct fetched {
	json_t *body;
	int64_t fetched_at;
};
static const struct mp_field fields[] = {
	{ "body", MP_FIELD_OBJECT, MP_REQUIRED, offsetof(struct fetched, body), NULL },
	{ "fetched_at", MP_FIELD_INT, MP_REQUIRED, offsetof(struct fetched, fetched_at), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

static enum mcpass_rc fetch(const struct mp_turn *turn, const char *url, size_t max,
    json_t **ret_body, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_buf body;
	int status = 0;
	enum mcpass_rc rc;

	mp_buf_init(&body, max);
	rc = issuer->fetch(issuer->fetch_ctx, url, &status, &body, err);
	if (!rc && status == MP_HTTP_LATER)
		rc = mp_later(turn, err);
	/* A redirect is no document: it would name another place than the one that was judged. */
	if (!rc && status != 200)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s answered %d", url, status);
	if (!rc)
		rc = mp_buf_check(&body, url, err);
	if (!rc)
		rc = mp_json_parse(mp_buf_text(&body), body.len, max, url, ret_body, err);
	if (!rc && !json_is_object(*ret_body)) {
		json_decref(*ret_body);
		*ret_body = NULL;
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "%s is no JSON object", url);
	}
	mp_buf_free(&body);
	return rc;
}

enum mcpass_rc mp_fetched_get(const struct mp_turn *turn, const struct mp_fetched_ask *ask,
    json_t **ret_body, struct mcpass_error *err)
{
	int64_t now = turn->request->now;
	const struct mp_slot slot = { ask->kind, ask->url, "", now + MP_FETCHED_LIFETIME };
	struct fetched kept = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_record_get(turn, &slot, &shape, &kept, &found, err);

	if (rc)
		return rc;
	if (!found || (ask->newer && kept.fetched_at + MP_JWKS_COOLDOWN <= now)) {
		json_t *body = NULL;

		rc = fetch(turn, ask->url, ask->max, &body, err);
		json_decref(kept.body);
		kept = (struct fetched){ body, now };
		if (!rc)
			rc = mp_record_put(turn, &slot, &shape, &kept, err);
	}
	if (!rc)
		*ret_body = json_incref(kept.body);
	mp_record_release(&shape, &kept);
	return rc;
}
