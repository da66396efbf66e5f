#include "serve/address.h"
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"
#include "wire/uri.h"

enum mcpass_rc mp_address_url(const char *bind_address, unsigned port, const char *path,
    char **ret_url, struct mcpass_error *err)
{
	const char *address = bind_address != NULL ? bind_address : "127.0.0.1";
	bool is_ipv6 = strchr(address, ':') != NULL;
	struct mp_buf url = MP_BUF(MP_MAX_URI);

	mp_buf_addf(&url, "http://%s%s%s:%u%s", is_ipv6 ? "[" : "", address, is_ipv6 ? "]" : "",
	    port, path);
	return mp_buf_take(&url, "the URL", ret_url, err);
}

bool mp_address_is_loopback(const char *bind_address)
{
	struct mp_uri uri;
	char url[128];

	if (bind_address == NULL)
		return true;
	(void)snprintf(url, sizeof(url), strchr(bind_address, ':') != NULL ? "http://[%s]/"
	    : "http://%s/", bind_address);
	return mp_uri_parse(url, &uri, NULL) == MCPASS_OK && mp_uri_is_loopback(&uri);
}

enum mcpass_rc mp_address_hosts(const char *bind_address, const char *url,
    const char *const *names, size_t count, struct mp_http_hosts *ret_hosts,
    struct mcpass_error *err)
{
	struct mp_http_host host;
	struct mp_uri uri;
	bool is_public = url != NULL && mp_uri_parse(url, &uri, NULL) == MCPASS_OK
	    && !mp_uri_is_loopback(&uri);

	for (size_t i = 0; i < count; i++) {
		if (mp_http_host_parse(names[i], &host) && host.name.len == strlen(names[i]))
			continue;
		(void)mp_fail(err, MCPASS_E_USAGE, NULL, "--allow-host %s: is no name of a host", names[i]);
		mp_hint(err, "write the name alone, without a scheme and a port: mcp.internal");
		return MCPASS_E_USAGE;
	}
	*ret_hosts = (struct mp_http_hosts){
		.kind = !is_public && mp_address_is_loopback(bind_address) ? MP_HTTP_HOSTS_LOOPBACK
		    : MP_HTTP_HOSTS_OWN,
		.names = names, .name_count = count,
	};
	return MCPASS_OK;
}

size_t mp_address_connections(const char *url)
{
	struct mp_uri uri;

	return url != NULL && mp_uri_parse(url, &uri, NULL) == MCPASS_OK && uri.is_https
	    ? MP_MAX_HTTPD_CONNECTIONS - MP_HTTPD_SPARE : 0;
}
