/* message.h - a JSON-RPC message of a peer, as its writer wrote it: what it is and where its
 * parts stand.  Nothing is built of it, so its bytes can pass on as they came.
 * It is read as the SDKs of the field read it: null is absent, an error may be any value.
 * spec: JSON-RPC 2.0; MCP 2026-07-28 basic */
#ifndef MP_MCP_MESSAGE_H
#define MP_MCP_MESSAGE_H
#include "mcp/jsonrpc.h"

struct mp_message {
	enum mp_rpc_kind kind;
	struct mp_span text;            /* all of it; borrowed, and so are its parts: */
	struct mp_span id;              /* data NULL: absent or null */
	struct mp_span params;          /* an object, or data NULL */
	struct mp_span result;          /* MP_RPC_RESULT: an object */
	char *method;                   /* requests and notifications; owned */
	json_t *error;                  /* MP_RPC_ERROR: an object with an integer code; owned */
	bool odd_error;                 /* that is not what its writer wrote */
	int code;                       /* its code, and its message, "" when it has none */
	const char *said;               /*    borrowed from error */
};
/* text is UTF-8 (mp_json_utf8) and one message, not a batch.  what names it in an error.
 * Release with mp_message_free().  MCPASS_E_PROTOCOL  it is none; MCPASS_E_LIMIT  nested too
 * deep, or an error of more than MP_MAX_JSON_VALUES values */
enum mcpass_rc mp_message_read(struct mp_span text, const char *what,
    struct mp_message *ret_message, struct mcpass_error *err);
void mp_message_free(struct mp_message *message);

/* The id is that number: as one, or as its digits in a string. */
bool mp_message_has_id(const struct mp_message *message, json_int_t id);

#endif
