/* The clock, random bytes, and what a process does so that others cannot read it. */
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness/check.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "io/system/harden.h"

static void test_clock(void)
{
	int64_t now = mp_now_ms(), deadline = mp_deadline_ms(100000);

	CHECK("Unix time", mp_now_s() >= (int64_t)time(NULL) - 1);
	CHECK("it goes forward", mp_now_ms() >= now);
	CHECK("100 s from now", deadline >= now + 100000 && deadline < now + 200000);
	CHECK("and not over", mp_left_ms(deadline) > 0 && mp_left_ms(deadline) <= 100000);
	CHECK_EQ("over", mp_left_ms(now - 1), 0);
	CHECK_EQ("never", mp_left_ms(mp_deadline_ms(-1)), -1);
	CHECK_EQ("further than poll() counts", mp_left_ms(now + (int64_t)INT_MAX * 4), INT_MAX);
}

static void test_entropy(void)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	CHECK_EQ("filled", mp_entropy(NULL, a, sizeof(a)), 0);
	CHECK_EQ("filled", mp_entropy(NULL, b, sizeof(b)), 0);
	CHECK("never the same", memcmp(a, b, sizeof(a)) != 0);
	CHECK_EQ("more than OpenSSL counts", mp_entropy(NULL, a, (size_t)INT_MAX + 1), -1);
}

/* In a process of its own: a leak checker has to look into this one. */
static void test_harden(void)
{
	struct rlimit core;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		mp_harden();
		_exit(prctl(PR_GET_DUMPABLE) != 0 || getrlimit(RLIMIT_CORE, &core) != 0
		    || core.rlim_cur != 0 || core.rlim_max != 0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ("no core, no tracing", status, 0);
}

int main(void)
{
	test_clock();
	test_entropy();
	test_harden();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
