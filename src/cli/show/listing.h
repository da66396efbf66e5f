/* listing.h - the tools, prompts and resources of a server. */
#pragma once
#include "ui/term.h"
#include "wire/json/json.h"

/* Where requests go; what mp_blocking_request() does, and in tests a table. */
struct mp_asker {
	enum mcpass_rc (*ask)(void *ctx, const char *method, const char *params,
	    char **ret_json, bool *ret_is_error, struct mcpass_error *err);
	void *ctx;
};
/* Asks, and reads the answer: *ret_result is the caller's (json_decref), and so is *ret_text
 * (mp_free_wiped; either may be NULL: not wanted), its text as the server wrote it.  A JSON-RPC
 * error is a failure, as of mp_report_rpc_error().  params is JSON text, NULL: none. */
enum mcpass_rc mp_listing_ask(const struct mp_asker *asker, const char *method, const char *params,
    json_t **ret_result, char **ret_text, struct mcpass_error *err);
/* The whole list, following nextCursor: kind is "tools", "prompts" or "resources"; the
 * result is {"KIND": [...]}, the caller's (json_decref); *ret_text as of mp_listing_ask().
 * Too many pages or items, or a cursor that repeats, end the list: what there is by then is the
 * result, and *ret_cut (zeros before, or NULL) says in detail why it is not the whole.
 * MCPASS_E_PROTOCOL  no list */
enum mcpass_rc mp_listing_all(const struct mp_asker *asker, const char *kind,
    json_t **ret_list, char **ret_text, struct mcpass_error *ret_cut, struct mcpass_error *err);

/* The item of that name (a resource: URI), or NULL; borrowed from list. */
const json_t *mp_listing_find(const json_t *list, const char *kind, const char *name);
/* Its place in the text of the list: data NULL when it is not there. */
struct mp_span mp_listing_find_text(const json_t *list, const char *text, const char *kind,
    const char *name);
/* The name nearest to it, or NULL; borrowed from list. */
const char *mp_listing_nearest(const json_t *list, const char *kind, const char *name);

/* Each item: its name, one line about it, its arguments lined up. */
void mp_listing_render(struct mp_buf *buf, const struct mp_term *term, const json_t *list,
    const char *kind);
/* One item in full: the whole description, the arguments. */
void mp_listing_render_item(struct mp_buf *buf, const struct mp_term *term, const json_t *item,
    const char *kind);
/* One argument of a tool: "repeat_count  integer 1-10  How often"; false when the tool has
 * no such argument. */
bool mp_listing_render_argument(struct mp_buf *buf, const struct mp_term *term,
    const json_t *tool, const char *name);
