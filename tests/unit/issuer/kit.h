/* kit.h - an issuer with its store, and a browser's cookie jar, in memory. */
#ifndef KIT_H
#define KIT_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "harness/memstore.h"
#include "issuer/issuer.h"
#include "wire/jose/crypto.h"
#include "wire/form.h"
#include "wire/jose/jws.h"

#define AS "https://as.example"
#define MCP "https://mcp.example/mcp"
#define CALLBACK "http://127.0.0.1:4711/callback"
#define STATE "st-1"
/* RFC 7636 appendix B */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define START 1700000000
/* A line that no password has. */
#define LINE "$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct kit {
	struct mp_issuer *issuer;
	struct memstore *memstore;
	int64_t now;
	const char *origin;             /* what the browser sends, or NULL */
	const char *peer;               /* where it comes from, or NULL */
	const char *site;               /* it navigates, from a page of this Sec-Fetch-Site; or NULL */
	const char *redirect;           /* the redirect URI that is asked for; NULL: CALLBACK */
	bool no_cookies;
	char browser[128], session[128]; /* the jar: "name=value" */
	struct mp_http_response answer; /* the last one */
	enum mcpass_rc rc;
	struct mcpass_error err;
	char client_id[64], secret[64], token[64]; /* of the last registration */
};

/* Different on every call, the same in every run. */
static inline int kit_random(void *ctx, uint8_t *out, size_t len)
{
	static uint32_t x = 2463534242u;

	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		out[i] = (uint8_t)x;
	}
	return 0;
}

/* A text that lives until 64 more were made. */
static inline char *kit_text(const char *data, size_t len)
{
	static char ring[64][8192];
	static unsigned next;
	char *text = ring[next++ % COUNT(ring)];

	snprintf(text, sizeof(ring[0]), "%.*s", (int)len, data);
	return text;
}

/* Made once a program, so that no leak is counted. */
static inline const char *kit_key(void)
{
	static char text[1024];
	struct mp_key *key = NULL;
	json_t *jwk = NULL;
	char *dump;

	if (text[0] != '\0')
		return text;
	mp_key_generate(MP_ES256, &key, NULL);
	mp_jwk_write(key, true, &jwk, NULL);
	dump = mp_json_dump(jwk);
	snprintf(text, sizeof(text), "%s", dump);
	mp_free_wiped(dump);
	json_decref(jwk);
	mp_key_free(key);
	return text;
}

/* alice may do anything, bob only read, carol nothing; the password is "secret". */
static inline const char *kit_users(void)
{
	static const uint8_t salt[16] = { 1 };
	static char text[1024];
	char *line = NULL;

	if (text[0] != '\0')
		return text;
	mp_password_hash("secret", salt, 10, &line, NULL);
	snprintf(text, sizeof(text), "[{\"username\":\"alice\",\"password_hash\":\"%s\","
	    "\"name\":\"Alice <A&amp;>\"},{\"username\":\"bob\",\"password_hash\":\"%s\","
	    "\"scopes\":[\"mcp:read\"]},{\"username\":\"carol\",\"password_hash\":\"%s\","
	    "\"scopes\":[]}]", line, line, line);
	free(line);
	return text;
}

static inline struct mp_issuer_config kit_config(const char *issuer)
{
	static const struct mp_issuer_scope scopes[] = {
		{ "mcp:read", "See what it offers" }, { "mcp:tools", "Use its <tools>" },
		{ "mcp:prompts", NULL },
	};

	return (struct mp_issuer_config){ .issuer = issuer, .users = kit_users(),
		.signing_key = kit_key(), .scopes = scopes, .scope_count = COUNT(scopes),
		.random = kit_random };
}

static inline void kit_open(struct kit *kit, const char *issuer)
{
	struct mp_issuer_config config = kit_config(issuer);

	*kit = (struct kit){ .now = START };
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
}

static inline void kit_close(struct kit *kit)
{
	mp_http_response_free(&kit->answer);
	mp_issuer_free(kit->issuer);
	memstore_close(kit->memstore);
}

static inline const char *kit_header(const struct kit *kit, const char *name)
{
	return mp_header_get(kit->answer.headers.items, kit->answer.headers.count, name);
}

static inline const char *kit_body(const struct kit *kit)
{
	return mp_buf_text(&kit->answer.body);
}

static inline void kit_keep_cookies(struct kit *kit)
{
	for (size_t i = 0; i < kit->answer.headers.count; i++) {
		const char *value = kit->answer.headers.items[i].value;
		char *slot = strstr(value, "mcpass-session=") != NULL ? kit->session : kit->browser;

		if (mp_eq_nocase(kit->answer.headers.items[i].name, "Set-Cookie"))
			snprintf(slot, sizeof(kit->session), "%.*s", (int)strcspn(value, ";"), value);
	}
}

