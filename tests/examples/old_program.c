/* A program as it was compiled against an early header, commit 54c7a0c: these declarations stood
 * there.  Its configuration is shorter than today's; it runs with today's library, and logs in. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum mcpass_rc { MCPASS_OK = 0 };
struct mcpass_error {
	enum mcpass_rc rc;
	const char *doing;
	const char *spec;
	char oauth[48];
	char detail[320];
	char hint[320];
};
struct mcpass_header { const char *name, *value; };
struct mcpass_note;
typedef void mcpass_trace_fn(void *ctx, const struct mcpass_note *note);
typedef int mcpass_random_fn(void *ctx, uint8_t *out, size_t len);

#define MCPASS_LOOPBACK_HTTP 0x1u
enum mcpass_grant { MCPASS_GRANT_CODE = 0 };
struct mcpass_client_config {
	size_t size;
	unsigned flags;
	const char *server_url;
	const char *profile;
	const char *client_name;
	const char *client_id;
	const char *client_secret;
	const char *client_key;
	const char *client_issuer;
	const char *client_metadata_url;
	const char *initial_access_token;
	const char *scope;
	enum mcpass_grant grant;
	const char *assertion;
	const char *idp_token_endpoint;
	const char *idp_client_id, *idp_client_secret;
	const struct mcpass_header *extra;
	size_t extra_count;
	const char *provider;
	mcpass_random_fn *random;
	void *random_ctx;
	mcpass_trace_fn *trace;
	void *trace_ctx;
};
struct mcpass_token {
	const char *access_token, *token_type, *scope, *issuer, *resource;
	int64_t expires_at;
};

enum mcpass_rc mcpass_login(const struct mcpass_client_config *cfg,
    struct mcpass_token **ret_token, struct mcpass_error *err);
void mcpass_token_free(struct mcpass_token *token);
const char *mcpass_rc_name(enum mcpass_rc rc);

int main(int argc, char **argv)
{
	/* What lies behind the program's own structures has to stay as it is. */
	struct { struct mcpass_client_config cfg; char guard[64]; } in = { 0 };
	struct { struct mcpass_error err; char guard[64]; } out = { 0 };
	struct mcpass_token *token = NULL;

	for (size_t i = 0; i < sizeof(in.guard); i++)
		in.guard[i] = out.guard[i] = 'g';
	in.cfg.size = sizeof(in.cfg);
	in.cfg.flags = MCPASS_LOOPBACK_HTTP;
	in.cfg.server_url = argc == 2 ? argv[1] : "";
	if (mcpass_login(&in.cfg, &token, &out.err) != MCPASS_OK) {
		fprintf(stderr, "%s: %s\n", mcpass_rc_name(out.err.rc), out.err.detail);
		return 1;
	}
	for (size_t i = 0; i < sizeof(out.guard); i++)
		if (in.guard[i] != 'g' || out.guard[i] != 'g')
			return 2;
	printf("%s %s\n", token != NULL ? token->token_type : "no token", token != NULL ? token->scope : "");
	mcpass_token_free(token);
	return 0;
}
