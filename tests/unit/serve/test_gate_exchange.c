/* The gate's part in an exchange: what is fetched by a callback, and how a refusal is put. */
#include <stdio.h>
#include <string.h>
#include "harness/check.h"
#include "serve/resource/gate.h"

#define NOW INT64_C(1800000000)
#define ISSUER "https://as.example"
#define META "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/token\"}"
#define GOOD "{\"access_token\":\"new\",\"issued_token_type\":" \
	"\"urn:ietf:params:oauth:token-type:access_token\",\"token_type\":\"Bearer\",\"expires_in\":100}"

static int status;                      /* of the token endpoint */
static const char *body;
static bool is_later;

static enum mcpass_rc fetch(void *ctx, const struct mcpass_fetch *wanted, int *ret_status,
    struct mp_buf *ret_body, struct mcpass_error *err)
{
	bool is_token = strcmp(wanted->method, "POST") == 0;

	(void)ctx;
	if (is_later) {
		*ret_status = MP_HTTP_LATER;
		return MCPASS_OK;
	}
	if (is_token && status == 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the connection broke");
	*ret_status = is_token ? status : 200;
	mp_buf_adds(ret_body, is_token ? body : META);
	return MCPASS_OK;
}

static enum mcpass_rc run(const struct mp_secret **ret_token, struct mp_exchanger **ret_exchanger,
    struct mcpass_error *problem, struct mp_http_response *response)
{
	const struct mp_span token = { "caller", strlen("caller") };
	struct mp_secret secret = { 0 };
	const struct mp_exchanger_config config = { .issuer = ISSUER, .client_id = "gateway",
		.client_secret = &secret, .audience = "behind" };
	struct mp_gate gate = { .fetch = fetch };
	enum mcpass_rc rc = mp_secret_set(&secret, "s3cret", NULL);

	if (!rc)
		rc = mp_exchanger_new(&config, ret_exchanger, NULL);
	mp_secret_free(&secret);
	gate.exchanger = *ret_exchanger;
	return rc ? rc : mp_gate_exchange(&gate, token, NOW, ret_token, problem, response, NULL);
}

static const struct {
	const char *label;
	int status;
	const char *body;
	int want;                       /* of the answer; 0: a token */
	const char *has;
} rows[] = {
	{ "a token", 200, GOOD, 0, "" },
	{ "the caller may not", 403, "{\"error\":\"access_denied\"}", 403, "\"access_denied\"" },
	{ "it is broken", 500, "{}", 502, "\"temporarily_unavailable\"" },
	{ "it does not answer", 0, "", 502, "\"temporarily_unavailable\"" },
};

static void test_answers(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		OOM_EACH {
			const struct mp_secret *token = NULL;
			struct mp_exchanger *exchanger = NULL;
			struct mcpass_error problem = { 0 };
			struct mp_http_response response = { 0 };
			enum mcpass_rc rc;

			status = rows[i].status;
			body = rows[i].body;
			rc = run(&token, &exchanger, &problem, &response);
			CHECK_OOM(rows[i].label, rc, MCPASS_OK);
			if (!rc) {
				CHECK_EQ(rows[i].label, response.status, rows[i].want);
				CHECK_EQ("a token or a refusal", token != NULL, rows[i].want == 0);
				CHECK_HAS(rows[i].label, mp_buf_text(&response.body), rows[i].has);
				CHECK_EQ("why", problem.rc != MCPASS_OK, rows[i].want != 0);
				CHECK("no challenge", mp_header_get(response.headers.items,
				    response.headers.count, "WWW-Authenticate") == NULL);
			}
			mp_http_response_free(&response);
			mp_exchanger_free(exchanger);
		}
	}
}

static void test_later(void)
{
	const struct mp_secret *token = NULL;
	struct mp_exchanger *exchanger = NULL;
	struct mcpass_error problem = { 0 };
	struct mp_http_response response = { 0 };

	is_later = true;
	CHECK_EQ("later", run(&token, &exchanger, &problem, &response), MCPASS_OK);
	CHECK_EQ("later", response.status, MP_HTTP_LATER);
	CHECK("no token", token == NULL);
	is_later = false;
	mp_exchanger_free(exchanger);
}

int main(void)
{
	test_answers();
	test_later();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
