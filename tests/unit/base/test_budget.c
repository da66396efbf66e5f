/* Who may do what how often, in a table that no stranger fills. */
#include <stdlib.h>
#include "base/budget.h"
#include "harness/check.h"

#define SECOND 1000

static struct mp_budget *budget;
static const struct mp_allowance three = { 3, 10 * SECOND };
static const struct mp_patience patience = { 2, 2 * SECOND, 10 * SECOND, 100 * SECOND };

static void clean(void)
{
	free(budget);
	budget = calloc(1, sizeof(*budget));
	if (budget == NULL)
		exit(EXIT_FAILURE);
}

static void test_allowance(void)
{
	clean();
	for (int i = 0; i < 3; i++) {
		CHECK_EQ("the burst", mp_budget_wait(budget, 7, &three, 0), 0);
		mp_budget_spend(budget, 7, &three, 0);
	}
	CHECK_EQ("then one each period", mp_budget_wait(budget, 7, &three, 0), 10 * SECOND);
	CHECK_EQ("less as time goes by", mp_budget_wait(budget, 7, &three, 4 * SECOND), 6 * SECOND);
	CHECK_EQ("and then", mp_budget_wait(budget, 7, &three, 10 * SECOND), 0);
	CHECK_EQ("another is not held up", mp_budget_wait(budget, 8, &three, 0), 0);
	mp_budget_spend(budget, 7, &three, 10 * SECOND);
	CHECK_EQ("one, no more", mp_budget_wait(budget, 7, &three, 10 * SECOND), 10 * SECOND);
	for (int i = 0; i < 3; i++)
		mp_budget_spend(budget, 7, &three, 100 * SECOND);
	CHECK_EQ("a long rest gives the burst and no more",
	    mp_budget_wait(budget, 7, &three, 100 * SECOND), 10 * SECOND);
}

static const struct { const char *label; int64_t delay; } delays[] = {
	{ "the first is free", 0 }, { "the second", 0 }, { "the third waits", 2 * SECOND },
	{ "twice that", 4 * SECOND }, { "twice that again", 8 * SECOND },
	{ "no more than the most", 10 * SECOND }, { "for ever", 10 * SECOND },
};

static void test_delay(void)
{
	int64_t now = 0;

	clean();
	for (size_t i = 0; i < COUNT(delays); i++) {
		mp_budget_fail(budget, 7, &patience, now);
		CHECK_EQ(delays[i].label, mp_budget_delay(budget, 7, now), delays[i].delay);
		now += delays[i].delay;
		CHECK_EQ("it ends", mp_budget_delay(budget, 7, now), 0);
	}
	CHECK_EQ("another is not held up", mp_budget_delay(budget, 8, now), 0);
	mp_budget_fail(budget, 7, &patience, now + 100 * SECOND);
	CHECK_EQ("forgotten at last", mp_budget_delay(budget, 7, now + 100 * SECOND), 0);
}

/* A right answer takes back its own count, not those of the wrong ones before it. */
static void test_forgive(void)
{
	clean();
	for (int i = 0; i < 4; i++)
		mp_budget_fail(budget, 7, &patience, 0);
	mp_budget_forgive(budget, 7, 0);
	CHECK_EQ("at once", mp_budget_delay(budget, 7, 0), 0);
	mp_budget_fail(budget, 7, &patience, 0);
	CHECK_EQ("where it was", mp_budget_delay(budget, 7, 0), 4 * SECOND);
	clean();
	mp_budget_fail(budget, 7, &patience, 0);
	mp_budget_forgive(budget, 7, 0);
	mp_budget_forgive(budget, 7, 0);
	for (int i = 0; i < 2; i++)
		mp_budget_fail(budget, 7, &patience, 0);
	CHECK_EQ("no credit is given", mp_budget_delay(budget, 7, 0), 0);
	mp_budget_fail(budget, 7, &patience, 0);
	CHECK_EQ("as from the start", mp_budget_delay(budget, 7, 0), 2 * SECOND);
}

static void test_mark(void)
{
	clean();
	CHECK("none", !mp_budget_is_marked(budget, 7, 0));
	mp_budget_mark(budget, 7, 5 * SECOND, 0);
	CHECK("there", mp_budget_is_marked(budget, 7, 0));
	CHECK("not another", !mp_budget_is_marked(budget, 8, 0));
	CHECK("over", !mp_budget_is_marked(budget, 7, 5 * SECOND));
}

/* Ever new names: the large debts and the long marks stay. */
static void test_flood(void)
{
	uint64_t name = 1000;

	clean();
	mp_budget_mark(budget, 1, 1000 * SECOND, 0);
	for (int i = 0; i < 3; i++)
		mp_budget_spend(budget, 2, &three, 0);
	for (int i = 0; i < 200000; i++) {
		name = name * 6364136223846793005u + 1442695040888963407u;
		if (mp_budget_wait(budget, name, &three, 0) == 0)
			mp_budget_spend(budget, name, &three, 0);
	}
	CHECK("a mark stays", mp_budget_is_marked(budget, 1, 0));
	CHECK_EQ("a debt stays", mp_budget_wait(budget, 2, &three, 0), 10 * SECOND);
}

int main(void)
{
	test_allowance();
	test_delay();
	test_forgive();
	test_mark();
	test_flood();
	free(budget);
	return check_done();
}
