/* client.h - the inside of the client: its states, its memory, its steps.
 *
 * The table in client.c has a row for each state: what is asked for there, which event answers
 * it, what that means.  Here are the functions of its rows, by file, and what they share. */
#pragma once
#include "flow/record.h"
#include "mcpass/client.h"
#include "oauth/device.h"
#include "oauth/places.h"
#include "oauth/quirks.h"
#include "wire/http/http.h"

#define MP_FLOW_STATES(X) \
	X(IDLE) X(LOADING) X(LOCKING) X(RELOADING) X(REFRESHING) X(DROPPING) \
	X(PRM) X(CONFIRMING) X(ASMETA) X(LISTENING) X(CHECKING) X(WIDENING) X(REGISTERING) \
	X(SAVING_CLIENT) X(RETIRING) X(PUSHING) X(BROWSING) X(VOUCHING) X(EXCHANGING) X(SAVING_TOKEN) X(DONE) \
	X(ASKING_CODE) X(SHOWING) X(PAUSING) X(POLLING) \
	X(OUT_LOCKING) X(OUT_LOADING) X(OUT_REVOKING) X(OUT_DEREGISTERING) X(OUT_FORGETTING) \
	X(RESTING) X(SAVING_DENIAL) X(REVOKING) X(DISCARDING) \
	X(BROKEN)
#define MP_STATE(name) S_##name,
enum mp_state { MP_FLOW_STATES(MP_STATE) S_COUNT };
#undef MP_STATE

enum mp_reason {                        /* why a new token is wanted */
	MP_BECAUSE_EXPIRED,             /* the stored one ran out */
	MP_BECAUSE_REFUSED,             /* 401 */
	MP_BECAUSE_SCOPE                /* 403 insufficient_scope */
};

#define MP_CURED_FEWER_FIELDS 0x1u      /* register without what is optional, */
#define MP_CURED_BARE         0x2u      /* with nothing but what is needed, */
#define MP_CURED_LESS_SCOPE   0x4u      /* with the scopes of this authorization only, */
#define MP_CURED_NO_SCOPE     0x8u      /* or with none */

/* What authorizes requests, from a DONE to the next one, whatever becomes of the record in
 * between: while a token is renewed, the one that is there serves. */
struct mp_serving {
	bool is_set;                    /* there was a DONE */
	bool is_bound;                  /* to the key; spec: RFC 9449 */
	struct mp_secret access_token;  /* absent: call without one */
	struct mp_secret key_text;      /* a JWK */
	struct mp_key *key;             /* key_text, once it was needed; or NULL */
};

struct mcpass_client {
	enum mp_state state;
	int64_t now;                    /* of the event under way; Unix time, seconds */

	/* the configuration, copied */
	unsigned flags;
	enum mcpass_grant grant;
	char *server_url, *client_name, *given_id, *given_resource, *given_issuer, *metadata_url, *wished_scope, *key;
	char *idp_token_endpoint, *idp_client_id, *provider;
	struct mp_secret given_secret, initial_access_token, assertion, idp_client_secret;
	struct mp_key *given_key;       /* for private_key_jwt, or NULL */
	struct mp_strings http_hosts;   /* plain http is allowed to them */
	struct mp_headers extra;        /* further authorization parameters */
	mcpass_random_fn *random;
	void *random_ctx;
	mcpass_trace_fn *trace;
	void *trace_ctx;

	struct mp_record record;        /* what we know, as it is or will be stored */
	struct mp_record kept;          /* the login that is stored and works, or may: it stays
	                                 * until there is another.  Without tokens: none */

