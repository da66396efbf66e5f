/* spool.h - the long strings of an answer, kept in a file and not in memory.
 *
 * The JSON text of the answer passes by: the inside of a string that is longer than
 * MP_SPOOL_FRONT goes to the file, and a mark ends what is left of it.  What a mark stands for is
 * read by mp_spool_find() and mp_spool_read(), or put back by mp_spool_splice().  A mark holds a
 * random number that no server has seen, so that none can write one.  In the file strings are valid
 * inside of JSON strings, in UTF-8.
 * The file has no name: nothing of it is left behind. */
#pragma once
#include "base/text.h"

#define MP_SPOOL_FRONT ((size_t)64 * 1024)

struct mp_spool;
/* beside: a path in whose folder the file is made when there is a first long string; copied. */
enum mcpass_rc mp_spool_new(const char *beside, struct mp_spool **ret_spool,
    struct mcpass_error *err);
void mp_spool_free(struct mp_spool *spool);     /* NULL is fine */
/* Has what must not be kept masked in place, at most MP_MAX_TOKEN bytes at one place. */
void mp_spool_mask(struct mp_spool *spool, void (*mask)(void *ctx, char *text), void *ctx);

/* Another text begins, and is the only one from now on: owner, which is not 0, names it. */
void mp_spool_begin(struct mp_spool *spool, unsigned owner);
/* Takes the next bytes of owner's text; what stays in memory is passed to keep, in order.
 * MCPASS_E_IO        the file cannot be made or written
 * MCPASS_E_LIMIT     it would be larger than MP_MAX_SPOOL
 * MCPASS_E_PROTOCOL  a string is no JSON
 * others: as keep returns */
typedef enum mcpass_rc mp_spool_keep_fn(void *ctx, const char *bytes, size_t len,
    struct mcpass_error *err);
enum mcpass_rc mp_spool_feed(struct mp_spool *spool, unsigned owner, struct mp_span bytes,
    mp_spool_keep_fn *keep, void *ctx, struct mcpass_error *err);

/* A string's inside in the file. */
struct mp_spooled {
	int64_t at;
	uint64_t len;
};
/* Whether string, with its quotes, is one that ends in a mark. */
bool mp_spool_find(const struct mp_spool *spool, struct mp_span string,
    struct mp_spooled *ret_spooled);
/* The next bytes of it; *ret_len 0: its end. */
enum mcpass_rc mp_spool_read(const struct mp_spool *spool, struct mp_spooled *spooled, char *bytes,
    size_t room, size_t *ret_len, struct mcpass_error *err);
/* How many marks are in text.  spool NULL: none. */
size_t mp_spool_count(const struct mp_spool *spool, struct mp_span text);
/* Passes text on with every string whole. */
enum mcpass_rc mp_spool_splice(const struct mp_spool *spool, struct mp_span text,
    mp_spool_keep_fn *put, void *ctx, struct mcpass_error *err);
/* The same in memory: *text, which is the caller's (free), is replaced where it has marks.  spool
 * NULL, and text NULL in it, are fine. */
enum mcpass_rc mp_spool_restore(const struct mp_spool *spool, char **text,
    struct mcpass_error *err);
