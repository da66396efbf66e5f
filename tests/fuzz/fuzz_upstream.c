/* An identity provider's configuration, its metadata, what it says about a person or of their groups,
 * and an id token: by the first byte. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/upstream/groups.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static const char entry_text[] = "{\"name\":\"corp\",\"issuer\":\"https://idp.example\","
    "\"client_id\":\"x\",\"token_claims\":{\"groups\":\"groups\",\"a\":\"a.b\"},"
    "\"allow\":{\"email_domains\":[\"corp.example\"]},"
    "\"rules\":[{\"claim\":\"groups\",\"value\":\"g\",\"scopes\":[\"mcp:read\"]}]}";

static void try_configuration(const json_t *json, struct mp_idp *ret_upstream)
{
	const struct mp_idp_files files = { .secret = "s" };
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = mp_idp_read(json, &files, ret_upstream, &err);

	require(rc == err.rc && (rc == MCPASS_OK || rc == MCPASS_E_USAGE));
	require(rc != MCPASS_OK || (ret_upstream->name != NULL && ret_upstream->subject.count > 0));
}

/* No one comes in whose address is not verified. */
static void try_person(const struct mp_idp *upstream, const json_t *claims)
{
	struct mp_idp_access access = { 0 };

	if (mp_idp_judge(upstream, claims, &access, NULL) == MCPASS_OK) {
		const char *email = json_string_value(json_object_get(claims, "email"));

		require(access.subject != NULL && !access.all_scopes);
		require(json_is_true(json_object_get(claims, "email_verified")));
		require(mp_eq_nocase(mp_idp_email_domain(email), "corp.example"));
	}
	mp_idp_access_free(&access);
}

/* All that the answer has, each a text, in place of the note that they are elsewhere; or nothing. */
static void try_groups(const char *text, size_t len)
{
	const struct mp_idp upstream = { .groups_endpoint = (char *)"https://graph.example/" };
	json_t *groups = json_array(), *group;
	char *next = NULL;
	size_t i;
	bool is_read = mp_groups_read(&upstream, text, len, groups, &next, NULL) == MCPASS_OK;

	require(is_read || next == NULL);
	require(next == NULL || strncasecmp(next, "https://graph.example", 21) == 0);
	json_array_foreach(groups, i, group)
		require(json_is_string(group));
	free(next);
	json_decref(groups);
}

static void try_id_token(const struct mp_idp *upstream, const char *text, size_t len)
{
	struct mp_idp_metadata metadata = { .issuer = (char *)"https://idp.example" };
	const struct mp_id_token_expect expect = { upstream, &metadata, "n", 1700000000 };
	const struct mp_jwks none = { 0 };
	struct mp_jws jws = { 0 };

	if (mp_jws_parse((struct mp_span){ text, len }, &jws, NULL) == MCPASS_OK)
		require(mp_id_token_check(&jws, &none, &expect, NULL) != MCPASS_OK);
	mp_jws_free(&jws);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data + 1;
	struct mp_idp upstream = { 0 }, other = { 0 };
	struct mp_idp_metadata metadata = { 0 };
	json_t *entry = NULL, *json = NULL, *claims = NULL;

	if (len == 0)
		return 0;
	require(mp_json_parse(entry_text, strlen(entry_text), 4096, "it", &entry, NULL) == MCPASS_OK);
	try_configuration(entry, &upstream);
	if (data[0] == 'g')
		try_groups(text, len - 1);
	else if (data[0] == 't')
		try_id_token(&upstream, text, len - 1);
	else if (mp_json_parse(text, len - 1, MP_MAX_DOCUMENT, "it", &json, NULL) == MCPASS_OK) {
		if (data[0] == 'c')
			try_configuration(json, &other);
		else if (data[0] == 'm')
			(void)mp_idp_metadata_read(&upstream, json, &metadata, NULL);
		else
			try_person(&upstream, json);
		if (json_is_object(json)
		    && mp_userinfo_join(json, text, len - 1, &claims, NULL) == MCPASS_OK)
			require(json_string_length(json_object_get(claims, "sub")) > 0
			    || json_is_string(json_object_get(claims, "sub")));
	}
	mp_idp_metadata_free(&metadata);
	mp_idp_free(&other);
	mp_idp_free(&upstream);
	json_decref(claims);
	json_decref(json);
	json_decref(entry);
	return 0;
}
