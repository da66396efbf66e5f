/* Refusals that repeat are one event with a count. */
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "serve/authserver/fold.h"

static char told[16384];        /* "event:address:outcome:rule:since-last:count;" each */

static json_t *make(const char *event, const char *address, const char *outcome, const char *rule,
    int64_t now)
{
	char time[32];
	json_t *made;

	snprintf(time, sizeof(time), "t%lld", (long long)now);
	mp_test_count_allocs(false);
	made = json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "time", time, "event", event, "address", address,
	    "outcome", outcome, "rule", rule);
	mp_test_count_allocs(true);
	return made;
}

static const char *text_of(const json_t *event, const char *name)
{
	const char *text = json_string_value(json_object_get(event, name));

	return text != NULL ? text : "";
}

static void settle(struct mp_fold *fold, int64_t now)
{
	json_t *event;

	while ((event = mp_fold_due(fold, now)) != NULL) {
		size_t len = strlen(told);

		snprintf(told + len, sizeof(told) - len, "%s:%s:%s:%s:%s-%s:%lld;", text_of(event, "event"),
		    text_of(event, "address"), text_of(event, "outcome"), text_of(event, "rule"),
		    text_of(event, "since"), text_of(event, "time"),
		    (long long)json_integer_value(json_object_get(event, "count")));
		json_decref(event);
	}
}

static bool takes(struct mp_fold *fold, const char *event, const char *address, const char *outcome,
    const char *rule, int64_t now)
{
	json_t *made = make(event, address, outcome, rule, now);
	bool is_taken = mp_fold_takes(fold, made, now);

	mp_test_count_allocs(false);
	json_decref(made);
	mp_test_count_allocs(true);
	return is_taken;
}

/* Some, of a kind; how many of them are lines of their own. */
static int flood(struct mp_fold *fold, const char *address, int count, int64_t now)
{
	int lines = 0;

	for (int i = 0; i < count; i++)
		lines += !takes(fold, "refused", address, "invalid_grant", "RFC 6749 5.2", now);
	return lines;
}

static struct mp_fold *open_fold(void)
{
	struct mp_fold *fold = NULL;

	CHECK_EQ("made", mp_fold_new(&fold, NULL), MCPASS_OK);
	told[0] = '\0';
	return fold;
}

static void test_window(void)
{
	struct mp_fold *fold = open_fold();

	CHECK_EQ("the first are told", flood(fold, "a", MP_AUDIT_WHOLE, 1000), MP_AUDIT_WHOLE);
	settle(fold, 1000 + MP_AUDIT_WINDOW);
	CHECK_STR("and no more of them", told, "");
	CHECK_EQ("in each window", flood(fold, "a", MP_AUDIT_WHOLE, 1000 + MP_AUDIT_WINDOW),
	    MP_AUDIT_WHOLE);
	CHECK_EQ("what is more is not", flood(fold, "a", 100, 1070), 0);
	settle(fold, 1000 + 2 * MP_AUDIT_WINDOW - 1);
	CHECK_STR("not yet", told, "");
	CHECK_EQ("one more", flood(fold, "a", 1, 1080), 0);
	settle(fold, 1000 + 2 * MP_AUDIT_WINDOW);
	CHECK_STR("then", told, "refused:a:invalid_grant:RFC 6749 5.2:t1070-t1080:101;");
	told[0] = '\0';
	settle(fold, INT64_MAX);
	CHECK_STR("once", told, "");
	mp_fold_free(fold);
}

/* One kind's count hides no other kind. */
static void test_kinds(void)
{
	struct mp_fold *fold = open_fold();

	flood(fold, "a", MP_AUDIT_WHOLE + 2, 1000);
	CHECK("another address", !takes(fold, "refused", "b", "invalid_grant", "RFC 6749 5.2", 1000));
	CHECK("another code", !takes(fold, "refused", "a", "invalid_client", "RFC 6749 5.2", 1000));
	CHECK("another clause", !takes(fold, "refused", "a", "invalid_grant", "RFC 9449 5", 1000));
	CHECK("no clause", !takes(fold, "refused", "a", "invalid_grant", NULL, 1000));
	CHECK("the same", takes(fold, "refused", "a", "invalid_grant", "RFC 6749 5.2", 1000));
	for (int i = 0; i < 100; i++)
		CHECK("what is no refusal", !takes(fold, "issued", "a", NULL, NULL, 1000));
	settle(fold, INT64_MAX);
	CHECK_STR("at the end", told, "refused:a:invalid_grant:RFC 6749 5.2:t1000-t1000:3;");
	mp_fold_free(fold);
}

