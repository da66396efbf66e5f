/* front_kit.h - an issuer in front of an identity provider that answers what a test says, in
 * memory.  A turn that waits gets its answer and comes again. */
#ifndef FRONT_KIT_H
#define FRONT_KIT_H
#include "upstream_kit.h"

struct front {
	struct kit kit;
	struct mp_idp upstreams[2];
	size_t count;
	/* what was sent, the last one */
	int sent, waited;               /* errands that were sent, and that others had sent */
	char key[64], url[256], body[4096], authorization[8192];
	char token_form[4096];          /* the last one to the token endpoint */
	/* how it answers */
	int status;                     /* of the token endpoint; 0: there is no answer */
	const char *answer;             /* of the token endpoint, or NULL: tokens with these: */
	const char *claims, *refresh_token;
	const char *members;            /* more of the answer with tokens, or NULL */
	int narrow_status;              /* of a refresh with a scope; 0: as of any */
	const char *narrow_answer;
	int exchange_status;            /* of a token exchange */
	const char *exchanged;
	const char *nonce;              /* or NULL: the one that was sent */
	struct mp_key *key_of_token;    /* or NULL: its own */
	const char *jwks;               /* or NULL: its own */
	const char *document;           /* a client's, wherever the provider is not; or NULL */
	const char *userinfo;
	int groups_status;              /* of an API as Microsoft Graph's */
	const char *groups;
	int page_status;                /* of pages after the first, which are asked for by ?page=N */
	const char *pages[10];          /* by N */
	const char *user, *emails, *organizations;      /* of an API as GitHub's */
	const char *metadata;           /* members over the usual ones */
	int with;                       /* status of all that is well; 0: 200 */
	bool is_down;                   /* its metadata cannot be had */
	bool no_id_token;
	int fetched;
	char reason[512];               /* what the log was told last */
	char state[64], sent_nonce[64], challenge[64];  /* of the last authorization request */
};
static struct front *front_now;         /* for what is made to answer */

static inline enum mcpass_rc front_fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	struct front *front = ctx;
	json_t *document, *more;
	char *text;

	(void)err;
	mp_test_count_allocs(false);    /* what is done here is another program's */
	front->fetched++;
	ret_answer->status = front->is_down ? 503 : front->with != 0 ? front->with : 200;
	if (front->document != NULL && strncmp(url, IDP, strlen(IDP)) != 0) {
		mp_buf_adds(body, front->document);
		mp_test_count_allocs(true);
		return MCPASS_OK;
	}
	if (strstr(url, "/keys") != NULL) {
		mp_buf_adds(body, front->jwks != NULL ? front->jwks : upstream_jwks());
		mp_test_count_allocs(true);
		return MCPASS_OK;
	}
	document = json_pack("{s:s, s:s, s:s, s:s, s:s}", "issuer", IDP, "authorization_endpoint",
	    IDP "/authorize", "token_endpoint", IDP "/token", "jwks_uri", IDP "/keys",
	    "userinfo_endpoint", IDP "/userinfo");
	more = json_loads(front->metadata != NULL ? front->metadata : "{}", 0, NULL);
	json_object_update(document, more);
	text = mp_json_dump(document);
	mp_buf_adds(body, text != NULL ? text : "");
	mp_free_wiped(text);
	json_decref(more);
	json_decref(document);
	mp_test_count_allocs(true);
	return MCPASS_OK;
}

static inline enum mcpass_rc front_send(void *ctx, const struct mp_errand *errand, bool is_first,
    struct mcpass_error *err)
{
	struct front *front = ctx;
	const char *authorization = mp_header_get(errand->headers.items, errand->headers.count,
	    "Authorization");

	(void)err;
	if (is_first)
		front->sent++;
	else
		front->waited++;
	snprintf(front->key, sizeof(front->key), "%s", is_first ? errand->key : "");
	snprintf(front->url, sizeof(front->url), "%s", errand->url);
	snprintf(front->body, sizeof(front->body), "%s", mp_buf_text(&errand->body));
	if (strstr(errand->url, "/token") != NULL)
		snprintf(front->token_form, sizeof(front->token_form), "%s", mp_buf_text(&errand->body));
	snprintf(front->authorization, sizeof(front->authorization), "%s",
	    authorization != NULL ? authorization : "");
	return MCPASS_OK;
}

