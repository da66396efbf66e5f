/* mcpass/error.h - the one way in which a call of this library fails, and what stays as it is.
 *
 * A program runs with every later library of the same SONAME.  From the first release on, and
 * within one SONAME, structures change only like this:
 *
 *   begins with `size`       (configurations, requests) grows at its end.  Set size to sizeof(the
 *                            structure), and everything that you do not use to zero.
 *   ends with `reserved`     (events, actions, verdicts) is the program's memory and keeps its
 *                            length: a new member takes room of `reserved`.  Set it to zero.
 *   only pointed at          (tokens, notes, fetches) is the library's memory and grows at its
 *                            end: do not copy it by its sizeof, keep the members that you need.
 *   an item of an array      (headers, operations, rules, issuers), and struct mcpass_error,
 *                            does not change.
 *
 * Enumerations grow.  A code of mcpass_rc that you do not know tells by its hundreds who has to
 * act; an action that you do not know cannot be carried out, so give the flow up; a verdict that
 * you do not know is a deny. */
#ifndef MCPASS_ERROR_H
#define MCPASS_ERROR_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MCPASS_API __attribute__((visibility("default")))
#else
#define MCPASS_API
#endif

/* The hundreds say who has to act: rc / 100 is also the program's exit code. */
enum mcpass_rc {
	MCPASS_OK = 0,
	MCPASS_E_USAGE = 100,   /* 1: the calling program or the person who typed */
	MCPASS_E_NOMEM = 200,   /* 2: this machine */
	MCPASS_E_IO,            /*    no connection, no file, no answer in time */
	MCPASS_E_STORE,         /*    the credential store */
	MCPASS_E_PROTOCOL = 300, /* 3: a server broke its specification */
	MCPASS_E_LIMIT,         /*    what a server sent is over a cap */
	MCPASS_E_DENIED = 400,  /* 4: the user or the authorization server said no */
	MCPASS_E_EXPIRED,       /*    no answer came in time, or a grant ran out */
	MCPASS_E_POLICY = 500   /* 5: we refuse; it would be unsafe */
};

/* The caller's; every public call clears it first, then the first report wins.  Where a call
 * takes one, NULL is fine. */
struct mcpass_error {
	enum mcpass_rc rc;
	const char *doing;      /* static: "reading the resource metadata", or NULL: printf() wants
	                         * to be asked first */
	const char *spec;       /* static: "RFC 9728 3.3", or NULL */
	char oauth[48];         /* the peer's error code, "invalid_grant", or "" */
	char detail[320];       /* what was wrong: one printable line, never a secret */
	char hint[320];         /* what to do next, or "" */
};

struct mcpass_header { const char *name, *value; };

/* One step that was taken, for --explain and doctor.  Values are redacted before
 * they get here: no token, code, verifier or secret. */
struct mcpass_note {
	const char *what;               /* one sentence */
	const char *spec;               /* static clause, or NULL */
	const struct mcpass_header *facts; /* name and value, in order */
	size_t fact_count;              /* items */
};
/* note is borrowed for the call. */
typedef void mcpass_trace_fn(void *ctx, const struct mcpass_note *note);

/* Fills out with len random bytes fit for keys; 0 on success. */
typedef int mcpass_random_fn(void *ctx, uint8_t *out, size_t len);

/* The version of the library that runs, "0.1.0"; static. */
MCPASS_API const char *mcpass_version(void);

/* The name of a code, "MCPASS_E_POLICY"; static, never NULL. */
MCPASS_API const char *mcpass_rc_name(enum mcpass_rc rc);

#ifdef __cplusplus
}
#endif
#endif
