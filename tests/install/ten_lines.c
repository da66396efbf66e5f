/* What a user's first program looks like: built against an installed prefix. */
#include <mcpass/guard.h>
#include <mcpass/login.h>
#include <mcpass/session.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* As a program has it that was built against a header without the last members. */
#ifdef OLDER
#define SIZE offsetof(struct mcpass_client_config, trace)
#else
#define SIZE sizeof(struct mcpass_client_config)
#endif

int main(void)
{
	struct mcpass_client_config cfg = { .size = SIZE, .server_url = "not a URL" };
	struct mcpass_token *token = NULL;
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = mcpass_login(&cfg, &token, &err);

	printf("%s: %s\n", mcpass_rc_name(rc), err.detail);
	mcpass_token_free(token);
	return rc == MCPASS_E_USAGE && strstr(err.detail, "URL") != NULL ? 0 : 1;
}
