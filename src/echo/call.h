/* call.h - one message while it is answered. */
#pragma once
#include "base/secret.h"
#include "echo/echo.h"
#include "mcp/jsonrpc.h"
#include "mcp/revision.h"
#include "wire/json/writer.h"

#define MP_ECHO_NAME "mcpass-echo"

struct mp_echo_call {
	const struct mp_echo_config *config;
	const struct mp_http_request *http;
	const struct mp_caller *caller;         /* or NULL: authorization is off */
	bool batched;                           /* one of several in the same body */
	bool waits;                             /* for caller->called_on */
	struct mp_rpc rpc;
	const char *revision;                   /* what the request is served by */
	enum mp_era era;
	int status;                             /* HTTP */
	int code;                               /* of the JSON-RPC error, when refused */
	char *data;                             /* of that error, JSON, owned, or NULL */
	struct mp_secret session;               /* the id that initialize gave out */
};

/* Answers a request with the members of its result.  MCPASS_E_PROTOCOL: refused by
 * mp_call_refuse(), so a JSON-RPC error is the answer, and nothing that was written counts. */
typedef enum mcpass_rc mp_method_fn(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err);

/* Notes how the message is refused; the text becomes the error's message. */
enum mcpass_rc mp_call_refuse(struct mp_echo_call *call, int status, int code,
    struct mcpass_error *err, const char *fmt, ...) MP_PRINTF(5, 6);

/* Settles revision and era, and refuses what the revision forbids; era.c */
enum mcpass_rc mp_era_decide(struct mp_echo_call *call, struct mcpass_error *err);
/* The revisions we speak, newest first, as a list; era.c */
void mp_era_revisions(struct mp_writer *w, const char *name);

/* Runs the request by its method and writes the result; methods.c */
enum mcpass_rc mp_methods_run(struct mp_echo_call *call, struct mp_buf *result,
    struct mcpass_error *err);

mp_method_fn mp_tools_list, mp_tools_call;              /* tools.c */
mp_method_fn mp_prompts_list, mp_prompts_get;           /* prompts.c */
mp_method_fn mp_resources_list, mp_resources_read, mp_resources_templates; /* resources.c */
