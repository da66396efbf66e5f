/* guard: verdicts per second of processor time of the whole guard, against bare EVP_DigestVerify
 * of such bytes with the same key, in turn, in one process; and of tokens that it remembers.
 *
 * More tokens than it remembers come one after the other, so that each is a new one. */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "mcpass/guard.h"
#include "wire/jose/jws.h"
#include "wire/jose/key.h"

#define ISSUER "https://as.example"
#define RESOURCE "https://mcp.example/mcp"
#define NOW 1800000000
#define ROUNDS 15
#define ROUND_S 0.15
#define TOKENS 2100             /* over MP_MAX_REMEMBERED */

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

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
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

static struct mp_secret make_token(const struct mp_key *key, enum mp_alg alg, int serial)
{
	json_t *claims = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:i}", "iss", ISSUER, "aud", RESOURCE,
	    "sub", "alice", "client_id", "bench", "scope", "mcp:read mcp:tools",
	    "exp", (json_int_t)NOW + 300, "iat", (json_int_t)NOW, "jti", serial);
	json_t *header = json_pack("{s:s}", "typ", "at+jwt");
	struct mp_secret token = { 0 };
	struct mcpass_error err = { 0 };

	must(mp_jws_sign(key, alg, header, claims, &token, &err), &err);
	json_decref(claims);
	json_decref(header);
	return token;
}

/* Goes round the tokens, on from *next. */
static double guard_round(struct mcpass_guard *guard, char *const *tokens, size_t token_count,
    size_t *next)
{
	struct mcpass_header header = { "Authorization", NULL };
	const struct mcpass_operation operation = { "tools/call", "echo" };
	const struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
		.operations = &operation, .operation_count = 1, .now = NOW };
	struct mcpass_verdict verdict;
	struct mcpass_error err = { 0 };
	double begun = now_s(), ended;
	long count = 0;

	do {
		for (int i = 0; i < 100; i++, count++) {
			header.value = tokens[(*next)++ % token_count];
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

static char **make_tokens(const struct mp_key *key, enum mp_alg alg)
{
	char **tokens = calloc(TOKENS, sizeof(*tokens));

	for (int i = 0; tokens != NULL && i < TOKENS; i++) {
		struct mp_secret token = make_token(key, alg, i);
		size_t room = token.len + 8;

		tokens[i] = malloc(room);
		if (tokens[i] == NULL)
			exit(EXIT_FAILURE);
		snprintf(tokens[i], room, "Bearer %s", mp_secret_reveal(&token));
		mp_secret_free(&token);
	}
	if (tokens == NULL)
		exit(EXIT_FAILURE);
	return tokens;
}

static void free_tokens(char **tokens)
{
	for (int i = 0; i < TOKENS; i++)
		free(tokens[i]);
	free(tokens);
}

static double median(double *numbers)
{
	qsort(numbers, ROUNDS, sizeof(*numbers), ascending);
	return numbers[ROUNDS / 2];
}

static void compare(enum mp_alg alg, const EVP_MD *md)
{
	double ours[ROUNDS], remembered[ROUNDS], theirs[ROUNDS], ratio[ROUNDS], again[ROUNDS];
	unsigned char sig[1024];
	struct mp_key *key = NULL;
	struct mcpass_error err = { 0 };
	struct mcpass_guard *guard, *other;     /* the second one sees one token only */
	struct mp_span input;
	size_t sig_len, next = 0, same = 0;
	char **tokens;

	must(mp_key_generate(alg, &key, &err), &err);
	guard = make_guard(key);
	other = make_guard(key);
	tokens = make_tokens(key, alg);
	input.data = tokens[0] + strlen("Bearer ");
	input.len = (size_t)(strrchr(input.data, '.') - input.data);
	sig_len = sign_raw(key->pkey, md, input, sig, sizeof(sig));
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = guard_round(guard, tokens, TOKENS, &next);
		theirs[i] = evp_round(key->pkey, md, input, sig, sig_len);
		remembered[i] = guard_round(other, tokens, 1, &same);
		ratio[i] = ours[i] / theirs[i];
		again[i] = remembered[i] / theirs[i];
	}
	printf("guard %s: %.0f verdicts/s against %.0f bare verifications/s, ratio %.2f\n",
	    mp_alg_name(alg), median(ours), median(theirs), median(ratio));
	printf("guard %s remembered: %.0f verdicts/s, ratio %.2f\n", mp_alg_name(alg),
	    median(remembered), median(again));
	free_tokens(tokens);
	mcpass_guard_free(guard);
	mcpass_guard_free(other);
	mp_key_free(key);
}

int main(void)
{
	compare(MP_RS256, EVP_sha256());
	compare(MP_ES256, EVP_sha256());
	compare(MP_EDDSA, NULL);
	return EXIT_SUCCESS;
}
