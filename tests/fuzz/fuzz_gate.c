/* The reading of requests at a gateway: a request with a good token that lacks a scope never asks
 * for what the scope is for, however another reader reads its body.
 *
 * The first lines are headers, "Name: value"; behind an empty line is the body. */
#include <stdlib.h>
#include <string.h>
#include "serve/resource/gate.h"
#include "wire/jose/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NOW INT64_C(1800000000)
#define ISSUER "https://as.example"
#define RESOURCE "https://mcp.example/mcp"
#define JWKS ISSUER "/jwks"
#define MAX_HEADERS 8

static struct mcpass_guard *guard;
static char authorization[2048] = "Bearer ";

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void make_guard(void)
{
	static const struct mcpass_scope_rule rules[] = { { "tools/call", "drop", "admin", NULL },
		{ "*", NULL, "", NULL } };
	const struct mcpass_guard_issuer issuer = { ISSUER, JWKS, NULL };
	const struct mcpass_guard_config cfg = { .size = sizeof(cfg), .resource = RESOURCE,
		.issuers = &issuer, .issuer_count = 1, .rules = rules, .rule_count = 2 };
	json_t *jwk = NULL, *claims = json_pack("{s:s s:s s:s s:I}", "iss", ISSUER, "aud", RESOURCE,
	    "sub", "alice", "exp", (json_int_t)NOW + 300), *keys;
	struct mp_secret token = { 0 };
	struct mp_key *key = NULL;
	char *text;

	check(!mp_key_generate(MP_EDDSA, &key, NULL) && !mp_jwk_write(key, false, &jwk, NULL));
	keys = json_pack("{s:[o]}", "keys", jwk);
	text = mp_json_dump(keys);
	check(!mcpass_guard_new(&cfg, &guard, NULL)
	    && !mcpass_guard_pin_keys(guard, ISSUER, text, strlen(text), NULL));
	check(!mp_jws_sign(key, MP_EDDSA, NULL, claims, &token, NULL));
	check(token.len < sizeof(authorization) - strlen(authorization));
	strcat(authorization, mp_secret_reveal(&token));
	mp_secret_free(&token);
	mp_key_free(key);
	free(text);
	json_decref(keys);
	json_decref(claims);
}

/* Cuts the lines off; returns where the body begins. */
static char *read_headers(char *text, struct mcpass_header *headers, size_t *ret_count)
{
	size_t count = 0;

	while (*text != '\0' && *text != '\n') {
		char *end = strchr(text, '\n'), *colon;

		if (end == NULL)
			break;
		*end = '\0';
		colon = strstr(text, ": ");
		if (colon != NULL && count < MAX_HEADERS) {
			*colon = '\0';
			headers[count++] = (struct mcpass_header){ text, colon + 2 };
		}
		text = end + 1;
	}
	*ret_count = count;
	return *text == '\n' ? text + 1 : text;
}

static bool is_drop(const json_t *json)
{
	const char *method = json_string_value(json_object_get(json, "method"));
	const json_t *params = json_object_get(json, "params");
	const char *name = json_string_value(json_object_get(params, "name"));

	return method != NULL && name != NULL && strcmp(method, "tools/call") == 0
	    && strcmp(name, "drop") == 0;
}

/* As a lax reader understands it: the last of two members counts. */
static bool asks_to_drop(const char *body, size_t len)
{
	json_t *json = json_loadb(body, len, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL,
	    NULL);
	bool drop = is_drop(json);

	for (size_t i = 0; i < json_array_size(json); i++)
		drop = drop || is_drop(json_array_get(json, i));
	json_decref(json);
	return drop;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mcpass_header headers[MAX_HEADERS + 1];
	char *text = malloc(len + 1), *body;
	struct mcpass_verdict verdict = { 0 };
	struct mcpass_error problem = { 0 };
	struct mp_http_response response = { 0 };
	struct mp_http_request request = { .method = "POST", .path = "/mcp", .headers = headers,
		.now = NOW };
	struct mp_gate gate;

	if (guard == NULL)
		make_guard();
	check(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	body = read_headers(text, headers, &request.header_count);
	headers[request.header_count++] = (struct mcpass_header){ "Authorization", authorization };
	request.body = body;
	request.body_len = len - (size_t)(body - text);
	gate = (struct mp_gate){ .guard = guard };
	check(!mp_gate_pass(&gate, &request, &verdict, &problem, &response, NULL));
	check(verdict.type != MCPASS_FETCH);
	if (verdict.type == MCPASS_ALLOW && response.status == 0)
		check(!asks_to_drop(request.body, request.body_len));
	else
		check(response.status >= 400 && response.body.len > 0);
	mp_http_response_free(&response);
	free(text);
	return 0;
}
