/* The one resource.  spec: MCP 2026-07-28 resources */
#include "base/limits.h"
#include "echo/call.h"
#include "echo/result.h"

#define URI "echo://about"
#define TEXT "This is the echo server of mcpass: a small protected MCP server.\n" \
	"It keeps nothing.  Its tools are echo, get_time and whoami.\n"
#define NOT_FOUND_BEFORE_2026 (-32002)

enum mcpass_rc mp_resources_list(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_result_begin_list(call, result, "resources", err);

	if (rc)
		return rc;
	mp_writer_object(result, NULL);
	mp_writer_text(result, "uri", URI);
	mp_writer_text(result, "name", "about");
	mp_writer_text(result, "title", "About this server");
	mp_writer_text(result, "mimeType", "text/plain");
	mp_writer_end(result, '}');
	mp_result_end_list(call, result, "resources");
	return MCPASS_OK;
}

enum mcpass_rc mp_resources_templates(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_result_begin_list(call, result, "resourceTemplates", err);

	if (!rc)
		mp_result_end_list(call, result, "resourceTemplates");
	return rc;
}

/* spec: MCP 2026-07-28 resources, "Error Handling": -32602, which was -32002 before */
static enum mcpass_rc refuse(struct mp_echo_call *call, const json_t *uri, struct mcpass_error *err)
{
	struct mp_buf data = MP_BUF(MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &data };
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_json(&w, "uri", uri);
	mp_writer_end(&w, '}');
	rc = mp_buf_take(&data, "the answer", &call->data, err);
	if (rc)
		return rc;
	return mp_call_refuse(call, 200, call->era == MP_ERA_STATELESS ? MP_RPC_INVALID_PARAMS
	    : NOT_FOUND_BEFORE_2026, err, "Resource not found");
}

enum mcpass_rc mp_resources_read(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	const json_t *uri = mp_json_get(call->rpc.params, "uri");

	if (!json_is_string(uri))
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "uri is missing");
	if (!mp_eq(json_string_value(uri), URI))
		return refuse(call, uri, err);
	mp_writer_array(result, "contents");
	mp_writer_object(result, NULL);
	mp_writer_text(result, "uri", URI);
	mp_writer_text(result, "mimeType", "text/plain");
	mp_writer_text(result, "text", TEXT);
	mp_writer_end(result, '}');
	mp_writer_end(result, ']');
	return MCPASS_OK;
}
