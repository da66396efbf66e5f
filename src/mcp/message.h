/* message.h - a JSON-RPC message of a peer, as its writer wrote it: what it is and where its
 * parts stand.  Nothing is built of it, so its bytes can pass on as they came.
 * It is read as the SDKs of the field read it: null is absent, an error may be any value.
 * spec: JSON-RPC 2.0; MCP 2026-07-28 basic */
#pragma once
#include "mcp/jsonrpc.h"

struct mp_message {
	enum mp_rpc_kind kind;
	struct mp_span text;            /* all of it; borrowed, and so are its parts: */
	struct mp_span id;              /* data NULL: absent or null */
	struct mp_span params;          /* an object, or data NULL */
	struct mp_span result;          /* MP_RPC_RESULT: an object */
	char *method;                   /* requests and notifications; owned */
	struct mp_span error;           /* MP_RPC_ERROR: an object with an integer code */
	char *mended;                   /* that object, when its writer wrote no such; owned */
	int code;                       /* its code, and its message, NULL when it has none; */
	char *said;                     /*    owned */
	struct mp_span key;             /* the id without its quotes and escapes */
	char *key_room;                 /* where there were escapes; owned */
};
/* text is UTF-8 (mp_json_utf8) and one message, not a batch.  what names it in an error.
 * Release with mp_message_free().  MCPASS_E_PROTOCOL  it is none; MCPASS_E_LIMIT  nested too
 * deep */
enum mcpass_rc mp_message_read(struct mp_span text, const char *what,
    struct mp_message *ret_message, struct mcpass_error *err);
void mp_message_free(struct mp_message *message);

/* Whether the keys are one: a number may come as its digits in a string, or with ".0". */
bool mp_message_same_key(struct mp_span a, struct mp_span b);
/* The same number for keys that are one. */
unsigned mp_message_hash(struct mp_span key);