struct ask {
	const char *method, *path, *query, *type, *authorization, *cookie, *body;
	const struct mcpass_header *extra;
};
/* Sends it and returns the status, 0 when it could not be answered. */
static inline int kit_ask(struct kit *kit, const struct ask *ask)
{
	struct mcpass_header headers[9];
	struct mp_http_request request = { .method = ask->method, .path = ask->path,
		.query = ask->query, .headers = headers, .now = kit->now, .peer = kit->peer,
		.is_again = kit->answer.status == MP_HTTP_LATER, .body = ask->body,
		.body_len = ask->body != NULL ? strlen(ask->body) : 0 };
	char cookies[512];
	size_t count = 0;

	snprintf(cookies, sizeof(cookies), "other=1; %s; %s", kit->browser, kit->session);
	headers[count++] = (struct mcpass_header){ "Cookie",
		ask->cookie != NULL ? ask->cookie : kit->no_cookies ? "other=1" : cookies };
	if (ask->type != NULL)
		headers[count++] = (struct mcpass_header){ "Content-Type", ask->type };
	if (ask->authorization != NULL)
		headers[count++] = (struct mcpass_header){ "Authorization", ask->authorization };
	if (kit->origin != NULL)
		headers[count++] = (struct mcpass_header){ "Origin", kit->origin };
	if (kit->site != NULL) {
		headers[count++] = (struct mcpass_header){ "Sec-Fetch-Site", kit->site };
		headers[count++] = (struct mcpass_header){ "Sec-Fetch-Mode", "navigate" };
		headers[count++] = (struct mcpass_header){ "Sec-Fetch-Dest", "document" };
	}
	if (ask->extra != NULL)
		headers[count++] = *ask->extra;
	request.header_count = count;
	mp_http_response_free(&kit->answer);
	kit->rc = mp_issuer_handle(kit->issuer, &request, &kit->answer, &kit->err);
	kit_keep_cookies(kit);
	return kit->answer.status;
}

static inline int kit_get(struct kit *kit, const char *path, const char *query)
{
	return kit_ask(kit, &(struct ask){ .method = "GET", .path = path, .query = query });
}

static inline int kit_post(struct kit *kit, const char *path, const char *form)
{
	return kit_ask(kit, &(struct ask){ .method = "POST", .path = path, .type = FORM,
		.body = form });
}

/* A member of the JSON that was answered, numbers as text, lists joined; NULL when absent. */
static inline const char *kit_member(const struct kit *kit, const char *name)
{
	json_t *json = NULL, *value;
	struct mp_buf text;
	const char *copy = NULL;

	if (mp_json_parse(kit_body(kit), kit->answer.body.len, MP_MAX_REPLY, "it", &json, NULL))
		return NULL;
	value = json_object_get(json, name);
	mp_buf_init(&text, 8000);
	if (json_is_string(value))
		mp_buf_adds(&text, json_string_value(value));
	if (json_is_integer(value))
		mp_buf_addf(&text, "%lld", (long long)json_integer_value(value));
	for (size_t i = 0; i < json_array_size(value); i++)
		mp_buf_addf(&text, "%s%s", i > 0 ? " " : "",
		    json_string_value(json_array_get(value, i)));
	if (value != NULL)
		copy = kit_text(mp_buf_text(&text), text.len);
	mp_buf_free(&text);
	json_decref(json);
	return copy;
}

/* A parameter of the redirect that was answered, decoded; NULL when absent. */
static inline const char *kit_param(const struct kit *kit, const char *name)
{
	const char *location = kit_header(kit, "Location"), *value = NULL, *query;
	struct mp_form form = { 0 };

	if (location == NULL)
		return NULL;
	query = strchr(location, '?');
	if (query != NULL && mp_form_parse(query + 1, strlen(query + 1), &form, NULL) == MCPASS_OK
	    && mp_form_get(&form, name, &value, NULL) == MCPASS_OK && value != NULL)
		value = kit_text(value, strlen(value));
	mp_form_free(&form);
	return value;
}

/* The ticket in the page that was answered, "" when there is none. */
static inline const char *kit_ticket(const struct kit *kit)
{
	static const char mark[] = "name=\"ticket\" value=\"";
	const char *at = strstr(kit_body(kit), mark);

	return at == NULL ? "" : kit_text(at + sizeof(mark) - 1,
	    strcspn(at + sizeof(mark) - 1, "\""));
}

/* Registers a client with this metadata (JSON) and remembers what it got. */
static inline int kit_register(struct kit *kit, const char *metadata)
{
	const char *value;

	kit_ask(kit, &(struct ask){ .method = "POST", .path = "/register", .type = JSON,
	    .body = metadata });
	value = kit_member(kit, "client_id");
	snprintf(kit->client_id, sizeof(kit->client_id), "%s", value != NULL ? value : "");
	value = kit_member(kit, "client_secret");
	snprintf(kit->secret, sizeof(kit->secret), "%s", value != NULL ? value : "");
	value = kit_member(kit, "registration_access_token");
	snprintf(kit->token, sizeof(kit->token), "%s", value != NULL ? value : "");
	return kit->answer.status;
}

#define PUBLIC_CLIENT "{\"client_name\":\"Test client\",\"redirect_uris\":[\"" CALLBACK "\"]," \
	"\"token_endpoint_auth_method\":\"none\",\"application_type\":\"native\"," \
	"\"grant_types\":[\"authorization_code\",\"refresh_token\"]}"

