/* What a connection takes from files, the environment and the command line. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "cli/connect/connection.h"
#include "ui/out.h"
#include "io/file/secret_file.h"
#include "io/system/environment.h"
#include "oauth/quirks.h"
#include "wire/host.h"
#include "wire/uri.h"

/* The text is not quoted in an error: it may be a credential. */
static enum mcpass_rc add_header(const char *line, size_t len, struct mp_headers *headers,
    struct mcpass_error *err)
{
	const char *colon = memchr(line, ':', len);
	char *copy;
	enum mcpass_rc rc;

	if (colon == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a header is given as 'Name: value'");
	copy = mp_dup_span((struct mp_span){ line, len });
	if (copy == NULL)
		return mp_nomem(err);
	copy[colon - line] = '\0';
	colon = copy + (colon - line) + 1;
	rc = mp_headers_add(headers, copy, colon + strspn(colon, " \t"), err);
	mp_wipe(copy, len);
	free(copy);
	return rc;
}

/* ${NAME} is the environment's, so that no secret stands in a command line. */
static enum mcpass_rc expand(const char *text, struct mp_buf *buf, struct mcpass_error *err)
{
	const char *begin, *end, *value;

	while ((begin = strstr(text, "${")) != NULL && (end = strchr(begin, '}')) != NULL) {
		char *name = mp_dup_span((struct mp_span){ begin + 2, (size_t)(end - begin - 2) });

		if (name == NULL)
			return mp_nomem(err);
		value = getenv(name);
		if (value == NULL) {
			enum mcpass_rc rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a header wants ${%s}, which the"
			    " environment has not", name);

			free(name);
			return rc;
		}
		free(name);
		mp_buf_add(buf, text, (size_t)(begin - text));
		mp_buf_adds(buf, value);
		text = end + 1;
	}
	mp_buf_adds(buf, text);
	return mp_buf_check(buf, "a header", err);
}

static enum mcpass_rc add_expanded(const char *text, struct mp_headers *headers,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc = expand(text, &buf, err);

	if (!rc)
		rc = add_header(mp_buf_text(&buf), buf.len, headers, err);
	mp_buf_free(&buf);
	return rc;
}

static enum mcpass_rc add_header_file(const char *path, struct mp_headers *headers,
    struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_secret_file_text(path, MP_MAX_DOCUMENT, &text, err);

	for (const char *line = text; !rc && *line != '\0';) {
		size_t len = strcspn(line, "\r\n");

		if (len > 0 && line[0] != '#')
			rc = add_header(line, len, headers, err);
		line += len;
		line += strspn(line, "\r\n");
	}
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mp_connection_read_headers(const struct mp_texts *texts, struct mp_headers *headers,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < texts->count && !rc; i++) {
		const char *text = texts->items[i];

		rc = text[0] == '@' ? add_header_file(text + 1, headers, err)
		    : add_expanded(text, headers, err);
	}
	return rc;
}

enum mcpass_rc mp_connection_read_secret(const char *path, const char *variable,
    struct mp_secret *ret_secret, struct mcpass_error *err)
{
	const char *text = variable != NULL ? mp_environment(variable) : NULL;
	char *from_file = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (path != NULL) {
		rc = mp_secret_file_text(path, MP_MAX_TOKEN, &from_file, err);
		text = from_file;
		if (!rc && strcspn(text, "\r\n") == 0)
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s: its first line is empty", path);
	}
	if (!rc && text != NULL)
		rc = mp_secret_set_span(ret_secret,
		    (struct mp_span){ text, strcspn(text, "\r\n") }, err);
	mp_free_wiped(from_file);
	return rc;
}

