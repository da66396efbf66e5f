/* upstream_kit.h - an identity provider's configuration, keys and id tokens, in memory. */
#ifndef UPSTREAM_KIT_H
#define UPSTREAM_KIT_H
#include "issuer/upstream/idp.h"
#include "kit.h"

#define IDP "https://idp.example"
#define IDP_CLIENT "front-door"

static inline json_t *upstream_json(const char *text)
{
	json_t *json = NULL;

	CHECK_EQ("a document of the test", mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "it",
	    &json, NULL), MCPASS_OK);
	return json;
}

/* An entry of an OpenID Connect provider, with more members; with a secret. */
static inline enum mcpass_rc upstream_make(const char *more, struct mp_idp *ret_upstream,
    struct mcpass_error *err)
{
	const struct mp_idp_files files = { .secret = "s3cret" };
	char text[2048];
	json_t *entry;
	enum mcpass_rc rc;

	snprintf(text, sizeof(text), "{\"name\":\"corp\",\"issuer\":\"" IDP "\",\"client_id\":\""
	    IDP_CLIENT "\"%s}", more);
	mp_test_count_allocs(false);
	entry = upstream_json(text);
	mp_test_count_allocs(true);
	rc = mp_idp_read(entry, &files, ret_upstream, err);
	json_decref(entry);
	return rc;
}

/* Its key; made once a program, so that no leak is counted. */
static inline struct mp_key *upstream_key(void)
{
	static struct mp_key *key;

	if (key == NULL)
		mp_key_generate(MP_ES256, &key, NULL);
	return key;
}

/* Its key set as JSON. */
static inline const char *upstream_jwks(void)
{
	static char text[1024];
	json_t *jwk = NULL;
	char *dump;

	if (text[0] != '\0')
		return text;
	mp_jwk_write(upstream_key(), false, &jwk, NULL);
	dump = mp_json_dump(jwk);
	snprintf(text, sizeof(text), "{\"keys\":[%s]}", dump);
	mp_free_wiped(dump);
	json_decref(jwk);
	return text;
}

/* An id token with these claims over usual ones; a claim that is null is left out. */
static inline const char *upstream_token(struct mp_key *key, const char *header, int64_t now,
    const char *nonce, const char *claims)
{
	json_t *payload = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s*}", "iss", IDP, "sub", "ann", "aud",
	    IDP_CLIENT, "iat", (json_int_t)now, "exp", (json_int_t)now + 300, "nonce", nonce);
	json_t *more = json_loads(claims, 0, NULL), *head = json_loads(header, 0, NULL), *value;
	struct mp_secret token = { 0 };
	const char *text, *name;
	void *next;

	json_object_update(payload, more);
	json_object_foreach_safe (payload, next, name, value)
		if (json_is_null(value))
			json_object_del(payload, name);
	CHECK_EQ("a token of the test", mp_jws_sign(key, MP_ES256, head, payload, &token, NULL),
	    MCPASS_OK);
	text = kit_text(mp_secret_reveal(&token), token.len);
	mp_secret_free(&token);
	json_decref(payload);
	json_decref(more);
	json_decref(head);
	return text;
}

#endif
