/* fixtures.h - the tools, prompts and resources that the official conformance suite looks
 * for by name in a server; offered beside the real ones for such an examination only. */
#pragma once
#include "echo/call.h"

/* Appends the descriptions of the fixtures of that kind ("tools", "prompts", "resources",
 * "resourceTemplates"). */
void mp_fixtures_list(const char *kind, struct mp_writer *list);
/* Answers when the call is for a fixture; otherwise *ret_answered stays false. */
enum mcpass_rc mp_fixtures_answer(struct mp_echo_call *call, struct mp_writer *result,
    bool *ret_answered, struct mcpass_error *err);
