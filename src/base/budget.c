#include "base/budget.h"

#define WAYS 8u                 /* places that one may be at */

/* The slot of who, or NULL when there is nothing to remember. */
static const struct mp_budget_slot *find(const struct mp_budget *budget, uint64_t who,
    int64_t now)
{
	size_t first = (size_t)(who % (MP_BUDGET_SLOTS / WAYS)) * WAYS;

	for (size_t i = first; i < first + WAYS; i++)
		if (budget->slots[i].who == who && budget->slots[i].free_at > now)
			return &budget->slots[i];
	return NULL;
}

/* The slot of who; where there is none, the one that has the least to remember. */
static struct mp_budget_slot *claim(struct mp_budget *budget, uint64_t who, int64_t now)
{
	size_t first = (size_t)(who % (MP_BUDGET_SLOTS / WAYS)) * WAYS;
	struct mp_budget_slot *least = &budget->slots[first];

	for (size_t i = first; i < first + WAYS; i++) {
		struct mp_budget_slot *slot = &budget->slots[i];

		if (slot->who == who && slot->free_at > now)
			return slot;
		if (slot->free_at < least->free_at)
			least = slot;
	}
	*least = (struct mp_budget_slot){ .who = who };
	return least;
}

int64_t mp_budget_wait(const struct mp_budget *budget, uint64_t who,
    const struct mp_allowance *allowance, int64_t now)
{
	const struct mp_budget_slot *slot = find(budget, who, now);
	int64_t from = slot != NULL ? slot->until - (allowance->burst - 1) * allowance->period : now;

	return from > now ? from - now : 0;
}

void mp_budget_spend(struct mp_budget *budget, uint64_t who,
    const struct mp_allowance *allowance, int64_t now)
{
	struct mp_budget_slot *slot = claim(budget, who, now);

	slot->until = (slot->until > now ? slot->until : now) + allowance->period;
	slot->free_at = slot->until;
}

int64_t mp_budget_delay(const struct mp_budget *budget, uint64_t who, int64_t now)
{
	const struct mp_budget_slot *slot = find(budget, who, now);

	return slot != NULL && slot->until > now ? slot->until - now : 0;
}

void mp_budget_fail(struct mp_budget *budget, uint64_t who, const struct mp_patience *patience,
    int64_t now)
{
	struct mp_budget_slot *slot = claim(budget, who, now);
	int64_t delay = 0;

	if (slot->count < UINT32_MAX)
		slot->count++;
	if (slot->count > patience->free) {
		delay = patience->first;
		for (uint32_t i = patience->free + 1; i < slot->count && delay < patience->most; i++)
			delay *= 2;
	}
	slot->until = now + (delay < patience->most ? delay : patience->most);
	slot->free_at = slot->until + patience->memory;
}

void mp_budget_forgive(struct mp_budget *budget, uint64_t who, int64_t now)
{
	struct mp_budget_slot *slot = claim(budget, who, now);

	slot->until = 0;
	if (slot->count > 0)
		slot->count--;
	if (slot->count == 0)
		slot->free_at = 0;
}

void mp_budget_mark(struct mp_budget *budget, uint64_t who, int64_t until, int64_t now)
{
	claim(budget, who, now)->free_at = until;
}

bool mp_budget_is_marked(const struct mp_budget *budget, uint64_t who, int64_t now)
{
	return find(budget, who, now) != NULL;
}
