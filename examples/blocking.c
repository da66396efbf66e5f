/* One call to a protected MCP server, and nothing else to do meanwhile.
 *
 *     cc blocking.c $(pkg-config --cflags --libs mcpass)
 *     ./a.out https://mcp.example.com/mcp echo '{"message": "hello"}'
 *
 * The first run opens a browser; later ones find the token in the store of the mcpass program. */
#include <mcpass/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct mcpass_link *server;

/* Where no browser can be opened, the person is told where to go. */
static void sign_in(void *ctx, const char *url, int opened, const char *why)
{
	(void)ctx;
	if (opened)
		fprintf(stderr, "Sign in at the page that your browser shows.\n");
	else
		fprintf(stderr, "No browser was opened (%s). Open this page:\n%s\n"
		    "and paste here the address that it ends at:\n", why, url);
}

/* The standard input has something, while a person is waited for. */
static int on_pasted(void *ctx)
{
	char line[8192];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);
	struct mcpass_error err;

	(void)ctx;
	if (n <= 0)
		return -1;
	line[n] = '\0';
	if (mcpass_link_paste(server, line, &err) != MCPASS_OK)
		fprintf(stderr, "%s\n", err.detail);
	return 0;
}

/* Says what went wrong, and whose turn it is. */
static int report(const struct mcpass_error *err)
{
	fprintf(stderr, "%s%s%s\n", err->doing != NULL ? err->doing : "", err->doing != NULL ? ": " : "",
	    err->detail);
	if (err->hint[0] != '\0')
		fprintf(stderr, "%s\n", err->hint);
	return (int)err->rc / 100;
}

int main(int argc, char **argv)
{
	struct mcpass_client_config client = { .size = sizeof(client), .client_name = "an example" };
	struct mcpass_link_config cfg = { .size = sizeof(cfg), .client = &client, .sign_in = sign_in,
		.paste_fd = STDIN_FILENO, .pasted = on_pasted };
	struct mcpass_error err;
	char params[4096], *json = NULL;
	int is_error = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: %s SERVER TOOL ARGUMENTS\n", argv[0]);
		return 1;
	}
	client.server_url = argv[1];
	client.flags = MCPASS_LOOPBACK_HTTP;    /* for a server that is tried on this machine */
	if (mcpass_link_new(&cfg, &server, &err) != MCPASS_OK)
		return report(&err);
	snprintf(params, sizeof(params), "{\"name\": \"%s\", \"arguments\": %s}", argv[2], argv[3]);
	if (mcpass_link_call(server, "tools/call", params, &json, &is_error, &err) != MCPASS_OK) {
		mcpass_link_free(server);
		return report(&err);
	}
	printf("%s\n", json);
	free(json);
	mcpass_link_close(server);
	return is_error;
}
