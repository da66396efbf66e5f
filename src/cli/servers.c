#include "cli/servers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/args.h"
#include "cli/options.h"
#include "io/idn.h"

/* Hosts expand ${NAME} from the environment.  We do not: a .mcp.json that came with
 * somebody's repository could send any variable to any server. */
static enum mcpass_rc check_plain(const char *text, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (strstr(text, "${") == NULL)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the file of servers has a ${...}, which is not"
	    " expanded here");
	mp_hint(err, "give the URL on the command line, and headers by --header @FILE");
	return rc;
}

static enum mcpass_rc read_headers(const json_t *object, struct mp_headers *headers,
    struct mcpass_error *err)
{
	const char *name;
	const json_t *value;
	enum mcpass_rc rc = MCPASS_OK;

	json_object_foreach ((json_t *)object, name, value) {
		if (!json_is_string(value))
			return mp_fail(err, MCPASS_E_USAGE, NULL, "the header %s is no text", name);
		rc = check_plain(json_string_value(value), err);
		if (!rc)
			rc = mp_headers_add(headers, name, json_string_value(value), err);
		if (rc)
			return rc;
	}
	return rc;
}

static enum mcpass_rc not_there(const json_t *servers, const char *name,
    struct mcpass_error *err)
{
	const char *names[MP_MAX_ITEMS], *key, *near;
	const json_t *value;
	size_t count = 0;
	enum mcpass_rc rc;

	json_object_foreach ((json_t *)servers, key, value)
		if (count < MP_COUNT(names))
			names[count++] = key;
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no server named %s", name);
	near = mp_nearest(name, names, count);
	if (near != NULL)
		mp_hint(err, "did you mean %s?", near);
	if (strpbrk(name, ".:/") != NULL)         /* a host, a port, a path */
		mp_hint(err, "a URL begins with its scheme: https://%s, or http://%s for a server on this"
		    " machine", name + strspn(name, "/"), name + strspn(name, "/"));
	mp_hint(err, "give its URL, https://HOST/PATH, or a name in the file of servers");
	return rc;
}

static enum mcpass_rc read_server(const json_t *entry, const char *name,
    struct mp_server *server, struct mcpass_error *err)
{
	const char *url = json_string_value(json_object_get(entry, "url"));
	enum mcpass_rc rc;

	if (url == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "the server %s has no url: a local one needs no pass", name);
	rc = check_plain(url, err);
	if (!rc)
		rc = mp_idn_url(url, &server->url, err);
	if (!rc)
		rc = read_headers(json_object_get(entry, "headers"), &server->headers, err);
	return rc;
}

enum mcpass_rc mp_server_read(const char *text, const char *name,
    struct mp_server *ret_server, struct mcpass_error *err)
{
	struct mcpass_error inner = { 0 };
	struct mp_server server = { 0 };
	json_t *json = NULL, *servers, *entry;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the file of servers", &json, &inner);
	if (rc)         /* a person wrote it, not a peer */
		return mp_fail(err, rc == MCPASS_E_NOMEM ? rc : MCPASS_E_USAGE, inner.spec, "%s",
		    inner.detail);
	servers = json_object_get(json, "mcpServers");
	entry = json_object_get(servers, name);
	rc = entry == NULL ? not_there(servers, name, err) : read_server(entry, name, &server, err);
	json_decref(json);
	if (rc)
		mp_server_free(&server);
	else
		*ret_server = server;
	return rc;
}

/* The file to look in, "" when there is none. */
static void choose_file(const char *given, char *path, size_t room)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (given == NULL)
		given = getenv("MCPASS_CONFIG");
	if (given != NULL) {
		(void)snprintf(path, room, "%s", given);
		return;
	}
	(void)snprintf(path, room, ".mcp.json");
	if (access(path, F_OK) == 0)
		return;
	if (folder != NULL && folder[0] == '/')
		(void)snprintf(path, room, "%s/mcpass/servers.json", folder);
	else
		(void)snprintf(path, room, "%s/.config/mcpass/servers.json", home != NULL ? home : "");
	if (access(path, F_OK) != 0)
		path[0] = '\0';
}

enum mcpass_rc mp_server_find(const char *what, const char *path,
    struct mp_server *ret_server, struct mcpass_error *err)
{
	struct mp_server server = { 0 };
	char file[4096], *text = NULL;
	enum mcpass_rc rc;

	if (strstr(what, "://") != NULL) {
		rc = mp_idn_url(what, &server.url, err);
		if (!rc)
			*ret_server = server;
		return rc;
	}
	choose_file(path, file, sizeof(file));
	if (file[0] == '\0')
		return not_there(NULL, what, err);
	rc = mp_args_read_file(file, MP_MAX_DOCUMENT, &text, NULL, err);
	if (!rc)
		rc = mp_server_read(text, what, ret_server, err);
	mp_free_wiped(text);
	return rc;
}

void mp_server_free(struct mp_server *server)
{
	free(server->url);
	server->url = NULL;
	mp_headers_free(&server->headers);
}
