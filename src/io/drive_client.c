/* Carries out what the client asks for, one action at a time. */
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/clock.h"
#include "io/drive_parts.h"
#include "wire/uri.h"

/* How often a wait for the lock looks whether the person has had enough. */
#define LOCK_SLICE_MS 250
/* A refresh takes no longer. */
#define NO_LOGIN_LOCK_MS 10000

static void forget(struct mp_drive *drive)
{
	mp_free_wiped(drive->text);
	drive->text = NULL;
	mp_http_response_free(&drive->response);
}

static enum mcpass_rc load(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_store_load(drive->store, action->key, &drive->text, err);

	event->type = MCPASS_EV_LOADED;
	event->data = drive->text;
	event->data_len = drive->text != NULL ? strlen(drive->text) : 0;
	return rc;
}

static enum mcpass_rc save(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	event->type = MCPASS_EV_SAVED;
	mp_clear(&drive->unsaved);
	rc = mp_store_save(drive->store, action->key, action->body, &drive->unsaved);
	if (rc == MCPASS_OK)
		return MCPASS_OK;
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	event->data = drive->unsaved.detail;
	event->data_len = strlen(drive->unsaved.detail);
	return MCPASS_OK;
}

/* Another process may be waiting for its person: as long as we would wait for ours, or for an
 * answer of the server's.  Who wants no login waits for none of another's either. */
static int lock_patience(const struct mp_drive *drive)
{
	const struct mp_drive_options *options = &drive->options;
	int patience = options->login_timeout_ms;

	if (options->http.timeout_ms > 0 && options->http.timeout_ms < patience)
		patience = options->http.timeout_ms;
	return options->no_login && patience > NO_LOGIN_LOCK_MS ? NO_LOGIN_LOCK_MS : patience;
}

static enum mcpass_rc lock(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	int64_t deadline = mp_deadline_ms(lock_patience(drive));
	void (*told)(void *ctx, const char *holder) = drive->options.ui.waiting_for_lock;
	struct mcpass_error why;
	enum mcpass_rc rc;
	int left;

	event->type = MCPASS_EV_LOCKED;
	do {
		left = mp_left_ms(deadline);
		mp_clear(&why);
		rc = mp_store_lock(drive->store, action->key, left < LOCK_SLICE_MS ? left : LOCK_SLICE_MS,
		    told, drive->options.ui.ctx, &why);
		told = NULL;            /* once is enough */
		if (rc == MCPASS_E_EXPIRED && mp_drive_check_interrupt(drive, err))
			return MCPASS_E_DENIED;
	} while (rc == MCPASS_E_EXPIRED && left > 0);
	if (rc && err != NULL)
		*err = why;
	return rc;
}

/* No answer is an event, too; anything else that goes wrong is the end. */
static enum mcpass_rc request(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_clear(&drive->reason);
	rc = mp_http_perform(drive->http, action->method, action->url, action->headers,
	    action->header_count, action->body, action->body_len, action->max_response,
	    &drive->response, &drive->reason);
	event->type = MCPASS_EV_RESPONSE;
	if (rc == MCPASS_E_IO) {
		event->data = drive->reason.detail;
		event->data_len = strlen(drive->reason.detail);
		return MCPASS_OK;
	}
	if (rc) {
		if (err != NULL)
			*err = drive->reason;
		return rc;
	}
	event->status = drive->response.status;
	event->headers = drive->response.headers.items;
	event->header_count = drive->response.headers.count;
	event->data = mp_buf_text(&drive->response.body);
	event->data_len = drive->response.body.len;
	return MCPASS_OK;
}

static unsigned port_of(const char *url)
{
	struct mp_uri uri;

	return url != NULL && mp_uri_parse(url, &uri, NULL) == MCPASS_OK ? uri.port : 0;
}

/* From here on a person is needed. */
static enum mcpass_rc listen_for(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	struct mp_listener_options options = drive->options.listener;
	enum mcpass_rc rc;

	rc = mp_drive_check_login(drive, err);
	if (rc)
		return rc;
	options.wished_port = port_of(action->url);
	/* Asked for a second time in one login: the same one serves. */
	if (drive->listener == NULL)
		rc = mp_listener_new(&options, &drive->listener, err);
	if (rc)
		return rc;
	event->type = MCPASS_EV_LISTENING;
	event->data = mp_listener_uri(drive->listener);
	event->data_len = strlen(event->data);
	return MCPASS_OK;
}