static inline void front_trace(void *ctx, const struct mcpass_note *note)
{
	struct front *front = ctx;

	for (size_t i = 0; i < note->fact_count; i++)
		if (strcmp(note->facts[i].name, "reason") == 0)
			snprintf(front->reason, sizeof(front->reason), "%s", note->facts[i].value);
}

static inline void front_tokens(struct front *front, struct mp_buf *body)
{
	const char *nonce = front->nonce != NULL ? front->nonce : front->sent_nonce;
	struct mp_key *key = front->key_of_token != NULL ? front->key_of_token : upstream_key();

	mp_buf_adds(body, "{\"access_token\":\"upstream-access\",\"token_type\":\"Bearer\"");
	if (!front->no_id_token)
		mp_buf_addf(body, ",\"id_token\":\"%s\"", upstream_token(key, "{}", front->kit.now, nonce,
		    front->claims != NULL ? front->claims : "{}"));
	if (front->refresh_token != NULL)
		mp_buf_addf(body, ",\"refresh_token\":\"%s\"", front->refresh_token);
	if (front->members != NULL)
		mp_buf_addf(body, ",%s", front->members);
	mp_buf_adds(body, "}");
}

/* The provider answers what was sent. */
static inline void front_deliver(struct front *front)
{
	struct mp_buf body;
	int status = front->with != 0 ? front->with : 200;

	mp_buf_init(&body, MP_MAX_DOCUMENT);
	if (strstr(front->url, "/getMemberObjects?page=") != NULL) {
		mp_buf_adds(&body, front->pages[atoi(strstr(front->url, "?page=") + 6)]);
		status = front->page_status;
	} else if (front->groups != NULL && strstr(front->url, "/getMemberObjects") != NULL) {
		mp_buf_adds(&body, front->groups);
		status = front->groups_status;
	} else if (strstr(front->url, "userinfo") != NULL && front->userinfo != NULL)
		mp_buf_adds(&body, front->userinfo);
	else if (strstr(front->url, "/emails") != NULL)
		mp_buf_adds(&body, front->emails != NULL ? front->emails : "[]");
	else if (strstr(front->url, "/orgs") != NULL)
		mp_buf_adds(&body, front->organizations != NULL ? front->organizations : "[]");
	else if (strstr(front->url, "/user") != NULL && front->user != NULL)
		mp_buf_adds(&body, front->user);
	else if (front->exchanged != NULL && strstr(front->body, "token-exchange") != NULL) {
		mp_buf_adds(&body, front->exchanged);
		status = front->exchange_status;
	} else if (front->narrow_answer != NULL && strstr(front->body, "scope=") != NULL) {
		mp_buf_adds(&body, front->narrow_answer);
		status = front->narrow_status;
	}
	else if (front->answer != NULL || front->status == 0) {
		mp_buf_adds(&body, front->answer != NULL ? front->answer : "it is not there");
		status = front->status;
	} else
		front_tokens(front, &body);
	CHECK_EQ("it arrives", mp_issuer_arrived(front->kit.issuer, front->key, status, &body,
	    front->kit.now, NULL), MCPASS_OK);
	front->key[0] = '\0';
	mp_buf_free(&body);
}

/* Asks again until there is an answer; each errand is delivered. */
static inline int front_ask(struct front *front, const struct ask *ask)
{
	int status = kit_ask(&front->kit, ask);

	for (int i = 0; i < 16 && status == MP_HTTP_LATER && front->key[0] != '\0'; i++) {
		front_deliver(front);
		status = kit_ask(&front->kit, ask);
	}
	return status;
}

static inline int front_post(struct front *front, const char *path, const char *form)
{
	return front_ask(front, &(struct ask){ .method = "POST", .path = path, .type = FORM,
		.body = form });
}

