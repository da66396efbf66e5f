/* pair_extensions.h - worlds in which an extension is in use, and walks through them. */
#ifndef MP_PAIR_EXTENSIONS_H
#define MP_PAIR_EXTENSIONS_H
#include "pair_world.h"

#define PLATFORM "https://platform.example"     /* hands out JWTs to workloads */
#define DOCUMENT "https://client.example/client.json"
#define MACHINE_SECRET "a machine's secret"
#define DESK_SECRET "a desk's secret"

/* Bring a world that was just opened to where its next call needs the extension; nothing
 * of theirs counts as an allocation. */
typedef void arrange_fn(struct world *world);
arrange_fn arrange_push;                /* PAR is required */
arrange_fn arrange_dpop;                /* bound tokens, and nonces at both servers */
arrange_fn arrange_credentials;         /* client_credentials with a secret */
arrange_fn arrange_key;                 /* the same with private_key_jwt */
arrange_fn arrange_workload;            /* a platform's JWT */
arrange_fn arrange_id_jag;              /* alice's id token; the issuer is the provider too */
arrange_fn arrange_document;            /* a client metadata document */

/* The claims as a JWT by the platform's key; it lives until the next one.  typ may be NULL. */
const char *platform_jwt(const char *typ, const char *claims);
/* A claim of the stored access token, as JSON; the caller's (json_decref). */
json_t *token_claim(const struct world *world, const char *name);

/* Walks the arrows of docs/flow.md that only an extension takes. */
void walk_extensions(void);

#endif
