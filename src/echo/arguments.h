/* arguments.h - what a tool or a prompt may be given: one table says it to clients and
 * checks what they send.  spec: MCP 2026-07-28 tools, "Tool"; prompts, "Prompt" */
#pragma once
#include "wire/json/writer.h"

struct mp_argument {
	const char *name, *description;
	bool required, is_integer;              /* otherwise a string */
	int least, most, preset;                /* of an integer */
};
struct mp_arguments {
	const struct mp_argument *items;
	size_t count;
};

/* As a JSON Schema (tools), and as a list (prompts). */
void mp_arguments_schema(const struct mp_arguments *arguments, struct mp_writer *w,
    const char *name);
void mp_arguments_list(const struct mp_arguments *arguments, struct mp_writer *w,
    const char *name);

/* MCPASS_E_PROTOCOL: given is no object, lacks one, or has one that does not fit; the
 * detail tells the author of the call (often a language model) how to do better.
 * given may be NULL: nothing. */
enum mcpass_rc mp_arguments_check(const struct mp_arguments *arguments, const json_t *given,
    struct mcpass_error *err);

/* After the check: the text, or NULL when it was not given. */
const char *mp_arguments_text(const json_t *given, const char *name);
/* After the check: the number, or the preset one. */
int mp_arguments_integer(const struct mp_arguments *arguments, const json_t *given,
    const char *name);
