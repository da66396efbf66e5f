#include "io/http/proxy.h"
#include "io/system/environment.h"
#include <string.h>
#include "wire/host.h"

#define SEPARATORS ", \t"

static struct mp_span without_dots(struct mp_span name)
{
	if (name.len > 0 && name.data[0] == '.')
		name = (struct mp_span){ name.data + 1, name.len - 1 };
	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}

/* Whether entry is the name, or the name lies under it. */
static bool has_name(struct mp_span entry, struct mp_span name)
{
	struct mp_span end;
	char wanted[256];

	entry = without_dots(entry);
	if (entry.len == 0 || entry.len > name.len || entry.len >= sizeof(wanted))
		return false;
	end = (struct mp_span){ name.data + name.len - entry.len, entry.len };
	memcpy(wanted, entry.data, entry.len);
	wanted[entry.len] = '\0';
	return mp_span_is_nocase(end, wanted) && (entry.len == name.len || end.data[-1] == '.');
}

bool mp_http_no_proxy_has(const char *list, struct mp_span host)
{
	uint8_t address[16];
	size_t len = mp_host_address(host, address);

	if (strcmp(list, "*") == 0)
		return true;
	for (list += strspn(list, SEPARATORS); *list != '\0'; list += strspn(list, SEPARATORS)) {
		struct mp_span entry = { list, strcspn(list, SEPARATORS) };

		if (len > 0 ? mp_host_is_in(entry, address, len) : has_name(entry, without_dots(host)))
			return true;
		list += entry.len;
	}
	return false;
}

/* In curl's order; HTTP_PROXY is not read, for a CGI program has it from its client. */
static const char *from_environment(bool is_https)
{
	static const char *const for_https[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	static const char *const for_http[] = { "http_proxy", "all_proxy", "ALL_PROXY" };
	const char *const *names = is_https ? for_https : for_http;
	size_t count = is_https ? MP_COUNT(for_https) : MP_COUNT(for_http);

	for (size_t i = 0; i < count; i++)
		if (mp_environment(names[i]) != NULL)
			return mp_environment(names[i]);
	return "";
}

const char *mp_http_proxy_for(const char *given, const struct mp_uri *uri)
{
	const char *none = mp_environment("no_proxy");

	if (none == NULL)
		none = mp_environment("NO_PROXY");
	/* No proxy reaches our loopback. */
	if (mp_uri_is_loopback(uri) || (none != NULL && mp_http_no_proxy_has(none, uri->host)))
		return "";
	return given != NULL ? given : from_environment(uri->is_https);
}
