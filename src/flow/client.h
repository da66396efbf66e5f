/* client.h - the inside of the client: its states, its memory, its handlers.
 *
 * Each handler takes the event of one row of the transition table (client.c), sets
 * client->state to one of the states that the row allows, and fills the action. */
#ifndef MP_FLOW_CLIENT_H
#define MP_FLOW_CLIENT_H
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

struct mcpass_client {
	enum mp_state state;

	/* the configuration, copied */
	unsigned flags;
	enum mcpass_grant grant;
	char *server_url, *client_name, *given_id, *given_issuer, *metadata_url, *wished_scope, *key;
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
	bool unproven;                  /* the token is new: the server has not taken it yet */
	bool refreshed, registered;     /* in this run: neither is done twice */
	unsigned cures;                 /* MP_CURED_... that were tried */
	bool wants_dpop;                /* the server asks for a bound token */
	bool nonce_used;                /* the nonce that was asked for has been sent */
	bool clock_is_off;              /* a server's Date says so, and is used */
	bool strayed;                   /* something came that was no answer to this authorization */
	unsigned authorizations;        /* since the server last took a token */

	/* where we are */
	struct mp_places places;        /* of the document that is looked for */
	struct mp_strings issuers;      /* those that may be asked, from issuer_at on */
	size_t issuer_at;
	char *confirmed;                /* the issuer that a person has said yes to, or NULL */
	bool no_metadata;               /* 2025-03-26: nothing published at the resource */
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
	struct mp_device device;        /* a login on another device; */
	struct mp_device_pace pace;     /* when to ask whether it is done; */
	int64_t code_expires_at, waited; /* Unix time when it is over; seconds spent so far, */
	int64_t pause;                  /*    and those of the pause under way */
	struct mp_secret id_jag;        /* what the identity provider gave for the id token */
	struct mp_key *dpop_key;        /* of the token in the record, or to be; or NULL */
	char *as_nonce, *server_nonce;  /* the last DPoP-Nonce of either, or NULL */
	int64_t clock_offset;           /* added to our time in proofs, as a server's Date says */

	/* what the last action points at */
	char *url;
	struct mp_headers headers, asked; /* asked: further authorization parameters */
	struct mp_buf body;
	struct mcpass_token token;
	struct mp_headers proof;        /* what mcpass_client_authorize() hands out */
	char notice[160];               /* for the person, with the next action; or "" */
};

#define MP_HANDLER(name) \
	enum mcpass_rc name(struct mcpass_client *client, const struct mcpass_event *event, \
	    struct mcpass_action *action, struct mcpass_error *err)

/* renew.c: the store, the lock, the refresh */
MP_HANDLER(mp_ask_store);
MP_HANDLER(mp_use_or_renew);
MP_HANDLER(mp_read_again);
MP_HANDLER(mp_renew_or_discover);
MP_HANDLER(mp_take_refreshed);
MP_HANDLER(mp_refresh_again);
MP_HANDLER(mp_go_on_without);
/* keeping.c: what becomes of the login that a new one replaces */
MP_HANDLER(mp_hand_over);
MP_HANDLER(mp_take_revoked);
MP_HANDLER(mp_take_discarded);
MP_HANDLER(mp_tell_denial);
/* challenge.c: what the MCP server says */
MP_HANDLER(mp_read_challenge);
MP_HANDLER(mp_note_accepted);
/* discover.c: the two metadata documents */
MP_HANDLER(mp_take_resource_metadata);
MP_HANDLER(mp_take_server_metadata);
/* issuer.c: which authorization server, and what it may see of ours */
MP_HANDLER(mp_take_confirmed);
/* identity.c: who we are at the issuer */
MP_HANDLER(mp_choose_client);
MP_HANDLER(mp_take_client_check);
/* registering.c */
MP_HANDLER(mp_take_widened);
MP_HANDLER(mp_take_registration);
/* retiring.c */
MP_HANDLER(mp_retire_or_ask);
MP_HANDLER(mp_take_retired);
/* authorize.c: the user's consent, and the code */
MP_HANDLER(mp_ask_user);
MP_HANDLER(mp_take_pushed);
MP_HANDLER(mp_take_redirect);
/* device.c: a code that is entered on another device */
MP_HANDLER(mp_take_device);
MP_HANDLER(mp_begin_waiting);
MP_HANDLER(mp_poll);
MP_HANDLER(mp_take_polled);
/* exchange.c: the token, by whichever grant */
MP_HANDLER(mp_take_id_jag);
MP_HANDLER(mp_take_token);
/* logout.c */
MP_HANDLER(mp_out_lock);
MP_HANDLER(mp_out_load);
MP_HANDLER(mp_out_revoke);
MP_HANDLER(mp_out_deregister);
MP_HANDLER(mp_out_forget);
MP_HANDLER(mp_out_done);