/* more: members of the provider's configuration. */
static inline void front_open_by(struct front *front, struct mp_issuer_config config,
    const char *more)
{
	*front = (struct front){ .kit = { .now = START, .origin = config.issuer }, .status = 200,
		.count = 2,
		.refresh_token = "upstream-refresh-1" };
	front_now = front;
	CHECK_EQ("a provider", upstream_make(more, &front->upstreams[0], &front->kit.err), MCPASS_OK);
	upstream_make("", &front->upstreams[1], NULL);
	mp_set(&front->upstreams[1].name, "second", NULL);
	mp_set(&front->upstreams[1].label, "Second", NULL);
	memstore_open(&front->kit.memstore, &config.store);
	memstore_undoes(&config.store);
	config.users = NULL;
	config.upstreams = front->upstreams;
	config.upstream_count = front->count;
	config.fetch = front_fetch;
	config.fetch_ctx = front;
	config.send = front_send;
	config.send_ctx = front;
	if (config.trace == NULL) {
		config.trace = front_trace;
		config.trace_ctx = front;
	}
	CHECK_EQ("an issuer", mp_issuer_new(&config, &front->kit.issuer, &front->kit.err), MCPASS_OK);
	kit_register(&front->kit, PUBLIC_CLIENT);
}

static inline void front_open_at(struct front *front, const char *issuer, const char *more)
{
	front_open_by(front, kit_config(issuer), more);
}

static inline void front_open(struct front *front, const char *more)
{
	front_open_at(front, AS, more);
}

static inline void front_close(struct front *front)
{
	kit_close(&front->kit);
	for (size_t i = 0; i < COUNT(front->upstreams); i++)
		mp_idp_free(&front->upstreams[i]);
}

/* Reads a parameter of where the page sends the browser; "" when it is not there. */
static inline const char *front_sent(struct front *front, const char *name, char *ret_value,
    size_t room)
{
	const char *refresh = kit_header(&front->kit, "Refresh"), *value = NULL, *query;
	struct mp_form form = { 0 };

	query = refresh != NULL ? strchr(refresh, '?') : NULL;
	if (query != NULL && mp_form_parse(query + 1, strlen(query + 1), &form, NULL) == MCPASS_OK)
		(void)mp_form_get(&form, name, &value, NULL);
	snprintf(ret_value, room, "%s", value != NULL ? value : "");
	mp_form_free(&form);
	return ret_value;
}

static inline int front_decide(struct front *front, const char *decision)
{
	char form[256];
	int status;

	snprintf(form, sizeof(form), "ticket=%s&decision=%s", kit_ticket(&front->kit), decision);
	status = front_post(front, "/authorize/consent", form);
	if (kit_header(&front->kit, "Refresh") != NULL) {
		front_sent(front, "state", front->state, sizeof(front->state));
		front_sent(front, "nonce", front->sent_nonce, sizeof(front->sent_nonce));
		front_sent(front, "code_challenge", front->challenge, sizeof(front->challenge));
	}
	return status;
}

/* From the client's request to the page that sends the browser away. */
static inline int front_allow(struct front *front, const char *scope)
{
	kit_get(&front->kit, "/authorize", kit_query(&front->kit, scope, NULL));
	return front_decide(front, "allow+corp");
}

/* The browser comes back; more is added to the query. */
static inline int front_return(struct front *front, const char *more)
{
	static int codes;
	char query[512];

	snprintf(query, sizeof(query), "state=%s&code=upstream-code-%d%s", front->state, ++codes, more);
	return front_ask(front, &(struct ask){ .method = "GET", .path = "/authorize/callback/corp",
		.query = query });
}

/* The whole way to our code; "" when there is none. */
static inline const char *front_code(struct front *front, const char *scope)
{
	const char *code;

	front_allow(front, scope);
	front_return(front, "");
	code = kit_param(&front->kit, "code");
	return code != NULL ? code : "";
}

/* A claim of the token that was answered; NULL where there is none. */
static inline const char *front_claim(struct front *front, const char *token, const char *name)
{
	return token != NULL ? kit_claim(&front->kit, token, name) : NULL;
}

static inline int front_refresh(struct front *front, const char *token)
{
	char form[512];

	snprintf(form, sizeof(form), "grant_type=refresh_token&client_id=%s&refresh_token=%s",
	    front->kit.client_id, token);
	return front_post(front, "/token", form);
}

#endif
