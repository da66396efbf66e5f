/* client_files.h - whom an operator writes down for the embedded authorization server: the
 * clients that do not register themselves, and the issuers whose JWTs are a grant. */
#pragma once
#include "issuer/issuer.h"

struct mp_known_clients {
	struct mp_issuer_client *items;
	size_t count;
	struct mp_known_client_file *entries;   /* what items borrow from */
};
struct mp_known_issuers {
	struct mp_issuer_trusted *items;
	size_t count;
	struct mp_known_issuer_file *entries;
};

/* Each reads a JSON list of objects; a member that is not known is refused, for a
 * misspelt one would be a rule that does not hold.  A file that an entry names is looked
 * for beside the list.  Release each: it takes zeros, too.
 * MCPASS_E_USAGE  what the file says is wrong, MCPASS_E_IO  a file cannot be read */
enum mcpass_rc mp_client_files_read_clients(const char *path, struct mp_known_clients *ret_clients,
    struct mcpass_error *err);
void mp_client_files_free_clients(struct mp_known_clients *clients);
enum mcpass_rc mp_client_files_read_issuers(const char *path, struct mp_known_issuers *ret_issuers,
    struct mcpass_error *err);
void mp_client_files_free_issuers(struct mp_known_issuers *issuers);
