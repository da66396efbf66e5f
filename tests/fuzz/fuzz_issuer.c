/* A browser and a client gone mad: any requests, one after another, to one issuer.
 *
 * The input is text: "METHOD TARGET", header lines "name: value", an empty line, the body
 * up to a line "===", where the next request begins.  Randomness is a count, so that an
 * input can hold the ids, tickets and codes that the issuer will give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/memstore.h"
#include "wire/crypto.h"
#include "wire/jwk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX_REQUESTS 12
#define MAX_HEADERS 8
static uint8_t calls;

static int count_up(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, ++calls, len);
	return 0;
}

static void open_issuer(struct memstore **ret_memstore, struct mp_issuer **ret_issuer)
{
	static const struct mp_issuer_scope scopes[] = { { "mcp:read", "See" }, { "mcp:tools", 0 } };
	static const char *const proxies[] = { "10.0.0.1", "2001:db8::1" };
	static char *key_text, users[512];
	struct mp_issuer_config config = { .issuer = "https://as.example", .scopes = scopes,
		.scope_count = MP_COUNT(scopes), .random = count_up, .proxies = proxies,
		.proxy_count = MP_COUNT(proxies) };

	if (key_text == NULL) {
		struct mp_key *key = NULL;
		json_t *jwk = NULL;
		char *line = NULL;

		if (mp_key_generate(MP_ES256, &key, NULL) || mp_jwk_write(key, true, &jwk, NULL)
		    || mp_password_hash("secret", (const uint8_t[16]){ 1 }, 10, &line, NULL))
			abort();
		key_text = mp_json_dump(jwk);
		snprintf(users, sizeof(users), "[{\"username\":\"alice\",\"password_hash\":\"%s\"}]",
		    line);
		free(line);
		json_decref(jwk);
		mp_key_free(key);
	}
	config.signing_key = key_text;
	config.users = users;
	memstore_open(ret_memstore, &config.store);
	if (mp_issuer_new(&config, ret_issuer, NULL) != MCPASS_OK)
		abort();
	calls = 0;
}

/* Cuts a line off text, which ends in a NUL. */
static char *next_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	*text = end != NULL ? end + 1 : line + strlen(line);
	if (end != NULL)
		*end = '\0';
	return line;
}

static size_t read_headers(char **text, struct mcpass_header *headers)
{
	size_t count = 0;

	while (**text != '\0') {
		char *line = next_line(text), *colon = strstr(line, ": ");

		if (line[0] == '\0')
			break;
		if (colon == NULL || count == MAX_HEADERS)
			continue;
		*colon = '\0';
		headers[count++] = (struct mcpass_header){ line, colon + 2 };
	}
	return count;
}

/* Nothing that is answered may split a header or be a script. */
static void check(const struct mp_http_response *response)
{
	const char *type = mp_header_get(response->headers.items, response->headers.count,
	    "Content-Type");

	if (response->status < 200 || response->status > 503)
		abort();
	for (size_t i = 0; i < response->headers.count; i++)
		if (strpbrk(response->headers.items[i].value, "\r\n") != NULL)
			abort();
	if (mp_media_type_is(type, "text/html")
	    && strstr(mp_buf_text(&response->body), "<script") != NULL)
		abort();
}

static void send_one(struct mp_issuer *issuer, char *text, int64_t now)
{
	struct mp_http_response response = { 0 };
	struct mcpass_header headers[MAX_HEADERS];
	struct mp_http_request request = { .method = "", .path = "", .headers = headers,
		.now = now, .peer = "10.0.0.1" };
	char *line = next_line(&text), *space = strchr(line, ' '), *question;

	request.method = line;
	if (space != NULL) {
		*space = '\0';
		request.path = space + 1;
		question = strchr(space + 1, '?');
		if (question != NULL) {
			*question = '\0';
			request.query = question + 1;
		}
	}
	request.header_count = read_headers(&text, headers);
	request.body = text;
	request.body_len = strlen(text);
	if (mp_issuer_handle(issuer, &request, &response, NULL) != MCPASS_OK)
		abort();                /* nothing is broken, so all can be answered */
	check(&response);
	mp_http_response_free(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_issuer *issuer = NULL;
	struct memstore *memstore = NULL;
	char *text = malloc(len + 1), *at = text;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	open_issuer(&memstore, &issuer);
	for (int i = 0; i < MAX_REQUESTS && at != NULL; i++) {
		char *end = strstr(at, "\n===\n"), *next = end != NULL ? end + 5 : NULL;

		if (end != NULL)
			*end = '\0';
		send_one(issuer, at, 1700000000 + i);
		at = next;
	}
	mp_issuer_free(issuer);
	memstore_close(memstore);
	free(text);
	return 0;
}
