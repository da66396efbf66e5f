/* module.h - the guard as an nginx module: what its files share.
 *
 * nginx runs some processes (workers), each with one thread and one loop.  A place is what is
 * guarded by one configuration: it has a guard of its own in every worker, and all of them share
 * a zone of memory, in which a DPoP proof passes once and keys are fetched for all.  The check
 * runs in the preaccess phase: before limit_req, which may count by $mcpass_sub, and whatever
 * `satisfy` says.  Nothing of it blocks: what has to be fetched is libcurl's on a loop that nginx
 * waits for as one more descriptor (worker.c), and the request waits meanwhile. */
#ifndef MP_NGINX_MODULE_H
#define MP_NGINX_MODULE_H
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "serve/fetches.h"
#include "serve/resource/gate.h"
#include "serve/resource/plan.h"

extern ngx_module_t ngx_http_mcpass_module;

/* The directives that say what a guard is made from; each inherits by itself. */
enum mp_said {
	MP_SAID_CONFIG = 0, MP_SAID_RESOURCE, MP_SAID_RESOURCE_NAME, MP_SAID_ISSUERS, MP_SAID_AUDIENCES,
	MP_SAID_RULES, MP_SAID_ROLE_CLAIMS, MP_SAID_IMPLIES, MP_SAID_SCOPES, MP_SAID_DPOP,
	MP_SAID_ORIGINS, MP_SAID_CA, MP_SAID_PROXY, MP_SAID_EXCHANGE, MP_SAID_COUNT
};
/* One such directive, as it stands in the file. */
struct mp_line {
	ngx_array_t *words;             /* of ngx_str_t, NUL behind each; the first is its name */
	ngx_str_t file;
	ngx_uint_t number;
};

struct mp_place {
	ngx_array_t *said[MP_SAID_COUNT];       /* what it was made from, as in struct mp_location_conf */
	struct mp_serve_config config;
	struct mp_serve_plan plan;
	struct mcpass_guard *guard;     /* made when the zone is there */
	struct mp_exchanger *exchanger; /* of tokens for the server behind, or NULL */
	struct mp_gate gate;
	/* this worker's: */
	struct mp_fetches *fetches;     /* NULL until something is fetched */
	ngx_queue_t waiting;            /* struct mp_visit.waiting */
	ngx_log_t *log;                 /* of the request that is judged */
};

struct mp_main_conf {
	ngx_array_t *places;            /* of struct mp_place *: all of them */
	ngx_shm_zone_t *zone;
	size_t zone_size;               /* bytes; 0: the default */
};
struct mp_server_conf {
	ngx_array_t *places;            /* of struct mp_place *: whose documents it publishes */
};
struct mp_claim_header {                /* mcpass_header NAME CLAIM */
	ngx_str_t name, lower, claim;
};
struct mp_location_conf {
	ngx_flag_t enable, pass_token, end_streams;
	ngx_array_t *said[MP_SAID_COUNT];       /* of struct mp_line; NULL: not said */
	ngx_array_t *headers;           /* of struct mp_claim_header */
	struct mp_place *place;         /* NULL: nothing passes */
};

/* --- directives.c --- */
extern ngx_command_t mp_ngx_commands[];
/* What a directive takes, as what to do. */
void mp_directive_hint(const char *name, ngx_log_t *log);

/* --- config.c --- */
void *mp_ngx_create_main(ngx_conf_t *cf);
void *mp_ngx_create_server(ngx_conf_t *cf);
void *mp_ngx_create_location(ngx_conf_t *cf);
char *mp_ngx_merge_location(ngx_conf_t *cf, void *parent, void *child);

/* --- place.c --- */
/* A place from what is said; tells what is wrong with a line, and what to do. */
struct mp_place *mp_place_new(ngx_conf_t *cf, ngx_array_t *const said[MP_SAID_COUNT]);
/* Its guard, with the zone's memory. */
ngx_int_t mp_place_open(struct mp_place *place, const struct mcpass_shared_memory *shared,
    ngx_log_t *log);

/* --- zone.c --- */
ngx_int_t mp_zone_add(ngx_conf_t *cf, struct mp_main_conf *conf);
/* The memory that nginx set aside; valid from init_module on. */
struct mcpass_shared_memory mp_zone_memory(const ngx_shm_zone_t *zone);

