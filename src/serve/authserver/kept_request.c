#include "serve/authserver/kept_request.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"

/* A copy in kept; NULL stays. */
static enum mcpass_rc keep(struct mp_kept_request *kept, const char *text, size_t len,
    const char **ret_copy, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (text == NULL)
		return MCPASS_OK;
	rc = mp_strings_add_upto(&kept->texts, (struct mp_span){ text, len }, SIZE_MAX, err);
	if (!rc)
		*ret_copy = kept->texts.items[kept->texts.count - 1];
	return rc;
}

static enum mcpass_rc keep_text(struct mp_kept_request *kept, const char *text,
    const char **ret_copy, struct mcpass_error *err)
{
	return keep(kept, text, text != NULL ? strlen(text) : 0, ret_copy, err);
}

static enum mcpass_rc keep_headers(struct mp_kept_request *kept,
    const struct mp_http_request *request, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	kept->headers = calloc(request->header_count + 1, sizeof(*kept->headers));
	if (kept->headers == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < request->header_count && !rc; i++) {
		rc = keep_text(kept, request->headers[i].name, &kept->headers[i].name, err);
		if (!rc)
			rc = keep_text(kept, request->headers[i].value, &kept->headers[i].value, err);
	}
	kept->request.headers = kept->headers;
	return rc;
}

enum mcpass_rc mp_kept_request_copy(struct mp_kept_request *kept,
    const struct mp_http_request *request, struct mcpass_error *err)
{
	struct mp_http_request *copy = &kept->request;
	enum mcpass_rc rc;

	*copy = *request;
	rc = keep_text(kept, request->method, &copy->method, err);
	if (!rc)
		rc = keep_text(kept, request->path, &copy->path, err);
	if (!rc)
		rc = keep_text(kept, request->query, &copy->query, err);
	if (!rc)
		rc = keep(kept, request->body, request->body_len, &copy->body, err);
	if (!rc)
		rc = keep_text(kept, request->peer, &copy->peer, err);
	return rc ? rc : keep_headers(kept, request, err);
}

void mp_kept_request_free(struct mp_kept_request *kept)
{
	for (size_t i = 0; i < kept->texts.count; i++)
		mp_wipe(kept->texts.items[i], strlen(kept->texts.items[i]));
	mp_strings_free(&kept->texts);
	free(kept->headers);
}
