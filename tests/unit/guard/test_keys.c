/* Where keys come from, how often they are asked for, and what happens when they do not
 * come. */
#include "mint.h"

#define AS_META "https://as.example/.well-known/oauth-authorization-server/realms/r"
#define OIDC_META "https://as.example/.well-known/openid-configuration/realms/r"
#define APPENDED_OIDC ISSUER "/.well-known/openid-configuration"
#define APPENDED_AS ISSUER "/.well-known/oauth-authorization-server"
#define MOVED "https://as.example/moved"
#define GOOD_META "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" JWKS "\"}"

static struct mp_key *key, *next_key;
static char *set, *next_set, *good, *rotated;

/* What the network answers: the first rule that matches a URL; else 404. */
struct page {
	const char *url;
	int status;
	const char *body;
};
static const struct page *pages;
static char fetched[1024];              /* the URLs that were asked for, in order */
static int fetches;

static const struct page *find_page(const char *url)
{
	static const struct page missing = { NULL, 404, "<html>" };

	for (size_t i = 0; pages[i].url != NULL; i++)
		if (strcmp(pages[i].url, url) == 0)
			return &pages[i];
	return &missing;
}

/* Asks until the guard knows. */
static struct mcpass_verdict run(struct mcpass_guard *guard, const char *authorization,
    int64_t now)
{
	struct mcpass_verdict verdict = { 0 };

	fetched[0] = '\0';
	for (fetches = 0; fetches < 20; fetches++) {
		const struct page *page;

		ask(guard, authorization, "ping", NULL, now, &verdict);
		if (verdict.type != MCPASS_FETCH)
			break;
		page = find_page(verdict.fetch->url);
		strcat(strcat(fetched, verdict.fetch->url), " ");
		if (page->status == 302 && page->body[0] != '\0')       /* where it leads */
			(void)mcpass_guard_redirected(guard, verdict.fetch->url, 302, page->body, now, NULL);
		else
			(void)mcpass_guard_fetched(guard, verdict.fetch->url, page->status, page->body,
			    strlen(page->body), now, NULL);
	}
	return verdict;
}

static struct mcpass_guard *discovering_guard(void)
{
	static const struct mcpass_guard_issuer bare[] = { { ISSUER, NULL, NULL } };
	struct mcpass_guard_config cfg = default_config();

	cfg.issuers = bare;
	return new_guard(&cfg);
}

