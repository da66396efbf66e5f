#include "io/drive.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/drive_parts.h"
#include "io/entropy.h"

#define LOGIN_TIMEOUT_MS (5 * 60 * 1000)

bool mp_drive_is_readable(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&one, 1, 0) > 0;
}

enum mcpass_rc mp_drive_check_interrupt(const struct mp_drive *drive, struct mcpass_error *err)
{
	if (mp_drive_is_readable(drive->options.interrupt_fd))
		return mp_fail(err, MCPASS_E_DENIED, NULL, "interrupted");
	return MCPASS_OK;
}

/* The name under which the store keeps what a server speaks. */
static enum mcpass_rc revision_note(const struct mp_drive *drive, struct mp_buf *ret_name,
    struct mcpass_error *err)
{
	mp_buf_addf(ret_name, "revision %s", drive->options.session.server_url);
	return mp_buf_check(ret_name, "the name of a note", err);
}

enum mcpass_rc mp_drive_known_revision(const struct mp_drive *drive, char **ret_revision,
    struct mcpass_error *err)
{
	const struct mcpass_session_config *config = &drive->options.session;
	const char *known = drive->session != NULL ? mcpass_session_revision(drive->session) : NULL;
	struct mp_buf name;
	enum mcpass_rc rc;

	if (known == NULL)
		known = config->revision != NULL ? config->revision : config->known_revision;
	if (known != NULL)
		return mp_set(ret_revision, known, err);
	mp_buf_init(&name, 2 * MP_MAX_URI);
	rc = revision_note(drive, &name, err);
	if (!rc)
		rc = mp_store_noted(drive->store, mp_buf_text(&name), ret_revision, err);
	mp_buf_free(&name);
	return rc;
}

static enum mcpass_rc open_session(struct mp_drive *drive, struct mcpass_error *err)
{
	struct mcpass_session_config config = drive->options.session;
	char *known = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (config.revision == NULL)
		rc = mp_drive_known_revision(drive, &known, err);
	config.known_revision = known;
	if (!rc)
		rc = mcpass_session_new(&config, &drive->session, err);
	mp_free_wiped(known);
	return rc;
}

/* Saves the detection next time.  A store that cannot be written is no reason to lose the
 * answer that has just come. */
static void note_revision(const struct mp_drive *drive)
{
	const char *revision = mcpass_session_revision(drive->session);
	struct mp_buf name;
	char *known = NULL;

	if (revision == NULL || drive->options.session.revision != NULL)
		return;
	mp_buf_init(&name, 2 * MP_MAX_URI);
	if (revision_note(drive, &name, NULL) == MCPASS_OK
	    && mp_store_noted(drive->store, mp_buf_text(&name), &known, NULL) == MCPASS_OK
	    && !mp_eq(known, revision))
		(void)mp_store_note(drive->store, mp_buf_text(&name), revision, NULL);
	mp_free_wiped(known);
	mp_buf_free(&name);
}

/* What the server's word sends us to is judged; what a person named is not. */
static enum mcpass_rc open_http(struct mp_drive *drive, struct mcpass_error *err)
{
	const struct mcpass_client_config *client = &drive->options.client;
	enum mcpass_rc rc = mp_loop_new(NULL, NULL, &drive->loop, err);

	if (!rc)
		rc = mp_http_new(&drive->options.http, drive->loop, &drive->http, err);

	if (!rc)
		rc = mp_drive_recall_reach(drive, err);
	if (!rc)
		rc = mp_http_confine(drive->http, client->server_url, drive->known_reach, err);
	if (!rc)
		rc = mp_http_vouch(drive->http, client->client_issuer, err);
	return rc ? rc : mp_http_vouch(drive->http, client->idp_token_endpoint, err);
}

static void tell_store(const struct mp_drive *drive)
{
	const struct mcpass_client_config *client = &drive->options.client;
	const struct mcpass_header path = { "path", mp_store_elsewhere(drive->store) };
	const struct mcpass_note note = { .what = "Using the store of an environment with another"
	    " XDG_DATA_HOME, for there is none here", .facts = &path, .fact_count = 1 };

	if (path.value != NULL && client->trace != NULL)
		client->trace(client->trace_ctx, &note);
}

enum mcpass_rc mp_drive_new(const struct mp_drive_options *options,
    struct mp_drive **ret_drive, struct mcpass_error *err)
{
	struct mp_drive *drive = calloc(1, sizeof(*drive));
	enum mcpass_rc rc;

	if (drive == NULL)
		return mp_nomem(err);
	drive->options = *options;
	drive->browser_fd = -1;
	if (options->client.random == NULL)
		drive->options.client.random = mp_entropy;
	if (options->login_timeout_ms == 0)
		drive->options.login_timeout_ms = LOGIN_TIMEOUT_MS;
	if (options->ui.confirm_issuer != NULL && !options->no_login)
		drive->options.client.flags |= MCPASS_ASK_ISSUER;
	rc = mp_store_open(options->store_path, &drive->store, err);
	if (!rc)
		rc = mp_drive_recall_issuer(drive, err);
	if (!rc)
		rc = mcpass_client_new(&drive->options.client, &drive->client, err);
	if (!rc)
		rc = open_http(drive, err);
	if (!rc)
		tell_store(drive);
	if (!rc)
		rc = open_session(drive, err);
	if (rc) {
		mp_drive_free(drive);
		return rc;
	}
	mp_http_interrupt_by(drive->http, options->interrupt_fd);
	*ret_drive = drive;
	return MCPASS_OK;
}

