/* b64url.h - base64url without padding (RFC 7515 2), and the two classic uses.
 * Strict: no padding, no other alphabet, no leftover bits, no white space. */
#pragma once
#include <stdint.h>
#include "base/buf.h"

void mp_b64url_add(struct mp_buf *buf, const void *bytes, size_t len);
/* Appends the decoded bytes; MCPASS_E_PROTOCOL for text that is not base64url,
 * MCPASS_E_LIMIT when over the buffer's cap. */
enum mcpass_rc mp_b64url_decode(struct mp_buf *buf, struct mp_span text,
    struct mcpass_error *err);

/* Standard base64 with padding, for HTTP Basic and Mcp-Param; spec: RFC 4648 4 */
void mp_b64_add(struct mp_buf *buf, const void *bytes, size_t len);
enum mcpass_rc mp_b64_decode(struct mp_buf *buf, struct mp_span text,
    struct mcpass_error *err);
