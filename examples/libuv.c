/* A call to a protected MCP server in a program that runs on libuv.
 *
 *     cc libuv.c $(pkg-config --cflags --libs mcpass libuv)
 *     ./a.out https://mcp.example.com/mcp
 *
 * The link is one uv_poll_t and one uv_timer_t. */
#include <mcpass/link.h>
#include <stdio.h>
#include <uv.h>

static struct mcpass_link *mcp;
static uv_poll_t readable;
static uv_timer_t due;
static int exit_code;

static void on_due(uv_timer_t *timer);

/* After each turn, and after each call of the link. */
static void set_timer(void)
{
	int ms = mcpass_link_due(mcp);

	if (ms < 0)
		uv_timer_stop(&due);
	else
		uv_timer_start(&due, on_due, (uint64_t)ms, 0);
}

static void on_due(uv_timer_t *timer)
{
	(void)timer;
	mcpass_link_turn(mcp);
	set_timer();
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)poll;
	(void)status;
	(void)events;
	mcpass_link_turn(mcp);
	set_timer();
}

static void on_answer(void *ctx, const struct mcpass_answer *answer)
{
	(void)ctx;
	if (answer->error != NULL)
		fprintf(stderr, "%s\n", answer->error->detail);
	else
		printf("%s\n", answer->json);
	exit_code = answer->error != NULL ? (int)answer->error->rc / 100 : answer->is_error;
	uv_stop(uv_default_loop());     /* a program that goes on would not */
}

int main(int argc, char **argv)
{
	struct mcpass_client_config client = { .size = sizeof(client), .client_name = "an example",
		.flags = MCPASS_LOOPBACK_HTTP };
	struct mcpass_link_config cfg = { .size = sizeof(cfg), .client = &client };
	struct mcpass_error err;
	unsigned call;

	client.server_url = argc == 2 ? argv[1] : "";
	if (mcpass_link_new(&cfg, &mcp, &err) != MCPASS_OK
	    || mcpass_link_submit(mcp, "tools/call", "{\"name\": \"echo\", \"arguments\":"
	        " {\"message\": \"hello\"}}", on_answer, NULL, &call, &err) != MCPASS_OK) {
		fprintf(stderr, "%s\n", err.detail);
		mcpass_link_free(mcp);
		return (int)err.rc / 100;
	}
	uv_timer_init(uv_default_loop(), &due);
	uv_poll_init(uv_default_loop(), &readable, mcpass_link_fd(mcp));
	uv_poll_start(&readable, UV_READABLE, on_readable);
	set_timer();
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);

	uv_close((uv_handle_t *)&due, NULL);
	uv_close((uv_handle_t *)&readable, NULL);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	mcpass_link_close(mcp);
	return exit_code;
}
