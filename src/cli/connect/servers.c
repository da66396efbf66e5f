#include "cli/connect/servers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/file/read_file.h"
#include "ui/options.h"
#include "io/file/secret_file.h"
#include "io/http/idn.h"
#include "io/system/environment.h"
#include "ui/report.h"

/* --- variables --- */

static enum mcpass_rc refuse_variable(struct mp_span name, const char *why, const char *hint,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the file of servers has ${%.*s}, which %s",
	    (int)name.len, name.data, why);
	mp_hint(err, "%s", hint);
	return rc;
}

/* What stands in the braces: NAME, NAME:-ELSE, env:NAME (VS Code's). */
static enum mcpass_rc add_variable(struct mp_buf *buf, struct mp_span inside,
    struct mcpass_error *err)
{
	const char *rest = memchr(inside.data, ':', inside.len);
	struct mp_span name = { inside.data, rest != NULL ? (size_t)(rest - inside.data) : inside.len };
	bool has_else = rest != NULL && (size_t)(rest - inside.data) + 1 < inside.len && rest[1] == '-';
	const char *value;
	char *copy;

	if (rest != NULL && mp_span_is(name, "env"))
		name = (struct mp_span){ rest + 1, inside.len - name.len - 1 };
	else if (rest != NULL && !has_else)
		return refuse_variable(inside, "is not expanded here",
		    "use ${NAME} and the environment", err);
	copy = mp_dup_span(name);
	if (copy == NULL)
		return mp_nomem(err);
	value = getenv(copy);
	free(copy);
	if (value != NULL && (value[0] != '\0' || !has_else))
		mp_buf_adds(buf, value);
	else if (has_else)
		mp_buf_add(buf, rest + 2, inside.len - name.len - 2);
	else
		return refuse_variable(inside, "is not set", "set it in the environment", err);
	return MCPASS_OK;
}

/* A file that came with the work of others could send any variable to any server: only in one
 * that a person named, or keeps, they are replaced. */
static enum mcpass_rc expand_text(const char *text, bool expand, char **ret_text,
    struct mcpass_error *err)
{
	const char *at = text, *begin, *end;
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && (begin = strstr(at, "${")) != NULL && (end = strchr(begin, '}')) != NULL) {
		struct mp_span inside = { begin + 2, (size_t)(end - begin - 2) };

		mp_buf_add(&buf, at, (size_t)(begin - at));
		rc = mp_buf_check(&buf, "the file of servers", err);
		if (rc)
			break;
		rc = expand ? add_variable(&buf, inside, err) : refuse_variable(inside,
		    "is not expanded in a file that was only found here",
		    "if you trust the file: --config .mcp.json", err);
		at = end + 1;
	}
	mp_buf_adds(&buf, at);
	if (!rc)
		rc = mp_buf_take(&buf, "the file of servers", ret_text, err);
	mp_buf_free(&buf);
	return rc;
}

/* --- one file --- */

/* *ret_stands_there: what lets one in at the server stands in the file itself. */
static enum mcpass_rc read_headers(const json_t *object, bool expand,
    struct mp_headers *headers, bool *ret_stands_there, struct mcpass_error *err)
{
	const char *name;
	const json_t *value;
	enum mcpass_rc rc = MCPASS_OK;

	json_object_foreach ((json_t *)object, name, value) {
		char *text = NULL;

		if (!json_is_string(value))
			return mp_fail(err, MCPASS_E_USAGE, NULL, "the header %s is no text", name);
		rc = expand_text(json_string_value(value), expand, &text, err);
		*ret_stands_there |= strstr(json_string_value(value), "${") == NULL;
		if (!rc)
			rc = mp_headers_add(headers, name, text, err);
		mp_free_wiped(text);
		if (rc)
			return rc;
	}
	return rc;
}

static enum mcpass_rc read_server(const json_t *entry, const char *name, bool expand,
    struct mp_server *server, struct mcpass_error *err)
{
	const char *url = mp_json_text(entry, "url");
	char *whole = NULL;
	enum mcpass_rc rc;

	if (url == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "the server %s has no url: a local one needs no pass", name);
	rc = expand_text(url, expand, &whole, err);
	if (!rc)
		rc = mp_idn_url(whole, &server->url, err);
	mp_free_wiped(whole);
	if (!rc)
		rc = read_headers(json_object_get(entry, "headers"), expand, &server->headers,
		    &server->has_secret, err);
	return rc;
}

/* VS Code says "servers".  *ret_json is the caller's. */
static enum mcpass_rc parse(const char *text, json_t **ret_json, json_t **ret_servers,
    struct mcpass_error *err)
{
	struct mcpass_error inner = { 0 };
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the file of servers", ret_json, &inner);
	if (rc)
		return mp_report_typed(&inner, NULL, err);
	*ret_servers = json_object_get(*ret_json, "mcpServers");
	if (*ret_servers == NULL)
		*ret_servers = json_object_get(*ret_json, "servers");
	return MCPASS_OK;
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
	mp_hint(err, "give its URL, https://HOST/PATH, or a name that 'mcpass servers' lists");
	return rc;
}