	/* why we are here */
	enum mp_reason reason;
	char *challenged_scope, *challenged_metadata;
	struct mp_secret refused_token; /* what the server did not want any more */
	struct mp_secret dead_refresh;  /* what the issuer refused to renew, for good; and */
	bool dead_client;               /*    whether it was for the client's sake */
	bool if_published;              /* nothing was refused: a login only where one is published */
	bool rested;                    /* a refresh was tried a second time already */
	bool unsaved;                   /* the record is newer than what is stored */
	bool has_new_login;             /* had in this run, not renewed: nothing older is used */
	bool has_token;                 /* DONE hands out the record's token, else none */
	bool unproven;                  /* the token is new: the server has not taken it yet */
	bool refreshed, registered;     /* in this run: neither is done twice */
	unsigned cures;                 /* MP_CURED_... that were tried */
	bool wants_dpop;                /* the server asks for a bound token */
	bool nonce_used;                /* the nonce that was asked for has been sent */
	bool clock_is_off;              /* a server's Date says so, and is used */
	bool strayed;                   /* something came that was no answer to this authorization */
	unsigned authorizations;        /* since the server last took a token */

	/* where we are */
	struct mp_places places;        /* of the document that is looked for; empty: of none */
	struct mp_strings issuers;      /* those that may be asked, from issuer_at on */
	size_t issuer_at;
	char *confirmed;                /* the issuer that a person has said yes to, or NULL */
	bool no_metadata;               /* 2025-03-26: nothing published at the resource */
	bool no_issuer;                 /* what is published names no authorization server */
	bool assumed;                   /* 2025-03-26: nor is anything published there */
	struct mp_prm prm;
	char *issuer;                   /* the one that was chosen */
	enum mcpass_grant by;           /* the grant there: DEVICE, where CODE needs a browser */
	struct mp_quirk_choice quirk;   /* what is different there */
	struct mp_strings scope;        /* what this authorization asks for */
	char *redirect_uri;
	char *retired_url;              /* the registration that a new one replaces, or NULL */
	struct mp_secret retired_token;
	struct mp_secret state_param, verifier, code;
	char *challenge;                /* S256 of the verifier */
	char *request_uri;              /* of the request that was pushed (RFC 9126), or NULL */
	struct mp_device device;        /* a login on another device; */
	struct mp_device_pace pace;     /* when to ask whether it is done; */
	int64_t code_expires_at, waited; /* Unix time when it is over; seconds spent so far, */
	int64_t pause;                  /*    and those of the pause under way */
	struct mp_secret id_jag;        /* what the identity provider gave for the id token */
	struct mp_key *dpop_key;        /* of the token in the record, or to be; or NULL */
	char *as_nonce, *server_nonce;  /* the last DPoP-Nonce of either, or NULL */
	int64_t clock_offset;           /* added to our time in proofs, as a server's Date says */

	/* what is asked for, and what that points at */
	struct mcpass_action action;
	char *url;
	struct mp_headers headers, asked; /* asked: further authorization parameters */
	struct mp_buf body;
	struct mcpass_token token;
	struct mp_serving serving;      /* the token of the last DONE */
	struct mp_headers proof;        /* what mcpass_client_authorize() hands out */
	char notice[320];               /* for the person, with the next action; or "" */
};

/* What the answer in a state means: returns where that leads, one of the states that its row
 * names, or S_BROKEN, and err says why.  In here err is never NULL. */
typedef enum mp_state mp_take_fn(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err);
/* Fills client->action with what is asked for in a state. */
typedef enum mcpass_rc mp_enter_fn(struct mcpass_client *client, struct mcpass_error *err);

/* It is over: err says why, and doing what was being done. */
static inline enum mp_state mp_broken(struct mcpass_error *err, const char *doing)
{
	(void)mp_doing(err, err->rc, doing);
	return S_BROKEN;
}

/* The same for a reason that was kept apart. */
static inline enum mp_state mp_broken_by(struct mcpass_error *err, const struct mcpass_error *why,
    const char *doing)
{
	*err = *why;
	return mp_broken(err, doing);
}

static inline enum mp_state mp_done(struct mcpass_client *client, bool has_token)
{
	client->has_token = has_token;
	return S_DONE;
}

/* stored.c: what is stored, used as it is or found wanting */
mp_take_fn mp_stored_begin, mp_stored_take, mp_stored_take_again, mp_stored_tell_denial;

/* refresh.c */
mp_enter_fn mp_refresh_ask, mp_refresh_rest;
mp_take_fn mp_refresh_take, mp_refresh_do_without;

