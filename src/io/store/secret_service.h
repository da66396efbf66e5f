/* secret_service.h - the keys of a store in the desktop's Secret Service (GNOME Keyring, KWallet):
 * one item has the text that a file of keys has.
 *
 * libsecret's secret-tool does it: no library has to be there, the static program can do it, too,
 * and the text goes through pipes. */
#pragma once
#include "base/buf.h"

/* "secret-service:NAME", or "secret-service:" alone. */
bool mp_secret_service_is(const char *place);
/* For a person: "the Secret Service (NAME)". */
void mp_secret_service_show(const char *place, struct mp_buf *text);

/* *ret_text is the caller's (mp_free_wiped); NULL: there is no such item.  A desktop may ask for
 * the keyring's password meanwhile, which a person has a minute to type.
 * MCPASS_E_USAGE    the name is none
 * MCPASS_E_STORE    no secret-tool, no D-Bus session, the keyring is locked
 * MCPASS_E_EXPIRED  it took longer than that */
enum mcpass_rc mp_secret_service_read(const char *place, char **ret_text, struct mcpass_error *err);
/* In place of what the item has; errors as above. */
enum mcpass_rc mp_secret_service_write(const char *place, const char *text, struct mcpass_error *err);
