/* The redirect's query, which anybody on this machine can send, and an endpoint's URL. */
#include <stdlib.h>
#include <string.h>
#include "oauth/authz.h"
#include "wire/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void judge(const char *query, size_t len, bool promised)
{
	struct mp_authz_expect expect = { "st", "https://as.example", promised };
	struct mp_secret code = { 0 };
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = mp_authz_answer(query, len, &expect, &code, &err);

	require(rc == err.rc && (rc == MCPASS_OK) == mp_secret_present(&code));
	require(rc != MCPASS_OK || code.len > 0);
	require(rc == MCPASS_E_DENIED || err.oauth[0] == '\0');
	mp_secret_free(&code);
}

static void build(const char *endpoint)
{
	struct mp_authz_request request = { .client_id = "i&d", .state = "st" };
	struct mp_uri uri;
	char *url = NULL, *plain = NULL;

	if (mp_authz_url(endpoint, &request, &url, NULL) != MCPASS_OK)
		return;
	require(mp_uri_plain(endpoint, &plain, NULL) == MCPASS_OK);
	require(strncmp(url, plain, strlen(plain)) == 0);
	require(mp_uri_parse(url, &uri, NULL) == MCPASS_OK && uri.fragment.data == NULL);
	free(plain);
	free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = mp_dup_span((struct mp_span){ (const char *)data, len });

	if (text == NULL)
		return 0;
	judge((const char *)data, len, true);
	judge((const char *)data, len, false);
	build(text);
	free(text);
	return 0;
}