/* replaced.c: what becomes of the login that a new one replaces */
mp_enter_fn mp_replaced_revoke;
mp_take_fn mp_replaced_begin, mp_replaced_take_revoked, mp_replaced_take_discarded;

/* challenge.c: what the MCP server says */
mp_take_fn mp_challenge_take, mp_challenge_take_accepted;

/* discover.c: the two metadata documents */
mp_enter_fn mp_discover_ask_resource, mp_discover_ask_issuer;
mp_take_fn mp_discover_take_resource, mp_discover_take_issuer;

/* binding.c: which authorization server, and what it may see of ours */
mp_enter_fn mp_binding_ask;
mp_take_fn mp_binding_take;
/* Goes to the first of client->issuers that may be asked. */
enum mp_state mp_binding_choose(struct mcpass_client *client, struct mcpass_error *err);
/* The one that was asked is of no use, for that reason: the next one, or the end. */
enum mp_state mp_binding_next(struct mcpass_client *client, const struct mcpass_error *why,
    struct mcpass_error *err);
/* MCPASS_E_POLICY unless what a person gave us may be sent to the record's issuer. */
enum mcpass_rc mp_binding_check(const struct mcpass_client *client, struct mcpass_error *err);

/* client_id.c: who we are at the issuer */
mp_enter_fn mp_client_id_listen;
mp_take_fn mp_client_id_take_address;
/* What is known of the issuer is in the record: where the login by client->by begins. */
enum mp_state mp_client_id_begin(struct mcpass_client *client, struct mcpass_error *err);
/* Whether no client is there yet, and none can be had but by registering; as: what is known
 * of the issuer, or NULL. */
bool mp_client_id_is_wanted(const struct mcpass_client *client, const struct mp_asmeta *as);

/* register.c: registering, and what is done with a registration */
mp_enter_fn mp_register_ask, mp_register_check, mp_register_change, mp_register_discard;
mp_take_fn mp_register_take, mp_register_take_check, mp_register_take_change,
    mp_register_take_saved, mp_register_take_discarded;
/* Whether the registration can be changed and deleted (RFC 7592). */
bool mp_register_is_managed(const struct mp_record *record);
/* Remembers the registration, for a new one is going to replace it. */
enum mcpass_rc mp_register_set_aside(struct mcpass_client *client, struct mcpass_error *err);
/* Says how the request to delete client->retired_url ended, and forgets it. */
void mp_register_note_discarded(struct mcpass_client *client, const struct mcpass_event *event);

/* retry.c: one more try after a refusal; false: there is none (any more) */
/* Fewer members or scopes for the next registration. */
bool mp_retry_registration(struct mcpass_client *client, struct mcpass_error *why);
/* client->scope without offline_access; at: MP_REFUSED_... */
bool mp_retry_without_offline(struct mcpass_client *client, unsigned at, struct mcpass_error *why);
/* Leaves out of client->scope what an earlier run was refused for. */
void mp_retry_skip_offline(struct mcpass_client *client);

/* grant.c: what each grant needs, and how it asks for a token */
#define MP_NEEDS_CLIENT    0x1u         /* a client id, and its secret or its key */
#define MP_NEEDS_ASSERTION 0x2u         /* a JWT to present */
#define MP_NEEDS_IDP       0x4u         /* the identity provider's token endpoint */
struct mp_grant {
	const char *name;
	const char *spec, *lacking;     /* what is said where what it needs is not given */
	unsigned needs;                 /* of the configuration: MP_NEEDS_... */
	unsigned wants;                 /* of the issuer's metadata: MP_WANTS_... */
	enum mp_state first;            /* what the issuer is asked first, or LISTENING */
	bool asks_person;
	void (*fill_form)(struct mcpass_client *client, const char *scope, const char *resource);
};
/* NULL: there is no such grant. */
const struct mp_grant *mp_grant_find(enum mcpass_grant grant);
/* The grant at that issuer: DEVICE in place of CODE, where that is wanted and offered. */
enum mcpass_grant mp_grant_choose(const struct mcpass_client *client, const struct mp_asmeta *as);
bool mp_grant_offers_device(const struct mp_asmeta *as);
/* Where a person is asked: in a browser here, or by a code. */
enum mp_state mp_grant_ask_person(const struct mcpass_client *client);

