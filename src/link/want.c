/* A token without a request of the program's: the stored one, a refreshed one, or a login.
 * Whether a server wants a token, only it can say: to the request that servers protect if they
 * protect anything, whose answer itself does not matter. */
#include <stdlib.h>
#include <string.h>
#include "link/link_parts.h"

static void remove_want(struct mp_link_want *want)
{
	struct mp_link_want **slot = &want->link->wants;

	while (*slot != want)
		slot = &(*slot)->next;
	*slot = want->next;
	free(want);
}

static void finish(struct mp_link_want *want, const struct mcpass_error *why)
{
	const struct mp_link *link = want->link;
	mp_link_done_fn *done = want->done;
	void *ctx = want->ctx;

	/* Scopes that a person chose may not permit just that; the token is good for what they do. */
	if (why != NULL && link->token != NULL && why->rc == MCPASS_E_DENIED
	    && strcmp(why->oauth, "insufficient_scope") == 0)
		why = NULL;
	remove_want(want);
	done(ctx, why != NULL ? why->rc : MCPASS_OK, why);
}

static void on_login(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	finish(ctx, rc ? why : NULL);
}

static void on_list(void *ctx, struct mp_link_answer *answer)
{
	struct mp_link_want *want = ctx;

	want->call = 0;
	free(answer->json);
	if (!answer->rc && want->is_login && want->link->token == NULL)
		mp_link_authorize(want->link, MCPASS_EV_CHALLENGE, on_login, want);
	else
		finish(want, answer->rc ? answer->why : NULL);
}

static void on_start(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	struct mp_link_want *want = ctx;
	const struct mp_link_request list = { "tools/list", NULL, on_list, want };
	struct mcpass_error err = { 0 };

	if (rc || want->link->token != NULL)
		finish(want, rc ? why : NULL);
	else if (mp_link_submit(want->link, &list, &want->call, &err) != MCPASS_OK)
		finish(want, &err);
}

void mp_link_want_token(struct mp_link *link, bool is_login, mp_link_done_fn *done, void *ctx)
{
	struct mp_link_want *want = calloc(1, sizeof(*want));
	struct mcpass_error why = { 0 };

	if (want == NULL) {
		done(ctx, mp_nomem(&why), &why);
		return;
	}
	*want = (struct mp_link_want){ .link = link, .is_login = is_login, .done = done, .ctx = ctx,
		.next = link->wants };
	link->wants = want;
	mp_link_authorize(link, MCPASS_EV_START, on_start, want);
}

void mp_link_unwant(struct mp_link *link, const void *ctx)
{
	struct mp_link_want *want = link->wants, *next;

	mp_link_forget_errands(link, ctx);
	for (; want != NULL; want = next) {
		next = want->next;
		if (want->ctx != ctx)
			continue;
		mp_link_forget_errands(link, want);
		if (want->call != 0)
			mp_link_cancel(link, want->call);
		remove_want(want);
	}
}

void mp_link_free_wants(struct mp_link *link)
{
	while (link->wants != NULL) {
		struct mp_link_want *want = link->wants;

		link->wants = want->next;
		free(want);
	}
}