/* --- worker.c --- */
/* As of struct mp_gate.fetch; ctx is a struct mp_place. */
enum mcpass_rc mp_worker_fetch(void *ctx, const struct mcpass_fetch *fetch, int *ret_status,
    struct mp_buf *body, struct mcpass_error *err);
void mp_worker_exit(ngx_cycle_t *cycle);

/* --- visit.c: a request at guarded places, from the first check to its end --- */
enum mp_visit_state {
	MP_VISIT_NEW = 0, MP_VISIT_EXCHANGING, MP_VISIT_ALLOWED, MP_VISIT_DENIED
};
struct mp_visit {
	ngx_http_request_t *request;    /* the client's own, not a subrequest */
	struct mp_place *place;         /* that judged it last; NULL: none yet */
	enum mp_visit_state state;
	ngx_int_t status;               /* DENIED: of the answer */
	ngx_str_t subject, client, scope, issuer, username, denied;     /* empty: not known */
	ngx_str_t introspection;        /* what the issuer answered about it, JSON; or empty */
	ngx_str_t token;                /* EXCHANGING, ALLOWED: without its scheme; never shown */
	ngx_array_t *answer_headers;    /* of struct mcpass_header: what any answer gets, too */
	ngx_array_t *removed;           /* of ngx_table_elt_t: what the upstream does not get */
	ngx_queue_t waiting;            /* for something that is fetched */
	ngx_event_t patience, end;      /* how long it waits; when its token is over */
	unsigned is_waiting:1, is_late:1, has_body:1, is_exchanged:1;
};
/* NULL: it was at no guarded place. */
struct mp_visit *mp_visit_find(ngx_http_request_t *r);
struct mp_visit *mp_visit_get(ngx_http_request_t *r);   /* NULL: no memory */
void mp_visit_wait(struct mp_visit *visit);
/* All that wait are judged again. */
void mp_visits_resume(struct mp_place *place);
/* The request ends when its token does; 0: never. */
void mp_visit_end_at(struct mp_visit *visit, int64_t expires_at);

/* --- check.c --- */
ngx_int_t mp_check_request(ngx_http_request_t *r);

/* --- document.c --- */
ngx_int_t mp_document_handler(ngx_http_request_t *r);

/* --- message.c: nginx's requests and answers as ours --- */
/* All but the body; in the request's pool, NUL behind each text.  visit: whose removed headers
 * count, too; or NULL. */
ngx_int_t mp_message_read(ngx_http_request_t *r, const struct mp_visit *visit,
    struct mp_http_request *ret_request);
/* The body, when it was read: in one piece.  Else a status: 413, 500. */
ngx_int_t mp_message_body(ngx_http_request_t *r, struct mp_http_request *request);
/* Sends it and ends the request; frees response. */
ngx_int_t mp_message_answer(ngx_http_request_t *r, struct mp_http_response *response);
/* Whether both are the name of one header to some reader: "-", "_" and "." are the same. */
bool mp_message_is_same_name(const ngx_str_t *a, const ngx_str_t *b);
/* Takes a header out of what the upstream gets. */
ngx_int_t mp_message_remove(ngx_http_request_t *r, const ngx_str_t *lower_name,
    ngx_array_t *removed);
ngx_int_t mp_message_add(ngx_http_request_t *r, const ngx_str_t *name, const ngx_str_t *lower_name,
    const ngx_str_t *value);
ngx_int_t mp_message_add_answer(ngx_http_request_t *r, const char *name, const char *value);

/* --- claims.c --- */
/* A claim of the token that was let in, fit for a header: what could not stand there as it is
 * comes as "=?base64?...?=".  Empty: it has none. */
ngx_int_t mp_claim_text(const struct mp_visit *visit, const ngx_str_t *name, ngx_str_t *ret_text);
ngx_int_t mp_claims_send(struct mp_visit *visit, const ngx_array_t *headers);
ngx_int_t mp_variables_add(ngx_conf_t *cf);

/* --- answer.c: what happens to the answers of what is behind --- */
void mp_answers_filter(void);

#endif
