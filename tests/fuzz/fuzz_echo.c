/* The echo server: headers, an empty line, a body; any bytes get a proper answer. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "echo/echo.h"
#include "wire/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX_HEADERS 8

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Cuts the head into headers, in place; returns how many. */
static size_t cut_headers(char *head, struct mcpass_header *headers)
{
	size_t count = 0;
	char *line, *colon, *rest = head;

	while (count < MAX_HEADERS && (line = strsep(&rest, "\n")) != NULL) {
		colon = strchr(line, ':');
		if (colon == NULL)
			continue;
		*colon = '\0';
		headers[count++] = (struct mcpass_header){ line, colon + 1 + strspn(colon + 1, " ") };
	}
	return count;
}

/* An answer is JSON of the JSON-RPC kind, or nothing with a 202. */
static void check_answer(struct mp_http_response *response)
{
	json_t *json = NULL, *first;

	check(response->status == 200 || response->status == 202
	    || (response->status >= 400 && response->status <= 415));
	check((response->status == 202) == (response->body.len == 0));
	if (response->body.len > 0) {
		check(mp_json_parse(mp_buf_text(&response->body), response->body.len, MP_MAX_MESSAGE,
		    "the answer", &json, NULL) == MCPASS_OK);
		first = json_is_array(json) ? json_array_get(json, 0) : json;
		check(json_object_get(first, "jsonrpc") != NULL);
		check((json_object_get(first, "result") != NULL)
		    != (json_object_get(first, "error") != NULL));
	}
	json_decref(json);
	mp_http_response_free(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const origins[] = { "https://app.example" };
	struct mp_echo_config config = { .origins = origins, .origin_count = 1 };
	struct mp_caller caller = { .subject = "s" };
	struct mcpass_header headers[MAX_HEADERS];
	struct mp_http_request request = { .method = "POST", .path = "/mcp", .headers = headers };
	struct mp_http_response response = { 0 };
	char *copy = mp_dup_span((struct mp_span){ (const char *)data, len }), *body;

	check(copy != NULL);
	body = strstr(copy, "\n\n");
	if (body != NULL) {
		body[1] = '\0';
		request.body = body + 2;
		request.body_len = len - (size_t)(body + 2 - copy);
		request.header_count = cut_headers(copy, headers);
		request.now = (int64_t)len;
		check(mp_echo_screen(&config, &request, &response, NULL) == MCPASS_OK);
		if (response.status == 0)
			check(mp_echo_screen_message(&request, &response, NULL) == MCPASS_OK);
		if (response.status != 0)
			check_answer(&response);
		check(mp_echo_answer(&config, &request, len % 3 == 0 ? &caller : NULL, &response, NULL)
		    == MCPASS_OK);
		check_answer(&response);
	}
	free(copy);
	return 0;
}
