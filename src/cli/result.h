/* result.h - the results of MCP requests as text for a person. */
#ifndef MP_CLI_RESULT_H
#define MP_CLI_RESULT_H
#include "cli/term.h"
#include "wire/json.h"

/* A tool's result: its text blocks as they are, a line for each image, sound or resource
 * (what and how large), the structured content when there is nothing else. */
void mp_result_tool(struct mp_buf *buf, const struct mp_term *term, const json_t *result,
    const char *text);
/* A prompt: "role: text" for each message. */
void mp_result_prompt(struct mp_buf *buf, const struct mp_term *term, const json_t *result);
/* A resource: its text, or a line for each binary part. */
void mp_result_resource(struct mp_buf *buf, const struct mp_term *term, const json_t *result);
/* The tool itself says that it failed. */
bool mp_result_is_error(const json_t *result);

#endif
