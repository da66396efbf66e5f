/* quirks.h - what identity providers do differently, as one table.
 *
 * A row is chosen by the issuer's URL or by its name.  What it changes is applied by the
 * flow, and said; nothing of it is hidden in code.
 * spec: MCP 2026-07-28 authorization leaves no room for most of this: it is what has to be
 *       done to reach the providers that people have. */
#pragma once
#include "wire/uri.h"

#define MP_QUIRK_OMIT_RESOURCE 0x1u     /* resource is sent with no request */
#define MP_QUIRK_NO_S256       0x2u     /* metadata that does not mention PKCE is taken: it
                                         * weakens a check, see mp_quirk_apply() */
#define MP_QUIRK_OFFLINE       0x4u     /* offline_access is asked for, listed or not */
#define MP_QUIRK_NO_DCR        0x8u     /* no client registers itself there */
#define MP_QUIRK_TOKEN_FOR_DCR 0x10u    /* registration wants an initial access token */

#define MP_QUIRK_PATTERNS 5
#define MP_QUIRK_PARAMS 2
struct mp_quirk {
	const char *name;               /* for --provider: "entra" */
	const char *title;              /* "Microsoft Entra ID" */
	/* Hosts, label by label: "*" is one label, "**" (at the beginning) one or more, "<r>"
	 * a region ("us-east-1").  None: any host, and then nothing may be weakened. */
	const char *hosts[MP_QUIRK_PATTERNS];
	/* Paths, segment by segment: "*" is one that is not empty.  None: any path. */
	const char *paths[MP_QUIRK_PATTERNS];
	unsigned changes;               /* MP_QUIRK_... */
	/* Further authorization parameters; a value "@" is the resource. */
	struct mcpass_header params[MP_QUIRK_PARAMS];
	const char *scope;              /* to ask for where none is named, or NULL */
	const char *options;            /* what a login there needs on the command line, or NULL */
	const char *remedy;             /* what a person has to know or to set up: a sentence */
};

const struct mp_quirk *mp_quirks(size_t *ret_count);
/* By name; NULL: there is none. */
const struct mp_quirk *mp_quirk_named(const char *name);

/* What applies at an issuer: row NULL and changes 0 where nothing does. */
struct mp_quirk_choice {
	const struct mp_quirk *row;
	unsigned changes;
	bool by_name;                   /* not by the issuer's URL */
};
/* chosen: NULL: the first row that matches; "none": no row; else the row of that name.
 * A check is weakened only where the host is the provider's own, for any server can
 * call itself Entra; and on loopback, which no other machine reaches.  Elsewhere it takes an
 * option of its own.  MCPASS_E_USAGE: chosen is no name. */
enum mcpass_rc mp_quirk_apply(const char *chosen, const char *issuer,
    struct mp_quirk_choice *ret_choice, struct mcpass_error *err);

/* What a row changes, one phrase a change, for people; the caller's (mp_strings_free). */
enum mcpass_rc mp_quirk_describe(const struct mp_quirk *quirk, unsigned changes,
    struct mp_strings *ret_phrases, struct mcpass_error *err);
