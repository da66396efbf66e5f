/* budget.h - how often something may be done, counted for so many at once that a stranger
 * who comes under ever new names fills no memory: a table of a fixed size, in which the
 * smallest debt gives way to a new one.
 *
 * Who: any 64 bits that stand for one sender and one thing, so spread that no one can choose
 * them.  Times are milliseconds of one clock that the caller reads. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_BUDGET_SLOTS 8192u           /* 256 KiB */

struct mp_budget {
	struct mp_budget_slot {
		uint64_t who;
		int64_t until;          /* when all is paid, or when the next try is permitted */
		int64_t free_at;        /* when the slot says no more than an empty one */
		uint32_t count;         /* failures in a row */
	} slots[MP_BUDGET_SLOTS];
};

/* --- so many at once, then one each period --- */
struct mp_allowance { int64_t burst, period; };
/* Milliseconds until the next one is permitted; 0: now. */
int64_t mp_budget_wait(const struct mp_budget *budget, uint64_t who,
    const struct mp_allowance *allowance, int64_t now);
void mp_budget_spend(struct mp_budget *budget, uint64_t who,
    const struct mp_allowance *allowance, int64_t now);

/* --- a delay that doubles with each failure --- */
struct mp_patience {
	uint32_t free;                  /* failures without a delay */
	int64_t first, most;            /* the delay after one more, and the longest */
	int64_t memory;                 /* how long a failure is remembered */
};
int64_t mp_budget_delay(const struct mp_budget *budget, uint64_t who, int64_t now);
void mp_budget_fail(struct mp_budget *budget, uint64_t who, const struct mp_patience *patience,
    int64_t now);
/* Takes one failure back: it was none. */
void mp_budget_forgive(struct mp_budget *budget, uint64_t who, int64_t now);

/* --- a mark --- */
void mp_budget_mark(struct mp_budget *budget, uint64_t who, int64_t until, int64_t now);
bool mp_budget_is_marked(const struct mp_budget *budget, uint64_t who, int64_t now);
