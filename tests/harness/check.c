#include "harness/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "mcpass/error.h"

static long passed, failed;
static struct {
	size_t n, stride;               /* the allocation that fails; how far it is to the next */
	long blocks, failed;            /* before the first run */
	bool at_once, running;
} oom;

static bool count(bool ok)
{
	if (ok)
		passed++;
	else
		failed++;
	if (!ok && oom.running)
		printf("  where allocation %zu fails\n", oom.n);
	return ok;
}

bool check_true(const char *file, int line, const char *label, const char *text, bool ok)
{
	if (!ok)
		printf("%s:%d: FAILED [%s] %s\n", file, line, label, text);
	return count(ok);
}

bool check_eq(const char *file, int line, const char *label, const char *text,
    long long got, long long want)
{
	if (got != want)
		printf("%s:%d: FAILED [%s] %s is %lld, not %lld\n", file, line, label, text, got, want);
	return count(got == want);
}

bool check_str(const char *file, int line, const char *label, const char *text,
    const char *got, const char *want)
{
	bool ok = got == NULL || want == NULL ? got == want : strcmp(got, want) == 0;

	if (!ok)
		printf("%s:%d: FAILED [%s] %s is \"%s\", not \"%s\"\n", file, line, label, text,
		    got != NULL ? got : "(null)", want != NULL ? want : "(null)");
	return count(ok);
}

bool check_has(const char *file, int line, const char *label, const char *text,
    const char *got, const char *part)
{
	bool ok = got != NULL && strstr(got, part) != NULL;

	if (!ok)
		printf("%s:%d: FAILED [%s] %s is \"%s\", without \"%s\"\n", file, line, label, text,
		    got != NULL ? got : "(null)", part);
	return count(ok);
}

int check_done(void)
{
	printf("%ld passed, %ld failed\n", passed, failed);
	return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

char *check_read(const char *name, size_t *ret_len)
{
	char path[1024], *data = NULL;
	FILE *file;
	long len;

	snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : MP_VECTORS,
	    name[0] == '/' ? "" : "/", name);
	file = fopen(path, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0)
		goto fail;
	rewind(file);
	data = malloc((size_t)len + 1);
	if (data == NULL || fread(data, 1, (size_t)len, file) != (size_t)len)
		goto fail;
	fclose(file);
	data[len] = '\0';
	if (ret_len != NULL)
		*ret_len = (size_t)len;
	return data;
fail:
	perror(path);
	exit(EXIT_FAILURE);
}

/* What goes wrong once goes wrong at every allocation: a few are enough to see it. */
#define MAX_FAILED 20

void oom_begin(bool at_once)
{
	const char *stride = getenv("MP_TEST_STRIDE");

	oom.n = 0;
	oom.stride = stride != NULL && atoi(stride) > 0 ? (size_t)atoi(stride) : 1;
	oom.at_once = at_once;
	oom.running = false;
	oom.blocks = mp_test_live_blocks();
	oom.failed = failed;
}

/* What the run before came to; true when it was not the last. */
static bool end_run(const char *file, int line)
{
	bool last = !oom_over();

	check_eq(file, line, "nothing leaked", "blocks", mp_test_live_blocks(), oom.blocks);
	oom.running = false;
	if (last && !oom.at_once)
		check_true(file, line, "it allocates from there on", "oom.n > 0", oom.n > 0);
	return !last && failed <= oom.failed + MAX_FAILED;
}

bool oom_next(const char *file, int line)
{
	if (oom.running) {
		if (!end_run(file, line))
			return false;
		oom.n += oom.stride;
	}
	oom.running = true;
	oom_from_here();
	if (!oom.at_once)
		mp_test_no_fail();
	return true;
}

void oom_from_here(void)
{
	mp_test_fail_alloc(oom.n);
}

bool oom_over(void)
{
	mp_test_no_fail();
	return mp_test_alloc_failed();
}

size_t oom_count(void)
{
	return oom.n - mp_test_allocs_left();
}

bool oom_check(const char *file, int line, const char *label, int rc, int want)
{
	return check_eq(file, line, label, "rc", rc, oom_over() ? MCPASS_E_NOMEM : want);
}

/* --- Unix time as the code under test sees it --- */

time_t __real_time(time_t *ret_time);
time_t __wrap_time(time_t *ret_time);

static time_t now;

__attribute__((constructor)) static void stop_the_clock(void)
{
	now = __real_time(NULL);
}

void mp_test_pass(int seconds)
{
	now += seconds;
}

time_t __wrap_time(time_t *ret_time)
{
	if (ret_time != NULL)
		*ret_time = now;
	return now;
}
