/* Passwords of people, and secrets of clients of which the operator has a scrypt line.  To
 * look at one takes long on purpose, so it is done as often as it is permitted.  For people
 * that is counted by the name and by the address, for a name that no one has like for any
 * other.  spec: RFC 9700 4.16; NIST SP 800-63B 5.2.2 (throttling) */
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/bounds.h"

#define SECOND 1000
#define DAY (24L * 3600 * SECOND)
#define COUNTED (60L * SECOND)          /* a request that waits is handed in again before that */

/* Five mistakes are a person's; then 2, 4, 8 seconds, up to 5 minutes: 288 guesses a day. */
static const struct mp_patience patience = { 5, 2L * SECOND, 300L * SECOND, DAY };

struct attempt {                        /* who tries, as the budget knows them */
	uint64_t name;                  /* whose delay counts */
	uint64_t known, failed;         /* marks: this person signed in, or failed, from there */
	uint64_t standing;              /* mark: some person signed in from there */
	uint64_t counted;               /* mark: this very guess is counted */
	enum mp_bound bound;
};

/* One guess at one address. */
static enum mcpass_rc name_guess(const struct mp_turn *turn, const char *whose,
    const char *secret, uint64_t *ret_who, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_FORM);
	enum mcpass_rc rc;

	mp_form_add(&text, "whose", whose);
	mp_form_add(&text, "secret", secret);
	rc = mp_buf_check(&text, "what was typed", err);
	if (!rc)
		rc = mp_bounds_address(turn, mp_buf_text(&text), ret_who, err);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc name_all(const struct mp_turn *turn, const char *username,
    struct attempt *attempt, uint64_t *ret_pair, struct mcpass_error *err)
{
	char thing[sizeof("standing") + MP_MAX_USERNAME + 2];
	const struct { const char *what; uint64_t *slot; } pairs[] = {
		{ "known", &attempt->known }, { "failed", &attempt->failed }, { "pair", ret_pair },
	};
	enum mcpass_rc rc = mp_bounds_who(turn, "name", username, &attempt->name, err);

	for (size_t i = 0; i < MP_COUNT(pairs) && !rc; i++) {
		(void)snprintf(thing, sizeof(thing), "%s %s", pairs[i].what, username);
		rc = mp_bounds_address(turn, thing, pairs[i].slot, err);
	}
	return rc ? rc : mp_bounds_address(turn, "standing", &attempt->standing, err);
}

/* An address from which this person signed in lately has a count of its own: no one else can
 * lock it out. */
static enum mcpass_rc find_attempt(const struct mp_turn *turn, const char *username,
    const char *password, struct attempt *attempt, struct mcpass_error *err)
{
	const struct mp_budget *budget = &turn->issuer->bounds->budget;
	int64_t now = turn->request->now * SECOND;
	uint64_t pair = 0;
	enum mcpass_rc rc = name_all(turn, username, attempt, &pair, err);

	if (!rc)
		rc = name_guess(turn, username, password, &attempt->counted, err);
	if (rc)
		return rc;
	attempt->bound = mp_budget_is_marked(budget, attempt->failed, now) ? MP_BOUND_PASSWORD
	    : MP_BOUND_NAME;
	if (mp_budget_is_marked(budget, attempt->known, now)) {
		attempt->name = pair;
		attempt->bound = MP_BOUND_NONE;
	}
	return MCPASS_OK;
}

/* Counts it as a failure before it is looked at: of two guesses at once, neither goes
 * uncounted.  A request that waited for the answer is counted already. */
static enum mcpass_rc count(const struct mp_turn *turn, const struct attempt *attempt,
    struct mcpass_error *err)
{
	struct mp_budget *budget = &turn->issuer->bounds->budget;
	int64_t now = turn->request->now * SECOND, wait = mp_budget_delay(budget, attempt->name, now);
	enum mcpass_rc rc;