/* --- shared steps; each sets the state it names --- */
enum mcpass_rc mp_begin_prm(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err);
/* Asks the first of client->issuers that may be asked. */
enum mcpass_rc mp_begin_issuer(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err);
/* The one that was asked is of no use, for that reason: the next one, or the end. */
enum mcpass_rc mp_next_issuer(struct mcpass_client *client, int64_t now,
    const struct mcpass_error *why, struct mcpass_action *action, struct mcpass_error *err);
/* MCPASS_E_POLICY unless what a person gave us may be sent to the record's issuer. */
enum mcpass_rc mp_check_vouched(const struct mcpass_client *client, struct mcpass_error *err);
enum mcpass_rc mp_begin_asmeta(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err);
enum mcpass_rc mp_begin_refresh(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err);
enum mcpass_rc mp_begin_listen(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err);
enum mcpass_rc mp_begin_widening(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err);
enum mcpass_rc mp_begin_register(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err);
/* Finds a client for a login that needs no redirect URI. */
enum mcpass_rc mp_begin_client(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, struct mcpass_error *err);
/* Asks the person: in a browser here, or by a code. */
enum mcpass_rc mp_begin_asking(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, struct mcpass_error *err);
enum mcpass_rc mp_begin_device(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err);
bool mp_device_is_offered(const struct mp_asmeta *as);
/* Remembers the registration, for a new one is going to replace it.  (retiring.c) */
enum mcpass_rc mp_set_aside(struct mcpass_client *client, struct mcpass_error *err);
/* Whether the registration can be changed and deleted (RFC 7592), and whether that is done at
 * url: at the origin where we registered, and nowhere else. */
bool mp_is_managed(const struct mp_record *record);
bool mp_is_managed_there(const struct mp_record *record, const char *url);
/* The client that the person gave us is ours at this issuer. */
enum mcpass_rc mp_use_given(struct mcpass_client *client, struct mcpass_error *err);
/* Asks for a token by the grant that was chosen; for ID_JAG at the identity provider. */
enum mcpass_rc mp_begin_grant(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err);
enum mcpass_rc mp_begin_exchange(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err);
/* --- cure.c: one more try after a refusal; false: there is none (any more) --- */
/* Fewer members or scopes for the next registration. */
bool mp_cure_registration(struct mcpass_client *client, struct mcpass_error *why);
/* client->scope without offline_access; at: MP_REFUSED_... */
bool mp_cure_offline(struct mcpass_client *client, unsigned at, struct mcpass_error *why);
/* Leaves out of client->scope what an earlier run was refused for. */
void mp_skip_refused_offline(struct mcpass_client *client);

/* --- provider.c: what the table of quirks says --- */
/* Asks the table about the issuer, and says what is going to be different. */
enum mcpass_rc mp_know_provider(struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err);
/* True when the issuer's row or the person's flag says so. */
bool mp_takes_no_s256(const struct mcpass_client *client);
/* The person's authorization parameters and the row's, into client->asked. */
enum mcpass_rc mp_gather_params(struct mcpass_client *client, struct mcpass_error *err);
/* Adds to client->scope what cannot be left out there. */
enum mcpass_rc mp_add_provider_scope(struct mcpass_client *client, struct mcpass_error *err);
/* Hints at what has to be done by hand, with the command to run next. */
void mp_hint_by_hand(const struct mcpass_client *client, struct mcpass_error *err);
/* What goes with every request as resource (RFC 8707 2), or NULL. */
const char *mp_resource_to_send(const struct mcpass_client *client);
/* MCPASS_E_PROTOCOL when a 200 says that it is no JSON. */
enum mcpass_rc mp_check_json(const struct mcpass_client *client,
    const struct mcpass_event *event, const char *spec, struct mcpass_error *err);
/* mp_target_check() for this client's server, with what a person allows. */
enum mcpass_rc mp_check_target(const struct mcpass_client *client, const char *url,
    const char *what, struct mcpass_error *err);
/* An event of status 0: nothing came back. */
enum mcpass_rc mp_no_answer(const struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err);
/* Takes an answer of the token endpoint into the record, then saves. */
enum mcpass_rc mp_keep_token(struct mcpass_client *client, const struct mcpass_event *event,
    const char *requested, struct mcpass_action *action, struct mcpass_error *err);