static enum mcpass_rc browse(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_drive_browse(drive, action->url, &drive->text, err);

	event->type = MCPASS_EV_REDIRECT;
	event->data = drive->text;
	event->data_len = drive->text != NULL ? strlen(drive->text) : 0;
	return rc;
}

static enum mcpass_rc wait_on(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_drive_wait_on(drive, &drive->text, err);

	(void)action;
	event->type = MCPASS_EV_REDIRECT;
	event->data = drive->text;
	event->data_len = drive->text != NULL ? strlen(drive->text) : 0;
	return rc;
}

static enum mcpass_rc show_code(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	event->type = MCPASS_EV_SHOWN;
	return mp_drive_show_code(drive, action, err);
}

static enum mcpass_rc pause_for(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_event *event, struct mcpass_error *err)
{
	event->type = MCPASS_EV_PAUSED;
	return mp_drive_pause(drive, action, err);
}

static void tell_notice(const struct mp_drive *drive, const struct mcpass_action *action)
{
	const struct mp_drive_ui *ui = &drive->options.ui;

	if (action->notice != NULL && ui->warning != NULL)
		ui->warning(ui->ctx, action->notice);
}

static enum mcpass_rc perform(void *ctx, const struct mcpass_action *action,
    struct mcpass_event *ret_event, struct mcpass_error *err)
{
	static enum mcpass_rc (*const how[])(struct mp_drive *drive,
	    const struct mcpass_action *action, struct mcpass_event *event,
	    struct mcpass_error *err) = {
		[MCPASS_ACT_LOAD] = load,
		[MCPASS_ACT_SAVE] = save,
		[MCPASS_ACT_LOCK] = lock,
		[MCPASS_ACT_REQUEST] = request,
		[MCPASS_ACT_LISTEN] = listen_for,
		[MCPASS_ACT_BROWSE] = browse,
		[MCPASS_ACT_WAIT] = wait_on,
		[MCPASS_ACT_SHOW_CODE] = show_code,
		[MCPASS_ACT_PAUSE] = pause_for,
		[MCPASS_ACT_CONFIRM] = mp_drive_confirm,
	};
	struct mp_drive *drive = ctx;
	struct mcpass_event event = { 0 };
	enum mcpass_rc rc;

	forget(drive);
	tell_notice(drive, action);
	if ((size_t)action->type >= MP_COUNT(how) || how[action->type] == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "an action of type %d", (int)action->type);
	rc = mp_drive_check_interrupt(drive, err);
	if (!rc)
		rc = how[action->type](drive, action, &event, err);
	event.now = mp_now_s();
	if (!rc)
		*ret_event = event;
	return rc;
}

/* The token serves this run all the same: the person hears what the next one will need. */
static void tell_unsaved(struct mp_drive *drive)
{
	const struct mp_drive_ui *ui = &drive->options.ui;
	struct mp_buf text;

	if (drive->unsaved.rc == MCPASS_OK || ui->warning == NULL || drive->told_unsaved)
		return;
	drive->told_unsaved = true;
	mp_buf_init(&text, 1024);
	mp_buf_addf(&text, "the login could not be kept, and serves this run only: %s%s%s",
	    drive->unsaved.detail, drive->unsaved.hint[0] != '\0' ? " -- " : "", drive->unsaved.hint);
	if (!text.failed)
		ui->warning(ui->ctx, mp_buf_text(&text));
	mp_buf_free(&text);
}

enum mcpass_rc mp_drive_tell(struct mp_drive *drive, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	const struct mcpass_host host = { perform, drive };
	struct mcpass_event now = *event;
	struct mcpass_action action;
	enum mcpass_rc rc;

	now.now = mp_now_s();
	mp_clear(&drive->reason);
	rc = mcpass_client_run(drive->client, &now, &host, &action, err);
	if (!rc)
		tell_notice(drive, &action);
	if (!rc)
		drive->token = action.token;
	else if (!mp_drive_is_short_of_scope(rc, err))        /* then it is good for other requests */
		drive->token = NULL;
	if (!rc)
		mp_drive_note_issuer(drive);
	mp_drive_note_reach(drive);
	mp_store_unlock(drive->store);
	mp_drive_stop_waiting(drive);
	mp_drive_say_goodbye(drive, rc, err);
	if (!rc)
		tell_unsaved(drive);
	/* The client says that no answer came; what helps then is known here. */
	if (rc == MCPASS_E_IO)
		mp_hint(err, "%s", drive->reason.hint);
	forget(drive);
	return rc;
}