/* One sender with as many addresses as it likes hides no other. */
static void test_networks(void)
{
	struct mp_fold *fold = open_fold();
	int lines = 0;

	for (int i = 0; i < 10000; i++) {
		char address[64];

		snprintf(address, sizeof(address), "2001:db8:0:7:%x::%x", i % 9, i);
		lines += flood(fold, address, 1, 1000);
	}
	CHECK_EQ("the first of the network", lines, MP_AUDIT_WHOLE);
	CHECK_EQ("another network", flood(fold, "2001:db8:0:8::1", 1, 1000), 1);
	CHECK_EQ("IPv4, as IPv6", flood(fold, "::ffff:192.0.2.1", MP_AUDIT_WHOLE + 1, 1000), MP_AUDIT_WHOLE);
	CHECK_EQ("another", flood(fold, "::ffff:192.0.2.2", 1, 1000), 1);
	CHECK_EQ("a text that is none", flood(fold, "unix:", 1, 1000), 1);
	settle(fold, 1000 + MP_AUDIT_WINDOW);
	CHECK_HAS("told for the network", told,
	    "refused:2001:db8:0:7::/64:invalid_grant:RFC 6749 5.2:t1000-t1000:9990;");
	CHECK_HAS("and for the address", told, "refused:::ffff:192.0.2.1:invalid_grant:RFC 6749 5.2:t1000-t1000:1;");
	mp_fold_free(fold);
}

/* From ever so many addresses: the table is full, and what is more is counted together. */
static void test_many(void)
{
	struct mp_fold *fold = open_fold();
	int lines = 0;

	for (int i = 0; i < 10000; i++) {
		char address[32];

		snprintf(address, sizeof(address), "10.0.%d.%d", i / 256, i % 256);
		lines += flood(fold, address, 1, 1000);
	}
	CHECK("some are told", lines > 0);
	CHECK("and not all", lines < 1000);
	settle(fold, 1000 + MP_AUDIT_WINDOW);
	{
		char want[96];

		snprintf(want, sizeof(want), "refused::invalid_grant:RFC 6749 5.2:t1000-t1000:%d;", 10000 - lines);
		CHECK_STR("each is accounted for", told, want);
	}
	CHECK_EQ("and there is room again", flood(fold, "a", 1, 1000 + MP_AUDIT_WINDOW), 1);
	mp_fold_free(fold);
}

/* A flood from ever so many addresses hides no refusal of another kind. */
static void test_other_rules(void)
{
	struct mp_fold *fold = open_fold();
	int lines = 0;

	for (int i = 0; i < 1000; i++) {
		char address[32];

		snprintf(address, sizeof(address), "10.0.%d.%d", i / 256, i % 256);
		flood(fold, address, 1, 1000);
	}
	CHECK("a thief who uses a token again", !takes(fold, "refused", "192.0.2.1", "invalid_grant",
	    "RFC 9700 4.14", 1000));
	CHECK("another code", !takes(fold, "refused", "192.0.2.1", "access_denied", "RFC 6749 5.2", 1000));
	CHECK_EQ("the flood is no more lines", flood(fold, "192.0.2.1", 100, 1000), 0);
	/* Of more clauses than there are the first ones are told, too, and each is counted. */
	told[0] = '\0';
	for (int i = 0; i < 200; i++) {
		char rule[32];

		snprintf(rule, sizeof(rule), "RFC %d", i);
		lines += !takes(fold, "refused", "192.0.2.1", "invalid_grant", rule, 1000);
	}
	CHECK_EQ("some of them", lines, 64 - 3 + MP_AUDIT_WHOLE);
	settle(fold, 1000 + MP_AUDIT_WINDOW);
	CHECK_HAS("the flood", told, "refused::invalid_grant:RFC 6749 5.2:t1000-t1000:834;");
	CHECK_HAS("the rest", told, "refused::::t1000-t1000:129;");
	mp_fold_free(fold);
}

/* What is counted together has its first ones in each window, too. */
static void test_rest(void)
{
	struct mp_fold *fold = open_fold();

	for (int window = 0; window < 2; window++) {
		int64_t now = 1000 + window * MP_AUDIT_WINDOW;
		int lines = 0;

		settle(fold, now);
		for (int i = 0; i < 256 + MP_AUDIT_WHOLE; i++) {
			char address[32];

			snprintf(address, sizeof(address), "10.0.%d.%d", i / 256, i % 256);
			lines += flood(fold, address, 1, now);
		}
		CHECK_EQ("all are told", lines, 256 + MP_AUDIT_WHOLE);
	}
	mp_fold_free(fold);
}

/* Without memory an event is told rather than lost, and a count stays for later. */
static void test_no_memory(void)
{
	OOM_EACH {
		struct mp_fold *fold = NULL;
		enum mcpass_rc rc = mp_fold_new(&fold, NULL);
		int lines = 0;

		told[0] = '\0';
		if (!rc) {
			lines = flood(fold, "a", MP_AUDIT_WHOLE + 5, 1000);
			settle(fold, INT64_MAX);
		}
		CHECK_OOM_OR_OK("a fold, or none", rc);
		if (!rc) {
			settle(fold, INT64_MAX);
			CHECK("the first", lines >= MP_AUDIT_WHOLE && lines <= MP_AUDIT_WHOLE + 1);
			CHECK_HAS("each is accounted for", told, lines == MP_AUDIT_WHOLE ? ":5;" : ":4;");
		}
		mp_fold_free(fold);
	}
	mp_fold_free(NULL);
}

int main(void)
{
	test_window();
	test_kinds();
	test_networks();
	test_many();
	test_other_rules();
	test_rest();
	test_no_memory();
	return check_done();
}