#define KEYS { JWKS, 200, NULL }        /* body: the set, filled in by the test */
static const struct {
	const char *label;
	struct page pages[5];
	int status;                     /* 0: let in */
	const char *fetched, *reason;
} discovery_rows[] = {
	{ "RFC 8414", { { AS_META, 200, GOOD_META }, KEYS }, 0, AS_META " " JWKS " ", NULL },
	{ "rewritten by a proxy", { { AS_META, 203, GOOD_META }, KEYS }, 0, AS_META " " JWKS " ", NULL },
	{ "OpenID, inserted", { { OIDC_META, 200, GOOD_META }, KEYS }, 0,
	    AS_META " " OIDC_META " " JWKS " ", NULL },
	{ "OpenID, appended, as Keycloak has it", { { APPENDED_OIDC, 200, GOOD_META }, KEYS }, 0,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " JWKS " ", NULL },
	{ "the last place", { { APPENDED_AS, 200, GOOD_META }, KEYS }, 0,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " " JWKS " ", NULL },
	{ "a page that is no metadata is a miss", { { AS_META, 200, "<html>" },
	    { OIDC_META, 200, GOOD_META }, KEYS }, 0, AS_META " " OIDC_META " " JWKS " ", NULL },
	{ "a 403 too", { { AS_META, 403, "" }, { OIDC_META, 200, GOOD_META }, KEYS }, 0,
	    AS_META " " OIDC_META " " JWKS " ", NULL },
	{ "a redirect is followed", { { AS_META, 302, "/moved" }, { MOVED, 200, GOOD_META }, KEYS }, 0,
	    AS_META " " MOVED " " JWKS " ", NULL },
	{ "but not by plain http", { { AS_META, 302, "http://as.example/moved" },
	    { OIDC_META, 200, GOOD_META }, KEYS }, 0, AS_META " " OIDC_META " " JWKS " ", NULL },
	{ "nor inside", { { AS_META, 302, "https://169.254.169.254/x" } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "private" },
	{ "nor for ever", { { AS_META, 302, AS_META } }, 503, AS_META " " AS_META " " AS_META " "
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "redirects more than" },
	{ "a key set leads nowhere", { { AS_META, 200, GOOD_META }, { JWKS, 302, "/moved" } }, 503,
	    AS_META " " JWKS " ", "answered 302" },
	{ "a redirect to nowhere is a miss", { { AS_META, 302, "" }, { OIDC_META, 200, GOOD_META }, KEYS }, 0,
	    AS_META " " OIDC_META " " JWKS " ", NULL },
	{ "another issuer's metadata too", { { AS_META, 200,
	    "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"https://evil.example/k\"}" },
	    { OIDC_META, 200, GOOD_META }, KEYS }, 0, AS_META " " OIDC_META " " JWKS " ", NULL },
	{ "nothing anywhere", { { NULL, 0, NULL } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "answered 404" },
	{ "a 500 ends it", { { AS_META, 500, "" } }, 503, AS_META " ", "answered 500" },
	{ "too many requests end it", { { AS_META, 429, "" } }, 503, AS_META " ", "answered 429" },
	{ "no answer ends it", { { AS_META, 0, "" } }, 503, AS_META " ", "no answer" },
	{ "only another issuer's", { { APPENDED_AS, 200,
	    "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"" JWKS "\"}" } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "evil.example" },
	{ "no jwks_uri", { { APPENDED_AS, 200, "{\"issuer\":\"" ISSUER "\"}" } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "no jwks_uri" },
	{ "jwks_uri inside", { { APPENDED_AS, 200,
	    "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://169.254.169.254/k\"}" } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "private" },
	{ "jwks_uri by plain http", { { APPENDED_AS, 200,
	    "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://as.example/k\"}" } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "plain http" },
	{ "jwks_uri is a file", { { APPENDED_AS, 200,
	    "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"file:///etc/passwd\"}" } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", NULL },
	{ "endpoints for clients are not ours to judge", { { AS_META, 200, "{\"issuer\":\"" ISSUER "\","
	    "\"jwks_uri\":\"" JWKS "\",\"authorization_endpoint\":\"urn:kubernetes:no-such-thing\","
	    "\"token_endpoint\":\"\",\"registration_endpoint\":7,\"response_types_supported\":\"id_token\","
	    "\"grant_types_supported\":null,\"code_challenge_methods_supported\":{},"
	    "\"introspection_endpoint\":\"/introspect\"}" }, KEYS }, 0, AS_META " " JWKS " ", NULL },
	{ "the documents of one issuer complete each other", { { AS_META, 200,
	    "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/token\"}" },
	    { OIDC_META, 404, "" }, { APPENDED_OIDC, 200, GOOD_META }, KEYS }, 0,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " JWKS " ", NULL },
	{ "the cause is named, not the last place's 404", { { AS_META, 200,
	    "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"" JWKS "\"}" } }, 503,
	    AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ", "evil.example" },
	{ "an empty jwks_uri is none", { { APPENDED_AS, 200, "{\"issuer\":\"" ISSUER "\","
	    "\"jwks_uri\":\"\"}" } }, 503, AS_META " " OIDC_META " " APPENDED_OIDC " " APPENDED_AS " ",
	    "no jwks_uri" },
	{ "no key set", { { AS_META, 200, GOOD_META } }, 503, AS_META " " JWKS " ",
	    "answered 404" },
	{ "a key set that is none", { { AS_META, 200, GOOD_META }, { JWKS, 200, "{}" } }, 503,
	    AS_META " " JWKS " ", NULL },
	{ "a set without any key", { { AS_META, 200, GOOD_META }, { JWKS, 200, "{\"keys\":[]}" } },
	    503, AS_META " " JWKS " ", "no key that we can verify" },
};

static void test_discovery(void)
{
	for (size_t i = 0; i < COUNT(discovery_rows); i++) {
		const char *label = discovery_rows[i].label;
		struct mcpass_guard *guard = discovering_guard();
		struct page row[6] = { { 0 } };
		struct mcpass_verdict verdict;

		for (size_t j = 0; j < 5; j++) {
			row[j] = discovery_rows[i].pages[j];
			if (row[j].body == NULL)
				row[j].body = set;
		}
		pages = row;
		verdict = run(guard, good, NOW);
		CHECK_EQ(label, verdict.type, discovery_rows[i].status == 0 ? MCPASS_ALLOW : MCPASS_DENY);
		CHECK_EQ(label, verdict.status, discovery_rows[i].status);
		CHECK_STR(label, fetched, discovery_rows[i].fetched);
		if (discovery_rows[i].reason != NULL)
			CHECK_HAS(label, verdict.reason, discovery_rows[i].reason);
		if (discovery_rows[i].status == 503)
			CHECK("no challenge with a 503", verdict.www_authenticate == NULL);
		run(guard, good, NOW);
		CHECK_STR("then nobody is asked for a while", fetched, "");
		mcpass_guard_free(guard);
	}
}

/* A life of a key set, event by event. */
static const struct {
	const char *label;
	int64_t at;                     /* seconds after the start */
	bool rotated;                   /* the token is signed by the next key */
	int answers;                    /* HTTP status of the key set */
	bool has_next;                  /* it is the next set then */
	int status;                     /* wanted; 0: let in */
	int fetches;                    /* wanted */
} life_rows[] = {
	{ "the first request fetches", 0, false, 200, false, 0, 1 },
	{ "the second one does not", 1, false, 200, false, 0, 0 },
	{ "a new key is found at once", 2, true, 200, true, 0, 1 },
	{ "the old one is gone, remembered or not", 3, false, 200, true, 401, 0 },
	{ "for a while that is believed", 31, false, 200, false, 401, 0 },
	{ "after the cooldown: one fetch, in vain", 32, false, 200, true, 401, 1 },
	{ "a flood costs nothing", 33, false, 200, false, 401, 0 },
	{ "known keys serve meanwhile", 34, true, 200, true, 0, 0 },
	{ "back again, found after the cooldown", 62, false, 200, false, 0, 1 },
	{ "and forth", 90, true, 200, true, 401, 0 },
	{ "and forth, after the cooldown", 92, true, 200, true, 0, 1 },
	{ "fresh to the last second", 92 + 3599, true, 500, true, 0, 0 },
	{ "an old set is fetched again", 92 + 3600, true, 200, true, 0, 1 },
	{ "old again, and no answer: it serves on", 92 + 7200, true, 0, true, 0, 1 },
	{ "asking once per cooldown", 92 + 7229, true, 0, true, 0, 0 },
	{ "asking once more", 92 + 7230, true, 0, true, 0, 1 },
	{ "unknown kid while nobody knows", 92 + 7231, false, 0, true, 503, 0 },
	{ "unknown kid, asked in vain", 92 + 7260, false, 502, true, 503, 1 },
	{ "a broken document: it serves on", 92 + 7290, true, 404, true, 0, 1 },
	{ "to the end of the day", 92 + 3600 + 86399, true, 0, true, 0, 1 },
	{ "not beyond it", 92 + 3600 + 86400, true, 0, true, 503, 0 },
	{ "asked again, and down", 92 + 3600 + 86430, true, 0, true, 503, 1 },
	{ "back again", 92 + 3600 + 86460, true, 200, true, 0, 1 },
	{ "the clock was set back: asked again", 5000, true, 200, true, 0, 1 },
	{ "and then at rest", 5001, true, 200, true, 0, 0 },
	{ "a set that a proxy rewrote", 8601, false, 203, false, 0, 1 },
};

static void test_life(void)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard = new_guard(&cfg);

	for (size_t i = 0; i < COUNT(life_rows); i++) {
		const char *label = life_rows[i].label;
		const struct page row[] = {
			{ JWKS, life_rows[i].answers, life_rows[i].has_next ? next_set : set },
			{ NULL, 0, NULL },
		};
		char changes[64], *value;
		struct mcpass_verdict verdict;

		snprintf(changes, sizeof(changes), "{\"exp\":%lld,\"iat\":1}",
		    (long long)(NOW + 1000000));
		value = bearer(life_rows[i].rotated ? next_key : key, MP_ES256, NULL, changes);
		pages = row;
		verdict = run(guard, value, NOW + life_rows[i].at);
		CHECK_EQ(label, verdict.status, life_rows[i].status);
		CHECK_EQ(label, fetches, life_rows[i].fetches);
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

/* Whatever comes in place of a good set, the good set stays. */
static const struct {
	const char *label;
	int status;
	const char *body;
} unusable_rows[] = {
	{ "no key", 200, "{\"keys\":[]}" },
	{ "no list of keys", 200, "{}" },
	{ "keys is null", 200, "{\"keys\":null}" },
	{ "a symmetric key", 200, "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"1\",\"k\":\"AQAB\"}]}" },
	{ "a key of an unknown type", 200, "{\"keys\":[{\"kty\":\"AKP\",\"kid\":\"1\"},null,7]}" },
	{ "a key for encryption", 200, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\","
	    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}" },
	{ "a key that only encrypts", 200, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"key_ops\":[\"encrypt\"],\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}" },
	{ "a short RSA key", 200, "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"sXchUQ2bUFSa7Yx5\"}]}" },
	{ "a web page", 200, "<html>down for maintenance</html>" },
	{ "nothing", 200, "" },
	{ "not modified", 304, "" },
	{ "no content", 204, "" },
	{ "not found", 404, "" },
	{ "a redirect", 302, "" },
	{ "broken", 500, "" },
	{ "no answer", 0, "" },
};

static void test_unusable(void)
{
	for (size_t i = 0; i < COUNT(unusable_rows); i++) {
		const char *label = unusable_rows[i].label;
		const struct page bad[] = { { JWKS, unusable_rows[i].status, unusable_rows[i].body },
			{ NULL, 0, NULL } };
		struct mcpass_guard *guard = guard_with(set);
		char *late = bearer(key, MP_ES256, NULL, "{\"exp\":1900000000}");

		pages = bad;
		CHECK_EQ(label, run(guard, rotated, NOW + 1).status, 503);
		CHECK_STR("a stranger's kid is looked for", fetched, JWKS " ");
		CHECK_EQ(label, run(guard, good, NOW + 1).type, MCPASS_ALLOW);
		CHECK_STR("and costs the others nothing", fetched, "");
		CHECK_EQ(label, run(guard, late, NOW + 3700).type, MCPASS_ALLOW);
		CHECK_STR("an old set is looked for anew", fetched, JWKS " ");
		CHECK_EQ(label, run(guard, late, NOW + 3701).type, MCPASS_ALLOW);
		mp_free_wiped(late);
		mcpass_guard_free(guard);
	}
}

/* An issuer that starts answers without keys at first: that is not an answer for ever. */
static void test_empty_at_first(void)
{
	const struct page empty[] = { { JWKS, 200, "{\"keys\":[]}" }, { NULL, 0, NULL } };
	const struct page full[] = { { JWKS, 200, set }, { NULL, 0, NULL } };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard = new_guard(&cfg);

	pages = empty;
	CHECK_EQ("no keys yet", run(guard, good, NOW).status, 503);
	pages = full;
	CHECK_EQ("then there are some", run(guard, good, NOW + 30).type, MCPASS_ALLOW);
	mcpass_guard_free(guard);
}

/* --- several candidates --- */

/* The same key, public, with its JWK changed: null takes a member away.  NULL: leave it. */
static json_t *jwk_of(const struct mp_key *of, const char *changes)
{
	json_t *jwk = NULL, *change = json_loads(changes, 0, NULL), *value;
	const char *name;

	must(mp_jwk_write(of, false, &jwk, NULL) == MCPASS_OK && change != NULL, "a JWK");
	json_object_foreach(change, name, value) {
		if (json_is_null(value))
			json_object_del(jwk, name);
		else
			json_object_set(jwk, name, value);
	}
	json_decref(change);
	return jwk;
}

/* What signs, by the name (NULL: none) that the token's header is to have. */
static char *token_named(const struct mp_key *of, const char *kid)
{
	struct mp_key *named;
	json_t *jwk = NULL;
	char *value;

	must(mp_jwk_write(of, true, &jwk, NULL) == MCPASS_OK, "a JWK");
	json_object_del(jwk, "kid");
	if (kid != NULL)
		json_object_set_new(jwk, "kid", json_string(kid));
	must(mp_jwk_parse(jwk, true, &named, NULL) == MCPASS_OK, "a key by that name");
	value = bearer(named, MP_ES256, NULL, NULL);
	mp_key_free(named);
	json_decref(jwk);
	return value;
}

#define OURS 'k'                        /* key, which signed the token */
#define OTHERS 'n'                      /* next_key */
static const struct {
	const char *label;
	struct { char which; const char *changes; } keys[4];
	const char *kid;                /* the token's */
	bool good;
} candidate_rows[] = {
	{ "the same key twice", { { OURS, "{\"kid\":\"1\"}" }, { OURS, "{\"kid\":\"1\"}" } }, "1", true },
	{ "twice, no kid in the token", { { OURS, "{\"kid\":\"1\"}" }, { OURS, "{\"kid\":\"1\"}" } }, NULL,
	    true },
	{ "twice, once with alg", { { OURS, "{\"kid\":\"1\"}" }, { OURS, "{\"kid\":\"1\",\"alg\":null}" } },
	    "1", true },
	{ "twice, by two names", { { OURS, "{\"kid\":\"1\"}" }, { OURS, "{\"kid\":\"2\"}" } }, "2", true },
	{ "two keys of one name, ours first", { { OURS, "{\"kid\":\"1\"}" }, { OTHERS, "{\"kid\":\"1\"}" } },
	    "1", true },
	{ "two keys of one name, ours last", { { OTHERS, "{\"kid\":\"1\"}" }, { OURS, "{\"kid\":\"1\"}" } },
	    "1", true },
	{ "two keys without a name", { { OTHERS, "{\"kid\":null}" }, { OURS, "{\"kid\":null}" } }, NULL,
	    true },
	{ "no kid in the token, two names", { { OTHERS, "{\"kid\":\"1\"}" }, { OURS, "{\"kid\":\"2\"}" } },
	    NULL, true },
	{ "a kid in the token, keys without", { { OTHERS, "{\"kid\":null}" }, { OURS, "{\"kid\":null}" } },
	    "1", true },
	{ "another's name", { { OURS, "{\"kid\":\"1\"}" }, { OTHERS, "{\"kid\":\"2\"}" } }, "2", false },
	{ "a name that no key has", { { OURS, "{\"kid\":\"1\"}" } }, "2", false },
	{ "not ours at all", { { OTHERS, "{\"kid\":null}" } }, NULL, false },
	{ "members that are empty", { { OURS, "{\"kid\":\"\",\"use\":\"\",\"alg\":\"\"}" } }, "1", true },
	{ "one that is for encryption", { { OURS, "{\"kid\":\"1\",\"use\":\"enc\"}" },
	    { OTHERS, "{\"kid\":\"2\"}" } }, "1", false },
	{ "one of another algorithm", { { OURS, "{\"kid\":\"1\",\"alg\":\"ES384\"}" },
	    { OTHERS, "{\"kid\":\"2\"}" } }, "1", false },
	{ "one that is symmetric, of our name", { { OURS, "{\"kid\":\"1\"}" },
	    { OURS, "{\"kid\":\"1\",\"kty\":\"oct\",\"k\":\"AQAB\"}" } }, "1", true },
};

static void test_candidates(void)
{
	for (size_t i = 0; i < COUNT(candidate_rows); i++) {
		const char *label = candidate_rows[i].label;
		json_t *list = json_array(), *json = json_object();
		char *text, *value = token_named(key, candidate_rows[i].kid);
		struct mcpass_guard *guard;

		for (size_t j = 0; j < 4 && candidate_rows[i].keys[j].which != 0; j++)
			json_array_append_new(list, jwk_of(candidate_rows[i].keys[j].which == OURS ? key
			    : next_key, candidate_rows[i].keys[j].changes));
		json_object_set_new(json, "keys", list);
		text = mp_json_dump(json);
		guard = guard_with(text);
		CHECK_EQ(label, run(guard, value, NOW).status, candidate_rows[i].good ? 0 : 401);
		CHECK_EQ("remembered", run(guard, value, NOW).status, candidate_rows[i].good ? 0 : 401);
		CHECK_STR(label, fetched, "");
		mcpass_guard_free(guard);
		mp_free_wiped(value);
		mp_free_wiped(text);
		json_decref(json);
	}
}

/* A header without a kid costs so many verifications and no more. */
static void test_many_candidates(void)
{
	json_t *list = json_array(), *json = json_object();
	char *text, *value = token_named(key, NULL);
	struct mcpass_guard *guard;
	char changes[32];

	for (int i = 0; i < MP_MAX_KEY_TRIES; i++) {
		snprintf(changes, sizeof(changes), "{\"kid\":\"%d\"}", i);
		json_array_append_new(list, jwk_of(next_key, changes));
	}
	json_array_append_new(list, jwk_of(key, "{}"));
	json_object_set_new(json, "keys", list);
	text = mp_json_dump(json);
	guard = guard_with(text);
	CHECK_EQ("behind the last that is tried", run(guard, value, NOW).status, 401);
	CHECK_EQ("by its name it is found", run(guard, good, NOW).type, MCPASS_ALLOW);
	mcpass_guard_free(guard);
	mp_free_wiped(value);
	mp_free_wiped(text);
	json_decref(json);
}

/* An issuer may replace its key and keep the name, or give none. */
static void test_replaced(void)
{
	static const char *const names[] = { "1", NULL };

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *changes = names[i] != NULL ? "{\"kid\":\"1\"}" : "{\"kid\":null}";
		json_t *before = json_pack("{s:[o]}", "keys", jwk_of(next_key, changes));
		json_t *after = json_pack("{s:[o]}", "keys", jwk_of(key, changes));
		char *old_set = mp_json_dump(before), *new_set = mp_json_dump(after);
		char *value = token_named(key, names[i]);
		const struct page page[] = { { JWKS, 200, new_set }, { NULL, 0, NULL } };
		const struct page same[] = { { JWKS, 200, old_set }, { NULL, 0, NULL } };
		struct mcpass_guard *guard = guard_with(old_set);

		pages = same;
		CHECK_EQ("not its key", run(guard, value, NOW + 1).status, 401);
		CHECK_STR("it is looked for", fetched, JWKS " ");
		CHECK_EQ("not at once again", run(guard, value, NOW + 2).status, 401);
		CHECK_STR("not at once again", fetched, "");
		pages = page;
		CHECK_EQ("replaced", run(guard, value, NOW + 31).type, MCPASS_ALLOW);
		mcpass_guard_free(guard);
		mp_free_wiped(value);
		mp_free_wiped(old_set);
		mp_free_wiped(new_set);
		json_decref(before);
		json_decref(after);
	}
}

/* A discovered address that no longer answers is looked for again. */
static void test_moved(void)
{
	static const char moved[] = "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "/new\"}";
	const struct page before[] = { { AS_META, 200, GOOD_META }, { JWKS, 200, set },
		{ NULL, 0, NULL } };
	const struct page after[] = { { AS_META, 200, moved }, { ISSUER "/new", 200, next_set },
		{ NULL, 0, NULL } };
	struct mcpass_guard *guard = discovering_guard();

	pages = before;
	CHECK_EQ("at first", run(guard, good, NOW).type, MCPASS_ALLOW);
	pages = after;
	CHECK_EQ("the old address is gone", run(guard, rotated, NOW + 30).status, 503);
	CHECK_STR("the old address is gone", fetched, JWKS " ");
	CHECK_EQ("the new one is found", run(guard, rotated, NOW + 60).type, MCPASS_ALLOW);
	CHECK_STR("the new one is found", fetched, AS_META " " ISSUER "/new ");
	mcpass_guard_free(guard);
}

/* A copy of the issuer's metadata, on this server's origin, as soon as it is known. */
static void test_copy(void)
{
	static const char *const paths[] = { "/.well-known/oauth-authorization-server",
		"/.well-known/oauth-authorization-server/mcp", "/.well-known/openid-configuration" };
	static const struct mcpass_guard_issuer bare[] = { { ISSUER, NULL, NULL } };
	struct mcpass_guard_config cfg = default_config();

	cfg.issuers = bare;
	for (int copies = 0; copies < 2; copies++) {
		struct mcpass_guard *guard;
		const char *json = NULL;

		cfg.issuer_metadata = copies;
		guard = new_guard(&cfg);
		mcpass_guard_metadata(guard, paths[0], &json, NULL);
		CHECK("nothing is known yet", json == NULL);
		mcpass_guard_fetched(guard, AS_META, 200, GOOD_META, strlen(GOOD_META), NOW, NULL);
		for (size_t i = 0; i < COUNT(paths); i++) {
			mcpass_guard_metadata(guard, paths[i], &json, NULL);
			CHECK_STR(paths[i], json, copies ? "{\"copy_of\":\"" AS_META "\",\"issuer\":\"" ISSUER
			    "\",\"jwks_uri\":\"" JWKS "\"}" : NULL);
		}
		mcpass_guard_metadata(guard, "/.well-known/other", &json, NULL);
		CHECK("no other path", json == NULL);
		mcpass_guard_free(guard);
	}
}

/* Each allocation of taking a document fails once; asked for again, it is there. */
static void test_copy_no_memory(void)
{
	static const struct mcpass_guard_issuer bare[] = { { ISSUER, NULL, NULL } };
	struct mcpass_guard_config cfg = default_config();

	cfg.issuers = bare;
	cfg.issuer_metadata = 1;
	OOM_EACH_LATER {
		struct mcpass_guard *guard = new_guard(&cfg);
		struct mcpass_health health = { 0 };
		const char *json = NULL;
		enum mcpass_rc rc;

		oom_from_here();
		rc = mcpass_guard_fetched(guard, AS_META, 200, GOOD_META, strlen(GOOD_META), NOW, NULL);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mcpass_guard_health(guard, 0, NOW, &health, NULL);
		CHECK_STR("asked anew", health.fetch->url, rc ? AS_META : JWKS);
		mcpass_guard_metadata(guard, "/.well-known/oauth-authorization-server", &json, NULL);
		CHECK_EQ("the copy", json != NULL, !rc);
		mcpass_guard_free(guard);
	}
}

/* Only a token that would be let in is worth a question to its issuer. */
static void test_worthless(void)
{
	static const char *const changes[] = { "{\"exp\":1}", "{\"aud\":\"x\"}",
		"{\"iss\":\"https://evil.example\"}", "{\"typ\":\"ID\"}" };
	struct mcpass_guard *guard = discovering_guard();
	static const struct page none[] = { { NULL, 0, NULL } };

	pages = none;
	for (size_t i = 0; i < COUNT(changes); i++) {
		char *value = bearer(key, MP_ES256, NULL, changes[i]);

		CHECK_EQ(changes[i], run(guard, value, NOW).status, 401);
		CHECK_EQ(changes[i], fetches, 0);
		mp_free_wiped(value);
	}
	mcpass_guard_free(guard);
}

static void test_reports(void)
{
	static const struct mcpass_guard_issuer shared[] = { { ISSUER, JWKS, NULL }, { OTHER, JWKS, NULL } };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;
	struct mcpass_error err = { 0 };
	struct mcpass_verdict verdict = { 0 };

	cfg.issuers = shared;
	cfg.issuer_count = 2;
	guard = new_guard(&cfg);
	CHECK_EQ("a URL that nobody wants", mcpass_guard_fetched(guard, OTHER, 200, set, strlen(set),
	    NOW, &err), MCPASS_E_USAGE);
	CHECK_EQ("no URL", mcpass_guard_fetched(guard, NULL, 200, "", 0, NOW, &err), MCPASS_E_USAGE);
	CHECK_EQ("no guard", mcpass_guard_fetched(NULL, JWKS, 200, "", 0, NOW, &err), MCPASS_E_USAGE);
	CHECK_EQ("a time before time", mcpass_guard_fetched(guard, JWKS, 200, "", 0, -1, &err),
	    MCPASS_E_USAGE);
	CHECK_EQ("no body", mcpass_guard_fetched(guard, JWKS, 200, NULL, 0, NOW, &err),
	    MCPASS_E_PROTOCOL);
	CHECK_EQ("an answer that did not come", mcpass_guard_fetched(guard, JWKS, 0, NULL, 0, NOW,
	    &err), MCPASS_E_IO);
	CHECK_HAS("says which", err.detail, JWKS);
	CHECK_STR("says what for", err.doing, "asking an issuer");
	CHECK_EQ("one set for both", mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW,
	    &err), MCPASS_OK);
	ask(guard, good, "ping", NULL, NOW, &verdict);
	CHECK_EQ("one set for both", verdict.type, MCPASS_ALLOW);
	mcpass_guard_free(guard);
}

/* The discovered URL that is reported is the guard's own text, and goes away with it. */
static void test_own_url(void)
{
	static const struct mcpass_guard_issuer bare[] = { { "https://as.example", NULL, NULL },
		{ "https://as.example/", NULL, NULL } };
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;
	struct mcpass_verdict verdict = { 0 };
	static const char meta[] = "{\"issuer\":\"https://as.example\",\"jwks_uri\":\"" JWKS "\"}";
	char *value = bearer(key, MP_ES256, NULL, "{\"iss\":\"https://as.example\"}");

	cfg.issuers = bare;
	cfg.issuer_count = 2;
	guard = new_guard(&cfg);
	ask(guard, value, "ping", NULL, NOW, &verdict);
	mcpass_guard_fetched(guard, verdict.fetch->url, 200, meta, strlen(meta), NOW, NULL);
	ask(guard, value, "ping", NULL, NOW, &verdict);
	CHECK_STR("both discovered", verdict.fetch->url, JWKS);
	CHECK_EQ("and both lost", mcpass_guard_fetched(guard, verdict.fetch->url, 404, "", 0, NOW,
	    NULL), MCPASS_E_PROTOCOL);
	mp_free_wiped(value);
	mcpass_guard_free(guard);
}

/* Keys of the operator's own: nobody is asked, whatever comes and however old they are. */
static void test_pinned(void)
{
	static const struct page none[] = { { NULL, 0, NULL } };
	static const struct { const char *label, *issuer, *jwks; } bad[] = {
		{ "a stranger's", OTHER, "{\"keys\":[]}" },
		{ "no key at all", ISSUER, "{\"keys\":[]}" },
		{ "no key set", ISSUER, "{}" },
		{ "no JSON", ISSUER, "keys" },
	};
	struct mcpass_guard *guard = discovering_guard();
	struct mcpass_error err = { 0 };

	pages = none;
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_EQ(bad[i].label, mcpass_guard_pin_keys(guard, bad[i].issuer, bad[i].jwks,
		    strlen(bad[i].jwks), &err), MCPASS_E_USAGE);
		CHECK(bad[i].label, err.detail[0] != '\0');
	}
	CHECK_EQ("no keys", mcpass_guard_pin_keys(guard, ISSUER, NULL, 0, NULL), MCPASS_E_USAGE);
	CHECK_EQ("good ones", mcpass_guard_pin_keys(guard, ISSUER, set, strlen(set), NULL), MCPASS_OK);
	CHECK_EQ("let in", run(guard, good, NOW).type, MCPASS_ALLOW);
	CHECK_EQ("another key: nobody is asked", run(guard, rotated, NOW).status, 401);
	CHECK_EQ("nor the keys of another", mcpass_guard_fetched(guard, JWKS, 200, next_set,
	    strlen(next_set), NOW, NULL), MCPASS_E_USAGE);
	CHECK_EQ("nothing was fetched", fetches, 0);
	CHECK_EQ("others in their place", mcpass_guard_pin_keys(guard, ISSUER, next_set,
	    strlen(next_set), NULL), MCPASS_OK);
	CHECK_EQ("let in by them", run(guard, rotated, NOW).type, MCPASS_ALLOW);
	CHECK_EQ("and no more by the first", run(guard, good, NOW).status, 401);
	CHECK_EQ("nothing was fetched", fetches, 0);
	mcpass_guard_free(guard);
}

static void test_pinned_no_memory(void)
{
	OOM_EACH_LATER {
		struct mcpass_guard *guard = discovering_guard();
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		oom_from_here();
		rc = mcpass_guard_pin_keys(guard, ISSUER, set, strlen(set), &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mcpass_guard_free(guard);
	}
}

static void test_redirect_that_is_none(void)
{
	struct mcpass_guard *guard = discovering_guard();

	CHECK_EQ("not asked for", mcpass_guard_redirected(guard, MOVED, 302, "/", NOW, NULL), MCPASS_E_USAGE);
	CHECK_EQ("no redirect", mcpass_guard_redirected(guard, AS_META, 200, "/", NOW, NULL), MCPASS_E_USAGE);
	CHECK_EQ("no key", mcpass_guard_redirected(guard, NULL, 302, "/", NOW, NULL), MCPASS_E_USAGE);
	mcpass_guard_free(guard);
	OOM_EACH {
		static const struct mcpass_guard_issuer bare[] = { { ISSUER, NULL, NULL } };
		struct mcpass_guard_config cfg = default_config();
		enum mcpass_rc rc;

		cfg.issuers = bare;
		guard = NULL;
		rc = mcpass_guard_new(&cfg, &guard, NULL);
		if (!rc)
			rc = mcpass_guard_redirected(guard, AS_META, 302, AS_META, NOW, NULL);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mcpass_guard_free(guard);
	}
}

int main(void)
{
	key = new_key(MP_ES256);
	next_key = new_key(MP_ES256);
	set = key_set(key, NULL);
	next_set = key_set(next_key, NULL);
	good = bearer(key, MP_ES256, NULL, NULL);
	rotated = bearer(next_key, MP_ES256, NULL, NULL);
	test_discovery();
	test_redirect_that_is_none();
	test_life();
	test_unusable();
	test_empty_at_first();
	test_candidates();
	test_many_candidates();
	test_replaced();
	test_moved();
	test_worthless();
	test_copy();
	test_copy_no_memory();
	test_reports();
	test_own_url();
	test_pinned();
	test_pinned_no_memory();
	mp_free_wiped(good);
	mp_free_wiped(rotated);
	free(set);
	free(next_set);
	mp_key_free(key);
	mp_key_free(next_key);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
