/* Work in other threads: a bounded amount, and the comparison of passwords by it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "harness/check.h"
#include "serve/authserver/passwords.h"
#include "serve/authserver/workers.h"
#include "wire/jose/crypto.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_held;
static int begun, ran, done;

static void add(int *count)
{
	pthread_mutex_lock(&lock);
	(*count)++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void await(const int *count, int want)
{
	pthread_mutex_lock(&lock);
	while (*count < want)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void hold(bool on)
{
	pthread_mutex_lock(&lock);
	is_held = on;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void work(void *ctx)
{
	(void)ctx;
	add(&begun);
	pthread_mutex_lock(&lock);
	while (is_held)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	add(&ran);
}

static void tell(void *ctx)
{
	(void)ctx;
	add(&done);
}

static void test_workers(void)
{
	const struct mp_work one = { work, tell, NULL }, silent = { work, NULL, NULL };
	struct mp_workers *workers = NULL;
	struct mcpass_error err = { 0 };

	CHECK_EQ("two threads", mp_workers_new(2, 3, &workers, NULL), MCPASS_OK);
	hold(true);
	for (int i = 0; i < 2; i++)
		CHECK_EQ("taken", mp_workers_submit(workers, &one, NULL), MCPASS_OK);
	await(&begun, 2);
	for (int i = 0; i < 3; i++)
		CHECK_EQ("waits", mp_workers_submit(workers, &silent, NULL), MCPASS_OK);
	CHECK_EQ("one too many", mp_workers_submit(workers, &one, &err), MCPASS_E_LIMIT);
	CHECK_HAS("says so", err.detail, "more than 3 pieces of work");
	hold(false);
	await(&ran, 5);
	await(&done, 2);
	CHECK_EQ("no more were told than asked for it", done, 2);
	mp_workers_free(workers);
	mp_workers_free(NULL);
	CHECK("at least one, at most four", mp_workers_for_computing() >= 1
	    && mp_workers_for_computing() <= 4);
}

static void test_stop(void)
{
	const struct mp_work one = { work, NULL, NULL };
	struct mp_workers *workers = NULL;

	begun = ran = 0;
	CHECK_EQ("one thread", mp_workers_new(1, 3, &workers, NULL), MCPASS_OK);
	mp_workers_stop(workers);
	CHECK_EQ("nothing is taken any more", mp_workers_submit(workers, &one, NULL), MCPASS_E_LIMIT);
	mp_workers_free(workers);
	CHECK_EQ("nothing ran", ran, 0);
}

/* --- passwords --- */
static struct mp_passwords *passwords;
static char *line;

/* Asks until there is an answer, and says how many comparisons it took. */
static enum mp_password_answer check(const char *password, bool remember, int *ret_waits)
{
	const struct mp_password_ask ask = { .password = password, .line = line,
		.remember = remember };
	enum mp_password_answer answer = MP_PASSWORD_LATER;

	for (*ret_waits = 0;; (*ret_waits)++) {
		int before = done;

		CHECK_EQ("asked", mp_passwords_check(passwords, &ask, &answer, NULL), MCPASS_OK);
		if (answer != MP_PASSWORD_LATER)
			return answer;
		await(&done, before + 1);
	}
}

static void test_passwords(void)
{
	static const uint8_t salt[16] = { 3 };
	int waits;

	CHECK_EQ("a line", mp_password_hash("right", salt, 10, &line, NULL), MCPASS_OK);
	CHECK_EQ("made", mp_passwords_new(tell, NULL, &passwords, NULL), MCPASS_OK);
	done = 0;
	CHECK_EQ("right", check("right", true, &waits), MP_PASSWORD_RIGHT);
	CHECK_EQ("right by comparing", waits, 1);
	CHECK_EQ("right again", check("right", true, &waits), MP_PASSWORD_RIGHT);
	CHECK_EQ("remembered", waits, 0);
	CHECK_EQ("wrong", check("wrong", true, &waits), MP_PASSWORD_WRONG);
	CHECK_EQ("wrong again", check("wrong", true, &waits), MP_PASSWORD_WRONG);
	CHECK_EQ("is not remembered", waits, 1);
	CHECK_EQ("a person's", check("right ", false, &waits), MP_PASSWORD_WRONG);
	CHECK_EQ("no line", check("", false, &waits), MP_PASSWORD_WRONG);
	mp_passwords_free(passwords);

	CHECK_EQ("made", mp_passwords_new(tell, NULL, &passwords, NULL), MCPASS_OK);
	CHECK_EQ("a person's", check("right", false, &waits), MP_PASSWORD_RIGHT);
	CHECK_EQ("a person's again", check("right", false, &waits), MP_PASSWORD_RIGHT);
	CHECK_EQ("is compared each time", waits, 1);
	/* More than there is room for: each is answered in the end. */
	for (int i = 0; i < MP_MAX_PASSWORDS + 10; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		CHECK_EQ("one of many", check(text, true, &waits), MP_PASSWORD_WRONG);
	}
	mp_passwords_free(passwords);
	free(line);
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mp_workers *workers = NULL;

		CHECK_OOM("no memory", mp_workers_new(1, 1, &workers, NULL), MCPASS_OK);
		mp_workers_free(workers);
	}
}

int main(void)
{
	test_workers();
	test_stop();
	test_passwords();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
