#include "cli/discover.h"
#include "base/limits.h"

/* What stands at one place.  *ret_miss: nothing, so that the next one is looked at. */
static enum mcpass_rc look(struct mp_http *http, const char *url, const char *issuer,
    struct mp_asmeta *meta, bool *ret_miss, struct mcpass_error *err)
{
	static const struct mcpass_header accept = { "Accept", "application/json" };
	struct mp_http_response response = { 0 };
	bool slash;
	enum mcpass_rc rc;

	rc = mp_http_perform(http, "GET", url, &accept, 1, NULL, 0, MP_MAX_DOCUMENT, &response, err);
	if (!rc && (response.status == 429 || response.status >= 500))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "GET %s: answered %d", url, response.status);
	*ret_miss = !rc && response.status != 200;
	if (!rc && !*ret_miss)
		rc = mp_asmeta_parse(mp_buf_text(&response.body), response.body.len, meta, err);
	if (!rc && !*ret_miss)
		rc = mp_asmeta_check_issuer(meta, issuer, &slash, err);
	mp_http_response_free(&response);
	return rc;
}

enum mcpass_rc mp_discover(struct mp_http *http, const char *issuer, struct mp_asmeta *ret_meta,
    struct mcpass_error *err)
{
	struct mp_strings places = { 0 };
	struct mp_asmeta meta = { 0 };
	bool miss = true;
	enum mcpass_rc rc = mp_asmeta_places(issuer, &places, err);

	for (size_t i = 0; i < places.count && !rc && miss; i++)
		rc = look(http, places.items[i], issuer, &meta, &miss, err);
	if (!rc && miss)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8414 3",
		    "%s has no metadata at any of %zu places", issuer, places.count);
	mp_strings_free(&places);
	if (rc)
		mp_asmeta_free(&meta);
	else
		*ret_meta = meta;
	return mp_doing(err, rc, "reading the issuer's metadata");
}
