#include "serve/authserver/metrics.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The last of each list is for all that is not in it. */
static const char *const endpoints[] = { "authorize", "login", "consent", "callback", "token",
	"register", "par", "device_authorization", "device", "revoke", "introspect", "jwks", "metadata",
	"metrics", "other" };
static const char *const classes[] = { "2xx", "3xx", "4xx", "5xx", "other" };
static const char *const events[] = { "registered", "asked", "signed_in", "password", "allowed",
	"denied", "issued", "renewed", "reused", "revoked", "ended", "refused", "sent", "returned",
	"rechecked", "handed_out", "unreachable", "other" };
static const char *const grants[] = { "authorization_code", "refresh_token", "client_credentials",
	"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
	"urn:ietf:params:oauth:grant-type:token-exchange", "other" };
static const char *const kinds[] = { "client", "refresh", "access", "session", "consent",
	"pending", "code", "device", "jti" };
/* Clauses that requests were refused by: the first so many that came. */
#define MOST_RULES 64

struct mp_metrics {
	pthread_mutex_t lock;           /* of what follows */
	int64_t started;
	uint64_t requests[MP_COUNT(endpoints)][MP_COUNT(classes)];
	uint64_t events[MP_COUNT(events)], grants[MP_COUNT(grants)];
	uint64_t lost;
	char *rules[MOST_RULES];
	uint64_t refusals[MOST_RULES + 1];
	size_t rule_count;
};

enum mcpass_rc mp_metrics_new(int64_t now, struct mp_metrics **ret_metrics,
    struct mcpass_error *err)
{
	struct mp_metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL)
		return mp_nomem(err);
	(void)pthread_mutex_init(&metrics->lock, NULL);
	metrics->started = now;
	*ret_metrics = metrics;
	return MCPASS_OK;
}

void mp_metrics_free(struct mp_metrics *metrics)
{
	if (metrics == NULL)
		return;
	(void)pthread_mutex_destroy(&metrics->lock);
	for (size_t i = 0; i < metrics->rule_count; i++)
		free(metrics->rules[i]);
	free(metrics);
}

static size_t find(const char *const *list, size_t count, const char *text)
{
	size_t i = 0;

	while (i + 1 < count && (text == NULL || strcmp(list[i], text) != 0))
		i++;
	return i;
}

/* By the last step of the path: the issuer's own may stand before it. */
static size_t endpoint_of(const char *path)
{
	const char *last = strrchr(path, '/');

	if (strstr(path, "/.well-known/") != NULL)
		return find(endpoints, MP_COUNT(endpoints), "metadata");
	if (strstr(path, "/callback/") != NULL)
		return find(endpoints, MP_COUNT(endpoints), "callback");
	if (strstr(path, "/register/") != NULL)
		return find(endpoints, MP_COUNT(endpoints), "register");
	return find(endpoints, MP_COUNT(endpoints), last != NULL ? last + 1 : path);
}

static size_t class_of(int status)
{
	return status >= 200 && status < 600 ? (size_t)(status / 100 - 2) : MP_COUNT(classes) - 1;
}

void mp_metrics_request(struct mp_metrics *metrics, const char *path, int status)
{
	(void)pthread_mutex_lock(&metrics->lock);
	metrics->requests[endpoint_of(path)][class_of(status)]++;
	(void)pthread_mutex_unlock(&metrics->lock);
}

/* Has the lock. */
static void count_refusal(struct mp_metrics *metrics, const char *rule)
{
	size_t i = 0;

	while (i < metrics->rule_count && strcmp(metrics->rules[i], rule) != 0)
		i++;
	if (i == metrics->rule_count && i < MOST_RULES) {
		metrics->rules[i] = strdup(rule);
		if (metrics->rules[i] != NULL)
			metrics->rule_count++;
		else
			i = MOST_RULES;
	}
	metrics->refusals[i]++;
}

void mp_metrics_event(struct mp_metrics *metrics, const json_t *event)
{
	const char *name = mp_json_text(event, "event");
	const char *what = mp_json_text(event, "what");
	const char *rule = mp_json_text(event, "rule");
	size_t found = find(events, MP_COUNT(events), name);

	(void)pthread_mutex_lock(&metrics->lock);
	metrics->events[found]++;
	if (strcmp(events[found], "issued") == 0 || strcmp(events[found], "renewed") == 0)
		metrics->grants[find(grants, MP_COUNT(grants), what)]++;
	if (strcmp(events[found], "refused") == 0)
		count_refusal(metrics, rule != NULL ? rule : "none");
	(void)pthread_mutex_unlock(&metrics->lock);
}

