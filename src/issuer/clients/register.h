/* register.h - what registration and its management share.  spec: RFC 7591, RFC 7592 */
#pragma once
#include "issuer/clients/client.h"
#include "oauth/registration.h"

/* Reads the client metadata in the body.  Release: mp_registration_free(). */
enum mcpass_rc mp_register_read(const struct mp_turn *turn, struct mp_registration *ret_wish,
    struct mcpass_error *err);
/* Checks the metadata by our rules and puts what is granted of it into client, in place
 * of what stood there.  Refuses with the codes of RFC 7591 3.2.2. */
enum mcpass_rc mp_register_apply(const struct mp_issuer *issuer,
    const struct mp_registration *wish, struct mp_client *client, struct mcpass_error *err);

/* Answers with the client as it is now.  secret may be absent; token is the registration
 * access token.  spec: RFC 7591 3.2.1, RFC 7592 3 */
enum mcpass_rc mp_register_reply(const struct mp_turn *turn, int status,
    const struct mp_client *client, const struct mp_secret *secret,
    const struct mp_secret *token, struct mcpass_error *err);