/* The same for a token that was asked for with client->scope, and says so. */
enum mcpass_rc mp_take_answer(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, struct mcpass_error *err);
/* Keeps event's record as the login that stays until there is another. */
enum mcpass_rc mp_keep_login(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err);
/* Takes up what was registered for a login that did not come to its end. */
enum mcpass_rc mp_take_up_next(struct mcpass_client *client, struct mcpass_error *err);
/* Of asked, what is not in granted; NULL in *ret_text: nothing. */
enum mcpass_rc mp_scope_lacking(const char *asked, const char *granted, char **ret_text,
    struct mcpass_error *err);
/* Of the scopes that a person asked for by name, what the record's token lacks; NULL in
 * *ret_text: nothing. */
enum mcpass_rc mp_wish_lacking(const struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err);
/* The refusal of a scope that this user may not have. */
enum mcpass_rc mp_scope_denied(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err);
/* DONE with the record's token, or with none. */
void mp_finish(struct mcpass_client *client, struct mcpass_action *action);
void mp_finish_without(struct mcpass_client *client, struct mcpass_action *action);

/* action.c: actions, filled */
void mp_act_load(struct mcpass_client *client, struct mcpass_action *action);
void mp_act_lock(struct mcpass_client *client, struct mcpass_action *action);
enum mcpass_rc mp_act_save(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err);
/* GET of a document; url is copied. */
enum mcpass_rc mp_act_get(struct mcpass_client *client, const char *url,
    struct mcpass_action *action, struct mcpass_error *err);
/* Anything else: headers and body as put into the client after mp_act_reset(). */
void mp_act_reset(struct mcpass_client *client, size_t max_body);
enum mcpass_rc mp_act_request(struct mcpass_client *client, const char *method,
    const char *url, size_t max_response, struct mcpass_action *action,
    struct mcpass_error *err);
/* Adds an Authorization header with one of the issuer's own tokens (RFC 7591 3, RFC 7592). */
enum mcpass_rc mp_act_bearer(struct mcpass_client *client, const struct mp_secret *token,
    struct mcpass_error *err);
/* A form in the client's body, as it is. */
enum mcpass_rc mp_act_bare_form(struct mcpass_client *client, const char *url,
    struct mcpass_action *action, struct mcpass_error *err);
/* A form for the token or revocation endpoint: adds our proof, then as above. */
enum mcpass_rc mp_act_form(struct mcpass_client *client, const char *url, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err);
/* The same as the client of another record than ours. */
enum mcpass_rc mp_act_form_as(struct mcpass_client *client, const struct mp_record *as,
    const char *url, int64_t now, struct mcpass_action *action, struct mcpass_error *err);
/* A request to revoke what a record has; spec: RFC 7009 2.1 */
enum mcpass_rc mp_act_revoke(struct mcpass_client *client, const struct mp_record *record,
    int64_t now, struct mcpass_action *action, struct mcpass_error *err);
bool mp_can_revoke(const struct mp_record *record);

/* dpop.c: the key that a token is bound to */
/* Makes one, or reads the record's; no-op where none is wanted. */
enum mcpass_rc mp_dpop_ready(struct mcpass_client *client, struct mcpass_error *err);
/* Adds the proof for a request to the token endpoint, if a key is wanted. */
enum mcpass_rc mp_dpop_add(struct mcpass_client *client, const char *url, int64_t now,
    struct mcpass_error *err);
/* Keeps a DPoP-Nonce header, if there is one; *ret_asked when error says that a request
 * has to be sent again with it, or with the time of the server's Date, and that was not tried
 * yet; spec: RFC 9449 8, 11.1 */
enum mcpass_rc mp_dpop_nonce(struct mcpass_client *client, const struct mcpass_event *event,
    const char *error, char **slot, bool *ret_asked, struct mcpass_error *err);

/* redact.c: makes what is secret illegible in what a server wrote */
void mp_redact(const struct mcpass_client *client, struct mcpass_error *err);
/* Our secrets in text, in place; true when there were any. */
bool mp_redact_text(const struct mcpass_client *client, char *text);

/* notes.c: one step for --explain; facts are name, value pairs that end with NULL; a
 * NULL value leaves its pair out. */
void mp_note(struct mcpass_client *client, const char *spec, const char *what, ...)
    __attribute__((sentinel));

/* One note for each sentence about what was read leniently; whose: "The resource metadata
 * is odd". */
void mp_note_odd(struct mcpass_client *client, const char *whose, const struct mp_strings *odd);

/* The machine as data, for docs/flow.md and the test that walks every arrow. */
struct mp_arrow {
	enum mp_state from;
	enum mcpass_event_type on;
	uint64_t to;                    /* bit (1 << state) for each state it may lead to */
};
size_t mp_flow_arrows(struct mp_arrow *ret_arrows, size_t room);   /* how many there are */
const char *mp_state_name(enum mp_state state);
const char *mp_event_name(enum mcpass_event_type type);

#endif