void mp_metrics_lost(struct mp_metrics *metrics, uint64_t lost)
{
	(void)pthread_mutex_lock(&metrics->lock);
	metrics->lost = lost;
	(void)pthread_mutex_unlock(&metrics->lock);
}

/* --- written --- */
static void add_head(struct mp_buf *text, const char *name, const char *type, const char *help)
{
	mp_buf_addf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A clause has no backslash, quote or line end; what has one is not written as it is. */
static void add_label(struct mp_buf *text, const char *value)
{
	for (; *value != '\0'; value++)
		mp_buf_addc(text, *value == '\\' || *value == '"' || *value < 0x20 ? '_' : *value);
}

static void add_counts(struct mp_buf *text, const char *name, const char *label,
    const char *const *values, const uint64_t *counts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mp_buf_addf(text, "%s{%s=\"", name, label);
		add_label(text, values[i]);
		mp_buf_addf(text, "\"} %llu\n", (unsigned long long)counts[i]);
	}
}

/* Has the lock. */
static void add_counters(struct mp_metrics *metrics, struct mp_buf *text)
{
	static const char *const rest[] = { "other" };
	static const struct { const char *outcome, *event; } logins[] = {
		{ "right", "signed_in" }, { "wrong", "password" }, { "elsewhere", "returned" },
	};

	add_head(text, "mcpass_requests_total", "counter", "Requests that were answered.");
	for (size_t i = 0; i < MP_COUNT(endpoints); i++)
		for (size_t j = 0; j < MP_COUNT(classes); j++)
			if (metrics->requests[i][j] > 0)
				mp_buf_addf(text, "mcpass_requests_total{endpoint=\"%s\",class=\"%s\"} %llu\n",
				    endpoints[i], classes[j], (unsigned long long)metrics->requests[i][j]);
	add_head(text, "mcpass_events_total", "counter", "What happened, as in the audit log.");
	add_counts(text, "mcpass_events_total", "event", events, metrics->events, MP_COUNT(events));
	add_head(text, "mcpass_logins_total", "counter", "Sign-ins: passwords, and those elsewhere.");
	for (size_t i = 0; i < MP_COUNT(logins); i++)
		mp_buf_addf(text, "mcpass_logins_total{outcome=\"%s\"} %llu\n", logins[i].outcome,
		    (unsigned long long)metrics->events[find(events, MP_COUNT(events), logins[i].event)]);
	add_head(text, "mcpass_tokens_total", "counter", "Token responses, by grant type.");
	add_counts(text, "mcpass_tokens_total", "grant", grants, metrics->grants, MP_COUNT(grants));
	add_head(text, "mcpass_refusals_total", "counter", "Refused requests, by clause.");
	add_counts(text, "mcpass_refusals_total", "rule", (const char *const *)metrics->rules,
	    metrics->refusals, metrics->rule_count);
	add_counts(text, "mcpass_refusals_total", "rule", rest, &metrics->refusals[MOST_RULES], 1);
	add_head(text, "mcpass_audit_lost_total", "counter", "Lines that the audit log lacks.");
	mp_buf_addf(text, "mcpass_audit_lost_total %llu\n", (unsigned long long)metrics->lost);
	add_head(text, "mcpass_start_time_seconds", "gauge", "When the server started.");
	mp_buf_addf(text, "mcpass_start_time_seconds %lld\n", (long long)metrics->started);
}

static enum mcpass_rc add_records(const struct mp_issuer_store *store, double seconds,
    int64_t now, struct mp_buf *text, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	add_head(text, "mcpass_store_records", "gauge", "Records in the store, by kind.");
	for (size_t i = 0; i < MP_COUNT(kinds) && !rc; i++) {
		size_t count = 0;

		rc = store->count(store->ctx, kinds[i], NULL, now, &count, err);
		mp_buf_addf(text, "mcpass_store_records{kind=\"%s\"} %zu\n", kinds[i], count);
	}
	add_head(text, "mcpass_store_read_seconds", "gauge", "What one read of the store took just now.");
	mp_buf_addf(text, "mcpass_store_read_seconds %.6f\n", seconds);
	return rc;
}

enum mcpass_rc mp_metrics_write(struct mp_metrics *metrics, const struct mp_issuer_store *store,
    double seconds, int64_t now, struct mp_buf *text, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	(void)pthread_mutex_lock(&metrics->lock);
	add_counters(metrics, text);
	(void)pthread_mutex_unlock(&metrics->lock);
	if (store != NULL)
		rc = add_records(store, seconds, now, text, err);
	return rc ? rc : mp_buf_check(text, "the metrics", err);
}
