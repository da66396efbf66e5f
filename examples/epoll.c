/* Several calls at once, in a program that waits with epoll(7) for other things as well.
 *
 *     cc epoll.c $(pkg-config --cflags --libs mcpass)
 *     ./a.out https://mcp.example.com/mcp
 *
 * The link is one descriptor and one timeout. All of its callbacks come from mcpass_link_turn(). */
#include <mcpass/link.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static int waiting;             /* calls under way */
static int failed;

static void on_answer(void *ctx, const struct mcpass_answer *answer)
{
	const char *what = ctx;

	waiting--;
	if (answer->error != NULL) {
		fprintf(stderr, "%s: %s\n", what, answer->error->detail);
		failed = (int)answer->error->rc / 100;
	} else {
		printf("%s: %s\n", what, answer->json);
	}
}

static void call(struct mcpass_link *link, const char *method, const char *params)
{
	struct mcpass_error err;
	unsigned number;

	if (mcpass_link_submit(link, method, params, on_answer, (void *)method, &number, &err) != MCPASS_OK) {
		fprintf(stderr, "%s: %s\n", method, err.detail);
		failed = (int)err.rc / 100;
		return;
	}
	waiting++;
}

/* A loop of your own has more descriptors than this one. */
static void run(struct mcpass_link *link, int epoll)
{
	struct epoll_event event;

	while (waiting > 0) {
		/* Whether its descriptor is ready or its time has come: the link finds out. */
		if (epoll_wait(epoll, &event, 1, mcpass_link_due(link)) >= 0)
			mcpass_link_turn(link);
	}
}

int main(int argc, char **argv)
{
	struct mcpass_client_config client = { .size = sizeof(client), .client_name = "an example",
		.flags = MCPASS_LOOPBACK_HTTP };
	struct mcpass_link_config cfg = { .size = sizeof(cfg), .client = &client };
	struct epoll_event event = { .events = EPOLLIN };
	struct mcpass_link *link = NULL;
	struct mcpass_error err;
	int epoll;

	client.server_url = argc == 2 ? argv[1] : "";
	if (mcpass_link_new(&cfg, &link, &err) != MCPASS_OK) {
		fprintf(stderr, "%s\n", err.detail);
		return (int)err.rc / 100;
	}
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, mcpass_link_fd(link), &event) != 0)
		return 2;
	/* Both are refused without a token; one login serves both. */
	call(link, "tools/list", NULL);
	call(link, "tools/call", "{\"name\": \"echo\", \"arguments\": {\"message\": \"hello\"}}");
	run(link, epoll);
	close(epoll);
	mcpass_link_close(link);
	return failed;
}