/* One that may also sign in by a code. */
#define DEVICE_CLIENT "{\"client_name\":\"Test client\",\"redirect_uris\":[\"" CALLBACK "\"]," \
	"\"token_endpoint_auth_method\":\"none\",\"application_type\":\"native\"," \
	"\"grant_types\":[\"authorization_code\",\"refresh_token\"," \
	"\"urn:ietf:params:oauth:grant-type:device_code\"]}"

/* The query of a good authorization request, with scope (NULL: none) and more after it. */
static inline const char *kit_query(const struct kit *kit, const char *scope, const char *more)
{
	struct mp_buf query;
	const char *text;

	mp_buf_init(&query, 8000);
	mp_form_add(&query, "response_type", "code");
	mp_form_add(&query, "client_id", kit->client_id);
	mp_form_add(&query, "redirect_uri", kit->redirect != NULL ? kit->redirect : CALLBACK);
	mp_form_add(&query, "state", STATE);
	mp_form_add(&query, "code_challenge", CHALLENGE);
	mp_form_add(&query, "code_challenge_method", "S256");
	mp_form_add(&query, "resource", MCP);
	mp_form_add(&query, "scope", scope);
	if (more != NULL)
		mp_buf_addf(&query, "&%s", more);
	text = kit_text(mp_buf_text(&query), query.len);
	mp_buf_free(&query);
	return text;
}

static inline int kit_sign_in(struct kit *kit, const char *username, const char *password)
{
	char form[512];

	snprintf(form, sizeof(form), "ticket=%s&username=%s&password=%s", kit_ticket(kit), username,
	    password);
	return kit_post(kit, "/authorize/login", form);
}

static inline int kit_decide(struct kit *kit, const char *decision)
{
	char form[256];

	snprintf(form, sizeof(form), "ticket=%s&decision=%s", kit_ticket(kit), decision);
	return kit_post(kit, "/authorize/consent", form);
}

/* From the authorization request to the code; "" when there is none. */
static inline const char *kit_code(struct kit *kit, const char *username, const char *scope)
{
	const char *code;

	if (kit_get(kit, "/authorize", kit_query(kit, scope, NULL)) == 200
	    && strstr(kit_body(kit), "name=\"password\"") != NULL)
		kit_sign_in(kit, username, "secret");
	if (kit->answer.status == 200)
		kit_decide(kit, "allow");
	code = kit_param(kit, "code");
	return code != NULL ? code : "";
}

/* Exchanges a code, as the public client; more is added to the form. */
static inline int kit_exchange(struct kit *kit, const char *code, const char *more)
{
	char form[2048];

	snprintf(form, sizeof(form), "grant_type=authorization_code&client_id=%s&code=%s"
	    "&code_verifier=" VERIFIER "&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A4711%%2Fcallback%s",
	    kit->client_id, code, more);
	return kit_post(kit, "/token", form);
}

static inline int kit_refresh(struct kit *kit, const char *token, const char *more)
{
	char form[2048];

	snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=%s&refresh_token=%s%s",
	    kit->client_id, token, more);
	return kit_post(kit, "/token", form);
}

/* A claim of a JWT, or a member of its header; the signature is checked with the
 * issuer's key set.  NULL when absent or when the token is not the issuer's. */
static inline const char *kit_claim(struct kit *kit, const char *token, const char *name)
{
	char *copy = kit_text(token, strlen(token));
	struct mp_jwks jwks = { 0 };
	struct mp_jws jws = { 0 };
	const char *text = NULL;
	static char number[32];
	json_t *value;

	kit_get(kit, "/jwks", NULL);
	if (mp_jwks_parse(kit_body(kit), kit->answer.body.len, &jwks, NULL) == MCPASS_OK
	    && mp_jws_parse((struct mp_span){ copy, strlen(copy) }, &jws, NULL) == MCPASS_OK
	    && mp_jws_verify(&jws, mp_jwks_find(&jwks, jws.kid, jws.alg), NULL) == MCPASS_OK) {
		value = json_object_get(jws.payload, name);
		if (value == NULL)
			value = json_object_get(jws.header, name);
		if (json_is_string(value))
			text = kit_text(json_string_value(value), json_string_length(value));
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		if (json_is_integer(value))
			text = number;
	}
	mp_jws_free(&jws);
	mp_jwks_free(&jwks);
	return text;
}

/* A server of that configuration, or none, whichever allocation fails. */
static inline void kit_survive_new(struct mp_issuer_config config)
{
	OOM_EACH_LATER {
		struct mp_issuer *issuer = NULL;
		struct memstore *memstore;
		enum mcpass_rc rc;

		memstore_open(&memstore, &config.store);
		oom_from_here();
		rc = mp_issuer_new(&config, &issuer, NULL);
		CHECK_OOM("new", rc, MCPASS_OK);
		CHECK("untouched", (issuer == NULL) == (rc != MCPASS_OK));
		mp_issuer_free(issuer);
		memstore_close(memstore);
	}
}

#endif
