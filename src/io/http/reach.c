/* Which addresses are connected to.  libcurl asks for a socket when it has resolved the name
 * and is about to connect, so what is judged here is the address that is used. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "io/http/exchange.h"
#include "oauth/target.h"

void mp_http_name_host(const struct mp_uri *uri, char ret_host[MP_HTTP_HOST_ROOM])
{
	(void)snprintf(ret_host, MP_HTTP_HOST_ROOM, "%s%.*s%s:%u", uri->is_ipv6 ? "[" : "",
	    (int)uri->host.len, uri->host.data, uri->is_ipv6 ? "]" : "", uri->port);
}

/* --- what a person says --- */

/* HOST:PORT:ADDRESS, an IPv6 address in brackets or without. */
static bool is_resolve(const char *text)
{
	const char *port = strchr(text, ':'), *address;
	uint8_t bytes[16];
	size_t digits;

	if (port == NULL || port == text || text[0] == '-')
		return false;
	digits = strspn(++port, "0123456789");
	if (digits == 0 || digits > 5 || (digits == 5 && strncmp(port, "65535", 5) > 0) || port[digits] != ':')
		return false;
	address = port + digits + 1;
	return mp_host_address((struct mp_span){ address, strlen(address) }, bytes) > 0;
}

enum mcpass_rc mp_http_reach_init(struct mp_http *http, const struct mp_http_options *options,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < options->resolve_count; i++) {
		struct curl_slist *grown;

		if (!is_resolve(options->resolve[i]))
			return mp_fail(err, MCPASS_E_USAGE, NULL, "--resolve %s: no HOST:PORT:ADDRESS",
			    options->resolve[i]);
		grown = curl_slist_append(http->resolve, options->resolve[i]);
		if (grown == NULL)
			return mp_nomem(err);
		http->resolve = grown;
	}
	return MCPASS_OK;
}

void mp_http_reach_free(struct mp_http *http)
{
	if (http->resolve != NULL)
		curl_slist_free_all(http->resolve);
	mp_strings_free(&http->vouched);
}

enum mcpass_rc mp_http_confine(struct mp_http *http, const char *server_url,
    enum mp_reach otherwise, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(server_url, &uri, err);

	if (rc)
		return rc;
	mp_http_name_host(&uri, http->server);
	http->server_reach = mp_host_reach_of(uri.host, uri.is_ipv6);
	if (http->server_reach == MP_REACH_UNKNOWN)
		http->server_reach = otherwise;
	return MCPASS_OK;
}

enum mp_reach mp_http_server_reach(const struct mp_http *http)
{
	return http->server_reach;
}

enum mcpass_rc mp_http_vouch(struct mp_http *http, const char *url, struct mcpass_error *err)
{
	char host[MP_HTTP_HOST_ROOM];
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (url == NULL)
		return MCPASS_OK;
	rc = mp_uri_parse(url, &uri, err);
	if (rc)
		return rc;
	mp_http_name_host(&uri, host);
	return mp_strings_add_text(&http->vouched, host, err);
}

/* --- what libcurl is about to do --- */

static enum mp_reach reach_of(const struct sockaddr *address, char ret_text[INET6_ADDRSTRLEN])
{
	uint8_t bytes[16];
	size_t len = 0;

	/* Read by its bytes: what libcurl hands over has no type of its own. */
	if (address->sa_family == AF_INET) {
		len = 4;
		memcpy(bytes, (const uint8_t *)address + offsetof(struct sockaddr_in, sin_addr), len);
	} else if (address->sa_family == AF_INET6) {
		len = 16;
		memcpy(bytes, (const uint8_t *)address + offsetof(struct sockaddr_in6, sin6_addr), len);
	}
	ret_text[0] = '\0';
	if (len > 0)
		(void)inet_ntop(address->sa_family, bytes, ret_text, INET6_ADDRSTRLEN);
	return mp_host_reach(bytes, len);
}

/* spec: MCP security considerations (SSRF) */
static bool may_connect(const struct mp_http_exchange *exchange, enum mp_reach target)
{
	const struct mp_http *http = exchange->http;
	const struct mp_target_connection connection = {
		.is_plain = exchange->is_plain,
		.is_asked = !exchange->is_private,      /* a request to the server itself */
		.is_server = mp_eq(exchange->host, http->server),
		.is_named = mp_strings_has(&http->vouched, exchange->host),
		.server = http->server_reach, .target = target,
	};

	return !exchange->is_direct || http->server[0] == '\0'
	    || mp_target_may_connect(&connection);
}

curl_socket_t mp_http_reach_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct mp_http_exchange *exchange = ctx;
	char text[INET6_ADDRSTRLEN];
	enum mp_reach target = reach_of(&address->addr, text);
	int fd;

	(void)purpose;
	if (!may_connect(exchange, target)) {
		exchange->kept_from = target;
		memcpy(exchange->kept_address, text, sizeof(text));
		return CURL_SOCKET_BAD;
	}
	fd = socket(address->family, address->socktype, address->protocol);
	exchange->socket_errno = fd < 0 ? errno : 0;
	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

void mp_http_reach_learn(const struct mp_http_exchange *exchange)
{
	struct mp_http *http = exchange->http;
	const char *text = NULL;
	uint8_t bytes[16];
	size_t len;

	if (!exchange->is_direct || !mp_eq(exchange->host, http->server))
		return;
	if (curl_easy_getinfo(exchange->easy, CURLINFO_PRIMARY_IP, &text) != CURLE_OK || text == NULL)
		return;
	len = mp_host_address((struct mp_span){ text, strlen(text) }, bytes);
	if (len > 0)
		http->server_reach = mp_host_reach(bytes, len);
}

enum mcpass_rc mp_http_reach_say(const struct mp_http_exchange *exchange,
    struct mcpass_error *err)
{
	bool vouches = mp_target_may_be_named(exchange->kept_from);
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_POLICY, "MCP security considerations (SSRF)",
	    "%s: the name leads %s", exchange->host, mp_target_place(exchange->kept_from));

	if (exchange->kept_from == MP_REACH_PUBLIC) {
		mp_hint(err, "It is %s: tokens go there by https only.", exchange->kept_address);
		return rc;
	}
	/* Not in the sentence, which an issuer shows to strangers. */
	mp_hint(err, "It is %s, where the server must not send us.%s", exchange->kept_address,
	    vouches ? " An authorization server that is meant to be there has to be named:"
	        " --client-issuer URL." : "");
	return rc;
}