	if (turn->request->is_again && mp_budget_is_marked(budget, attempt->counted, now))
		return MCPASS_OK;
	if (wait > 0)
		return mp_bounds_refuse(turn, 429, (wait + SECOND - 1) / SECOND, err,
		    "There were too many attempts to sign in");
	rc = mp_bounds_admit(turn, attempt->bound, err);
	if (!rc)
		rc = mp_bounds_spend(turn, attempt->bound, err);
	if (rc)
		return rc;
	mp_budget_fail(budget, attempt->name, &patience, now);
	mp_budget_mark(budget, attempt->failed, now + DAY, now);
	mp_budget_mark(budget, attempt->counted, now + COUNTED, now);
	return MCPASS_OK;
}

static void note_success(const struct mp_turn *turn, const struct attempt *attempt)
{
	struct mp_budget *budget = &turn->issuer->bounds->budget;
	int64_t now = turn->request->now * SECOND;

	mp_budget_forgive(budget, attempt->name, now);
	mp_budget_mark(budget, attempt->failed, 0, now);
	mp_budget_mark(budget, attempt->known, now + 30 * DAY, now);
	mp_budget_mark(budget, attempt->standing, now + 30 * DAY, now);
}

enum mcpass_rc mp_attempts_standing(const struct mp_turn *turn, struct mcpass_error *err)
{
	int64_t now = turn->request->now * SECOND;
	uint64_t standing = 0;
	enum mcpass_rc rc = mp_bounds_address(turn, "standing", &standing, err);

	if (!rc)
		mp_budget_mark(&turn->issuer->bounds->budget, standing, now + 30 * DAY, now);
	return rc;
}

enum mcpass_rc mp_attempts_password(const struct mp_turn *turn, const char *username,
    const char *password, const struct mp_user **ret_user, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	const struct mp_user *user = mp_users_find(issuer, username);
	/* For a name that no one has the same is done. */
	const struct mp_password_ask ask = { .password = password, .cost = issuer->password_cost,
		.line = user != NULL ? user->password_hash : issuer->no_password };
	struct attempt attempt = { 0 };
	bool right = false;
	enum mcpass_rc rc;

	*ret_user = NULL;
	if (strlen(password) > MP_MAX_PASSWORD || strlen(username) > MP_MAX_USERNAME)
		return MCPASS_OK;
	rc = find_attempt(turn, username, password, &attempt, err);
	if (!rc)
		rc = count(turn, &attempt, err);
	if (!rc)
		rc = mp_later_password(turn, &ask, &right, err);
	if (rc || !right || user == NULL)
		return rc;
	note_success(turn, &attempt);
	*ret_user = user;
	return MCPASS_OK;
}

/* A client comes again and again, so a secret that was right once at an address is not counted
 * there any more. */
enum mcpass_rc mp_attempts_secret(const struct mp_turn *turn, const char *secret,
    const char *line, bool *ret_right, struct mcpass_error *err)
{
	const struct mp_password_ask ask = { .password = secret, .line = line, .remember = true };
	struct mp_budget *budget = &turn->issuer->bounds->budget;
	int64_t now = turn->request->now * SECOND;
	bool right = false, is_counted;
	uint64_t guess = 0;
	enum mcpass_rc rc = MCPASS_OK;

	*ret_right = false;
	if (strlen(secret) > MP_MAX_PASSWORD)
		return MCPASS_OK;
	rc = name_guess(turn, line, secret, &guess, err);
	if (rc)
		return rc;
	/* A guess that is under way has a short mark, a right one a long one. */
	is_counted = mp_budget_is_marked(budget, guess, now)
	    && (turn->request->is_again || mp_budget_is_marked(budget, guess, now + COUNTED));
	if (!is_counted)
		rc = mp_bounds_admit(turn, MP_BOUND_SECRET, err);
	if (!rc && !is_counted)
		rc = mp_bounds_spend(turn, MP_BOUND_SECRET, err);
	if (!rc && !is_counted)
		mp_budget_mark(budget, guess, now + COUNTED, now);
	if (!rc)
		rc = mp_later_password(turn, &ask, &right, err);
	if (!rc && right)
		mp_budget_mark(budget, guess, now + 30 * DAY, now);
	*ret_right = right;
	return rc;
}
