/* servers.h - a server's name, looked up in the files that MCP hosts keep them in:
 * {"mcpServers": {"NAME": {"url": "https://...", "headers": {"N": "value"}}}}, or "servers". */
#pragma once
#include "wire/http/http.h"
#include "wire/json/json.h"

struct mp_server {
	char *url;
	struct mp_headers headers;
	bool has_secret;        /* one of them stands in the file itself, not in a variable */
};
/* what is a URL, or a name in the file path; path NULL: $MCPASS_CONFIG; without that
 * ${XDG_CONFIG_HOME:-~/.config}/mcpass/servers.json, and then ./.mcp.json, which may come with
 * the work of others: no name of the person's own leads where it says, and its variables are not
 * expanded.  Release *ret_server with mp_server_free().
 * MCPASS_E_USAGE  no such name (the nearest is told), or one that has no URL */
enum mcpass_rc mp_server_find(const char *what, const char *path,
    struct mp_server *ret_server, struct mcpass_error *err);
void mp_server_free(struct mp_server *server);      /* and makes it empty */

/* [{"name", "url" (unless it is a local program), "file"}, ...] of these files, in the order
 * in which names are found; as they are written.  *ret_list is the caller's (json_decref). */
enum mcpass_rc mp_servers_list(const char *path, json_t **ret_list, struct mcpass_error *err);

/* The part of mp_server_find() that needs no file: looks name up in text.  expand: ${NAME},
 * ${NAME:-else} and ${env:NAME} are replaced from the environment. */
enum mcpass_rc mp_server_read(const char *text, const char *name, bool expand,
    struct mp_server *ret_server, struct mcpass_error *err);