/* token_request.c: the token, by a code or by a grant that asks no person */
mp_enter_fn mp_token_request_ask_idp, mp_token_request_ask;
mp_take_fn mp_token_request_take_id_jag, mp_token_request_take;

/* keep_token.c: what an answer of the token endpoint leaves in the record */
/* Takes a token into the record.  requested: the scope that was asked for; NULL: none. */
enum mcpass_rc mp_keep_token_take(struct mcpass_client *client, const struct mcpass_event *event,
    const char *requested, struct mcpass_error *err);
/* The same for a token that was asked for with client->scope, and says so. */
enum mcpass_rc mp_keep_token_take_new(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err);

/* authorize.c: the user's consent, and the code */
mp_enter_fn mp_authorize_browse, mp_authorize_push;
mp_take_fn mp_authorize_take_pushed, mp_authorize_take_redirect;

/* device.c: a code that is entered on another device */
mp_enter_fn mp_device_ask, mp_device_show, mp_device_pause, mp_device_poll;
mp_take_fn mp_device_take_code, mp_device_take_shown, mp_device_take_paused,
    mp_device_take_polled;

/* logout.c */
mp_enter_fn mp_logout_revoke, mp_logout_deregister, mp_logout_forget;
mp_take_fn mp_logout_take_record, mp_logout_take_revoked, mp_logout_take_deregistered,
    mp_logout_take_forgotten;

/* wish.c: the scopes that a person asked for by name */
/* Those that the record's token lacks; NULL in *ret_text: none. */
enum mcpass_rc mp_wish_lacking(const struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err);
/* The refusal of a scope that this user may not have. */
enum mcpass_rc mp_wish_denied(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err);

/* provider.c: what the table of quirks says */
/* Asks the table about the issuer, and says what is going to be different. */
enum mcpass_rc mp_provider_know(struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err);
/* True when the issuer's row or the person's flag says so. */
bool mp_provider_takes_no_s256(const struct mcpass_client *client);
/* The person's authorization parameters and the row's, into client->asked. */
enum mcpass_rc mp_provider_gather_params(struct mcpass_client *client, struct mcpass_error *err);
/* Adds to client->scope what cannot be left out there. */
enum mcpass_rc mp_provider_add_scope(struct mcpass_client *client, struct mcpass_error *err);
/* Hints at what has to be done by hand, with the command to run next. */
void mp_provider_hint(const struct mcpass_client *client, struct mcpass_error *err);
/* What goes with every request as resource (RFC 8707 2), or NULL. */
const char *mp_provider_resource(const struct mcpass_client *client);

/* config.c: the configuration, checked and copied */
/* Makes what is empty absent. */
void mp_config_tidy(struct mcpass_client_config *cfg);
enum mcpass_rc mp_config_check(const struct mcpass_client_config *cfg, struct mcpass_error *err);
enum mcpass_rc mp_config_copy(struct mcpass_client *client,
    const struct mcpass_client_config *cfg, struct mcpass_error *err);

/* action.c: actions, filled */
mp_enter_fn mp_action_load, mp_action_lock, mp_action_save, mp_action_done;
/* The record as it is, in place of all that is stored. */
enum mcpass_rc mp_action_replace(struct mcpass_client *client, struct mcpass_error *err);
/* Anything else: headers and body as put into the client after mp_action_reset(). */
void mp_action_reset(struct mcpass_client *client, size_t max_body);
enum mcpass_rc mp_action_request(struct mcpass_client *client, const char *method,
    const char *url, size_t max_response, struct mcpass_error *err);
/* GET of a document; url is copied. */
enum mcpass_rc mp_action_get(struct mcpass_client *client, const char *url,
    struct mcpass_error *err);
