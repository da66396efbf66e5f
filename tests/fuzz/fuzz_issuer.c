/* A browser and a client gone mad: any requests, one after another, to one issuer.
 *
 * The input is text: a first line "#" and switches, if any; then "METHOD TARGET", header
 * lines "name: value", an empty line, the body up to a line "===", where the next request
 * begins.  "$name$" is what an earlier answer gave (a ticket, a code, a token, a cookie), or
 * something signed of issuer_world.h: no input could hold that. */
#include "base/limits.h"
#include "fuzz/issuer_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX_REQUESTS 16
#define MAX_HEADERS 8

/* --- what was given --- */
static const char *const names[] = {
	"ticket", "code", "browser", "session", "id_token", /* from here on members of JSON: */
	"client_id", "client_secret", "registration_access_token", "access_token", "refresh_token",
	"device_code", "user_code", "request_uri", "nonce", "used_refresh_token",
};
enum { TICKET, CODE, BROWSER, SESSION, ID_TOKEN, MEMBERS, REFRESH_TOKEN = 9, NONCE = 13, USED };
static char given[MP_COUNT(names)][2048];

static void keep(size_t slot, const char *text, size_t len)
{
	snprintf(given[slot], sizeof(given[slot]), "%.*s", (int)len, text);
}

/* What stands behind mark up to one of ends. */
static void keep_after(size_t slot, const char *text, const char *mark, const char *ends)
{
	const char *at = text != NULL ? strstr(text, mark) : NULL;

	if (at != NULL)
		keep(slot, at + strlen(mark), strcspn(at + strlen(mark), ends));
}

static void keep_members(const struct mp_http_response *response)
{
	json_t *json = NULL;

	if (mp_json_parse(mp_buf_text(&response->body), response->body.len, MP_MAX_REPLY, "it", &json,
	    NULL) != MCPASS_OK)
		return;
	for (size_t i = MEMBERS; i < NONCE; i++) {
		const char *value = json_string_value(json_object_get(json, names[i]));

		if (value != NULL && i == REFRESH_TOKEN)
			keep(USED, given[i], strlen(given[i]));
		if (value != NULL)
			keep(i, value, strlen(value));
	}
	json_decref(json);
}

static void keep_all(const struct mp_http_response *response)
{
	for (size_t i = 0; i < response->headers.count; i++) {
		const struct mcpass_header *header = &response->headers.items[i];

		if (mp_eq_nocase(header->name, "Set-Cookie")) {
			keep_after(BROWSER, header->value, "mcpass-browser=", ";");
			keep_after(SESSION, header->value, "mcpass-session=", ";");
		}
		if (mp_eq_nocase(header->name, "DPoP-Nonce"))
			keep(NONCE, header->value, strlen(header->value));
		if (mp_eq_nocase(header->name, "Location"))
			keep_after(CODE, header->value, "code=", "&");
	}
	keep_after(TICKET, mp_buf_text(&response->body), "name=\"ticket\" value=\"", "\"");
	keep_members(response);
}

static const char *look_up(const char *name, size_t len)
{
	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
			return given[i];
	for (size_t i = 0; i < PROOFS; i++)
		if (strlen(proofs[i].name) == len && strncmp(proofs[i].name, name, len) == 0)
			return signed_text((enum proof)i);
	return NULL;
}

/* The request with every "$name$" replaced; the caller's (free). */
static char *fill_in(const char *text)
{
	struct mp_buf filled;
	char *copy = NULL;

	mp_buf_init(&filled, (size_t)1 << 20);
	while (*text != '\0') {
		size_t plain = strcspn(text, "$"), len;
		const char *value;

		mp_buf_add(&filled, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		len = strcspn(text + 1, "$\n");
		value = text[1 + len] == '$' ? look_up(text + 1, len) : NULL;
		mp_buf_add(&filled, value != NULL ? value : "$", value != NULL ? strlen(value) : 1);
		text += value != NULL ? len + 2 : 1;
	}
	if (mp_buf_take(&filled, "a request", &copy, NULL) != MCPASS_OK)
		return NULL;
	return copy;
}

/* --- the requests --- */
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

/* Nothing that is answered may split a header or be a script, or be shown in a frame. */
static void check(const struct mp_http_response *response)
{
	const struct mp_headers *headers = &response->headers;
	const char *type = mp_header_get(headers->items, headers->count, "Content-Type");

	if (response->status < 200 || response->status > 503)
		abort();
	for (size_t i = 0; i < headers->count; i++)
		if (strpbrk(headers->items[i].value, "\r\n") != NULL)
			abort();
	if (!mp_media_type_is(type, "text/html"))
		return;
	if (strstr(mp_buf_text(&response->body), "<script") != NULL
	    || mp_header_get(headers->items, headers->count, "X-Frame-Options") == NULL)
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
	keep_all(&response);
	mp_http_response_free(&response);
}

static void give_id_token(struct mp_issuer *issuer)
{
	struct mp_secret token = { 0 };

	memset(given, 0, sizeof(given));
	if (mp_issuer_mint_id_token(issuer, "alice", "desk", NOW, &token, NULL) != MCPASS_OK)
		abort();
	keep(ID_TOKEN, mp_secret_reveal(&token), token.len);
	mp_secret_free(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct issuer_world world = { 0 };
	char *text = malloc(len + 1), *at = text;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	world_open(&world, at[0] == '#' ? next_line(&at) : "");
	give_id_token(world.issuer);
	for (int i = 0; i < MAX_REQUESTS && at != NULL; i++) {
		char *end = strstr(at, "\n===\n"), *next = end != NULL ? end + 5 : NULL, *request;

		if (end != NULL)
			*end = '\0';
		request = fill_in(at);
		if (request != NULL)
			send_one(world.issuer, request, NOW + i);
		free(request);
		at = next;
	}
	world_close(&world);
	free(text);
	return 0;
}
