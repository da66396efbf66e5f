/* A page that a server wants a person to open: judged before it is shown.
 * spec: MCP elicitation, "Safe URL Handling" */
#include <stdlib.h>
#include <string.h>
#include "cli/connect/elicit.h"
#include "wire/host.h"
#include "wire/uri.h"

static enum mp_reach reach_of(const struct mp_uri *uri)
{
	return mp_host_reach_of(uri->host, uri->is_ipv6);
}

/* This machine and the networks behind it are for servers that are there themselves. */
static bool leads_inside(enum mp_reach page, enum mp_reach server)
{
	switch (page) {
	case MP_REACH_UNKNOWN:          /* a name */
	case MP_REACH_PUBLIC:
		return false;
	case MP_REACH_PRIVATE:
		return server != MP_REACH_PRIVATE && server != MP_REACH_LOOPBACK;
	case MP_REACH_LOOPBACK:
		return server != MP_REACH_LOOPBACK;
	case MP_REACH_LINK_LOCAL:       /* the credentials of a cloud's machine are there */
	case MP_REACH_NOWHERE:
		break;
	}
	return true;
}

static enum mcpass_rc check(const struct mp_uri *page, const char *server,
    struct mcpass_error *err)
{
	struct mp_uri asker;
	enum mp_reach reach = MP_REACH_PUBLIC;

	if (mp_uri_parse(server, &asker, NULL) == MCPASS_OK)
		reach = reach_of(&asker);
	if (leads_inside(reach_of(page), reach))
		return mp_fail(err, MCPASS_E_POLICY, "MCP elicitation",
		    "it leads to this machine or into a private network");
	if (!page->is_https && reach_of(page) != MP_REACH_LOOPBACK)
		return mp_fail(err, MCPASS_E_POLICY, "MCP elicitation", "it is not https");
	return MCPASS_OK;
}

enum mcpass_rc mp_elicit_page(const char *server, const char *url,
    struct mp_elicit_page *ret_page, struct mcpass_error *err)
{
	struct mp_elicit_page page = { 0 };
	struct mcpass_error why = { 0 };
	struct mp_uri uri;
	size_t scheme;
	enum mcpass_rc rc = mp_uri_parse(url != NULL ? url : "", &uri, &why);

	if (rc)         /* javascript:, file:, a user's name, letters that are not ASCII */
		return mp_fail(err, MCPASS_E_POLICY, why.spec, "%s", why.detail);
	scheme = uri.scheme.len + strlen("://");
	rc = check(&uri, server, err);
	if (!rc)
		rc = mp_uri_plain(url, &page.url, err);
	if (!rc)
		rc = mp_set_span(&page.host, (struct mp_span){ uri.origin.data + scheme,
			uri.origin.len - scheme }, err);
	page.is_international = !rc && (strncmp(page.host, "xn--", 4) == 0
	    || strstr(page.host, ".xn--") != NULL);
	if (rc)
		mp_elicit_page_free(&page);
	else
		*ret_page = page;
	return rc;
}

void mp_elicit_page_free(struct mp_elicit_page *page)
{
	free(page->url);
	free(page->host);
	*page = (struct mp_elicit_page){ 0 };
}