void mp_drive_free(struct mp_drive *drive)
{
	if (drive == NULL)
		return;
	if (drive->http != NULL && drive->session != NULL)
		mp_drive_leave(drive);
	mp_http_free(drive->http);
	mp_loop_free(drive->loop);
	mcpass_session_free(drive->session);
	mcpass_client_free(drive->client);
	mp_listener_free(drive->listener);
	mp_drive_forget_browser(drive);
	mp_store_close(drive->store);
	mp_http_response_free(&drive->response);
	mp_headers_free(&drive->accepted_headers);
	mp_free_wiped(drive->text);
	free(drive->result);
	free(drive->lesson);
	free(drive->list_fault);
	free(drive->known_issuer);
	free(drive);
}

/* Once: what comes after is told by the server's answers. */
static enum mcpass_rc start(struct mp_drive *drive, struct mcpass_error *err)
{
	const struct mcpass_event event = { .type = MCPASS_EV_START };
	enum mcpass_rc rc;

	if (drive->started)
		return MCPASS_OK;
	rc = mp_drive_tell(drive, &event, err);
	drive->started = rc == MCPASS_OK;
	return rc;
}

enum mcpass_rc mp_drive_ask(struct mp_drive *drive, const char *method, const char *params,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	drive->asked_at = mp_now_ms();
	rc = mcpass_session_request(drive->session, method, params, &drive->call, err);
	if (!rc)
		rc = mp_drive_converse(drive, err);
	if (rc == MCPASS_E_DENIED && mp_drive_is_readable(drive->options.interrupt_fd))
		mp_drive_give_up(drive);
	if (!rc)
		note_revision(drive);
	else
		mp_drive_redact_error(drive, err);
	return rc;
}

/* Once, and only when it is all that went wrong. */
static enum mcpass_rc say_list_fault(struct mp_drive *drive, struct mcpass_error *err)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "The list of tools could not be read, and the call went "
	    "ahead without it: %s", drive->list_fault);
	free(drive->list_fault);
	drive->list_fault = NULL;
	return mp_drive_warn(drive, text, err);
}

enum mcpass_rc mp_drive_request(struct mp_drive *drive, const char *method,
    const char *params, char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_clear(err);
	rc = start(drive, err);
	if (!rc && mp_eq(method, "tools/call"))
		rc = mp_drive_learn_tools(drive, params, err);
	if (!rc)
		rc = mp_drive_ask(drive, method, params, err);
	if (!rc && drive->list_fault != NULL)
		rc = say_list_fault(drive, err);
	if (rc)
		return rc;
	mp_drive_note_tools(drive, method);
	*ret_json = drive->result;
	*ret_is_error = drive->is_error;
	drive->result = NULL;
	return MCPASS_OK;
}

bool mp_drive_is_short_of_scope(enum mcpass_rc rc, const struct mcpass_error *err)
{
	return rc == MCPASS_E_DENIED && err != NULL && strcmp(err->oauth, "insufficient_scope") == 0;
}

enum mcpass_rc mp_drive_token(struct mp_drive *drive, const struct mcpass_token **ret_token,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	char *unused = NULL;
	bool is_error;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = start(drive, err);
	/* Whether it wants a token, only the server can say: to the request that servers
	 * protect if they protect anything.  The answer itself does not matter. */
	if (!rc && drive->token == NULL)
		rc = mp_drive_request(drive, "tools/list", NULL, &unused, &is_error, &why);
	free(unused);
	/* Scopes that a person chose may not permit just that; the token is good for what they do. */
	if (drive->token != NULL && mp_drive_is_short_of_scope(rc, &why))
		rc = MCPASS_OK;
	else if (why.rc != MCPASS_OK && err != NULL)
		*err = why;
	if (!rc)
		*ret_token = drive->token;
	return rc;
}

enum mcpass_rc mp_drive_login(struct mp_drive *drive, const struct mcpass_token **ret_token,
    struct mcpass_error *err)
{
	const struct mcpass_event wanted = { .type = MCPASS_EV_CHALLENGE };
	enum mcpass_rc rc = mp_drive_token(drive, ret_token, err);

	if (rc || drive->token != NULL)
		return rc;
	rc = mp_drive_tell(drive, &wanted, err);
	if (!rc)
		*ret_token = drive->token;
	return rc;
}

enum mcpass_rc mp_drive_check_kept(const struct mp_drive *drive, struct mcpass_error *err)
{
	if (drive->unsaved.rc == MCPASS_OK)
		return MCPASS_OK;
	if (err != NULL)
		*err = drive->unsaved;
	return mp_doing(err, drive->unsaved.rc, "keeping the login");
}

enum mcpass_rc mp_drive_logout(struct mp_drive *drive, struct mcpass_error *err)
{
	const struct mcpass_event event = { .type = MCPASS_EV_LOGOUT };

	mp_clear(err);
	return mp_drive_tell(drive, &event, err);
}

const char *mp_drive_revision(const struct mp_drive *drive)
{
	return mcpass_session_revision(drive->session);
}
