/* Counters: no series comes of what a request says. */
#include <stdio.h>
#include <string.h>
#include "harness/check.h"
#include "serve/authserver/metrics.h"

static void refuse(struct mp_metrics *metrics, const char *rule)
{
	json_t *event = json_pack("{s:s, s:s*}", "event", "refused", "rule", rule);

	mp_metrics_event(metrics, event);
	json_decref(event);
}

static void test_bounds(void)
{
	struct mp_metrics *metrics = NULL;
	size_t series = 0;
	struct mp_buf text;

	CHECK_EQ("made", mp_metrics_new(1000, &metrics, NULL), MCPASS_OK);
	for (int i = 0; i < 100; i++) {
		char rule[32];

		snprintf(rule, sizeof(rule), "RFC %d", i);
		refuse(metrics, rule);
	}
	refuse(metrics, "RFC 1");
	refuse(metrics, NULL);
	mp_metrics_request(metrics, "/t/token", 200);
	mp_metrics_request(metrics, "/t/register/abc", 404);
	mp_metrics_request(metrics, "/.well-known/openid-configuration", 200);
	mp_metrics_request(metrics, "/x\"} 1\n", 99);
	mp_buf_init(&text, 100000);
	CHECK_EQ("written", mp_metrics_write(metrics, NULL, 0, 1000, &text, NULL), MCPASS_OK);
	for (const char *at = mp_buf_text(&text); (at = strstr(at, "refusals_total{")) != NULL; at++)
		series++;
	CHECK_EQ("so many clauses, and one for the rest", series, 65);
	CHECK_HAS("a clause twice", mp_buf_text(&text), "mcpass_refusals_total{rule=\"RFC 1\"} 2\n");
	CHECK_HAS("the rest", mp_buf_text(&text), "mcpass_refusals_total{rule=\"other\"} 37\n");
	CHECK_HAS("an endpoint", mp_buf_text(&text), "{endpoint=\"token\",class=\"2xx\"} 1\n");
	CHECK_HAS("one of its records", mp_buf_text(&text), "{endpoint=\"register\",class=\"4xx\"} 1\n");
	CHECK_HAS("metadata", mp_buf_text(&text), "{endpoint=\"metadata\",class=\"2xx\"} 1\n");
	CHECK_HAS("what is none", mp_buf_text(&text), "{endpoint=\"other\",class=\"other\"} 1\n");
	mp_buf_free(&text);
	mp_metrics_free(metrics);
}

static void test_label(void)
{
	struct mp_metrics *metrics = NULL;
	struct mp_buf text;

	CHECK_EQ("made", mp_metrics_new(1000, &metrics, NULL), MCPASS_OK);
	refuse(metrics, "a\"\\b\n");
	mp_buf_init(&text, 100000);
	CHECK_EQ("written", mp_metrics_write(metrics, NULL, 0, 1000, &text, NULL), MCPASS_OK);
	CHECK_HAS("a label stays one", mp_buf_text(&text), "{rule=\"a__b_\"} 1\n");
	mp_buf_free(&text);
	mp_metrics_free(metrics);
}

int main(void)
{
	test_bounds();
	test_label();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
