/* guard: verdicts per second of the whole guard against bare EVP_DigestVerify of the same
 * bytes with the same key, in turn, in one process. */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "mcpass/guard.h"
#include "wire/jws.h"
#include "wire/key.h"

#define ISSUER "https://as.example"
#define RESOURCE "https://mcp.example/mcp"
#define NOW 1800000000
#define ROUNDS 15
#define ROUND_S 0.15

static void must(enum mcpass_rc rc, const struct mcpass_error *err)
{
	if (rc == MCPASS_OK)
		return;
	fprintf(stderr, "guard bench: %s\n", err->detail);
	exit(EXIT_FAILURE);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct mcpass_guard *make_guard(const struct mp_key *key)
{
	const struct mcpass_guard_issuer issuer = { ISSUER, ISSUER "/jwks", NULL };
	const struct mcpass_scope_rule rule = { "tools/*", NULL, "mcp:tools", NULL };
	struct mcpass_guard_config cfg = { .size = sizeof(cfg), .resource = RESOURCE,
		.issuers = &issuer, .issuer_count = 1, .rules = &rule, .rule_count = 1 };
	struct mcpass_guard *guard = NULL;
	struct mcpass_error err = { 0 };
	json_t *jwk = NULL, *set;
	char *text;

	must(mcpass_guard_new(&cfg, &guard, &err), &err);
	must(mp_jwk_write(key, false, &jwk, &err), &err);
	set = json_pack("{s:[o]}", "keys", jwk);
	text = json_dumps(set, JSON_COMPACT);
	must(mcpass_guard_fetched(guard, ISSUER "/jwks", 200, text, strlen(text), NOW, &err), &err);
	free(text);
	json_decref(set);
	return guard;
}

static struct mp_secret make_token(const struct mp_key *key, enum mp_alg alg)
{
	json_t *claims = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:s}", "iss", ISSUER, "aud", RESOURCE,
	    "sub", "alice", "client_id", "bench", "scope", "mcp:read mcp:tools",
	    "exp", (json_int_t)NOW + 300, "iat", (json_int_t)NOW, "jti", "1");
	json_t *header = json_pack("{s:s}", "typ", "at+jwt");
	struct mp_secret token = { 0 };
	struct mcpass_error err = { 0 };

	must(mp_jws_sign(key, alg, header, claims, &token, &err), &err);
	json_decref(claims);
	json_decref(header);
	return token;
}

static double guard_round(struct mcpass_guard *guard, const char *authorization)
{
	const struct mcpass_header header = { "Authorization", authorization };
	const struct mcpass_operation operation = { "tools/call", "echo" };
	const struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
		.operations = &operation, .operation_count = 1, .now = NOW };
	struct mcpass_verdict verdict;
	struct mcpass_error err = { 0 };
	double begun = now_s(), ended;
	long count = 0;

	do {
		for (int i = 0; i < 100; i++, count++) {
			must(mcpass_guard_check(guard, &request, &verdict, &err), &err);
			if (verdict.type != MCPASS_ALLOW) {
				fprintf(stderr, "guard bench: denied: %s\n", verdict.reason);
				exit(EXIT_FAILURE);
			}
		}
		ended = now_s();
	} while (ended - begun < ROUND_S);
	return (double)count / (ended - begun);
}

static double evp_round(EVP_PKEY *pkey, const EVP_MD *md, const struct mp_span input,
    const unsigned char *sig, size_t sig_len)
{
	double begun = now_s(), ended;
	long count = 0;

	do {
		for (int i = 0; i < 100; i++, count++) {
			EVP_MD_CTX *ctx = EVP_MD_CTX_new();

			if (EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) != 1
			    || EVP_DigestVerify(ctx, sig, sig_len, (const unsigned char *)input.data, input.len) != 1) {
				fprintf(stderr, "guard bench: EVP_DigestVerify failed\n");
				exit(EXIT_FAILURE);
			}
			EVP_MD_CTX_free(ctx);
		}
		ended = now_s();
	} while (ended - begun < ROUND_S);
	return (double)count / (ended - begun);
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* EVP wants ECDSA signatures in DER: it signs the same bytes itself. */
static size_t sign_raw(EVP_PKEY *pkey, const EVP_MD *md, struct mp_span input, unsigned char *sig,
    size_t room)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) != 1
	    || EVP_DigestSign(ctx, sig, &room, (const unsigned char *)input.data, input.len) != 1)
		exit(EXIT_FAILURE);
	EVP_MD_CTX_free(ctx);
	return room;
}

static void compare(enum mp_alg alg, const EVP_MD *md)
{
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];
	unsigned char sig[1024];
	struct mp_key *key = NULL;
	struct mcpass_error err = { 0 };
	struct mcpass_guard *guard;
	struct mp_secret token;
	char authorization[4096];
	struct mp_span input;
	size_t sig_len;

	must(mp_key_generate(alg, &key, &err), &err);
	guard = make_guard(key);
	token = make_token(key, alg);
	snprintf(authorization, sizeof(authorization), "Bearer %s", mp_secret_reveal(&token));
	input.data = mp_secret_reveal(&token);
	input.len = (size_t)(strrchr(input.data, '.') - input.data);
	sig_len = sign_raw(key->pkey, md, input, sig, sizeof(sig));
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = guard_round(guard, authorization);
		theirs[i] = evp_round(key->pkey, md, input, sig, sig_len);
		ratio[i] = ours[i] / theirs[i];
	}
	qsort(ours, ROUNDS, sizeof(*ours), ascending);
	qsort(theirs, ROUNDS, sizeof(*theirs), ascending);
	qsort(ratio, ROUNDS, sizeof(*ratio), ascending);
	printf("guard %s: %.0f verdicts/s against %.0f bare verifications/s, ratio %.2f\n",
	    mp_alg_name(alg), ours[ROUNDS / 2], theirs[ROUNDS / 2], ratio[ROUNDS / 2]);
	mp_secret_free(&token);
	mcpass_guard_free(guard);
	mp_key_free(key);
}

int main(void)
{
	compare(MP_RS256, EVP_sha256());
	compare(MP_ES256, EVP_sha256());
	compare(MP_EDDSA, NULL);
	return EXIT_SUCCESS;
}
