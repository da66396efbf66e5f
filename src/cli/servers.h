/* servers.h - a server's name, looked up in the file that MCP hosts keep them in:
 * {"mcpServers": {"NAME": {"url": "https://...", "headers": {"N": "value"}}}} */
#ifndef MP_CLI_SERVERS_H
#define MP_CLI_SERVERS_H
#include "wire/http.h"

struct mp_server {
	char *url;
	struct mp_headers headers;
};
/* what is a URL, or a name in the file path; path NULL: $MCPASS_CONFIG, else ./.mcp.json,
 * else ${XDG_CONFIG_HOME:-~/.config}/mcpass/servers.json, the first that is there.
 * Release *ret_server with mp_server_free().
 * MCPASS_E_USAGE  no such name (the nearest is told), or one that has no URL */
enum mcpass_rc mp_server_find(const char *what, const char *path,
    struct mp_server *ret_server, struct mcpass_error *err);
void mp_server_free(struct mp_server *server);      /* and makes it empty */

/* The part of mp_server_find() that needs no file: looks name up in text. */
enum mcpass_rc mp_server_read(const char *text, const char *name,
    struct mp_server *ret_server, struct mcpass_error *err);

#endif
