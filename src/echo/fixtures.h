/* fixtures.h - the tools, prompts and resources that the official conformance suite looks
 * for by name in a server; offered beside the real ones for such an examination only. */
#ifndef MP_ECHO_FIXTURES_H
#define MP_ECHO_FIXTURES_H
#include "echo/call.h"

/* Appends the descriptions of the fixtures of that kind ("tools", "prompts", "resources",
 * "resourceTemplates"). */
enum mcpass_rc mp_fixtures_list(const char *kind, json_t *list, struct mcpass_error *err);
/* Answers when the call is for a fixture; otherwise *ret_result stays as it was. */
enum mcpass_rc mp_fixtures_answer(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err);

#endif