enum mcpass_rc mp_connection_read_key(const char *path, struct mp_secret *ret_key,
    struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc;

	if (path == NULL)
		return MCPASS_OK;
	rc = mp_secret_file_text(path, MP_MAX_TOKEN, &text, err);
	if (!rc)
		rc = mp_secret_set(ret_key, text, err);
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mp_connection_read_grant(const char *name, enum mcpass_grant *ret_grant,
    struct mcpass_error *err)
{
	static const char *const names[] = {
		[MCPASS_GRANT_CODE] = "code",
		[MCPASS_GRANT_CLIENT_CREDENTIALS] = "client-credentials",
		[MCPASS_GRANT_JWT_BEARER] = "jwt-bearer",
		[MCPASS_GRANT_ID_JAG] = "id-jag",
		[MCPASS_GRANT_DEVICE] = "device",
	};

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (name == NULL || strcmp(name, names[i]) == 0) {
			*ret_grant = (enum mcpass_grant)i;
			return MCPASS_OK;
		}
	return mp_fail(err, MCPASS_E_USAGE, NULL,
	    "--grant %s: code, client-credentials, jwt-bearer, id-jag or device", name);
}

enum mcpass_rc mp_connection_read_params(const struct mp_texts *texts, struct mp_headers *params,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < texts->count && !rc; i++) {
		const char *equals = strchr(texts->items[i], '=');
		char *name;

		if (equals == NULL || equals == texts->items[i])
			return mp_fail(err, MCPASS_E_USAGE, NULL, "--auth-param %s: not NAME=VALUE",
			    texts->items[i]);
		name = mp_dup_span((struct mp_span){ texts->items[i],
			(size_t)(equals - texts->items[i]) });
		rc = name == NULL ? mp_nomem(err) : mp_headers_add(params, name, equals + 1, err);
		free(name);
	}
	return rc;
}

enum mcpass_rc mp_connection_check_provider(const char *name, struct mcpass_error *err)
{
	const char *names[MP_MAX_ITEMS] = { "none" }, *near;
	size_t count, known = 1;
	const struct mp_quirk *rows = mp_quirks(&count);
	enum mcpass_rc rc;

	if (name == NULL || strcmp(name, "none") == 0 || mp_quirk_named(name) != NULL)
		return MCPASS_OK;
	for (size_t i = 0; i < count && known < MP_COUNT(names); i++)
		names[known++] = rows[i].name;
	near = mp_nearest(name, names, known);
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "--provider %s: there is none of that name", name);
	if (near != NULL)
		mp_hint(err, "did you mean %s?", near);
	mp_hint(err, "'mcpass providers' lists them");
	return rc;
}

enum mcpass_rc mp_connection_check_profile(const char *profile, struct mcpass_error *err)
{
	size_t len = profile != NULL ? mp_http_token_len(profile) : 0;

	if (profile == NULL || (len > 0 && profile[len] == '\0'))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, NULL, "--profile %s: letters, digits, . _ - only",
	    profile);
}

/* Reads http://HOST:1PATH.  *ret_text holds it, and is the caller's. */
static enum mcpass_rc read_redirect(const char *host, const char *path, char **ret_text,
    struct mp_uri *ret_uri, struct mcpass_error *err)
{
	bool bare_ipv6 = strchr(host, ':') != NULL && host[0] != '[';
	struct mp_buf text = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_addf(&text, "http://%s%s%s:1%s", bare_ipv6 ? "[" : "", host, bare_ipv6 ? "]" : "", path);
	rc = mp_buf_take(&text, "the redirect URI", ret_text, err);
	return rc ? rc : mp_uri_parse(*ret_text, ret_uri, err);
}

enum mcpass_rc mp_connection_check_callback(const char *host, const char *path,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_uri uri;
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	/* spec: MCP 2026-07-28 authorization, Communication Security (localhost, or https) */
	if (host != NULL && (read_redirect(host, "/", &text, &uri, &why) != MCPASS_OK
	    || !mp_uri_is_loopback(&uri)))
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 8252 7.3", "--callback-host %s: the browser comes back"
		    " to this machine: localhost, 127.0.0.1 or ::1", host);
	free(text);
	text = NULL;
	if (!rc && path != NULL && (path[0] != '/' || strpbrk(path, "?#") != NULL
	    || read_redirect("127.0.0.1", path, &text, &uri, &why) != MCPASS_OK))
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 6749 3.1.2", "--callback-path %s: a path begins with"
		    " '/', and has no query, no fragment, no space", path);
	free(text);
	return why.rc == MCPASS_E_NOMEM ? mp_nomem(err) : rc;
}

enum mcpass_rc mp_connection_allow_http(const struct mp_texts *hosts, struct mcpass_error *err)
{
	for (size_t i = 0; i < hosts->count; i++) {
		struct mp_span host = { hosts->items[i], strlen(hosts->items[i]) };
		enum mcpass_rc rc;

		if (!mp_host_is_valid(host, memchr(host.data, ':', host.len) != NULL)) {
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "--allow-http %s: no name of a host",
			    hosts->items[i]);
			mp_hint(err, "give the name alone, without a scheme, a port or brackets");
			return rc;
		}
		mp_say(false, "warning: plain http to %s is allowed: tokens can be read and changed on the way",
		    hosts->items[i]);
	}
	return MCPASS_OK;
}
