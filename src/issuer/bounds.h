/* bounds.h - what unauthenticated clients may do, and how often.
 *
 * Each thing that costs memory, a fetch or a hash is counted for the address it comes from
 * and for all addresses together.  An address from which a person signed in lately has
 * only its own share to keep to.
 */
#pragma once
#include "base/budget.h"
#include "issuer/core.h"

enum mp_bound {
	MP_BOUND_NONE = 0,
	MP_BOUND_REGISTER,              /* registrations */
	MP_BOUND_PUSH,                  /* pushed authorization requests */
	MP_BOUND_QUESTION,              /* pages that wait for a person */
	MP_BOUND_DEVICE,                /* codes for devices */
	MP_BOUND_CODE,                  /* wrong ones that are entered */
	MP_BOUND_FETCH,                 /* documents that are fetched */
	MP_BOUND_SECRET,                /* client secrets that are compared at length */
	MP_BOUND_NAME,                  /* passwords for a name that did not fail before */
	MP_BOUND_PASSWORD,              /* and for one that did */
	MP_BOUND_COUNT
};

/* A document that is being fetched, for which requests wait: so few that a slow host takes
 * neither the places of those who wait for something else, nor of those who ask another. */
#define MP_MAX_FLIGHTS 8u
struct mp_flight {
	uint64_t what, host, who;       /* who began it, and the host that is asked; 0: free */
	int64_t begun_at;               /* Unix time, seconds */
	unsigned waiting;               /* requests */
};
/* What could not be had, or used. */
#define MP_MAX_MISSES 256u
struct mp_miss {
	uint64_t what;
	int64_t until;
	enum mcpass_rc rc;              /* MCPASS_E_POLICY, or MCPASS_E_IO */
	char detail[320];               /* as in struct mcpass_error */
};
/* How many more records of a kind there is room for, as far as was counted. */
#define MP_MAX_KINDS 32u
struct mp_room { size_t left; int64_t counted_at; };

struct mp_bounds {
	uint8_t key[32];                /* of this process: no one knows who shares a slot */
	struct mp_budget budget;
	struct mp_flight flights[MP_MAX_FLIGHTS];
	struct mp_miss misses[MP_MAX_MISSES];
	struct mp_room rooms[MP_MAX_KINDS];
};
enum mcpass_rc mp_bounds_setup(struct mp_issuer *issuer, struct mcpass_error *err);
void mp_bounds_free(struct mp_issuer *issuer);

/* Refuses with 429 what the request's address has done too often, with 503 what all have. */
enum mcpass_rc mp_bounds_admit(const struct mp_turn *turn, enum mp_bound bound,
    struct mcpass_error *err);
/* Counts one more. */
enum mcpass_rc mp_bounds_spend(const struct mp_turn *turn, enum mp_bound bound,
    struct mcpass_error *err);
/* What stands for a thing and a subject of it: 64 bits that no one can choose. */
enum mcpass_rc mp_bounds_who(const struct mp_turn *turn, const char *thing,
    const char *subject, uint64_t *ret_who, struct mcpass_error *err);
/* The same of the request's address: an IPv6 address counts with its whole network, since
 * one customer has so many (RFC 6177 2: a /64 at least). */
enum mcpass_rc mp_bounds_address(const struct mp_turn *turn, const char *thing,
    uint64_t *ret_who, struct mcpass_error *err);
/* The address that the request comes from: that of the connection, or what a proxy of ours
 * says.  "" when it is not known.  (peer.c) */
#define MP_MAX_ADDRESS 64u
/* An address, or one with a length behind '/': which of our proxies may be named by. */
bool mp_peer_is_network(const char *text);
void mp_peer_of(const struct mp_turn *turn, char ret_address[MP_MAX_ADDRESS]);

/* --- how a request is put off --- */
/* Refuses with a status of 429 or 503 and Retry-After: seconds, at least one. */
enum mcpass_rc mp_bounds_refuse(const struct mp_turn *turn, int status, int64_t seconds,
    struct mcpass_error *err, const char *fmt, ...) MP_PRINTF(5, 6);

/* --- attempts.c --- */
/* *ret_user is NULL when the name or the password is wrong; both take as long.  Refuses
 * with 429 or 503 when that was tried too often. */
enum mcpass_rc mp_attempts_password(const struct mp_turn *turn, const char *username,
    const char *password, const struct mp_user **ret_user, struct mcpass_error *err);

/* The same for a client's secret and its scrypt line. */
enum mcpass_rc mp_attempts_secret(const struct mp_turn *turn, const char *secret,
    const char *line, bool *ret_right, struct mcpass_error *err);

/* A person has signed in elsewhere, from the request's address: it is none of the crowd now. */
enum mcpass_rc mp_attempts_standing(const struct mp_turn *turn, struct mcpass_error *err);

/* --- rooms.c: how much is remembered --- */
/* Makes room for one more record of the kind and group.  Refuses with 503 where what is
 * there must not give way to it. */
enum mcpass_rc mp_room_make(const struct mp_turn *turn, const char *kind, const char *group,
    struct mcpass_error *err);
