/* check.h - tests are tables of rows; a row that fails says which and where.
 *
 *     int main(void) { test_this(); test_that(); return check_done(); }        */
#ifndef MP_CHECK_H
#define MP_CHECK_H
#include <stdbool.h>
#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define CHECK(label, condition) \
	check_true(__FILE__, __LINE__, (label), #condition, (condition))
#define CHECK_EQ(label, got, want) \
	check_eq(__FILE__, __LINE__, (label), #got, (long long)(got), (long long)(want))
/* Strings; NULL equals NULL only. */
#define CHECK_STR(label, got, want) \
	check_str(__FILE__, __LINE__, (label), #got, (got), (want))
/* got contains part. */
#define CHECK_HAS(label, got, part) \
	check_has(__FILE__, __LINE__, (label), #got, (got), (part))

bool check_true(const char *file, int line, const char *label, const char *text, bool ok);
bool check_eq(const char *file, int line, const char *label, const char *text,
    long long got, long long want);
bool check_str(const char *file, int line, const char *label, const char *text,
    const char *got, const char *want);
bool check_has(const char *file, int line, const char *label, const char *text,
    const char *got, const char *part);

/* Prints "N passed, N failed" and returns main's result; no row at all is a failure. */
int check_done(void);

/* Reads a file of tests/vectors (or any path that starts with '/'); the caller's (free);
 * exits when it cannot be read. */
char *check_read(const char *name, size_t *ret_len);

/* Allocation: the nth from now (0 is the next) fails, and only that one.  Covers our own
 * code and jansson, not OpenSSL, SQLite or libcurl. */
void mp_test_fail_alloc(size_t n);
void mp_test_no_fail(void);
/* Only allocations made while on (the beginning: on) are counted and may fail, so that a
 * test can aim at one side of a conversation. */
void mp_test_count_allocs(bool on);
bool mp_test_alloc_failed(void);        /* since the last mp_test_fail_alloc() */
size_t mp_test_allocs_left(void);       /* how many more would have had to come for it */
long mp_test_live_blocks(void);         /* allocated and not freed */

/* Unix time stands still in a test, and goes on by that much at once; the steady clock runs. */
void mp_test_pass(int seconds);

/* Runs its block once per allocation, with that one failing, and once with none failing:
 *
 *     OOM_EACH {
 *             struct mp_thing thing = { 0 };
 *             enum mcpass_rc rc;
 *
 *             rc = mp_thing_read(text, &thing, NULL);
 *             CHECK_OOM("no memory", rc, MCPASS_OK);
 *             mp_thing_free(&thing);
 *     }
 *
 * Up to CHECK_OOM() allocations fail; it checks that rc is MCPASS_E_NOMEM where one did, and
 * want where none did.  At the end of the block nothing may be left allocated, whichever way
 * it went.  A row that fails says at which allocation.  MP_TEST_STRIDE=16 in the environment:
 * each 16th alone, for what runs it slowly and is not about memory that runs out. */
#define OOM_EACH for (oom_begin(true); oom_next(__FILE__, __LINE__);)
/* The same, but allocations fail only from oom_from_here() on: the block, or what it calls,
 * says it when all is there that the call under test needs.  One has to have failed. */
#define OOM_EACH_LATER for (oom_begin(false); oom_next(__FILE__, __LINE__);)
#define CHECK_OOM(label, rc, want) \
	oom_check(__FILE__, __LINE__, (label), (int)(rc), (int)(want))
/* For what may do without: where one failed, rc may be MCPASS_OK as well. */
#define CHECK_OOM_OR_OK(label, rc) \
	CHECK((label), (oom_over() && (rc) == MCPASS_E_NOMEM) || (rc) == MCPASS_OK)
void oom_begin(bool at_once);
bool oom_next(const char *file, int line);
void oom_from_here(void);
bool oom_over(void);            /* no more fail until the next run; true when one did */
size_t oom_count(void);         /* how many there were in the last run of OOM_EACH */
bool oom_check(const char *file, int line, const char *label, int rc, int want);

#endif
