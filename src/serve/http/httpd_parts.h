/* httpd_parts.h - what httpd.c, inbound.c, inbound_address.c and inbound_response.c
 * share. */
#pragma once
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include "serve/http/httpd.h"
#include "io/loop.h"
#include "wire/http/reader.h"

/* Where a connection stands; it is in the server's list of that state, oldest first. */
enum mp_inbound_state {
	MP_INBOUND_IDLE = 0,               /* nothing of a request is there */
	MP_INBOUND_HEAD, MP_INBOUND_BODY,     /* some of it is */
	MP_INBOUND_WAITING,                /* the handler said MP_HTTP_LATER */
	MP_INBOUND_SENDING,                /* the peer takes the answer slowly */
	MP_INBOUND_LINGERING,              /* it has the answer; what it sends is not read */
	MP_INBOUND_CLOSED,                 /* freed when nothing looks at it any more */
	MP_INBOUND_STATES
};

struct mp_inbound_address {                /* inbound_address.c */
	struct mp_inbound_address *next;
	uint8_t key[16];
	size_t count;
};

struct mp_inbound {
	struct mp_inbound *before, *next;
	struct mp_httpd *httpd;
	enum mp_inbound_state state;
	struct mp_watch watch;
	struct mp_timer timer;          /* ends the state */
	struct mp_inbound_address *address;
	char peer[INET6_ADDRSTRLEN];
	struct mp_http_reader reader;
	struct mp_buf unread;           /* came behind the current request */
	struct mp_buf out;              /* an answer */
	size_t sent;                    /* of it */
	size_t held;                    /* what of httpd->held is this one's */
	size_t dropped;                 /* bytes, while it lingers */
	uint64_t id;                    /* of the current request */
	bool is_again;                  /* the handler was asked, and said MP_HTTP_LATER */
	bool is_last;                   /* the connection ends with this answer */
};

struct mp_inbound_list { struct mp_inbound *first, *last; size_t count; };

struct mp_httpd {
	struct mp_httpd_options options;
	struct mp_loop *loop;
	struct mp_watch listener;
	struct mp_timer listen_again;   /* when there was no descriptor left */
	struct mp_timer drained;        /* when the drain has to be over */
	struct mp_inbound_list lists[MP_INBOUND_STATES];
	struct mp_inbound_address *addresses[256];
	size_t held;                    /* bytes of requests, over all connections */
	uint64_t last_id;               /* of a request */
	bool is_draining;
	int64_t date_at;                /* the second of date */
	char date[64];
	char input[16 * 1024];          /* what was just read */
	unsigned port;
	pthread_t thread;
	bool is_running;
	pthread_mutex_t lock;           /* of what follows, which other threads set */
	bool must_resume, must_stop;
};

/* --- inbound_address.c --- */
/* Counts a connection of that address in; NULL: out of memory. */
struct mp_inbound_address *mp_inbound_address_add(struct mp_httpd *httpd,
    const struct sockaddr *address, char ret_peer[INET6_ADDRSTRLEN]);
void mp_inbound_address_drop(struct mp_httpd *httpd, struct mp_inbound_address *address);
/* How many connections it may hold. */
size_t mp_inbound_address_most(const struct mp_httpd *httpd,
    const struct mp_inbound_address *address);

/* --- inbound.c --- */
/* Takes the descriptor over. */
void mp_inbound_open(struct mp_httpd *httpd, int fd, const struct sockaddr *address);
/* Closes it; it is freed by mp_inbound_reap(). */
void mp_inbound_close(struct mp_inbound *conn);
void mp_inbound_reap(struct mp_httpd *httpd);
/* Asks the handler again about each request that waits. */
void mp_inbound_resume_all(struct mp_httpd *httpd);
/* Reads what is there, and closes it when there is nothing of a request. */
void mp_inbound_close_idle(struct mp_inbound *conn);
/* Closes the one that lingers or is idle longest: false when there is none.  address NULL: of any. */
bool mp_inbound_make_room(struct mp_httpd *httpd, const struct mp_inbound_address *address);

/* --- inbound_response.c --- */
/* Writes an answer's head and body to conn->out. */
enum mcpass_rc mp_inbound_write(struct mp_inbound *conn, const struct mp_http_response *response,
    bool has_body, struct mcpass_error *err);
/* The same of a refusal; problem is static text, or NULL. */
void mp_inbound_write_refusal(struct mp_inbound *conn, int status, const char *problem);
