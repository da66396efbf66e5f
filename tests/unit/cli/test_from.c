/* The command line of mcp-remote, as ours: a row for each flag of its README. */
#include <stdlib.h>
#include <string.h>
#include "cli/bridge/from.h"
#include "ui/shell_word.h"
#include "harness/check.h"

#define URL "https://x.example/mcp"

static const struct {
	const char *label, *line, *ours;        /* ours: without "bridge"; the words as a shell reads them */
	const char *note;                       /* a part of what is said, or NULL */
} rows[] = {
	{ "as a host has it", "npx -y mcp-remote " URL, URL, NULL },
	{ "with a version", "npx mcp-remote@latest " URL, URL, NULL },
	{ "by its path", "/usr/bin/mcp-remote " URL, URL, NULL },
	{ "only what follows", URL, URL, NULL },
	{ "the port", "mcp-remote " URL " 9696", "--callback-port 9696 " URL, NULL },
	{ "--header", "mcp-remote " URL " --header 'A: b c' --header D:${E}", "--header 'A: b c' --header 'D:${E}' " URL, NULL },
	{ "--header-file", "mcp-remote " URL " --header-file /h", "--header @/h " URL, NULL },
	{ "--resource", "mcp-remote " URL " --resource https://t/", "--resource https://t/ " URL, NULL },
	{ "--authorize-param", "mcp-remote " URL " --authorize-param a=b", "--auth-param a=b " URL, NULL },
	{ "--disable-resource-parameter", "mcp-remote " URL " --disable-resource-parameter", "--omit-resource " URL, NULL },
	{ "--host", "mcp-remote " URL " --host 127.0.0.1", "--callback-host 127.0.0.1 " URL, NULL },
	{ "--callback-path", "mcp-remote " URL " --callback-path /c", "--callback-path /c " URL, NULL },
	{ "--allow-http", "mcp-remote http://h.vpc/mcp --allow-http", "--allow-http h.vpc http://h.vpc/mcp", NULL },
	{ "--allow-http with https", "mcp-remote " URL " --allow-http", URL, NULL },
	{ "--debug", "mcp-remote " URL " --debug", "--explain " URL, NULL },
	{ "--silent", "mcp-remote " URL " --silent", "--quiet " URL, NULL },
	{ "--enable-proxy", "mcp-remote " URL " --enable-proxy", URL, NULL },
	{ "--ignore-tool", "mcp-remote " URL " --ignore-tool 'delete*' --ignore-tool x", "--deny-tool 'delete*' --deny-tool x " URL, NULL },
	{ "--auth-timeout", "mcp-remote " URL " --auth-timeout 60", "--login-timeout 60s " URL, NULL },
	{ "--connect-timeout", "mcp-remote " URL " --connect-timeout 30", "--connect-timeout 30s " URL, NULL },
	{ "--headers-timeout", "mcp-remote " URL " --headers-timeout 30", "--timeout 30s " URL, NULL },
	{ "--body-timeout", "mcp-remote " URL " --body-timeout 0", URL, NULL },
	{ "--keep-alive", "mcp-remote " URL " --keep-alive", "--ping=30s " URL, NULL },
	{ "--ping-interval", "mcp-remote " URL " --keep-alive --ping-interval 60", "--ping=30s --ping 60s " URL, NULL },
	{ "--ipv4", "mcp-remote " URL " --ipv4", "--ipv4 " URL, NULL },
	{ "--transport", "mcp-remote " URL " --transport http-only", URL, "--transport is left out" },
	{ "--protocol", "mcp-remote " URL " --protocol auto", URL, NULL },
	{ "--client-metadata-url", "mcp-remote " URL " --client-metadata-url https://c/", "--client-metadata-url https://c/ " URL, NULL },
	{ "--device-code", "mcp-remote " URL " --device-code", "--device " URL, NULL },
	{ "--client-credentials", "mcp-remote " URL " --client-credentials", "--grant=client-credentials " URL, NULL },
	{ "--static-oauth-client-info", "mcp-remote " URL " --static-oauth-client-info '{\"client_id\":\"c\"}'", "--client-id c " URL, NULL },
	{ "a secret stays behind", "mcp-remote " URL " --static-oauth-client-info '{\"client_id\":\"c\",\"client_secret\":\"s3\"}'",
	    "--client-id c " URL, "--client-secret-file" },
	{ "client info in a file", "mcp-remote " URL " --static-oauth-client-info @f", URL, "is left out" },
	{ "--static-oauth-client-metadata", "mcp-remote " URL " --static-oauth-client-metadata '{\"scope\":\"a b\"}'", "--scope 'a b' " URL, NULL },
	{ "--auth-success-url", "mcp-remote " URL " --auth-success-url https://s/", URL, "left out" },
	{ "--token-endpoint", "mcp-remote " URL " --token-endpoint https://s/", URL, "left out" },
	{ "--use-id-token", "mcp-remote " URL " --use-id-token", URL, "left out" },
	{ "--disable-cookies", "mcp-remote " URL " --disable-cookies", URL, NULL },
	{ "an unknown flag", "mcp-remote " URL " --new", URL, "--new is left out" },
	{ "no URL", "mcp-remote --debug", NULL, NULL },
	{ "a quote without an end", "mcp-remote 'x", NULL, NULL },
};

static void check_row(size_t i)
{
	struct mp_strings words = { 0 }, ours = { 0 }, notes = { 0 };
	struct mp_buf line;
	enum mcpass_rc rc = mp_from_split(rows[i].line, &words, NULL);

	if (!rc)
		rc = mp_from_mcp_remote(&words, &ours, &notes, NULL);
	mp_buf_init(&line, 65536);
	for (size_t k = 1; k < ours.count; k++) {
		mp_buf_adds(&line, k > 1 ? " " : "");
		mp_shell_word_add(&line, ours.items[k]);
	}
	CHECK_EQ(rows[i].label, rc, rows[i].ours != NULL ? MCPASS_OK : MCPASS_E_USAGE);
	if (rows[i].ours != NULL)
		CHECK_STR(rows[i].label, mp_buf_text(&line), rows[i].ours);
	CHECK_EQ(rows[i].label, notes.count, rows[i].note != NULL ? 1 : 0);
	if (notes.count > 0 && rows[i].note != NULL)
		CHECK_HAS(rows[i].label, notes.items[0], rows[i].note);
	mp_buf_free(&line);
	mp_strings_free(&words);
	mp_strings_free(&ours);
	mp_strings_free(&notes);
}

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(i);
	return check_done();
}
