#include "serve/authserver/documents.h"
#include <stdlib.h>
#include "base/limits.h"
#include "io/clock.h"
#include "serve/fetches.h"

struct kept {
	char *url;                      /* NULL: nothing */
	struct mp_issuer_answer answer; /* status 0: body says why there is none */
	struct mp_buf body;
	int64_t until;                  /* of mp_now_ms() */
};
struct mp_documents {
	struct mp_fetches *fetches;
	void (*done)(void *ctx);
	void *ctx;
	struct kept kept[MP_MAX_FETCHES];
	size_t next;                    /* the one that was put down first */
};

static void forget(struct kept *kept)
{
	free(kept->url);
	mp_buf_free(&kept->body);
	*kept = (struct kept){ 0 };
}

/* What has come takes the place of what came first. */
static void on_fetched(void *ctx, struct mp_fetched *fetched)
{
	struct mp_documents *documents = ctx;
	struct kept *kept = &documents->kept[documents->next];

	forget(kept);
	if (mp_set(&kept->url, fetched->key, NULL) == MCPASS_OK) {
		kept->answer.status = fetched->status;
		kept->answer.fresh = mp_http_fresh(fetched->headers, fetched->header_count, mp_now_s());
		kept->until = mp_now_ms() + MP_DOCUMENT_KEPT_MS;
		kept->body = fetched->body;
		fetched->body = (struct mp_buf){ 0 };   /* moved */
		documents->next = (documents->next + 1) % MP_COUNT(documents->kept);
	}
	documents->done(documents->ctx);
}

enum mcpass_rc mp_documents_new(const struct mp_http_options *options, struct mp_loop *loop,
    const char *server_url, void (*done)(void *ctx), void *ctx,
    struct mp_documents **ret_documents, struct mcpass_error *err)
{
	struct mp_documents *documents = calloc(1, sizeof(*documents));
	enum mcpass_rc rc;

	if (documents == NULL)
		return mp_nomem(err);
	documents->done = done;
	documents->ctx = ctx;
	rc = mp_fetches_new(options, loop, on_fetched, documents, &documents->fetches, err);
	if (!rc)
		rc = mp_fetches_confine(documents->fetches, server_url, MP_REACH_PUBLIC, err);
	if (rc)
		mp_documents_free(documents);
	else
		*ret_documents = documents;
	return rc;
}

enum mcpass_rc mp_documents_vouch(struct mp_documents *documents, const char *url,
    struct mcpass_error *err)
{
	return mp_fetches_vouch(documents->fetches, url, err);
}

void mp_documents_free(struct mp_documents *documents)
{
	if (documents == NULL)
		return;
	mp_fetches_free(documents->fetches);
	for (size_t i = 0; i < MP_COUNT(documents->kept); i++)
		forget(&documents->kept[i]);
	free(documents);
}

static const struct kept *find(const struct mp_documents *documents, const char *url)
{
	int64_t now = mp_now_ms();

	for (size_t i = 0; i < MP_COUNT(documents->kept); i++)
		if (mp_eq(documents->kept[i].url, url) && now < documents->kept[i].until)
			return &documents->kept[i];
	return NULL;
}

enum mcpass_rc mp_documents_get(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	static const struct mcpass_header accept = { "Accept", "application/json" };
	const struct mcpass_fetch fetch = { .key = url, .method = "GET", .url = url,
		.headers = &accept, .header_count = 1, .max_response = body->max };
	struct mp_documents *documents = ctx;
	const struct kept *kept = find(documents, url);
	struct mcpass_error why = { 0 };

	if (kept != NULL && kept->answer.status == 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s", mp_buf_text(&kept->body));
	if (kept != NULL) {
		mp_buf_add(body, mp_buf_text(&kept->body), kept->body.len);
		*ret_answer = kept->answer;
		return MCPASS_OK;
	}
	/* When too much is under way, it is asked for when there is room. */
	if (mp_fetches_start(documents->fetches, &fetch, &why) == MCPASS_E_NOMEM)
		return mp_nomem(err);
	ret_answer->status = MP_HTTP_LATER;
	return MCPASS_OK;
}
