#include "echo/result.h"
#include "echo/fixtures.h"

void mp_result_text(struct mp_writer *w, const char *name, const char *text)
{
	mp_writer_object(w, name);
	mp_writer_text(w, "type", "text");
	mp_writer_text(w, "text", text);
	mp_writer_end(w, '}');
}

/* spec: MCP 2026-07-28 pagination: we give out no cursor, so any is invalid */
enum mcpass_rc mp_result_begin_list(struct mp_echo_call *call, struct mp_writer *w,
    const char *member, struct mcpass_error *err)
{
	if (mp_json_get(call->rpc.params, "cursor") != NULL)
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "There is no such cursor");
	mp_writer_array(w, member);
	return MCPASS_OK;
}

void mp_result_end_list(const struct mp_echo_call *call, struct mp_writer *w, const char *member)
{
	if (call->config->fixtures)
		mp_fixtures_list(member, w);
	mp_writer_end(w, ']');
}
