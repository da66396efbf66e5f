#include "mcpass/login.h"
#include "base/sized.h"
#include "link/blocking.h"
#include "link/link_parts.h"

/* Who has to be shown a code, of a program's own. */
struct shower {
	mcpass_show_code_fn *show;
	void *ctx;
};

static void show_code(void *ctx, const struct mcpass_action *action)
{
	const struct shower *shower = ctx;

	shower->show(shower->ctx, action);
}

static enum mcpass_rc log_in(const struct mcpass_client_config *cfg, struct shower *shower,
    struct mcpass_token **ret_token, struct mcpass_error *err)
{
	struct mp_link_options options = {
		.session = {
			.size = sizeof(struct mcpass_session_config),
			.client_name = "mcpass",
			.client_version = MCPASS_VERSION,
		},
		.interrupt_fd = -1,
	};
	const struct mcpass_token *found = NULL;
	struct mcpass_token *token = NULL;
	struct mp_link *link = NULL;
	enum mcpass_rc rc = mp_sized_read(cfg, &options.client, sizeof(options.client), err);

	if (rc)
		return rc;
	if (shower->show != NULL) {
		options.client.flags |= MCPASS_PREFER_DEVICE;
		options.ui = (struct mp_link_ui){ .show_code = show_code, .ctx = shower };
	}
	options.session.server_url = options.client.server_url;
	options.session.trace = options.client.trace;
	options.session.trace_ctx = options.client.trace_ctx;
	rc = mp_link_new(&options, NULL, &link, err);
	if (!rc)
		rc = mp_blocking_token(link, &found, err);
	if (!rc && found != NULL)
		rc = mp_link_copy_token(found, &token, err);
	mp_blocking_close(link);
	if (!rc)
		*ret_token = token;
	return rc;
}

enum mcpass_rc mcpass_login(const struct mcpass_client_config *cfg,
    struct mcpass_token **ret_token, struct mcpass_error *err)
{
	struct shower none = { 0 };

	mp_clear(err);
	return log_in(cfg, &none, ret_token, err);
}

enum mcpass_rc mcpass_login_by_code(const struct mcpass_client_config *cfg,
    mcpass_show_code_fn *show, void *ctx, struct mcpass_token **ret_token,
    struct mcpass_error *err)
{
	struct shower shower = { show, ctx };

	mp_clear(err);
	if (show == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no function that shows a code");
	return log_in(cfg, &shower, ret_token, err);
}
