/* What a user's first program looks like: built against an installed prefix. */
#include <mcpass/guard.h>
#include <mcpass/login.h>
#include <mcpass/session.h>
#include <stdio.h>

int main(void)
{
	struct mcpass_client_config cfg = { .size = sizeof(cfg), .server_url = "not a URL" };
	struct mcpass_token *token = NULL;
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = mcpass_login(&cfg, &token, &err);

	printf("%s: %s\n", mcpass_rc_name(rc), err.detail);
	mcpass_token_free(token);
	return rc == MCPASS_E_USAGE ? 0 : 1;
}