enum mcpass_rc mp_server_read(const char *text, const char *name, bool expand,
    struct mp_server *ret_server, struct mcpass_error *err)
{
	struct mp_server server = { 0 };
	json_t *json = NULL, *servers = NULL, *entry;
	enum mcpass_rc rc = parse(text, &json, &servers, err);

	if (rc)
		return rc;
	entry = json_object_get(servers, name);
	rc = entry == NULL ? not_there(servers, name, err)
	    : read_server(entry, name, expand, &server, err);
	json_decref(json);
	if (rc)
		mp_server_free(&server);
	else
		*ret_server = server;
	return rc;
}

/* --- the files --- */

struct file {
	char path[4096];
	bool expands;           /* its variables: it is the person's own */
};
#define MAX_FILES 2

/* Returns how many there are to look in. */
static size_t choose_files(const char *given, struct file files[MAX_FILES])
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	size_t count = 0;

	if (given == NULL)
		given = mp_environment("MCPASS_CONFIG");
	if (given != NULL) {
		(void)snprintf(files[0].path, sizeof(files[0].path), "%s", given);
		files[0].expands = true;
		return 1;
	}
	if (folder != NULL && folder[0] == '/')
		(void)snprintf(files[0].path, sizeof(files[0].path), "%s/mcpass/servers.json", folder);
	else
		(void)snprintf(files[0].path, sizeof(files[0].path), "%s/.config/mcpass/servers.json",
		    home != NULL ? home : "");
	files[0].expands = true;
	count += access(files[0].path, F_OK) == 0;
	(void)snprintf(files[count].path, sizeof(files[count].path), ".mcp.json");
	files[count].expands = false;
	return count + (access(files[count].path, F_OK) == 0);
}

static enum mcpass_rc add_names(json_t *list, const json_t *servers, const char *path,
    struct mcpass_error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)servers, name, value) {
		const char *url = mp_json_text(value, "url");
		json_t *item = json_pack("{s:s, s:s*, s:s}", "name", name, "url", url, "file", path);

		if (item == NULL || json_array_append_new(list, item) != 0)
			return mp_nomem(err);
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_servers_list(const char *path, json_t **ret_list, struct mcpass_error *err)
{
	struct file files[MAX_FILES] = { 0 };
	size_t count = choose_files(path, files);
	json_t *list = json_array();
	enum mcpass_rc rc = list == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++) {
		json_t *json = NULL, *servers = NULL;
		char *text = NULL;

		rc = mp_read_file(files[i].path, MP_MAX_DOCUMENT, &text, NULL, err);
		if (!rc)
			rc = parse(text, &json, &servers, err);
		if (rc == MCPASS_E_USAGE)
			mp_hint(err, "that file is %s", files[i].path);
		if (!rc)
			rc = add_names(list, servers, files[i].path, err);
		json_decref(json);
		mp_free_wiped(text);
	}
	if (rc)
		json_decref(list);
	else
		*ret_list = list;
	return rc;
}

/* The first that has it; the last one's reason is told. */
static enum mcpass_rc find(const char *name, const char *path, struct mp_server *ret_server,
    struct mcpass_error *err)
{
	struct file files[MAX_FILES] = { 0 };
	size_t count = choose_files(path, files);
	struct mp_server server = { 0 };
	bool done = false;
	enum mcpass_rc rc = MCPASS_OK;

	if (count == 0)
		return not_there(NULL, name, err);
	for (size_t i = 0; i < count && !rc && !done; i++) {
		json_t *json = NULL, *servers = NULL;
		char *text = NULL;

		rc = mp_read_file(files[i].path, MP_MAX_DOCUMENT, &text, NULL, err);
		if (!rc)
			rc = parse(text, &json, &servers, err);
		if (rc == MCPASS_E_USAGE)
			mp_hint(err, "that file is %s", files[i].path);
		done = !rc && (i + 1 == count || json_object_get(servers, name) != NULL);
		json_decref(json);
		if (done)
			rc = mp_server_read(text, name, files[i].expands, &server, err);
		mp_free_wiped(text);
		if (!rc && server.has_secret)
			rc = mp_secret_file_check(files[i].path, err);
	}
	if (rc)
		mp_server_free(&server);
	else
		*ret_server = server;
	return rc;
}

enum mcpass_rc mp_server_find(const char *what, const char *path,
    struct mp_server *ret_server, struct mcpass_error *err)
{
	struct mp_server server = { 0 };
	enum mcpass_rc rc;

	if (strstr(what, "://") == NULL)
		return find(what, path, ret_server, err);
	rc = mp_idn_url(what, &server.url, err);
	if (!rc)
		*ret_server = server;
	return rc;
}

void mp_server_free(struct mp_server *server)
{
	free(server->url);
	server->url = NULL;
	mp_headers_free(&server->headers);
}
