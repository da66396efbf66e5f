/* jsonrpc.h - JSON-RPC 2.0 messages as MCP restricts them.
 * spec: JSON-RPC 2.0; MCP 2026-07-28 basic (ids are strings or integers, never null) */
#pragma once
#include "wire/json/json.h"
#include "wire/json/writer.h"

enum mp_rpc_kind { MP_RPC_INVALID = 0, MP_RPC_REQUEST, MP_RPC_NOTIFICATION, MP_RPC_RESULT, MP_RPC_ERROR };

/* The codes we meet; spec: JSON-RPC 2.0 5.1; MCP 2026-07-28 changelog, minor 12 */
#define MP_RPC_PARSE_ERROR (-32700)
#define MP_RPC_INVALID_REQUEST (-32600)
#define MP_RPC_METHOD_NOT_FOUND (-32601)
#define MP_RPC_INVALID_PARAMS (-32602)
#define MP_RPC_INTERNAL (-32603)
#define MP_RPC_HEADER_MISMATCH (-32020)
#define MP_RPC_MISSING_CAPABILITY (-32021)
#define MP_RPC_UNSUPPORTED_VERSION (-32022)

/* A message; every pointer is borrowed from json. */
struct mp_rpc {
	enum mp_rpc_kind kind;
	const json_t *id;               /* NULL for a notification, or an error without one */
	const char *method;             /* requests and notifications */
	json_t *params;                 /* object, or NULL */
	json_t *result;                 /* MP_RPC_RESULT */
	json_t *error;                  /* MP_RPC_ERROR: the object */
	int code;                       /*    its code */
	const char *message;            /*    its message, "" when it has none */
};
/* Classifies one message (not a batch).  MCPASS_E_PROTOCOL when it is none. */
enum mcpass_rc mp_rpc_read(json_t *json, struct mp_rpc *ret_rpc, struct mcpass_error *err);

/* Responses; id NULL: none; data is JSON text, or NULL. */
void mp_rpc_write_result(struct mp_writer *w, const json_t *id, struct mp_span result);
void mp_rpc_write_error(struct mp_writer *w, const json_t *id, int code, const char *message,
    const char *data);

/* The operations that a body asks for, for the guard: a request or a batch of them
 * (2025-03-26).  A response or an empty batch yields none; bad JSON is
 * MCPASS_E_PROTOCOL.  Release with mp_operations_free(). */
struct mp_operation {
	char *method;
	char *name;                     /* params.name or params.uri, or NULL */
};
struct mp_operations {
	struct mp_operation *items;
	size_t count;
};
/* A member that is "method" or another that counts to a reader which does not tell large letters
 * from small ones is MCPASS_E_PROTOCOL, too: the server behind may be one. */
enum mcpass_rc mp_operations_read(const char *body, size_t len,
    struct mp_operations *ret_operations, struct mcpass_error *err);
void mp_operations_free(struct mp_operations *operations);
/* Whether a server behind reads the bytes of the body as mp_operations_read() does: in UTF-8, and
 * with no content coding.  MCPASS_E_PROTOCOL: one of the headers says otherwise (RFC 9110 15.5.16:
 * the answer is 415).  spec: RFC 8259 8.1; RFC 9110 8.3.2, 8.4 */
enum mcpass_rc mp_operations_check_coding(const struct mcpass_header *headers, size_t count,
    struct mcpass_error *err);
/* Whether the headers that mirror a body say what it says, as far as they are there: a server
 * behind may go by them.  MCPASS_E_PROTOCOL: they do not; one stands there twice.
 * spec: MCP 2026-07-28 streamable HTTP, "Standard Request Headers" */
enum mcpass_rc mp_operations_check_headers(const struct mp_operations *operations,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err);
