/* The part of a login that a person does. */
#include <string.h>
#include <unistd.h>
#include "base/secret.h"
#include "io/browser/browse.h"
#include "io/clock.h"
#include "io/drive_parts.h"
#include "io/browser/spawn.h"

static enum mcpass_rc open_browser(struct mp_drive *drive, const char *url,
    struct mcpass_error *why)
{
	int *watch = &drive->browser_fd;

	if (drive->options.open_browser != NULL)
		return drive->options.open_browser(drive->options.open_browser_ctx, url, watch, why);
	return mp_browse(url, watch, why);
}

void mp_drive_forget_browser(struct mp_drive *drive)
{
	if (drive->browser_fd >= 0)
		close(drive->browser_fd);
	drive->browser_fd = -1;
	mp_free_wiped(drive->url);
	drive->url = NULL;
}

/* Shows the way, where there is somebody to show it to.  *ret_paste_fd: where the person
 * may paste the redirect, or -1. */
static enum mcpass_rc show(struct mp_drive *drive, const char *url, int *ret_paste_fd,
    struct mcpass_error *err)
{
	const struct mp_drive_ui *ui = &drive->options.ui;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	mp_drive_forget_browser(drive);
	rc = mp_set(&drive->url, url, &why);
	if (!rc)
		rc = open_browser(drive, url, &why);

	/* A URL that must not be opened must not be shown either.  Without a browser and
	 * without words nobody would ever come. */
	if (rc == MCPASS_E_POLICY || rc == MCPASS_E_NOMEM || (rc && ui->browse == NULL)) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	*ret_paste_fd = ui->browse == NULL ? -1
	    : ui->browse(ui->ctx, url, rc == MCPASS_OK, rc ? why.detail : NULL);
	return MCPASS_OK;
}

/* The program that was to open the page has ended. */
static enum mcpass_rc look_after_browser(struct mp_drive *drive, struct mcpass_error *err)
{
	const struct mp_drive_ui *ui = &drive->options.ui;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_spawn_outcome(drive->browser_fd, &why);

	drive->browser_fd = -1;
	if (!rc)
		return MCPASS_OK;
	if (ui->browse == NULL)         /* as when there is none */
		return mp_fail(err, rc, NULL, "%s", why.detail);
	drive->paste_fd = ui->browse(ui->ctx, drive->url, false, why.detail);
	return MCPASS_OK;
}

/* One wait: for the browser, for what is pasted, for Ctrl-C. */
static enum mcpass_rc wait_once(struct mp_drive *drive, char **ret_query,
    struct mcpass_error *err)
{
	const struct mp_drive_ui *ui = &drive->options.ui;
	const int also[MP_LISTENER_ALSO] = { ui->pasted != NULL ? drive->paste_fd : -1,
		drive->options.interrupt_fd, drive->browser_fd };
	enum mcpass_rc rc;

	rc = mp_listener_wait(drive->listener, mp_left_ms(drive->login_deadline), also, ret_query, err);
	if (!rc && *ret_query == NULL)
		rc = mp_drive_check_interrupt(drive, err);
	if (!rc && *ret_query == NULL && ui->pasted != NULL && mp_drive_is_readable(drive->paste_fd))
		rc = ui->pasted(ui->ctx, ret_query, err);
	if (!rc && *ret_query == NULL && mp_drive_is_readable(drive->browser_fd))
		rc = look_after_browser(drive, err);
	return rc;
}

static enum mcpass_rc wait_for_person(struct mp_drive *drive, char **ret_query,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	char *query = NULL;

	while (!rc && query == NULL)
		rc = wait_once(drive, &query, &why);
	if (rc && rc != MCPASS_E_EXPIRED) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	*ret_query = query;
	return MCPASS_OK;
}

enum mcpass_rc mp_drive_browse(struct mp_drive *drive, const char *url, char **ret_query,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	/* A second authorization in one login: the first one's page must not wait for it. */
	mp_listener_finish(drive->listener, false, "It has to be repeated: see the new window.");
	drive->login_deadline = mp_deadline_ms(drive->options.login_timeout_ms);
	drive->paste_fd = -1;
	drive->told_stray = false;
	rc = show(drive, url, &drive->paste_fd, err);
	return rc ? rc : wait_for_person(drive, ret_query, err);
}

enum mcpass_rc mp_drive_wait_on(struct mp_drive *drive, char **ret_query,
    struct mcpass_error *err)
{
	const struct mp_drive_ui *ui = &drive->options.ui;

	mp_listener_finish(drive->listener, false, "This was not the answer to the login that is"
	    " waited for: perhaps an old tab.");
	if (ui->warning != NULL && !drive->told_stray)
		ui->warning(ui->ctx, "what came was not the answer to this login; still waiting");
	drive->told_stray = true;
	if (mp_left_ms(drive->login_deadline) == 0) {   /* whatever else waits to be answered */
		*ret_query = NULL;
		return MCPASS_OK;
	}
	return wait_for_person(drive, ret_query, err);
}

/* In our own words: nothing that a server wrote gets onto our page. */
static const char *sentence_for(enum mcpass_rc rc, const struct mcpass_error *err)
{
	bool refused = err != NULL && strcmp(err->oauth, "access_denied") == 0;

	switch (rc) {
	case MCPASS_E_DENIED:
		return refused ? "Access was not granted."
		    : "You agreed, or were not asked, but the server did not go along: the program that"
		    " asked for it says more.";
	case MCPASS_E_EXPIRED:
		return "It took too long.";
	case MCPASS_E_POLICY:
		return "The answer of the authorization server was refused, because it would not be"
		    " safe to use.";
	case MCPASS_E_IO:
		return "A server did not answer.";
	default:
		return NULL;
	}
}

void mp_drive_say_goodbye(struct mp_drive *drive, enum mcpass_rc rc,
    const struct mcpass_error *err)
{
	mp_drive_forget_browser(drive);
	if (drive->listener == NULL)
		return;
	mp_listener_finish(drive->listener, rc == MCPASS_OK,
	    rc == MCPASS_OK ? drive->options.client.server_url : sentence_for(rc, err));
	mp_listener_free(drive->listener);
	drive->listener = NULL;
}
