#include "serve/documents.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/fetcher.h"

struct kept {
	struct mp_fetched fetched;      /* its key is the URL; NULL: nothing */
	int64_t until;                  /* of mp_now_ms() */
};
struct mp_documents {
	struct mp_fetcher *fetcher;
	struct kept kept[MP_MAX_FETCHES];
	size_t next;                    /* the one that was put down first */
};

enum mcpass_rc mp_documents_new(const struct mp_http_options *options, const char *server_url,
    void (*done)(void *ctx), void *ctx, struct mp_documents **ret_documents,
    struct mcpass_error *err)
{
	struct mp_documents *documents = calloc(1, sizeof(*documents));
	enum mcpass_rc rc;

	if (documents == NULL)
		return mp_nomem(err);
	rc = mp_fetcher_new(options, done, ctx, &documents->fetcher, err);
	if (!rc)
		rc = mp_fetcher_confine(documents->fetcher, server_url, MP_REACH_PUBLIC, err);
	if (rc)
		mp_documents_free(documents);
	else
		*ret_documents = documents;
	return rc;
}

enum mcpass_rc mp_documents_vouch(struct mp_documents *documents, const char *url,
    struct mcpass_error *err)
{
	return mp_fetcher_vouch(documents->fetcher, url, err);
}

void mp_documents_free(struct mp_documents *documents)
{
	if (documents == NULL)
		return;
	mp_fetcher_free(documents->fetcher);
	for (size_t i = 0; i < MP_COUNT(documents->kept); i++)
		mp_fetched_free(&documents->kept[i].fetched);
	free(documents);
}

/* What has come takes the place of what came first. */
static void take_fetched(struct mp_documents *documents)
{
	struct mp_fetched fetched;

	while (mp_fetcher_take(documents->fetcher, &fetched)) {
		struct kept *kept = &documents->kept[documents->next];

		mp_fetched_free(&kept->fetched);
		*kept = (struct kept){ fetched, mp_now_ms() + MP_DOCUMENT_KEPT_MS };
		documents->next = (documents->next + 1) % MP_COUNT(documents->kept);
	}
}

static const struct mp_fetched *find(const struct mp_documents *documents, const char *url)
{
	int64_t now = mp_now_ms();

	for (size_t i = 0; i < MP_COUNT(documents->kept); i++)
		if (mp_eq(documents->kept[i].fetched.key, url) && now < documents->kept[i].until)
			return &documents->kept[i].fetched;
	return NULL;
}

enum mcpass_rc mp_documents_get(void *ctx, const char *url, int *ret_status,
    struct mp_buf *body, struct mcpass_error *err)
{
	static const struct mcpass_header accept = { "Accept", "application/json" };
	const struct mcpass_fetch fetch = { .key = url, .method = "GET", .url = url,
		.headers = &accept, .header_count = 1, .max_response = body->max };
	struct mp_documents *documents = ctx;
	const struct mp_fetched *fetched;
	struct mcpass_error why = { 0 };

	take_fetched(documents);
	fetched = find(documents, url);
	if (fetched != NULL && fetched->status == 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s", mp_buf_text(&fetched->body));
	if (fetched != NULL) {
		mp_buf_add(body, mp_buf_text(&fetched->body), fetched->body.len);
		*ret_status = fetched->status;
		return MCPASS_OK;
	}
	/* When too much is under way, it is asked for when there is room. */
	if (mp_fetcher_start(documents->fetcher, &fetch, &why) == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_status = MP_HTTP_LATER;
	return MCPASS_OK;
}
