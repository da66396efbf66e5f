/* drive.h - joins the two machines to this machine: the client's actions and the
 * session's actions are carried out here.  No protocol rule lives in this file. */
#ifndef MP_IO_DRIVE_H
#define MP_IO_DRIVE_H
#include "io/http/http.h"
#include "io/browser/listener.h"
#include "io/store/store.h"
#include "mcpass/client.h"
#include "mcpass/session.h"
#include "wire/json/json.h"

/* What a person sees while waiting; every member may be NULL. */
struct mp_drive_ui {
	/* The URL to open; opened tells whether a browser was started, why is the reason
	 * when not.  Return a descriptor to watch for a pasted redirect URL, or -1.  Called
	 * again, not opened, when the browser says a little later that it failed. */
	int (*browse)(void *ctx, const char *url, bool opened, const char *why);
	/* Called when that descriptor is readable; *ret_query as of mp_listener_wait(). */
	enum mcpass_rc (*pasted)(void *ctx, char **ret_query, struct mcpass_error *err);
	/* Whether the issuer that the server names may have what was given; NULL: no person
	 * to ask, so it has to be named by client.client_issuer. */
	enum mcpass_rc (*confirm_issuer)(void *ctx, const char *issuer, bool *ret_yes,
	    struct mcpass_error *err);
	/* Shows the code of a login on another device, and where it goes, as of
	 * MCPASS_ACT_SHOW_CODE; NULL: there is nobody, so such a login fails. */
	void (*show_code)(void *ctx, const struct mcpass_action *action);
	/* Every second that is waited for that login; seconds are left of it; -1: not any more. */
	void (*code_left)(void *ctx, int64_t seconds);
	void (*waiting_for_lock)(void *ctx, const char *holder);
	void (*message)(void *ctx, const char *json);     /* a notification of the server */
	void (*waiting)(void *ctx, int seconds);          /* for an answer, each further second */
	void (*warning)(void *ctx, const char *sentence);
	/* Answers a request of the server, which only asks what session.capabilities offer it.
	 * *ret_result is the result's JSON text (mp_free_wiped), NULL: not offered. */
	enum mcpass_rc (*asked)(void *ctx, const char *method, const json_t *params,
	    char **ret_result, struct mcpass_error *err);
	void *ctx;
};
struct mp_drive_options {                       /* borrowed until mp_drive_free() */
	struct mcpass_client_config client;     /* server_url, scope, flags, trace ... */
	struct mcpass_session_config session;
	struct mp_listener_options listener;
	struct mp_http_options http;
	struct mp_drive_ui ui;
	const char *store_path;
	int login_timeout_ms;                   /* 0: five minutes */
	int code_timeout_ms;                    /* for a login by a code; 0: while it is good */
	/* NULL: mp_browse().  The demo without a person walks the pages here. */
	enum mcpass_rc (*open_browser)(void *ctx, const char *url, int *ret_watch,
	    struct mcpass_error *err);
	void *open_browser_ctx;
	const struct mcpass_header *headers;    /* --header; sent to the MCP server only */
	size_t header_count;
	bool no_list;                           /* no tool wants headers: ask for no list first */
	bool no_login;                          /* fail instead of asking a person, */
	const char *no_login_why;               /* as one was not allowed; NULL: that is why */
	int interrupt_fd;                       /* readable: stop (Ctrl-C); -1: none */
};
struct mp_drive;
enum mcpass_rc mp_drive_new(const struct mp_drive_options *options,
    struct mp_drive **ret_drive, struct mcpass_error *err);
void mp_drive_free(struct mp_drive *drive);

/* One MCP request, with whatever authorization it takes.  *ret_json is the result, or
 * with *ret_is_error the JSON-RPC error object; the caller's (free). */
enum mcpass_rc mp_drive_request(struct mp_drive *drive, const char *method,
    const char *params, char **ret_json, bool *ret_is_error, struct mcpass_error *err);
/* Makes sure of a token without a request of the caller's: the stored one, a refreshed
 * one, or a login.  *ret_token lives until the next call; NULL: the server wants none. */
enum mcpass_rc mp_drive_token(struct mp_drive *drive, const struct mcpass_token **ret_token,
    struct mcpass_error *err);
/* The same for who means to be signed in: also where the server answers without a token, if it
 * publishes how one is had. */
enum mcpass_rc mp_drive_login(struct mp_drive *drive, const struct mcpass_token **ret_token,
    struct mcpass_error *err);
/* Why the store has not what the last login brought; MCPASS_OK: it has. */
enum mcpass_rc mp_drive_check_kept(const struct mp_drive *drive, struct mcpass_error *err);
enum mcpass_rc mp_drive_logout(struct mp_drive *drive, struct mcpass_error *err);
const char *mp_drive_revision(const struct mp_drive *drive);

#endif
