#include "cli/connect/credential.h"
#include <stdio.h>
#include <string.h>
#include "ui/humanize.h"
#include "io/store/store.h"

static struct mp_span profile_of(const char *key)
{
	return (struct mp_span){ key, strcspn(key, " ") };
}

static const char *server_of(const char *key)
{
	const char *space = strchr(key, ' ');

	return space != NULL ? space + 1 : key;
}

bool mp_credential_is(const char *key, const char *server, const char *profile)
{
	if (strcmp(server_of(key), server) != 0)
		return false;
	return profile == NULL || mp_span_is(profile_of(key), profile);
}

static void add_fact(struct mp_buf *buf, const struct mp_term *term, const char *name,
    const char *value)
{
	if (value == NULL)
		return;
	mp_buf_addf(buf, "  %s%-9s%s", mp_paint(term, MP_DIM), name, mp_paint(term, MP_PLAIN));
	mp_term_add_line(buf, value, 0);
	mp_buf_addc(buf, '\n');
}

/* What the next use of it will do. */
static void describe_token(const struct mp_record *record, int64_t now, char *text, size_t room)
{
	bool renewable = mp_secret_present(&record->refresh_token);
	char words[MP_WORDS_ROOM] = "";

	if (!mp_secret_present(&record->access_token)) {
		(void)snprintf(text, room, renewable ? "none; the next use renews it"
		    : "none; the next use asks you to sign in");
		return;
	}
	if (record->expires_at != 0)
		mp_humanize_until(words, record->expires_at, now);
	(void)snprintf(text, room, "%s%s; %s", record->expires_at > now ? "expires " : "",
	    record->expires_at != 0 ? words : "expires at a time we were not told",
	    renewable ? "renewed by itself" : "then you sign in again");
}

void mp_credential_render(struct mp_buf *buf, const struct mp_term *term, const char *key,
    const struct mp_record *record, int64_t now)
{
	struct mp_span profile = profile_of(key);
	char text[160];

	mp_buf_adds(buf, mp_paint(term, MP_BOLD));
	mp_term_add_line(buf, server_of(key), 0);
	mp_buf_adds(buf, mp_paint(term, MP_PLAIN));
	if (!mp_span_is(profile, "default"))
		mp_buf_addf(buf, "  (profile %.*s)", (int)profile.len, profile.data);
	mp_buf_addc(buf, '\n');
	describe_token(record, now, text, sizeof(text));
	add_fact(buf, term, "token", text);
	add_fact(buf, term, "scope", record->scope);
	add_fact(buf, term, "issuer", record->as.issuer);
	if (!mp_eq(record->resource, server_of(key)))
		add_fact(buf, term, "resource", record->resource);
	add_fact(buf, term, "client", record->client.client_id);
}

/* Absent texts are null, so that a program finds every member. */
enum mcpass_rc mp_credential_json(const char *key, const struct mp_record *record,
    int64_t now, json_t **ret_json, struct mcpass_error *err)
{
	struct mp_span profile = profile_of(key);
	json_t *json;

	json = json_pack("{s:s, s:s%, s:s?, s:s?, s:s?, s:s?, s:b, s:b}",
	    "server", server_of(key), "profile", profile.data, profile.len,
	    "issuer", record->as.issuer, "resource", record->resource, "scope", record->scope,
	    "client_id", record->client.client_id,
	    "usable", mp_record_usable(record, now),
	    "renewable", mp_secret_present(&record->refresh_token));
	if (json == NULL || json_object_set_new(json, "expires_at", record->expires_at != 0
	    ? json_integer(record->expires_at) : json_null()) != 0) {
		json_decref(json);
		return mp_nomem(err);
	}
	*ret_json = json;
	return MCPASS_OK;
}

enum mcpass_rc mp_credential_load(const char *store_path, const char *server,
    const char *profile, struct mp_buf *key, struct mp_record *ret_record, bool *ret_found,
    struct mcpass_error *err)
{
	struct mp_store *store = NULL;
	char *text = NULL;
	enum mcpass_rc rc;

	mp_buf_addf(key, "%s %s", profile != NULL ? profile : "default", server);
	rc = mp_buf_check(key, "the credential's name", err);
	if (!rc)
		rc = mp_store_open(store_path, &store, err);
	if (!rc)
		rc = mp_store_load(store, mp_buf_text(key), &text, err);
	if (!rc && text != NULL)
		rc = mp_record_parse(text, ret_record, err);
	if (!rc)
		*ret_found = text != NULL;
	mp_free_wiped(text);
	mp_store_close(store);
	return rc;
}
