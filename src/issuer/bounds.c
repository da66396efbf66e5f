#include "issuer/bounds.h"
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>         /* AF_INET */
#include "base/limits.h"
#include "wire/jose/crypto.h"

#define SECOND 1000                     /* a budget counts in milliseconds */

/* For one address, and for all that no person signed in from.  The rate of all is such that
 * what they have made does not reach its cap (rooms.c) in the time that a person takes: what
 * is pushed out then is older than that. */
static const struct rule {
	const char *thing, *words;
	struct mp_allowance each, all;
} rules[MP_BOUND_COUNT] = {
	[MP_BOUND_REGISTER] = { "register", "registrations", { 100, SECOND },
	    { 200, SECOND / 4 } },
	[MP_BOUND_PUSH] = { "push", "pushed requests", { 100, SECOND / 2 }, { 300, SECOND / 20 } },
	[MP_BOUND_QUESTION] = { "question", "sign-in pages", { 100, SECOND / 2 },
	    { 300, SECOND / 6 } },
	[MP_BOUND_DEVICE] = { "device", "codes for devices", { 40, 2L * SECOND },
	    { 100, SECOND } },
	/* Of 34 bits, while 700 codes are good: a guess in 36 million is right. */
	[MP_BOUND_CODE] = { "code", "wrong codes", { MP_MAX_CODE_GUESSES, 2L * SECOND },
	    { 300, SECOND / 5 } },
	[MP_BOUND_FETCH] = { "fetch", "new application documents", { 20, 3L * SECOND },
	    { 60, SECOND / 2 } },
	[MP_BOUND_SECRET] = { "secret", "client secrets", { 20, 2L * SECOND }, { 200, SECOND / 20 } },
	[MP_BOUND_NAME] = { "name", "attempts to sign in", { 60, SECOND }, { 200, SECOND / 20 } },
	[MP_BOUND_PASSWORD] = { "password", "attempts to sign in", { 20, 10L * SECOND },
	    { 200, SECOND / 20 } },
};

enum mcpass_rc mp_bounds_setup(struct mp_issuer *issuer, struct mcpass_error *err)
{
	issuer->bounds = calloc(1, sizeof(*issuer->bounds));
	if (issuer->bounds == NULL)
		return mp_nomem(err);
	if (issuer->random(issuer->random_ctx, issuer->bounds->key, sizeof(issuer->bounds->key)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "no random bytes");
	return MCPASS_OK;
}

void mp_bounds_free(struct mp_issuer *issuer)
{
	if (issuer->bounds != NULL)
		mp_wipe(issuer->bounds, sizeof(*issuer->bounds));
	free(issuer->bounds);
}

static enum mcpass_rc name(const struct mp_turn *turn, const char *thing, const void *subject,
    size_t len, uint64_t *ret_who, struct mcpass_error *err)
{
	const struct mp_bounds *bounds = turn->issuer->bounds;
	uint8_t mac[MP_SHA256_LEN];
	struct mp_buf text = MP_BUF(MP_MAX_FORM + MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_adds(&text, thing);
	mp_buf_addc(&text, '\n');               /* no thing has one in it */
	mp_buf_add(&text, subject, len);
	rc = mp_buf_check(&text, "who is counted", err);
	if (!rc)
		rc = mp_hmac_sha256(bounds->key, sizeof(bounds->key), text.data, text.len, mac, err);
	mp_buf_free(&text);
	if (!rc) {
		memcpy(ret_who, mac, sizeof(*ret_who));
		*ret_who |= 1;                  /* 0 is nothing */
	}
	return rc;
}

enum mcpass_rc mp_bounds_who(const struct mp_turn *turn, const char *thing,
    const char *subject, uint64_t *ret_who, struct mcpass_error *err)
{
	return name(turn, thing, subject, strlen(subject), ret_who, err);
}

enum mcpass_rc mp_bounds_address(const struct mp_turn *turn, const char *thing,
    uint64_t *ret_who, struct mcpass_error *err)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char address[MP_MAX_ADDRESS];
	uint8_t bytes[16];

	mp_peer_of(turn, address);
	if (inet_pton(AF_INET6, address, bytes) != 1)
		return name(turn, thing, address, strlen(address), ret_who, err);
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) /* ::ffff:192.0.2.1 is 192.0.2.1 */
		return name(turn, thing, strrchr(address, ':') + 1,
		    strlen(strrchr(address, ':') + 1), ret_who, err);
	return name(turn, thing, bytes, 8, ret_who, err);
}

/* --- admission --- */
static enum mcpass_rc find_counters(const struct mp_turn *turn, enum mp_bound bound,
    uint64_t *ret_each, uint64_t *ret_all, struct mcpass_error *err)
{
	const struct mp_budget *budget = &turn->issuer->bounds->budget;
	uint64_t standing;
	enum mcpass_rc rc = mp_bounds_address(turn, rules[bound].thing, ret_each, err);

	if (!rc)
		rc = mp_bounds_address(turn, "standing", &standing, err);
	if (!rc && mp_budget_is_marked(budget, standing, turn->request->now * SECOND))
		*ret_all = 0;
	else if (!rc)
		rc = mp_bounds_who(turn, "all", rules[bound].thing, ret_all, err);
	return rc;
}

enum mcpass_rc mp_bounds_admit(const struct mp_turn *turn, enum mp_bound bound,
    struct mcpass_error *err)
{
	const struct rule *rule = &rules[bound];
	const struct mp_budget *budget = &turn->issuer->bounds->budget;
	int64_t now = turn->request->now * SECOND, wait;
	uint64_t each, all;
	enum mcpass_rc rc;

	if (bound == MP_BOUND_NONE)
		return MCPASS_OK;
	rc = find_counters(turn, bound, &each, &all, err);
	if (rc)
		return rc;
	wait = mp_budget_wait(budget, each, &rule->each, now);
	if (wait > 0)
		return mp_bounds_refuse(turn, 429, (wait + SECOND - 1) / SECOND, err,
		    "too many %s come from this address", rule->words);
	wait = all != 0 ? mp_budget_wait(budget, all, &rule->all, now) : 0;
	if (wait > 0)
		return mp_bounds_refuse(turn, 503, (wait + SECOND - 1) / SECOND, err,
		    "too many %s come at once", rule->words);
	return MCPASS_OK;
}

enum mcpass_rc mp_bounds_spend(const struct mp_turn *turn, enum mp_bound bound,
    struct mcpass_error *err)
{
	struct mp_budget *budget = &turn->issuer->bounds->budget;
	int64_t now = turn->request->now * SECOND;
	uint64_t each, all;
	enum mcpass_rc rc;

	if (bound == MP_BOUND_NONE)
		return MCPASS_OK;
	rc = find_counters(turn, bound, &each, &all, err);
	if (rc)
		return rc;
	mp_budget_spend(budget, each, &rules[bound].each, now);
	if (all != 0)
		mp_budget_spend(budget, all, &rules[bound].all, now);
	return MCPASS_OK;
}

/* --- how a request is put off --- */
enum mcpass_rc mp_bounds_refuse(const struct mp_turn *turn, int status, int64_t seconds,
    struct mcpass_error *err, const char *fmt, ...)
{
	char detail[sizeof(err->detail)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	turn->wait->status = status;
	turn->wait->seconds = seconds > 0 ? seconds : 1;
	/* spec: RFC 6585 4, RFC 9110 15.6.4 (Retry-After); RFC 6749 4.1.2.1 (the code) */
	return mp_response_refuse(err, "temporarily_unavailable", "RFC 6585 4",
	    "%s: try again in %lld seconds", detail, (long long)turn->wait->seconds);
}
