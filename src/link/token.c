/* A token that owns its texts. */
#include <stdlib.h>
#include "base/secret.h"
#include "link/link_parts.h"

static enum mcpass_rc copy(const char *from, const char **ret_text, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_set(&text, from, err);

	if (!rc)
		*ret_text = text;
	return rc;
}

enum mcpass_rc mp_link_copy_token(const struct mcpass_token *from,
    struct mcpass_token **ret_token, struct mcpass_error *err)
{
	struct mcpass_token *token = calloc(1, sizeof(*token));
	enum mcpass_rc rc;

	if (token == NULL)
		return mp_nomem(err);
	token->expires_at = from->expires_at;
	rc = copy(from->access_token, &token->access_token, err);
	if (!rc)
		rc = copy(from->token_type, &token->token_type, err);
	if (!rc)
		rc = copy(from->scope, &token->scope, err);
	if (!rc)
		rc = copy(from->issuer, &token->issuer, err);
	if (!rc)
		rc = copy(from->resource, &token->resource, err);
	if (rc)
		mcpass_token_free(token);
	else
		*ret_token = token;
	return rc;
}

void mcpass_token_free(struct mcpass_token *token)
{
	if (token == NULL)
		return;
	mp_free_wiped((char *)token->access_token);
	free((char *)token->token_type);
	free((char *)token->scope);
	free((char *)token->issuer);
	free((char *)token->resource);
	free(token);
}
