/* mcp_result.h - the results of MCP requests as text for a person. */
#pragma once
#include "ui/parts.h"
#include "ui/term.h"

/* Texts as they are, "role: " before those of a prompt, a line for each image, sound or
 * resource (what and how large), the structured content when there is nothing else. */
void mp_mcp_result_show(struct mp_buf *buf, const struct mp_term *term, const struct mp_parts *parts);

/* Text of a peer on a line of its own; nothing where there is none. */
void mp_mcp_result_line(struct mp_buf *buf, const struct mp_term *term, struct mp_span text);