/* A request without a body, with one of the issuer's own tokens (RFC 7592). */
enum mcpass_rc mp_action_with_token(struct mcpass_client *client, const char *method,
    const char *url, const struct mp_secret *token, struct mcpass_error *err);
/* Adds an Authorization header with such a token (RFC 7591 3). */
enum mcpass_rc mp_action_add_bearer(struct mcpass_client *client, const struct mp_secret *token,
    struct mcpass_error *err);
/* A form in the client's body, as it is. */
enum mcpass_rc mp_action_bare_form(struct mcpass_client *client, const char *url,
    struct mcpass_error *err);
/* A form to a token endpoint: adds the key's proof and our own, then as above. */
enum mcpass_rc mp_action_token_form(struct mcpass_client *client, struct mcpass_error *err);
/* A form to another endpoint of the issuer: adds our proof. */
enum mcpass_rc mp_action_form(struct mcpass_client *client, const char *url,
    struct mcpass_error *err);
/* A request to revoke what a record has, as that record's client; spec: RFC 7009 2.1 */
enum mcpass_rc mp_action_revoke(struct mcpass_client *client, const struct mp_record *record,
    struct mcpass_error *err);
bool mp_action_can_revoke(const struct mp_record *record);
/* mp_target_check() for this client's server, with what a person allows. */
enum mcpass_rc mp_action_check_target(const struct mcpass_client *client, const char *url,
    const char *what, struct mcpass_error *err);
/* MCPASS_E_IO for an event of status 0: nothing came back. */
enum mcpass_rc mp_action_check_answered(const struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err);

/* serving.c: DONE: what authorizes requests from now on. */
enum mcpass_rc mp_serving_begin(struct mcpass_client *client, struct mcpass_error *err);
void mp_serving_free(struct mp_serving *serving);

/* dpop.c: the key that a token is bound to */
enum mcpass_rc mp_dpop_read_key(const struct mp_secret *text, struct mp_key **ret_key,
    struct mcpass_error *err);
bool mp_dpop_is_bound(const struct mp_record *record);
/* Makes one, or reads the record's; no-op where none is wanted. */
enum mcpass_rc mp_dpop_ready(struct mcpass_client *client, struct mcpass_error *err);
/* Adds the proof for a request to the token endpoint, if a key is wanted. */
enum mcpass_rc mp_dpop_add(struct mcpass_client *client, const char *url,
    struct mcpass_error *err);
/* Keeps a DPoP-Nonce header, if there is one; *ret_asked when error says that a request
 * has to be sent again with it, or with the time of the server's Date, and that was not tried
 * yet; spec: RFC 9449 8, 11.1 */
enum mcpass_rc mp_dpop_nonce(struct mcpass_client *client, const struct mcpass_event *event,
    const char *error, char **slot, bool *ret_asked, struct mcpass_error *err);

/* redact.c: makes what is secret illegible in what a server wrote */
void mp_redact(const struct mcpass_client *client, struct mcpass_error *err);

/* note.c: one step for --explain; facts are name, value pairs that end with NULL; a
 * NULL value leaves its pair out. */
void mp_note(struct mcpass_client *client, const char *spec, const char *what, ...)
    __attribute__((sentinel));
/* One note for each sentence about what was read leniently; whose: "The resource metadata
 * is odd". */
void mp_note_odd(struct mcpass_client *client, const char *whose, const struct mp_strings *odd);
/* How a courtesy ended whose answer decides nothing. */
void mp_note_status(struct mcpass_client *client, const struct mcpass_event *event,
    const char *spec, const char *what);

/* The machine as data, for docs/flow.md and the test that walks every arrow. */
struct mp_arrow {
	enum mp_state from;
	enum mcpass_event_type on;
	uint64_t to;                    /* bit (1 << state) for each state it may lead to */
};
size_t mp_flow_arrows(struct mp_arrow *ret_arrows, size_t room);   /* how many there are */

/* state.c */
const char *mp_state_name(enum mp_state state);
const char *mp_state_event_name(enum mcpass_event_type type);
